using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.Pkix.Asn1;
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
        ("tls", KeyPurpose.Tls, KeyAlgorithm.EcdsaP256),
        ("token-es256", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256),
        ("token-ps256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048),
        ("token-rs256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048),
        ("token-encryption", KeyPurpose.TokenEncryption, KeyAlgorithm.Rsa2048),
        ("data-protection", KeyPurpose.DataProtection, KeyAlgorithm.Rsa2048),
        ("client-tax-portal", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("client-health-portal", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("client-land-registry", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
        ("client-signing", KeyPurpose.ClientAuthentication, KeyAlgorithm.EcdsaP256),
    ];

    private readonly DevPlace _place;
    private readonly KeyRing _ring;
    private readonly DateTimeOffset _now;
    private readonly string _authority;

    private DevHierarchy(DevPlace place, DateTimeOffset now)
    {
        _place = place;
        _ring = KeyRing.Open(place.Keys, production: false);
        _now = now;
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
        var hierarchy = new DevHierarchy(place, time.GetUtcNow());
        if (missing.Count > 0 || !hierarchy.IsCurrent())
            hierarchy.Certify();
    }

    // The address of the port base and an end far enough away; the last file written tells that all others were.
    private bool IsCurrent()
    {
        if (!File.Exists(Complete) || File.ReadAllText(Complete) != _authority)
            return false;
        using var issuing = _ring.Certificate("issuing-ca");
        return issuing.NotAfter > _now.AddDays(30);
    }

    private string Complete => Path.Combine(_place.Keys, "made-for.txt");

    private void Certify()
    {
        File.Delete(Complete);
        var root = Issue("root-ca", "Identity Development Root CA", 20, null,
            key => [CertificateExtensions.Authority(null), CertificateExtensions.KeyUsage(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign), CertificateExtensions.SubjectKeyIdentifier(key)]);
        var issuing = Issue("issuing-ca", "Identity Development Issuing CA", 10, root,
            key => [CertificateExtensions.Authority(0), CertificateExtensions.KeyUsage(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign), .. Common(key, root, "root-ca"),
                CertificateExtensions.CertificatePolicies(Oids.AnyPolicy)]);
        // RFC 3161 2.3: one purpose, critical. Issued by the root, whose revocation list says whether it still holds.
        Issue("tsa", "Identity Development Time-Stamping", 10, root,
            key => [CertificateExtensions.EndEntity(), CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(true, Oids.UsageTimeStamping), .. Common(key, root, "root-ca")]);
        // RFC 6960 4.2.2.2: a delegated responder is certified by the authority that it answers for.
        Issue("ocsp", "Identity Development OCSP", 5, issuing,
            key => [CertificateExtensions.EndEntity(), CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageOcspSigning), CertificateExtensions.OcspNoCheck(), .. Common(key, issuing, "issuing-ca")]);
        // Not by the issuing authority: that one certifies people.
        Issue("tls", "localhost", 2, root,
            key => [CertificateExtensions.EndEntity(), CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(false, Oids.UsageServerAuth), CertificateExtensions.SubjectAltDnsNames("localhost"), .. Common(key, root, "root-ca")]);
        foreach (var (name, subject) in new[] { ("token-encryption", "Identity Development Token Encryption"), ("data-protection", "Identity Development Data Protection") })
            SelfSigned(name, subject);
        foreach (var (name, purpose, _) in Keys.Where(key => key.Purpose == KeyPurpose.ClientAuthentication))
            Write($"{name}.jwk.json", PublicJwk.For(_ring.Get(name, purpose).SubjectPublicKeyInfo, "ES256").Json);
        File.Copy(Path.Combine(_place.Keys, "root-ca.cer.pem"), Path.Combine(_place.Trust, "root-ca.cer.pem"), overwrite: true);
        Write(Path.GetFileName(Complete), _authority);
    }

    private Extension[] Common(SubjectPublicKey key, PkixCertificate issuer, string issuerName) =>
    [
        CertificateExtensions.SubjectKeyIdentifier(key),
        CertificateExtensions.AuthorityKeyIdentifier(issuer),
        CertificateExtensions.CrlDistributionPoint($"{_authority}crl/{issuerName}.crl"),
        CertificateExtensions.AuthorityInformationAccess(null, $"{_authority}ca/{issuerName}.cer"),
    ];

    private PkixCertificate Issue(string name, string commonName, int years, PkixCertificate? issuer, Func<SubjectPublicKey, Extension[]> extensions)
    {
        var subject = DistinguishedName.Of(
            new AttributeTypeAndValue(Oids.Country, "XX"), new AttributeTypeAndValue(Oids.Organization, "Identity Development"), new AttributeTypeAndValue(Oids.CommonName, commonName));
        var key = SubjectPublicKey.Parse(_ring.Get(name, Keys.Single(known => known.Name == name).Purpose).SubjectPublicKeyInfo);
        var signer = _ring.Get(issuer is null || issuer.IsSelfIssued ? "root-ca" : "issuing-ca", KeyPurpose.CertificateAuthority);
        var algorithm = signer.Algorithm == KeyAlgorithm.EcdsaP384 ? PkixSignatureAlgorithm.EcdsaSha384 : PkixSignatureAlgorithm.EcdsaSha256;
        var content = new CertificateContent(
            NewSerialNumber(), issuer?.Subject ?? subject, subject, _now.AddMinutes(-5), _now.AddYears(years), key, extensions(key));
        var toBeSigned = CertificateBuilder.Build(content, algorithm);
        var scheme = signer.Algorithm == KeyAlgorithm.EcdsaP384 ? SignatureScheme.EcdsaSha384 : SignatureScheme.EcdsaSha256;
        var certificate = toBeSigned.Complete(signer.SignHash(scheme, toBeSigned.Hash()));
        Write($"{name}.cer.pem", PemEncoding.WriteString("CERTIFICATE", certificate) + "\n");
        return PkixCertificate.Parse(certificate);
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
