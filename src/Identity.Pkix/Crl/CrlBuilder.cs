using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Crl;

/// <summary>What a complete CRL will state. <see cref="DistributionPointUri"/> makes it one partition (shard) of the issuer's revocations.</summary>
public sealed record CrlContent(
    Certificate Issuer,
    BigInteger Number,
    DateTimeOffset ThisUpdate,
    DateTimeOffset NextUpdate,
    IReadOnlyList<RevokedCertificate> Revoked)
{
    /// <summary>RFC 5280 5.2.5.</summary>
    public string? DistributionPointUri { get; init; }

    /// <summary>X.509 8.5.2.12: revoked certificates stay on the list after expiry since this time.</summary>
    public DateTimeOffset? ExpiredCertificatesSince { get; init; }
}

/// <summary>Writes version 2 CRLs (RFC 5280 5) in DER.</summary>
public static class CrlBuilder
{
    public static ToBeSigned Build(CrlContent content, SignatureAlgorithm algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            algorithm.Identifier.Write(writer);
            writer.WriteEncodedValue(content.Issuer.Subject.Raw.Span);
            Times.Write(writer, content.ThisUpdate);
            Times.Write(writer, content.NextUpdate);
            // RFC 5280 5.1.2.6: an empty list must be absent.
            if (content.Revoked.Count > 0)
            {
                using var list = writer.PushSequence();
                foreach (var revoked in content.Revoked) WriteRevoked(writer, revoked);
            }
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true))) Extension.WriteAll(writer, ExtensionsOf(content));
        }
        return Signed.Wrap(writer.Encode(), algorithm);
    }

    private static void WriteRevoked(AsnWriter writer, RevokedCertificate revoked)
    {
        using var entry = writer.PushSequence();
        writer.WriteInteger(revoked.SerialNumber);
        Times.Write(writer, revoked.RevocationDate);
        var extensions = new List<Extension>();
        // RFC 5280 5.3.1: "unspecified" is said by absence.
        if (revoked.Reason is { } reason and not RevocationReason.Unspecified)
            extensions.Add(CertificateExtensions.Make(Oids.CrlReason, false, w => w.WriteEnumeratedValue(reason)));
        if (revoked.InvalidityDate is { } invalid)
            extensions.Add(CertificateExtensions.Make(Oids.InvalidityDate, false, w => w.WriteGeneralizedTime(invalid, omitFractionalSeconds: true)));
        if (extensions.Count > 0) Extension.WriteAll(writer, extensions);
    }

    private static List<Extension> ExtensionsOf(CrlContent content)
    {
        // RFC 5280 5.2.1, 5.2.3: both always.
        List<Extension> extensions =
        [
            CertificateExtensions.AuthorityKeyIdentifier(content.Issuer),
            CertificateExtensions.Make(Oids.CrlNumber, false, w => w.WriteInteger(content.Number)),
        ];
        if (content.DistributionPointUri is { } uri) extensions.Add(CertificateExtensions.Make(Oids.IssuingDistributionPoint, true, w =>
        {
            using var scope = w.PushSequence();
            using var name = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true));
            using var full = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true));
            w.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
        }));
        if (content.ExpiredCertificatesSince is { } since)
            extensions.Add(CertificateExtensions.Make(Oids.ExpiredCertificatesOnCrl, false, w => w.WriteGeneralizedTime(since, omitFractionalSeconds: true)));
        return extensions;
    }
}
