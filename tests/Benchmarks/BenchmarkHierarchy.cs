using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.TestKit.Pki;

namespace Identity.Benchmarks;

/// <summary>The keys of an Authority, in files or in SoftHSM2: all of the kind that is to be measured.</summary>
internal sealed class BenchmarkHierarchy : IDisposable
{
    private readonly SoftHsm? hsm;

    public BenchmarkHierarchy(bool inToken, KeyAlgorithm algorithm)
    {
        Folder = Directory.CreateTempSubdirectory("identity-bench-").FullName;
        hsm = inToken ? new SoftHsm(Folder, sessions: 4) : null;
        Make("root-ca", KeyPurpose.CertificateAuthority, algorithm);
        Make("issuing-ca", KeyPurpose.CertificateAuthority, algorithm);
        Make("ocsp", KeyPurpose.OcspResponder, algorithm);
        Make("tsa", KeyPurpose.Timestamping, algorithm);
        // Only who holds the client's key is answered: here nobody asks.
        using var client = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = client.ExportParameters(false).Q;
        File.WriteAllText(Path.Combine(Folder, "client.jwk.json"),
            $$"""{"kty":"EC","crv":"P-256","kid":"bench","alg":"ES256","use":"sig","x":"{{System.Buffers.Text.Base64Url.EncodeToString(point.X)}}","y":"{{System.Buffers.Text.Base64Url.EncodeToString(point.Y)}}"}""");
        using var ring = KeyRing.Open(Folder, production: false);
        X509Extension[] authority = [new X509BasicConstraintsExtension(true, false, 0, true), new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)];
        var use = new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true);
        Certify(ring, "root-ca", KeyPurpose.CertificateAuthority, "root-ca", authority);
        Certify(ring, "issuing-ca", KeyPurpose.CertificateAuthority, "root-ca", authority);
        Certify(ring, "ocsp", KeyPurpose.OcspResponder, "issuing-ca", use, new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false));
        Certify(ring, "tsa", KeyPurpose.Timestamping, "issuing-ca", use, new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.8")], true));
    }

    public string Folder { get; }

    public string CertificatePath(string name) => Path.Combine(Folder, name + ".cer.pem");

    public void Dispose()
    {
        hsm?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Make(string name, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        if (hsm is not null)
            hsm.Create(name, purpose.ToString(), algorithm.ToString());
        else
            KeyRing.CreateDevelopmentKey(Folder, name, purpose, algorithm);
    }

    private void Certify(KeyRing ring, string name, KeyPurpose purpose, string issuer, params X509Extension[] extensions)
    {
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(ring.Get(name, purpose).SubjectPublicKeyInfo.Span, out _);
        var subject = new X500DistinguishedName($"CN={name}, O=Benchmark, C=XX");
        var request = new CertificateRequest(subject, publicKey, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, false));
        var issuerName = subject;
        if (issuer != name)
        {
            using var above = ring.Certificate(issuer);
            issuerName = above.SubjectName;
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(above, true, false));
        }

        var now = TimeProvider.System.GetUtcNow();
        var authority = ring.Get(issuer, KeyPurpose.CertificateAuthority);
        var generator = authority.Algorithm == KeyAlgorithm.EcdsaP256
            ? X509SignatureGenerator.CreateForECDsa(authority.AsEcdsa()) : X509SignatureGenerator.CreateForRSA(authority.AsRsa(), RSASignaturePadding.Pss);
        using var made = request.Create(issuerName, generator, now.AddDays(-1), now.AddDays(365), RandomNumberGenerator.GetBytes(12));
        File.WriteAllText(CertificatePath(name), made.ExportCertificatePem() + "\n");
    }
}
