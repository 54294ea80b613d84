using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Audit;
using Identity.Authority.Ceremony;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using PkixCertificate = Identity.Pkix.X509.Certificate;
using PkixSignatureAlgorithm = Identity.Pkix.Signatures.SignatureAlgorithm;

namespace Identity.DevHost;

/// <summary>Fills the key folder: the certificate hierarchy, the services' keys and the agencies'. Production makes its own, in hardware.</summary>
internal sealed class DevHierarchy
{
    private static readonly (string Name, KeyPurpose Purpose, KeyAlgorithm Algorithm)[] Keys =
    [
        ("root-ca", KeyPurpose.CertificateAuthority, KeyAlgorithm.EcdsaP384),
        ("issuing-ca", KeyPurpose.CertificateAuthority, KeyAlgorithm.EcdsaP256),
        ("tsa", KeyPurpose.Timestamping, KeyAlgorithm.EcdsaP256),
        ("ocsp", KeyPurpose.OcspResponder, KeyAlgorithm.EcdsaP256),
        ("seals-ca", KeyPurpose.CertificateAuthority, KeyAlgorithm.EcdsaP256),
        ("ocsp-seals", KeyPurpose.OcspResponder, KeyAlgorithm.EcdsaP256),
        ("services-ca", KeyPurpose.CertificateAuthority, KeyAlgorithm.EcdsaP256),
        ("ocsp-services", KeyPurpose.OcspResponder, KeyAlgorithm.EcdsaP256),
        ("tls", KeyPurpose.Tls, KeyAlgorithm.EcdsaP256),
        ("token-es256", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256),
        ("token-ps256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048),
        ("token-rs256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048),
        ("token-encryption", KeyPurpose.TokenEncryption, KeyAlgorithm.Rsa2048),
        ("data-protection", KeyPurpose.DataProtection, KeyAlgorithm.Rsa2048),
        ("client-tax-portal", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("client-health-portal", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("client-land-registry", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("event-signing", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256),
        ("client-signing", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
    ];

    private readonly DevPlace _place;
    private readonly KeyRing _ring;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _now;
    private readonly string _authority;

    private DevHierarchy(DevPlace place, TimeProvider time)
    {
        _place = place;
        _ring = KeyRing.Open(place.Keys, production: false);
        _time = time;
        _now = time.GetUtcNow();
        _authority = place.Address(100);
    }

    /// <summary>Makes what is missing when nothing is there; certificates that name another port are made anew for the same keys.</summary>
    /// <exception cref="CannotStartException">some keys are there and some are not</exception>
    public static void Fill(DevPlace place, TimeProvider time)
    {
        Directory.CreateDirectory(place.Trust);
        var missing = Keys.Where(key => !File.Exists(Path.Combine(place.Keys, key.Name + ".key.pem"))).ToList();
        if (missing.Count > 0 && missing.Count < Keys.Length)
        {
            throw new CannotStartException(
                $"The key folder '{place.Keys}' is incomplete: {string.Join(", ", missing.Select(key => key.Name + ".key.pem"))} not there. "
                + "Delete all *.pem and *.json in it and start again; people and passkeys stay.");
        }

        foreach (var (name, purpose, algorithm) in missing)
            KeyRing.CreateDevelopmentKey(place.Keys, name, purpose, algorithm);
        var hierarchy = new DevHierarchy(place, time);
        if (missing.Count > 0 || !hierarchy.IsCurrent())
            hierarchy.Certify();
    }

    // The address of the port base and an end far enough away; the last file written tells that all others were.
    private bool IsCurrent()
    {
        if (!File.Exists(Complete) || File.ReadAllText(Complete) != _authority || !File.Exists(RootList))
            return false;
        return CertificateRevocationList.Parse(File.ReadAllBytes(RootList)).NextUpdate > _now.AddDays(30) && Certified.All(name => EndOf(name) > _now.AddDays(30));
    }

    private DateTimeOffset EndOf(string name)
    {
        using var certificate = _ring.Certificate(name);
        return certificate.NotAfter;
    }

    private static IEnumerable<string> Certified =>
        Keys.Where(key => key.Purpose is KeyPurpose.CertificateAuthority or KeyPurpose.OcspResponder or KeyPurpose.Timestamping).Select(key => key.Name);

    private string Complete => Path.Combine(_place.Keys, "made-for.txt");

    private string RootList => Path.Combine(_place.Keys, "root-ca.crl");

    private void Certify()
    {
        File.Delete(Complete);
        DevSeal.Forget(_place);
        HoldCeremony();
        CertifyTls();
        foreach (var (name, subject) in new[] { ("token-encryption", "Identity Development Token Encryption"), ("data-protection", "Identity Development Data Protection") })
            SelfSigned(name, subject);
        foreach (var (name, purpose, _) in Keys.Where(key => key.Purpose == KeyPurpose.ClientAuthentication))
            Write($"{name}.jwk.json", PublicJwk.For(_ring.Get(name, purpose).SubjectPublicKeyInfo, "ES256").Json);
        File.Copy(Path.Combine(_place.Keys, "root-ca.cer.pem"), Path.Combine(_place.Trust, "root-ca.cer.pem"), overwrite: true);
        Write(Path.GetFileName(Complete), _authority);
    }

    // The steps that an operator takes in three places (specs/operations.md), here one after another in one folder.
    private void HoldCeremony()
    {
        var record = Path.Combine(_place.Keys, "ceremony.json");
        foreach (var made in Certified.SelectMany(name => new[] { name + ".cer.pem", name + ".intended.der" }).Append("ceremony.json").Append("root-ca.crl"))
            File.Delete(Path.Combine(_place.Keys, made));
        var settings = CeremonySettings.Check(Ceremony());
        using var audit = AuditLog.Open(Path.Combine(_place.Keys, "ceremony.jsonl"), "authority", _time);
        var written = new CeremonyRecord("development", ["Identity.DevHost"], settings, _now);
        using var session = new CeremonySession(new CeremonyPlace(_place.Keys, Development: true, Renew: false), written, audit, _time);
        RootCeremony.MakeRoot(settings, session);
        ServiceCeremony.MakeKeysAndRequests(settings, session);
        RootCeremony.CertifyAuthorities(settings, session);
        ServiceCeremony.CertifyServices(settings, session, []);
        audit.Append(new CeremonyHeld("development", written.Write(record, _time.GetUtcNow())));
    }

    private CeremonyOptions Ceremony()
    {
        var options = new CeremonyOptions
        {
            StatusAddress = _authority,
            Country = "XX",
            Organization = "Identity Development",
            LeastAttendees = 1,
            RootListDays = 400,
            Root = new CeremonyEntryOptions { CommonName = "Identity Development Root CA", Key = "EcdsaP384", Days = 20 * 365 },
        };
        foreach (var (name, commonName) in new[] { ("issuing-ca", "Identity Development Issuing CA"), ("seals-ca", "Identity Development Seals CA"), ("services-ca", "Identity Development Services CA") })
            options.Authorities.Add(new CeremonyEntryOptions { Name = name, CommonName = commonName, Key = "EcdsaP256", Days = 10 * 365 });
        options.Services.Add(new CeremonyEntryOptions
        {
            Name = "tsa", CommonName = "Identity Development Time-Stamping", Kind = "Timestamping", Issuer = "services-ca", Key = "EcdsaP256", Days = 9 * 365, SigningDays = 5 * 365,
        });
        foreach (var (name, issuer) in new[] { ("ocsp", "issuing-ca"), ("ocsp-seals", "seals-ca"), ("ocsp-services", "services-ca") })
            options.Services.Add(new CeremonyEntryOptions { Name = name, CommonName = $"Identity Development OCSP of {issuer}", Kind = "OcspResponder", Issuer = issuer, Key = "EcdsaP256", Days = 2 * 365 });
        return options;
    }

    // For this machine's browsers and agencies alone, so no matter of the ceremony.
    private void CertifyTls()
    {
        var root = PkixCertificate.Parse(PemBytes("root-ca"));
        var (signer, tls) = (_ring.Get("root-ca", KeyPurpose.CertificateAuthority), SubjectPublicKey.Parse(_ring.Get("tls", KeyPurpose.Tls).SubjectPublicKeyInfo));
        var subject = DistinguishedName.Of(
            new AttributeTypeAndValue(Oids.Country, "XX"), new AttributeTypeAndValue(Oids.Organization, "Identity Development"), new AttributeTypeAndValue(Oids.CommonName, "localhost"));
        var content = new CertificateContent(NewSerialNumber(), root.Subject, subject, _now.AddMinutes(-1), _now.AddYears(2), tls,
        [
            CertificateExtensions.EndEntity(),
            CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature),
            CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageServerAuth),
            CertificateExtensions.SubjectAltDnsNames("localhost"),
            CertificateExtensions.SubjectKeyIdentifier(tls),
            CertificateExtensions.AuthorityKeyIdentifier(root),
            CertificateExtensions.CrlDistributionPoint($"{_authority}crl/root-ca.crl"),
            CertificateExtensions.AuthorityInformationAccess(null, $"{_authority}ca/root-ca.cer"),
        ]);
        var toBeSigned = CertificateBuilder.Build(content, PkixSignatureAlgorithm.EcdsaSha384);
        Write("tls.cer.pem", PemEncoding.WriteString("CERTIFICATE", toBeSigned.Complete(signer.SignHash(SignatureScheme.EcdsaSha384, toBeSigned.Hash()))) + "\n");
    }

    private byte[] PemBytes(string name)
    {
        using var certificate = _ring.Certificate(name);
        return certificate.RawData;
    }

    // Nobody relies on these but the process that holds the key; a name and a key are all they need.
    private void SelfSigned(string name, string commonName)
    {
        using var key = _ring.Get(name, Keys.Single(known => known.Name == name).Purpose).AsRsa();
        var subject = new X500DistinguishedName($"CN={commonName}, O=Identity Development, C=XX");
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, critical: true));
        using var certificate = request.Create(
            subject, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), _now.AddMinutes(-5), _now.AddYears(20), NewSerialNumber().ToByteArray(isBigEndian: true));
        Write($"{name}.cer.pem", certificate.ExportCertificatePem() + "\n");
    }

    // 127 random bits: positive in 16 octets.
    private static BigInteger NewSerialNumber()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        bytes[0] = (byte)((bytes[0] & 0x3F) | 0x40);
        return new BigInteger(bytes, isBigEndian: true);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_place.Keys, name), text);
}
