using System.Buffers.Text;
using Identity.Keys.Activation;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Authority.Issuance;

/// <summary>What every certificate of a person states (EN 319 412-2): signing only, short, for the documents that were approved.</summary>
public sealed class PersonProfile(AuthoritySettings settings)
{
    public CertificateProfile Profile { get; } = settings.Person;

    /// <summary>Of credentials for one session of remote signing: certified before anybody approved what they will sign.</summary>
    public CertificateProfile? Session { get; } = settings.Session;

    /// <summary>It names no documents; its policy says that what it signs was approved afterwards, and that the proof of it is the approval's evidence.</summary>
    public CertificateContent Content(StatementVerification.Verified statement, SubjectPublicKey key, Certificate issuer, DateTimeOffset now) =>
        (Session ?? throw new InvalidOperationException("No credentials for sessions are certified here.")).Content(SubjectOf(statement.Person), key, issuer, now);

    public CertificateContent Content(VerifiedApproval approval, SubjectPublicKey key, Certificate issuer, DateTimeOffset now) =>
        Content(approval.Person, [.. approval.Structure.Documents.Select(document => (ReadOnlyMemory<byte>)Base64Url.DecodeFromChars(document.Sha256))], key, issuer, now);

    /// <param name="documents">SHA-256 of each document that was approved.</param>
    public CertificateContent Content(
        ApprovedPerson person, IReadOnlyList<ReadOnlyMemory<byte>> documents, SubjectPublicKey key, Certificate issuer, DateTimeOffset now) =>
        // Whoever holds the key can sign with it what they like; whoever verifies sees here what was approved.
        Profile.Content(SubjectOf(person), key, issuer, now, ApprovedDocuments.Make(settings.ApprovedDocumentsExtension, documents));

    // EN 319 412-1 5.1.3: three letters of kind, two of country, a hyphen, the number.
    private static DistinguishedName SubjectOf(ApprovedPerson person) => DistinguishedName.Of(
        new AttributeTypeAndValue(Oids.Country, person.Identifier.Length > 5 ? person.Identifier[3..5] : "--"),
        new AttributeTypeAndValue(Oids.CommonName, Shortened($"{person.GivenName} {person.FamilyName}")),
        new AttributeTypeAndValue(Oids.GivenName, person.GivenName),
        new AttributeTypeAndValue(Oids.Surname, person.FamilyName),
        new AttributeTypeAndValue(Oids.NameSerialNumber, person.Identifier));

    private static string Shortened(string name)
    {
        var runes = name.EnumerateRunes().Take(CertificateProfile.MaxCommonName + 1).ToArray();
        return runes.Length <= CertificateProfile.MaxCommonName ? name : ShowableText.WithoutHidden(string.Concat(runes.Take(CertificateProfile.MaxCommonName - 1))) + "…";
    }
}
