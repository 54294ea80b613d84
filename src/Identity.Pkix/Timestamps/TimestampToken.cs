using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Timestamps;

/// <summary>A TimeStampToken (RFC 3161 2.4.2): CMS whose content is a TSTInfo. Exactly one signer.</summary>
public sealed record TimestampToken(SignedData SignedData, TimestampInfo Info)
{
    public ReadOnlyMemory<byte> Raw => SignedData.Raw;

    public SignerInfo Signer => SignedData.Signers[0];

    /// <summary>Reads one token; in a PDF's Contents it may be followed by padding, see <see cref="Cms.SignedData.TrailingBytes"/>.</summary>
    public static TimestampToken Parse(ReadOnlyMemory<byte> raw)
    {
        var signed = SignedData.Parse(raw);
        if (signed.ContentType != Oids.TstInfo || signed.Content is not { } content) throw new MalformedException("TimeStampToken: content is no TSTInfo");
        // RFC 3161 2.4.2: no signature but the authority's.
        if (signed.Signers.Count != 1) throw new MalformedException("TimeStampToken: not exactly one signer");
        return new TimestampToken(signed, TimestampInfo.Parse(content));
    }

    /// <summary>
    /// Whether this certificate signed exactly this TSTInfo: content-type, message-digest, signing-certificate attribute and signature value.
    /// Says nothing about trust, time or purpose of the certificate.
    /// </summary>
    public SignatureCheck VerifySignature(Certificate authority) => SignedData.VerifyEncapsulated(Signer, authority);
}

/// <summary>Writes tokens with an ESSCertIDv2 (RFC 5816); <see cref="ToBeSigned.Complete"/> gives the token.</summary>
public static class TimestampTokenBuilder
{
    /// <param name="info">What is stated.</param>
    /// <param name="authority">The time-stamping unit's certificate.</param>
    /// <param name="enclosed">Certificates to enclose: none unless the request asked for them (RFC 3161 2.4.1 certReq).</param>
    /// <param name="algorithm">Its hash is also the digest over the TSTInfo.</param>
    public static ToBeSigned Build(TimestampInfo info, Certificate authority, IReadOnlyList<Certificate> enclosed, SignatureAlgorithm algorithm)
    {
        var content = info.Encode();
        var hash = SignedDataWriter.DigestFor(algorithm);
        var attributes = SignedDataWriter.SignedAttributes(Oids.TstInfo, Digests.Compute(hash, content), authority, algorithm, withProtection: false);
        return SignedDataWriter.Build(new SignedDataWriter.Parts(Oids.TstInfo, content, authority, enclosed, algorithm), attributes);
    }
}
