using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Identity.Keys.Activation;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Authority.Issuance;

/// <summary>What every certificate of a person states (EN 319 412-2): signing only, short, with the addresses at which its status is asked.</summary>
public sealed class PersonProfile(AuthoritySettings settings)
{
    /// <summary>RFC 5280 appendix A, ub-common-name: characters.</summary>
    public const int MaxCommonName = 64;

    /// <summary>Octets of a serial number: 128 random bits, twice what the Baseline Requirements ask (7.1).</summary>
    public const int SerialOctets = 16;

    /// <summary>Clocks of those who look at a signature may be this much behind.</summary>
    public static readonly TimeSpan Backdating = TimeSpan.FromSeconds(60);

    public string Policy => settings.PersonPolicy;

    public string ApprovedDocumentsExtension => settings.ApprovedDocumentsExtension;

    public TimeSpan Validity => settings.PersonValidity;

    public string OcspAddress => settings.StatusAddress + "ocsp";

    public string IssuerAddress => $"{settings.StatusAddress}ca/{AuthoritySettings.IssuingAuthority}.cer";

    public string RevocationListAddress => $"{settings.StatusAddress}crl/{AuthoritySettings.IssuingAuthority}.crl";

    public CertificateContent Content(VerifiedApproval approval, SubjectPublicKey key, Certificate issuer, DateTimeOffset now) =>
        Content(approval.Person, [.. approval.Structure.Documents.Select(document => (ReadOnlyMemory<byte>)Base64Url.DecodeFromChars(document.Sha256))], key, issuer, now);

    /// <param name="documents">SHA-256 of each document that was approved.</param>
    public CertificateContent Content(
        ApprovedPerson person, IReadOnlyList<ReadOnlyMemory<byte>> documents, SubjectPublicKey key, Certificate issuer, DateTimeOffset now)
    {
        var second = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        return new CertificateContent(
            new BigInteger(RandomNumberGenerator.GetBytes(SerialOctets), isUnsigned: true, isBigEndian: true),
            issuer.Subject,
            SubjectOf(person),
            second - Backdating,
            second + Validity,
            key,
            [
                CertificateExtensions.EndEntity(),
                // EN 319 412-2 4.3.2, type A: the key commits to content and does nothing else. No extended key usage: NSS, by which
                // poppler judges, does not know that of RFC 9336 and takes a certificate with it for one that may not sign.
                CertificateExtensions.KeyUsage(X509KeyUsageFlags.NonRepudiation),
                CertificateExtensions.SubjectKeyIdentifier(key),
                CertificateExtensions.AuthorityKeyIdentifier(issuer),
                CertificateExtensions.CertificatePolicies(Policy),
                CertificateExtensions.AuthorityInformationAccess(OcspAddress, IssuerAddress),
                CertificateExtensions.CrlDistributionPoint(RevocationListAddress),
                // Whoever holds the key can sign with it what they like; whoever verifies sees here what was approved.
                ApprovedDocuments.Make(ApprovedDocumentsExtension, documents),
            ]);
    }

    // EN 319 412-1 5.1.3: three letters of kind, two of country, a hyphen, the number.
    private static DistinguishedName SubjectOf(ApprovedPerson person) => DistinguishedName.Of(
        new AttributeTypeAndValue(Oids.Country, person.Identifier.Length > 5 ? person.Identifier[3..5] : "--"),
        new AttributeTypeAndValue(Oids.CommonName, Shortened($"{person.GivenName} {person.FamilyName}")),
        new AttributeTypeAndValue(Oids.GivenName, person.GivenName),
        new AttributeTypeAndValue(Oids.Surname, person.FamilyName),
        new AttributeTypeAndValue(Oids.NameSerialNumber, person.Identifier));

    private static string Shortened(string name)
    {
        var runes = name.EnumerateRunes().Take(MaxCommonName + 1).ToArray();
        return runes.Length <= MaxCommonName ? name : ShowableText.WithoutHidden(string.Concat(runes.Take(MaxCommonName - 1))) + "…";
    }
}
