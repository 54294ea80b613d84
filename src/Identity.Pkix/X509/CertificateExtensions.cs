using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.X509;

/// <summary>One function per extension that certificates of this project carry, with the criticality that its clause asks for.</summary>
public static class CertificateExtensions
{
    /// <summary>RFC 5280 4.2.1.9: critical on authorities.</summary>
    public static Extension Authority(int? pathLength) => Make(Oids.BasicConstraints, true, w =>
    {
        using var scope = w.PushSequence();
        w.WriteBoolean(true);
        if (pathLength is { } length) w.WriteInteger(length);
    });

    /// <summary>RFC 5280 4.2.1.9: an end entity, stated; the default is not encoded, so the sequence is empty.</summary>
    public static Extension EndEntity() => Make(Oids.BasicConstraints, true, w => w.PushSequence().Dispose());

    /// <summary>RFC 5280 4.2.1.3: critical.</summary>
    public static Extension KeyUsage(X509KeyUsageFlags flags) => new(Oids.KeyUsage, true, new X509KeyUsageExtension(flags, true).RawData);

    /// <summary>RFC 5280 4.2.1.12. For a time-stamping unit it is critical and alone (RFC 3161 2.3).</summary>
    public static Extension ExtendedKeyUsage(bool critical, params IReadOnlyList<string> usages) => Make(Oids.ExtendedKeyUsage, critical, w =>
    {
        using var scope = w.PushSequence();
        foreach (var usage in usages) w.WriteObjectIdentifier(usage);
    });

    /// <summary>RFC 5280 4.2.1.2 method (1).</summary>
    public static Extension SubjectKeyIdentifier(SubjectPublicKey key) =>
        Make(Oids.SubjectKeyIdentifier, false, w => w.WriteOctetString(key.KeyIdentifier()));

    /// <summary>RFC 5280 4.2.1.1: the issuer's subject key identifier where it has one, else the hash of its key.</summary>
    public static Extension AuthorityKeyIdentifier(Certificate issuer) =>
        AuthorityKeyIdentifier(issuer.Facts.SubjectKeyIdentifier ?? issuer.PublicKey.KeyIdentifier());

    public static Extension AuthorityKeyIdentifier(ReadOnlyMemory<byte> keyIdentifier) => Make(Oids.AuthorityKeyIdentifier, false, w =>
    {
        using var scope = w.PushSequence();
        w.WriteOctetString(keyIdentifier.Span, new Asn1Tag(TagClass.ContextSpecific, 0));
    });

    /// <summary>RFC 5280 4.2.1.13: one point with all addresses.</summary>
    public static Extension CrlDistributionPoint(params IReadOnlyList<string> uris) => Make(Oids.CrlDistributionPoints, false, w =>
    {
        using var points = w.PushSequence();
        using var point = w.PushSequence();
        using var name = w.PushSequence(Context(0));
        using var full = w.PushSequence(Context(0));
        foreach (var uri in uris) w.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
    });

    /// <summary>RFC 5280 4.2.2.1.</summary>
    public static Extension AuthorityInformationAccess(string? ocsp, string? caIssuers) => Make(Oids.AuthorityInformationAccess, false, w =>
    {
        using var scope = w.PushSequence();
        if (ocsp is not null) Access(w, Oids.AccessOcsp, ocsp);
        if (caIssuers is not null) Access(w, Oids.AccessCaIssuers, caIssuers);
    });

    /// <summary>RFC 5280 4.2.1.4, without qualifiers.</summary>
    public static Extension CertificatePolicies(params IReadOnlyList<string> policies) => Make(Oids.CertificatePolicies, false, w =>
    {
        using var scope = w.PushSequence();
        foreach (var policy in policies)
            using (w.PushSequence()) w.WriteObjectIdentifier(policy);
    });

    /// <summary>RFC 3280 4.2.1.4: how long the key signs, within the validity of the certificate.</summary>
    public static Extension PrivateKeyUsagePeriod(DateTimeOffset notBefore, DateTimeOffset notAfter) => Make(Oids.PrivateKeyUsagePeriod, false, w =>
    {
        using var scope = w.PushSequence();
        w.WriteGeneralizedTime(notBefore, omitFractionalSeconds: true, new Asn1Tag(TagClass.ContextSpecific, 0));
        w.WriteGeneralizedTime(notAfter, omitFractionalSeconds: true, new Asn1Tag(TagClass.ContextSpecific, 1));
    });

    /// <summary>RFC 6960 4.2.2.2.1: the responder's certificate need not be checked for revocation during its life.</summary>
    public static Extension OcspNoCheck() => Make(Oids.OcspNoCheck, false, w => w.WriteNull());

    /// <summary>RFC 9608 2: no revocation information will ever exist; forbidden beside distribution points and on authorities.</summary>
    public static Extension NoRevocationAvailable() => Make(Oids.NoRevocationAvailable, false, w => w.WriteNull());

    /// <summary>RFC 5280 4.2.1.6: DNS names.</summary>
    public static Extension SubjectAltDnsNames(params IReadOnlyList<string> names) => Make(Oids.SubjectAltName, false, w =>
    {
        using var scope = w.PushSequence();
        foreach (var name in names) w.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
    });

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, true);

    private static void Access(AsnWriter writer, string method, string uri)
    {
        using var scope = writer.PushSequence();
        writer.WriteObjectIdentifier(method);
        writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
    }

    internal static Extension Make(string oid, bool critical, Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return new Extension(oid, critical, writer.Encode());
    }
}
