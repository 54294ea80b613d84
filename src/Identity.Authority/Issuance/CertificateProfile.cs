using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>What a certificate is for.</summary>
public enum CertificateKind
{
    Root,
    Authority,
    Person,
    Seal,
    TimestampingUnit,
    OcspResponder,
}

/// <summary>
/// What certificates of one kind state, from settings that have been checked. What the standards fix for the kind (usages, criticality) is here; the lint
/// rules state it once more, by themselves.
/// </summary>
public sealed record CertificateProfile(string Name, CertificateKind Kind)
{
    /// <summary>RFC 5280 appendix A, ub-common-name and ub-organization-name: characters.</summary>
    public const int MaxCommonName = 64;

    /// <summary>Octets of a serial number: 128 random bits, twice what the Baseline Requirements ask (7.1).</summary>
    public const int SerialOctets = 16;

    /// <summary>Clocks of those who look at a signature may be this much behind.</summary>
    public static readonly TimeSpan Backdating = TimeSpan.FromSeconds(60);

    /// <summary>At most, from now on.</summary>
    public required TimeSpan Validity { get; init; }

    /// <summary>Kinds of keys that are certified.</summary>
    public required IReadOnlyList<KeyAlgorithm> Keys { get; init; }

    /// <summary>Where issuer and status are had; null for a root alone, of which nobody asks.</summary>
    public required StatusAddresses? Addresses { get; init; }

    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>How long the key signs, for time-stamping units: shorter than the certificate, so that its last stamps can be renewed in time.</summary>
    public TimeSpan? SigningPeriod { get; init; }

    /// <summary>For authorities: how many authorities may follow (RFC 5280 4.2.1.9).</summary>
    public int? PathLength { get; init; }

    public QualifiedStatements Statements { get; init; } = new();

    /// <summary>For people: the extension that names the approved documents.</summary>
    public string? ApprovedDocumentsExtension { get; init; }

    public X509KeyUsageFlags KeyUsage => Kind switch
    {
        CertificateKind.Root or CertificateKind.Authority => X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign,
        // EN 319 412-2 4.3.2, type A: the key commits to content and does nothing else. No extended key usage: NSS, by which poppler
        // judges, does not know that of RFC 9336 and takes a certificate with it for one that may not sign.
        CertificateKind.Person or CertificateKind.Seal => X509KeyUsageFlags.NonRepudiation,
        _ => X509KeyUsageFlags.DigitalSignature,
    };

    /// <summary>What the certificate will state. Serial number and validity are made here; the subject is the caller's.</summary>
    /// <param name="issuer">null when the certificate is its own issuer</param>
    /// <param name="more">extensions of this one certificate, last</param>
    public CertificateContent Content(DistinguishedName subject, SubjectPublicKey key, Certificate? issuer, DateTimeOffset now, params IReadOnlyList<Extension> more)
    {
        var second = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var serial = new BigInteger(RandomNumberGenerator.GetBytes(SerialOctets), isUnsigned: true, isBigEndian: true);
        return new CertificateContent(serial, issuer?.Subject ?? subject, subject, second - Backdating, second + Validity, key, [.. Extensions(key, issuer, serial, second), .. more]);
    }

    private IEnumerable<Extension> Extensions(SubjectPublicKey key, Certificate? issuer, BigInteger serial, DateTimeOffset now)
    {
        yield return Kind is CertificateKind.Root or CertificateKind.Authority ? CertificateExtensions.Authority(PathLength) : CertificateExtensions.EndEntity();
        yield return CertificateExtensions.KeyUsage(KeyUsage);
        if (Kind == CertificateKind.TimestampingUnit) yield return CertificateExtensions.ExtendedKeyUsage(true, Oids.UsageTimeStamping);
        if (Kind == CertificateKind.OcspResponder)
        {
            yield return CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageOcspSigning);
            yield return CertificateExtensions.OcspNoCheck();
        }
        yield return CertificateExtensions.SubjectKeyIdentifier(key);
        if (issuer is not null) yield return CertificateExtensions.AuthorityKeyIdentifier(issuer);
        if (Policies.Count > 0) yield return CertificateExtensions.CertificatePolicies(Policies);
        if (Addresses is not null)
        {
            yield return CertificateExtensions.AuthorityInformationAccess(Addresses.Ocsp, Addresses.IssuerCertificate);
            yield return CertificateExtensions.CrlDistributionPoint(Addresses.RevocationList(serial));
        }
        if (SigningPeriod is { } period) yield return CertificateExtensions.PrivateKeyUsagePeriod(now - Backdating, now + period);
        if (!Statements.IsEmpty) yield return Statements.ToExtension();
    }
}
