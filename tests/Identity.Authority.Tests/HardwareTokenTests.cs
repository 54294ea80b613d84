using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Authority.Tests;

/// <summary>The Authority with all its keys in SoftHSM2: openssl verifies what it signs there, and a token that is gone is seen.</summary>
public sealed class HardwareTokenTests : IAsyncLifetime
{
    private readonly AuthoritySystem system = new();
    private readonly string keys;
    private readonly SoftHsm hsm;

    public HardwareTokenTests()
    {
        keys = Directory.CreateDirectory(system.Pki.PathOf("token-keys")).FullName;
        hsm = new SoftHsm(keys, timeoutSeconds: 2);
    }

    private string[] Settings =>
        [$"--Authority:Keys={keys}", $"--Authority:Database=Data Source={system.Pki.PathOf("token.db")}", $"--Authority:Audit={system.Pki.PathOf("token.jsonl")}"];

    public async ValueTask InitializeAsync()
    {
        await system.InitializeAsync();
        hsm.Create("root-ca", "CertificateAuthority", "EcdsaP384");
        hsm.Create("issuing-ca", "CertificateAuthority");
        hsm.Create("ocsp", "OcspResponder");
        // PKCS#1: `openssl ts` knows no PSS in time-stamps.
        hsm.Create("tsa", "Timestamping", "Rsa2048");
        using var ring = KeyRing.Open(keys, production: true);
        X509Extension[] authority = [new X509BasicConstraintsExtension(true, false, 0, true), new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)];
        Certify(ring, "root-ca", KeyPurpose.CertificateAuthority, "root-ca", authority);
        Certify(ring, "issuing-ca", KeyPurpose.CertificateAuthority, "root-ca", authority);
        Certify(ring, "ocsp", KeyPurpose.OcspResponder, "issuing-ca", Usage(), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false));
        Certify(ring, "tsa", KeyPurpose.Timestamping, "issuing-ca", Usage(), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.8")], true));
    }

    public async ValueTask DisposeAsync()
    {
        await system.DisposeAsync();
        hsm.Dispose();
    }

    [Fact]
    public async Task Signs_time_stamps_answers_and_lists_that_openssl_verifies()
    {
        await system.RestartWith(Settings);
        Assert.Equal(HttpStatusCode.OK, (await system.Http.GetAsync(system.Address + "health/ready", Cancellation)).StatusCode);
        await TimestampVerifies();

        var pki = system.Pki;
        var status = pki.Openssl("ocsp", "-url", system.Address + "ocsp", "-issuer", Path("issuing-ca"), "-cert", Path("tsa"), "-CAfile", Path("root-ca"), "-verify_other", Path("issuing-ca"));
        Assert.Contains("Response verify OK", status.Text, StringComparison.Ordinal);
        Assert.Contains("tsa.cer.pem: good", status.Text, StringComparison.Ordinal);

        var list = pki.Write("issuing.crl", await system.Http.GetByteArrayAsync(system.Address + "crl/issuing-ca.crl", Cancellation));
        Assert.Contains("verify OK", pki.Openssl("crl", "-inform", "DER", "-in", list, "-CAfile", Path("issuing-ca"), "-noout").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certifies_a_persons_key_with_its_key_in_the_token()
    {
        await system.RestartWith(Settings);
        var (status, answer) = await system.Ask(system.NewEvidence(), system.NewCsr());
        Assert.True(status == HttpStatusCode.Created, answer.ToJsonString());
        var person = system.Pki.Write("person.der", Convert.FromBase64String(answer["certificate"]!.GetValue<string>()));
        system.Pki.Openssl("x509", "-inform", "DER", "-in", person, "-out", system.Pki.PathOf("person.pem"));
        var verified = system.Pki.Openssl("verify", "-CAfile", Path("root-ca"), "-untrusted", Path("issuing-ca"), system.Pki.PathOf("person.pem"));
        Assert.Contains("person.pem: OK", verified.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_token_it_is_not_ready_signs_nothing_and_heals_when_the_token_is_back()
    {
        await system.RestartWith(Settings);
        Directory.Move(hsm.Tokens, hsm.Tokens + ".away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Eventually(HttpStatusCode.ServiceUnavailable));
        var (_, refused, _) = await system.Post("tsa", Query(), "application/timestamp-query");
        Assert.Contains("Try again later.", system.Pki.Try("ts", "-reply", "-in", system.Pki.Write("refused.tsr", refused), "-text").Text, StringComparison.Ordinal);
        // No certificate and no word that could be taken for one.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await system.Ask(system.NewEvidence(), system.NewCsr())).Item1);
        var status = system.Pki.Try("ocsp", "-url", system.Address + "ocsp", "-issuer", Path("issuing-ca"), "-cert", Path("tsa"), "-CAfile", Path("root-ca"), "-verify_other", Path("issuing-ca"));
        Assert.DoesNotContain("good", status.Text, StringComparison.Ordinal);
        Assert.Contains("trylater", status.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await system.Http.GetAsync(system.Address + "health/live", Cancellation)).StatusCode);

        Directory.Move(hsm.Tokens + ".away", hsm.Tokens);
        Assert.Equal(HttpStatusCode.OK, await Eventually(HttpStatusCode.OK));
        await TimestampVerifies();
    }

    [Fact]
    public async Task A_key_of_another_purpose_in_the_token_is_found_at_the_start()
    {
        File.Copy(System.IO.Path.Combine(keys, "ocsp.key.json"), System.IO.Path.Combine(keys, "tsa.key.json"), overwrite: true);
        var refusal = await Assert.ThrowsAsync<KeyRingException>(() => system.RestartWith(Settings));
        Assert.Equal("Key 'tsa' is refused: its CKA_LABEL in the token is not 'tsa OcspResponder'.", refusal.Message);
        await system.RestartWith();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Path(string name) => System.IO.Path.Combine(keys, name + ".cer.pem");

    private static X509KeyUsageExtension Usage() => new(X509KeyUsageFlags.DigitalSignature, true);

    private byte[] Query()
    {
        system.Pki.Openssl("ts", "-query", "-data", system.Pki.Write("data", "the data"u8), "-sha256", "-cert", "-out", system.Pki.PathOf("query.tsq"));
        return File.ReadAllBytes(system.Pki.PathOf("query.tsq"));
    }

    private async Task TimestampVerifies()
    {
        var (_, body, _) = await system.Post("tsa", Query(), "application/timestamp-query");
        var verified = system.Pki.Openssl("ts", "-verify", "-queryfile", system.Pki.PathOf("query.tsq"), "-in", system.Pki.Write("reply.tsr", body), "-CAfile", Path("root-ca"), "-untrusted", Path("issuing-ca"));
        Assert.Contains("Verification: OK", verified.Text, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> Eventually(HttpStatusCode status)
    {
        for (var i = 0; i < 200; i++)
        {
            if ((await system.Http.GetAsync(system.Address + "health/ready", Cancellation)).StatusCode == status)
                return status;
            // Also a reason to use the keys: what is pulled is noticed in use.
            await system.Post("tsa", Query(), "application/timestamp-query");
        }

        return 0;
    }

    /// <summary>Certificates by the framework, signed through the ring: openssl has no way into the token.</summary>
    private void Certify(KeyRing ring, string name, KeyPurpose purpose, string issuer, params X509Extension[] extensions)
    {
        var key = ring.Get(name, purpose);
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var subject = new X500DistinguishedName($"CN={name}, O=Identity Test, C=XX");
        var request = new CertificateRequest(subject, publicKey, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        var identifier = new X509SubjectKeyIdentifierExtension(publicKey, false);
        request.CertificateExtensions.Add(identifier);
        var (issuerName, generator) = (subject, X509SignatureGenerator.CreateForECDsa(ring.Get(issuer, KeyPurpose.CertificateAuthority).AsEcdsa()));
        if (issuer != name)
        {
            using var above = ring.Certificate(issuer);
            issuerName = above.SubjectName;
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(above, true, false));
        }

        if (issuer == "root-ca")
            request = Again(request, HashAlgorithmName.SHA384);
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.Create(issuerName, generator, now.AddDays(-1), now.AddDays(365), RandomNumberGenerator.GetBytes(12));
        File.WriteAllText(Path(name), made.ExportCertificatePem());
    }

    private static CertificateRequest Again(CertificateRequest request, HashAlgorithmName hash)
    {
        var again = new CertificateRequest(request.SubjectName, request.PublicKey, hash);
        foreach (var extension in request.CertificateExtensions)
            again.CertificateExtensions.Add(extension);
        return again;
    }
}
