using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;

namespace Identity.Signing.Pades;

/// <summary>
/// How many bytes the CMS will take at most: found by building one with the real certificates and attributes, a signature of the greatest
/// length and a token of the expected size.
/// </summary>
internal static class ContentsSize
{
    private const int Step = 512;

    public static int For(SigningScheme scheme, PadesContent content, int tokenBytes)
    {
        var digest = new byte[Digests.Length(PadesSignature.DocumentDigestAlgorithm(scheme.Algorithm))];
        var cms = PadesSignature.Build(content with { DocumentDigest = digest }, scheme.Algorithm).Complete(new byte[scheme.LongestSignature]);
        var token = new AsnWriter(AsnEncodingRules.DER);
        token.WriteOctetString(new byte[tokenBytes]);
        var length = PadesSignature.WithSignatureTimestamp(cms, token.Encode()).Length;
        return (length + Step - 1) / Step * Step;
    }
}
