using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys.Activation;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Issuance;

/// <summary>One change to what the profile intends, and the one rule that objects.</summary>
public sealed class CertificateLintTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    public static TheoryData<string, string> Defects => new()
    {
        { "short serial", "serial-number: not random enough" },
        { "other issuer", "issuer: not the subject of the authority" },
        { "too long", "validity: longer than the profile" },
        { "over", "validity: not valid now" },
        { "backwards", "validity: ends before it begins" },
        { "no surname", "subject: not the attributes of the profile" },
        { "long common name", "subject: common name longer than 64 characters" },
        { "line separator", "subject: a character that is not shown" },
        { "joiner in a Latin name", "subject: a character that is not shown" },
        { "blank name", "subject: an attribute is empty or too long" },
        { "identifier", "subject: identifier is not of the semantic form" },
        { "country", "subject: country and identifier differ" },
        { "P-384 key", "public-key: not of a kind that the profile has" },
        { "authority's key", "public-key: the authority's own key" },
        { "no revocation", "extensions: one that the profile does not have" },
        { "uncritical", "extensions: wrong criticality" },
        { "authority", "end-entity: an authority" },
        { "signature too", "key-usage: not nonRepudiation alone" },
        { "document signing", "extensions: one that the profile does not have,extended-key-usage: one that the profile does not have" },
        { "subject key identifier", "key-identifiers: subject key identifier is not the key's" },
        { "authority key identifier", "key-identifiers: authority key identifier is not the authority's" },
        { "qualified", "qualified-statements: qualified without type or disclosure statement in English" },
        { "a device", "qualified-statements: a device and not qualified" },
        { "semantics of an organisation", "qualified-statements: semantics of another kind of subject" },
        { "another statement", "qualified-statements: not those of the profile" },
        { "a statement twice", "qualified-statements: cannot be read" },
        { "no digest", "approved-documents: not 1 to 100 digests" },
        { "short digest", "approved-documents: not 1 to 100 digests" },
        { "policy", "policies: not the policy of the profile" },
        { "ocsp", "status-addresses: no OCSP address of the profile" },
        { "list", "status-addresses: no list address of the profile" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task A_certificate_that_differs_from_the_profile_is_not_signed(string defect, string finding)
    {
        var (content, keys, profile) = Good();
        content = Spoil(content, defect, keys);
        var findings = await Lint(content, keys, profile);
        Assert.All(finding.Split(','), f => Assert.Contains(f, findings));
        var rules = finding.Split(',').Select(f => f[..f.IndexOf(':', StringComparison.Ordinal)]);
        Assert.All(findings, f => Assert.Contains(f[..f.IndexOf(':', StringComparison.Ordinal)], rules));
    }

    [Theory]
    [InlineData(Oids.BasicConstraints)]
    [InlineData(Oids.KeyUsage)]
    [InlineData(Oids.SubjectKeyIdentifier)]
    [InlineData(Oids.AuthorityKeyIdentifier)]
    [InlineData(Oids.AuthorityInformationAccess)]
    [InlineData(Oids.CrlDistributionPoints)]
    [InlineData(Oids.CertificatePolicies)]
    [InlineData(Oids.QualifiedStatements)]
    [InlineData(ApprovedDocuments.ExampleOid)]
    public async Task A_certificate_without_one_of_the_profiles_extensions_is_not_signed(string oid)
    {
        var (content, keys, profile) = Good();
        content = content with { Extensions = [.. content.Extensions.Where(e => e.Oid != oid)] };
        Assert.Contains("extensions: one is missing", await Lint(content, keys, profile));
    }

    [Fact]
    public async Task What_the_profile_intends_passes()
    {
        var (content, keys, profile) = Good();
        Assert.Empty(await Lint(content, keys, profile));
    }

    [Theory]
    [InlineData("\u0646\u0627\u0645\u200C\u0647\u0627")]
    [InlineData("\u0915\u094D\u200D\u0937")]
    public async Task A_name_passes_with_the_joiner_that_its_script_needs(string name)
    {
        var (content, keys, profile) = Good();
        Assert.Empty(await Lint(With(With(content, Oids.GivenName, name), Oids.CommonName, name + " Tamm"), keys, profile));
    }

    [Fact]
    public void Ten_thousand_serial_numbers_have_128_random_bits_and_differ()
    {
        var (_, keys, profile) = Good();
        var key = Certificate.Parse(system.Pki.Certificate("tsa")).PublicKey;
        var serials = Enumerable.Range(0, 10_000).AsParallel()
            .Select(_ => profile.Content(Person, Documents, key, keys.Issuing.Certificate, TimeProvider.System.GetUtcNow()).SerialNumber).ToList();
        Assert.Equal(serials.Count, serials.Distinct().Count());
        Assert.All(serials, s => Assert.InRange(s.GetBitLength(), 90, 128));
        // Each bit is set about half of the time: 10 000 throws stay within 4 000 and 6 000 but for one case in 10^88.
        for (var bit = 0; bit < 128; bit++) Assert.InRange(serials.Count(s => !(s >> bit).IsEven), 4000, 6000);
    }

    private static readonly ReadOnlyMemory<byte>[] Documents = [SHA256.HashData("deed"u8)];

    private static ApprovedPerson Person => new("PNOXX-48504210018", "Liis", "Tamm");

    private (CertificateContent Content, AuthorityKeys Keys, PersonProfile Profile) Good()
    {
        var keys = system.Services.GetRequiredService<AuthorityKeys>();
        var profile = system.Services.GetRequiredService<PersonProfile>();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (profile.Content(Person, Documents, SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()), keys.Issuing.Certificate, TimeProvider.System.GetUtcNow()), keys, profile);
    }

    private async Task<IEnumerable<string>> Lint(CertificateContent content, AuthorityKeys keys, PersonProfile profile)
    {
        var now = TimeProvider.System.GetUtcNow();
        var intended = await IntendedCertificate.Store(system.Services.GetRequiredService<IDbContextFactory<AuthorityDatabase>>(), profile.Profile, content, keys.Issuing,
            Convert.ToHexString(RandomNumberGenerator.GetBytes(8)), now, CancellationToken.None);
        var (linted, findings) = LintedCertificate.Check(intended!, keys.Issuing.Certificate, profile.Profile, now);
        Assert.Equal(linted is null, findings.Count > 0);
        return findings.Select(f => $"{f.Rule}: {f.Problem}");
    }

    private static CertificateContent Spoil(CertificateContent content, string defect, AuthorityKeys keys) => defect switch
    {
        "qualified" => Replace(content, new QualifiedStatements { Compliance = true }.ToExtension()),
        "a device" => Replace(content, new QualifiedStatements { Device = true }.ToExtension()),
        "semantics of an organisation" => Replace(content, new QualifiedStatements { Semantics = Oids.SemanticsLegal }.ToExtension()),
        "another statement" => Replace(content, new QualifiedStatements { Semantics = Oids.SemanticsNatural, RetentionYears = 10 }.ToExtension()),
        "a statement twice" => Replace(content, new Extension(Oids.QualifiedStatements, false, Convert.FromHexString("3014" + "3008060604008E460101" + "3008060604008E460101"))),
        "no digest" => Replace(content, new Extension(ApprovedDocuments.ExampleOid, false, new byte[] { 0x30, 0x00 })),
        "short digest" => Replace(content, new Extension(ApprovedDocuments.ExampleOid, false, new byte[] { 0x30, 0x03, 0x04, 0x01, 0x00 })),
        "short serial" => content with { SerialNumber = BigInteger.One << 60 },
        "other issuer" => content with { Issuer = keys.Root.Subject },
        "too long" => content with { NotAfter = content.NotAfter.AddSeconds(1) },
        "over" => content with { NotBefore = content.NotBefore.AddHours(-1), NotAfter = content.NotAfter.AddHours(-1) },
        "backwards" => content with { NotAfter = content.NotBefore.AddSeconds(-1) },
        "no surname" => content with { Subject = DistinguishedName.Of([.. content.Subject.Attributes.Where(a => a.Oid != Oids.Surname)]) },
        "long common name" => With(content, Oids.CommonName, new string('a', 65)),
        "line separator" => With(content, Oids.GivenName, "Li\u2028is"),
        "joiner in a Latin name" => With(content, Oids.GivenName, "Li\u200Dis"),
        "blank name" => With(content, Oids.GivenName, " "),
        "identifier" => With(content, Oids.NameSerialNumber, "48504210018"),
        "country" => With(content, Oids.Country, "EE"),
        "P-384 key" => WithKey(content, keys.Root.PublicKey),
        "authority's key" => WithKey(content, keys.Issuing.Certificate.PublicKey),
        "no revocation" => content with { Extensions = [.. content.Extensions.SkipLast(1), CertificateExtensions.NoRevocationAvailable(), content.Extensions[^1]] },
        "uncritical" => Replace(content, content.Extensions.Single(e => e.Oid == Oids.KeyUsage) with { Critical = false }),
        "authority" => Replace(content, CertificateExtensions.Authority(null)),
        "signature too" => Replace(content, CertificateExtensions.KeyUsage(X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.DigitalSignature)),
        "document signing" => content with { Extensions = [.. content.Extensions, CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageDocumentSigning)] },
        "subject key identifier" => Replace(content, CertificateExtensions.SubjectKeyIdentifier(keys.Root.PublicKey)),
        "authority key identifier" => Replace(content, CertificateExtensions.AuthorityKeyIdentifier(keys.Root)),
        "policy" => Replace(content, CertificateExtensions.CertificatePolicies("1.2.3.4")),
        "ocsp" => Replace(content, CertificateExtensions.AuthorityInformationAccess(null, content.Issuer.IsEmpty ? null : "http://localhost/ca/issuing-ca.cer")),
        _ => Replace(content, CertificateExtensions.CrlDistributionPoint("http://localhost/other.crl")),
    };

    private static CertificateContent With(CertificateContent content, string oid, string value) =>
        content with { Subject = DistinguishedName.Of([.. content.Subject.Attributes.Select(a => a.Oid == oid ? a with { Value = value } : a)]) };

    private static CertificateContent WithKey(CertificateContent content, SubjectPublicKey key) =>
        Replace(content with { PublicKey = key }, CertificateExtensions.SubjectKeyIdentifier(key));

    private static CertificateContent Replace(CertificateContent content, Extension extension) =>
        content with { Extensions = [.. content.Extensions.Select(e => e.Oid == extension.Oid ? extension : e)] };
}
