using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Verification.Engine;
using Identity.Verification.Revocation;

namespace Identity.Verification.Reports;

/// <summary>The bytes that a signature was judged by, for renderings that carry them.</summary>
/// <param name="Value">The signature value; null when the CMS cannot be read.</param>
/// <param name="SignedDigest">The digest of the covered bytes that was signed; null when none is.</param>
/// <param name="DigestOid">The algorithm of that digest.</param>
public sealed record SignatureBytes(ReadOnlyMemory<byte>? Value, ReadOnlyMemory<byte>? SignedDigest, string? DigestOid);

public enum EvidenceKind
{
    Certificate,
    Crl,
    OcspResponse,
    Timestamp,
}

/// <summary>One object that was at hand when the file was judged.</summary>
/// <param name="Raw">DER or BER: a Certificate, CertificateList, OCSPResponse (RFC 6960 4.2.1) or time-stamp token.</param>
/// <param name="IsFetched">It was asked for during validation, so it is not in the file.</param>
public sealed record EvidenceItem(EvidenceKind Kind, ReadOnlyMemory<byte> Raw, bool IsFetched)
{
    /// <summary>Lower-case hexadecimal SHA-256: its name in packages and reports.</summary>
    public string Name { get; } = Convert.ToHexStringLower(SHA256.HashData(Raw.Span));
}

/// <summary>All evidence of one validation: what the file brought, what was fetched, and the anchors that were used.</summary>
public static class ReportEvidence
{
    public static IReadOnlyList<EvidenceItem> Of(DocumentResult.Judged judged)
    {
        var data = judged.Data;
        var anchors = judged.Signatures.SelectMany(signature => signature.Basic.Certificate?.Chain ?? [])
            .Concat(judged.Timestamps.SelectMany(timestamp => timestamp.Timestamp?.Certificate?.Chain ?? []))
            .Concat(judged.Signatures.SelectMany(signature => signature.Timestamps.Concat(signature.ContentTimestamps)).SelectMany(timestamp => timestamp.Certificate?.Chain ?? []))
            .Where(data.Certificates.Anchors.Contains);
        var items = anchors.Concat(data.Certificates.Certificates).Select(certificate => new EvidenceItem(EvidenceKind.Certificate, certificate.Raw, false))
            .Concat(data.Revocation.Crls.Select(crl => new EvidenceItem(EvidenceKind.Crl, crl.List.Raw, crl.Origin == RevocationOrigin.Fetched)))
            .Concat(data.Revocation.OcspResponses.Select(ocsp => new EvidenceItem(EvidenceKind.OcspResponse, Response(ocsp.Response.Raw), ocsp.Origin == RevocationOrigin.Fetched)))
            .Concat(judged.Signatures.SelectMany(signature => signature.Timestamps.Concat(signature.ContentTimestamps)).Concat(judged.Timestamps.Select(timestamp => timestamp.Timestamp))
                .Where(timestamp => timestamp?.Facts.Token is not null)
                .Select(timestamp => new EvidenceItem(EvidenceKind.Timestamp, timestamp!.Facts.Token!.Raw, false)));
        return [.. items.DistinctBy(item => item.Name)];
    }

    // RFC 6960 4.2.1: a BasicOCSPResponse in the envelope in which responders send it, and in which a security store keeps it.
    private static byte[] Response(ReadOnlyMemory<byte> basic)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEnumeratedValue(OcspStatus.Successful);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                writer.WriteOctetString(basic.Span);
            }
        }
        return writer.Encode();
    }

    private enum OcspStatus
    {
        Successful = 0,
    }
}
