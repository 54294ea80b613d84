using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Pkix.X509;

/// <summary>RFC 5280 4.2.1.9. Path length null = unlimited.</summary>
public sealed record BasicConstraints(bool IsAuthority, int? PathLength);

/// <summary>RFC 5280 4.2.1.1. Serial as unsigned octets without leading zeros.</summary>
public sealed record AuthorityKeyIdentifier(ReadOnlyMemory<byte>? KeyIdentifier, IReadOnlyList<GeneralName> Issuer, ReadOnlyMemory<byte>? Serial);

/// <summary>RFC 5280 4.2.1.13. Names are of the full-name form; a name relative to the issuer is kept as raw octets.</summary>
public sealed record DistributionPoint(IReadOnlyList<GeneralName> FullName, ReadOnlyMemory<byte>? RelativeName, int? Reasons, IReadOnlyList<GeneralName> CrlIssuer)
{
    public IEnumerable<string> Uris => FullName.Where(n => n.Kind == GeneralNameKind.Uri).Select(n => n.Text!);
}

/// <summary>RFC 5280 4.2.2.1.</summary>
public sealed record AccessDescription(string Method, GeneralName Location);

/// <summary>RFC 5280 4.2.1.10; minimum is always 0 and maximum absent, anything else is malformed here.</summary>
public sealed record NameConstraints(IReadOnlyList<GeneralName> Permitted, IReadOnlyList<GeneralName> Excluded);

/// <summary>RFC 5280 4.2.1.11; null = not stated.</summary>
public sealed record PolicyConstraints(int? RequireExplicitPolicy, int? InhibitPolicyMapping);

/// <summary>RFC 5280 4.2.1.5.</summary>
public sealed record PolicyMapping(string IssuerDomainPolicy, string SubjectDomainPolicy);

/// <summary>RFC 3280 4.2.1.4; null = unbounded on that side.</summary>
public sealed record PrivateKeyUsagePeriod(DateTimeOffset? NotBefore, DateTimeOffset? NotAfter);

/// <summary>
/// The extensions of one certificate read into facts; null or empty = the extension is absent. A known extension that cannot be read makes the
/// certificate malformed: a constraint that is there and not understood must not be taken for one that is not there.
/// </summary>
public sealed record CertificateExtensionFacts
{
    public BasicConstraints? BasicConstraints { get; init; }
    public X509KeyUsageFlags? KeyUsage { get; init; }
    public IReadOnlyList<string>? ExtendedKeyUsage { get; init; }
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; init; }
    public AuthorityKeyIdentifier? AuthorityKeyIdentifier { get; init; }
    public IReadOnlyList<GeneralName> SubjectAltNames { get; init; } = [];
    public IReadOnlyList<DistributionPoint> CrlDistributionPoints { get; init; } = [];
    public IReadOnlyList<AccessDescription> AuthorityInformationAccess { get; init; } = [];
    public IReadOnlyList<string>? CertificatePolicies { get; init; }
    public IReadOnlyList<PolicyMapping> PolicyMappings { get; init; } = [];
    public PolicyConstraints? PolicyConstraints { get; init; }
    public int? InhibitAnyPolicy { get; init; }
    public NameConstraints? NameConstraints { get; init; }
    public PrivateKeyUsagePeriod? PrivateKeyUsagePeriod { get; init; }
    public bool OcspNoCheck { get; init; }
    public bool NoRevocationAvailable { get; init; }
    public bool ValidityAssuredShortTerm { get; init; }

    /// <summary>Statement identifiers (RFC 3739 3.2.6, EN 319 412-5); empty when the extension is absent or not readable: it only informs.</summary>
    public IReadOnlyList<string> QualifiedStatements { get; init; } = [];

    public IEnumerable<string> OcspUris => UrisOf(Asn1.Oids.AccessOcsp);

    public IEnumerable<string> CaIssuersUris => UrisOf(Asn1.Oids.AccessCaIssuers);

    private IEnumerable<string> UrisOf(string method) =>
        AuthorityInformationAccess.Where(a => a.Method == method && a.Location.Kind == GeneralNameKind.Uri).Select(a => a.Location.Text!);
}

/// <summary>Certificate serial numbers, which are integers whose text form is hexadecimal.</summary>
public static class SerialNumbers
{
    /// <summary>Upper-case hexadecimal of the unsigned octets without leading zero octets; "00" for zero. A negative serial begins with "-".</summary>
    public static string ToHex(BigInteger serial) =>
        (serial.Sign < 0 ? "-" : "") + Convert.ToHexString(BigInteger.Abs(serial).ToByteArray(isUnsigned: true, isBigEndian: true));

    /// <summary>The reverse of <see cref="ToHex"/> for serials that are not negative. Throws <see cref="FormatException"/>.</summary>
    public static BigInteger FromHex(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);

    internal static BigInteger Read(AsnReader reader, Asn1Tag? tag = null) => reader.ReadInteger(tag);
}
