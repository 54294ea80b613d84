using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Authority.Issuance;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Tests.Issuance;

/// <summary>Organisations, authorities, time-stamping units and responders: one change, and the one rule that objects.</summary>
public sealed class ProfileLintTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Lazy<SubjectPublicKey> Rsa = new(() => Key(RSA.Create(3072)));
    private static readonly SubjectPublicKey IssuerKey = Key(ECDsa.Create(ECCurve.NamedCurves.nistP384));

    public static TheoryData<CertificateKind, string, string> Defects => new()
    {
        { CertificateKind.Seal, "no identifier", "subject: not the attributes of the profile" },
        { CertificateKind.Seal, "wrong identifier", "subject: identifier is not of the semantic form" },
        { CertificateKind.Seal, "hidden character", "subject: a character that is not shown" },
        { CertificateKind.Seal, "long organisation", "subject: an attribute is empty or longer than 64 characters" },
        { CertificateKind.Seal, "country", "subject: country is not two letters" },
        { CertificateKind.Seal, "usage", "key-usage: not nonRepudiation alone" },
        { CertificateKind.Seal, "no semantics", "extensions: one is missing" },
        { CertificateKind.Seal, "exponent", "rsa-key: exponent is not 65537" },
        { CertificateKind.Seal, "small factor", "rsa-key: a small factor" },
        { CertificateKind.Seal, "close primes", "rsa-key: primes close to each other" },
        { CertificateKind.Seal, "weak generator", "rsa-key: primes of a known weak generator" },
        { CertificateKind.Seal, "PSS key", "rsa-key: not the plain key identifier" },
        { CertificateKind.Seal, "RSA-2048", "public-key: not of a kind that the profile has" },
        { CertificateKind.Root, "end entity", "authority: not an authority" },
        { CertificateKind.Root, "other issuer", "issuer: not its own subject" },
        { CertificateKind.Authority, "end entity", "authority: not an authority" },
        { CertificateKind.Authority, "no path length", "authority: wrong path length" },
        { CertificateKind.Authority, "path length 1", "authority: wrong path length" },
        { CertificateKind.Authority, "usage", "key-usage: not keyCertSign and cRLSign alone" },
        { CertificateKind.Authority, "wrong identifier", "subject: identifier is not of the semantic form" },
        { CertificateKind.Authority, "before the root", "validity: outside the validity of the authority" },
        { CertificateKind.TimestampingUnit, "purpose", "extended-key-usage: not time-stamping alone" },
        { CertificateKind.TimestampingUnit, "second purpose", "extended-key-usage: not time-stamping alone" },
        { CertificateKind.TimestampingUnit, "purpose not critical", "extensions: wrong criticality" },
        { CertificateKind.TimestampingUnit, "usage", "key-usage: not digitalSignature alone" },
        { CertificateKind.TimestampingUnit, "signs until the end", "signing-period: not within the certificate's validity" },
        { CertificateKind.OcspResponder, "purpose", "extended-key-usage: not OCSP signing alone" },
        { CertificateKind.OcspResponder, "no nocheck", "extensions: one is missing" },
        { CertificateKind.OcspResponder, "authority", "end-entity: an authority" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_certificate_that_differs_from_its_kind_is_not_signed(CertificateKind kind, string defect, string finding)
    {
        var (profile, content, issuer) = Good(kind);
        var findings = Lint(Spoil(content, defect), issuer, profile);
        Assert.Contains(finding, findings);
        Assert.All(findings, f => Assert.Equal(finding[..finding.IndexOf(':', StringComparison.Ordinal)], f[..f.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(CertificateKind.Root)]
    [InlineData(CertificateKind.Authority)]
    [InlineData(CertificateKind.Seal)]
    [InlineData(CertificateKind.TimestampingUnit)]
    [InlineData(CertificateKind.OcspResponder)]
    public void What_each_profile_intends_passes(CertificateKind kind)
    {
        var (profile, content, issuer) = Good(kind);
        Assert.Empty(Lint(content, issuer, profile));
    }

    private static IEnumerable<string> Lint(CertificateContent content, Certificate? issuer, CertificateProfile profile) =>
        ThrowAwaySignature.Lint(CertificateBuilder.Build(content, SignatureAlgorithm.EcdsaSha384), issuer, profile, Now).Select(f => $"{f.Rule}: {f.Problem}");

    private static (CertificateProfile Profile, CertificateContent Content, Certificate? Issuer) Good(CertificateKind kind)
    {
        var profile = new CertificateProfile("test", kind)
        {
            Validity = TimeSpan.FromDays(kind == CertificateKind.Root ? 7000 : 700),
            Keys = [KeyAlgorithm.EcdsaP384, KeyAlgorithm.Rsa3072],
            Addresses = kind == CertificateKind.Root ? null : new StatusAddresses(new Uri("http://status.example/"), "root-ca", HasResponder: false, Shards: 0),
            PathLength = kind == CertificateKind.Authority ? 0 : null,
            Policies = kind == CertificateKind.Seal ? ["1.2.3.4"] : [],
            SigningPeriod = kind == CertificateKind.TimestampingUnit ? TimeSpan.FromDays(300) : null,
            Statements = kind == CertificateKind.Seal ? new QualifiedStatements { Semantics = Oids.SemanticsLegal } : new(),
        };
        var subject = new LegalPerson("EE", "Land Registry", "NTREE-12345678", kind.ToString()).ToName();
        var issuer = kind == CertificateKind.Root ? null : Root();
        return (profile, profile.Content(subject, kind == CertificateKind.Seal ? Rsa.Value : kind == CertificateKind.Root ? IssuerKey : Key(ECDsa.Create(ECCurve.NamedCurves.nistP384)), issuer, Now), issuer);
    }

    // By the framework, which is other code than ours.
    private static Certificate Root()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=Root, C=EE", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var made = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1000));
        return Certificate.Parse(made.RawData);
    }

    private static CertificateContent Spoil(CertificateContent content, string defect) => defect switch
    {
        "no identifier" => content with { Subject = DistinguishedName.Of([.. content.Subject.Attributes.Where(a => a.Oid != Oids.OrganizationIdentifier)]) },
        "wrong identifier" => With(content, Oids.OrganizationIdentifier, "12345678"),
        "hidden character" => With(content, Oids.Organization, "Land\u202ERegistry"),
        "long organisation" => With(content, Oids.Organization, new string('a', 65)),
        "country" => With(content, Oids.Country, "EST"),
        "usage" => Replace(content, CertificateExtensions.KeyUsage(X509KeyUsageFlags.KeyEncipherment)),
        "no semantics" => Without(content, Oids.QualifiedStatements),
        "exponent" => WithKey(content, RsaKey(Odd(3072), 3)),
        "small factor" => WithKey(content, RsaKey(WithFactor(751), 65537)),
        "close primes" => WithKey(content, RsaKey(ClosePrimes(), 65537)),
        "weak generator" => WithKey(content, RsaKey(OfWeakGenerator(), 65537)),
        "PSS key" => WithKey(content, SubjectPublicKey.Parse(PssMarked())),
        "RSA-2048" => WithKey(content, Key(RSA.Create(2048))),
        "end entity" => Replace(content, CertificateExtensions.EndEntity()),
        "authority" => Replace(content, CertificateExtensions.Authority(0)),
        "other issuer" => content with { Issuer = new LegalPerson("EE", "Another", null, "Root").ToName() },
        "no path length" => Replace(content, CertificateExtensions.Authority(null)),
        "path length 1" => Replace(content, CertificateExtensions.Authority(1)),
        "before the root" => content with { NotBefore = Now.AddDays(-2), NotAfter = Now.AddDays(600) },
        "purpose" => Replace(content, CertificateExtensions.ExtendedKeyUsage(Critical(content), Oids.UsageServerAuth)),
        "second purpose" => Replace(content, CertificateExtensions.ExtendedKeyUsage(true, Oids.UsageTimeStamping, Oids.UsageServerAuth)),
        "purpose not critical" => Replace(content, CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageTimeStamping)),
        "signs until the end" => Replace(content, CertificateExtensions.PrivateKeyUsagePeriod(content.NotBefore, content.NotAfter)),
        "no nocheck" => Without(content, Oids.OcspNoCheck),
        _ => throw new ArgumentOutOfRangeException(nameof(defect), defect, null),
    };

    private static bool Critical(CertificateContent content) => content.Extensions.Single(e => e.Oid == Oids.ExtendedKeyUsage).Critical;

    private static CertificateContent With(CertificateContent content, string oid, string value) =>
        content with { Subject = DistinguishedName.Of([.. content.Subject.Attributes.Select(a => a.Oid == oid ? a with { Value = value } : a)]) };

    private static CertificateContent WithKey(CertificateContent content, SubjectPublicKey key) =>
        Replace(content with { PublicKey = key }, CertificateExtensions.SubjectKeyIdentifier(key));

    private static CertificateContent Without(CertificateContent content, string oid) => content with { Extensions = [.. content.Extensions.Where(e => e.Oid != oid)] };

    private static CertificateContent Replace(CertificateContent content, Extension extension) =>
        content with { Extensions = [.. content.Extensions.Select(e => e.Oid == extension.Oid ? extension : e)] };

    private static SubjectPublicKey Key(AsymmetricAlgorithm key)
    {
        using (key) return SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo());
    }

    private static SubjectPublicKey RsaKey(BigInteger modulus, int exponent)
    {
        using var key = RSA.Create(new RSAParameters
        {
            Modulus = modulus.ToByteArray(isUnsigned: true, isBigEndian: true),
            Exponent = new BigInteger(exponent).ToByteArray(isUnsigned: true, isBigEndian: true),
        });
        return SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo());
    }

    // No factor below 752, so that no other rule objects.
    private static BigInteger Odd(int bits)
    {
        using var key = RSA.Create(bits);
        return new BigInteger(key.ExportParameters(false).Modulus, isUnsigned: true, isBigEndian: true);
    }

    private static BigInteger WithFactor(int factor)
    {
        var product = (BigInteger.Pow(2, 3071) / factor) + 1;
        return (product.IsEven ? product + 1 : product) * factor;
    }

    // What matters to the rule is that the two factors are close: they need not be prime.
    private static BigInteger ClosePrimes()
    {
        var large = (BigInteger.Pow(2, 1535) + (BigInteger.Pow(2, 1534) * 7 / 8)) | BigInteger.One;
        while (!IsClean(large)) large += 2;
        var other = large + 2;
        while (!IsClean(other)) other += 2;
        return large * other;

        static bool IsClean(BigInteger n) => Enumerable.Range(2, 750).All(d => !(n % d).IsZero);
    }

    // One modulo each of the small primes of the fingerprint, and so a power of 65537 there.
    private static BigInteger OfWeakGenerator()
    {
        var product = new[] { 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157 }.Aggregate(BigInteger.One, (a, b) => a * b) * 2;
        var start = BigInteger.Pow(2, 3071) + BigInteger.Pow(2, 3000);
        for (var n = start - (start % product) + 1; ; n += product)
            if (Enumerable.Range(2, 750).All(d => !(n % d).IsZero)) return n;
    }

    private static byte[] PssMarked()
    {
        var plain = Rsa.Value.Raw.ToArray();
        // The last octet of rsaEncryption is 1, that of id-RSASSA-PSS 10 (RFC 4055).
        plain[Convert.ToHexString(plain).IndexOf("2A864886F70D010101", StringComparison.Ordinal) / 2 + 8] = 0x0A;
        return plain;
    }
}
