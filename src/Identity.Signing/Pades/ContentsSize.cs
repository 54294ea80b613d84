using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Signing.Certificates;

namespace Identity.Signing.Pades;

/// <summary>
/// How many bytes the CMS will take at most: found by building one with the real certificates, a signature of the greatest
/// length and a token of the expected size.
/// </summary>
internal static class ContentsSize
{
    /// <summary>SEQUENCE of two INTEGERs of up to 33 octets: RFC 3279 2.2.3 with P-256.</summary>
    private const int LongestSignature = 72;
    private const int Step = 512;

    public static int For(PersonCertificate certificate, int tokenBytes)
    {
        var cms = PadesSignature.Build(new byte[SHA256.HashSizeInBytes], certificate.Leaf, certificate.Chain, SignatureAlgorithm.EcdsaSha256)
            .Complete(new byte[LongestSignature]);
        var token = new AsnWriter(AsnEncodingRules.DER);
        token.WriteOctetString(new byte[tokenBytes]);
        var length = PadesSignature.WithSignatureTimestamp(cms, token.Encode()).Length;
        return (length + Step - 1) / Step * Step;
    }
}
