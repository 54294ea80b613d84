using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Keys;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests;

/// <summary>Signing in production: as a process of its own, with TLS, its keys in SoftHSM2; and what production refuses.</summary>
public sealed class ProductionTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly string[] Addresses = ["--Signing:PublicAddress=https://sign.example/", "--Signing:Provider=https://login.example/",
        "--Signing:Authority=https://ca.example/", "--Signing:Verification=https://verify.example/", "--Signing:PersonKeys=hsm"];

    [Fact]
    public async Task With_its_keys_in_a_token_it_starts_and_signs()
    {
        system.Reset();
        var keys = Keys("keys-in-production");
        using var hsm = new SoftHsm(keys);
        hsm.Create("client-signing", "ClientAuthentication");
        var client = CertificateRequest.LoadSigningRequestPem(hsm.Request("client-signing", "CN=signing"), HashAlgorithmName.SHA256).PublicKey.GetECDsaPublicKey()!;
        // Of the root: the servers show it alone.
        system.Pki.Certify("tls", OpensslKey.P256, "/CN=localhost", "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n", "root-ca", "Tls");
        using var tls = X509Certificate2.CreateFromPemFile(system.Pki.CertificatePath("tls"), system.Pki.KeyPath("tls"));
        await using var provider = await StandInProvider.Start(jwt => IsSigned(jwt, client), tls);
        await using var authority = await StandInAuthority.Start(system.Pki, $"https://localhost:{TestKit.FreePort.Next()}/", tls);
        // OCSP and CRLs are asked for over http, in production too.
        authority.OtherStatusAddress = system.Authority.Address;
        await using var production = await system.StartInProduction(system.Pki.PathOf("production"), provider, authority,
            $"--Signing:KeysDirectory={keys}", "--Signing:PersonKeys=hsm", $"--Signing:StatusSources:0={system.Authority.Address}", "--Signing:Verification=https://verify.example/", "--Signing:Level=B-LTA");

        var signed = await production.Sign(Pdfs.Page("In production"));
        var report = await system.Verify(signed);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, Assert.Single(report.Signatures, one => one.IsSignature).Level));
        // The client's key is in the token, the person's is gone.
        Assert.Equal(1, hsm.Objects().Split("Private Key Object").Length - 1);
    }

    [Theory]
    [InlineData("Production", "data-protection")]
    [InlineData("Production", "client-signing")]
    // A name that somebody made up or misspelt must not open what Production closes.
    [InlineData("Prod", "data-protection")]
    public async Task A_development_key_is_refused_by_name(string environment, string name)
    {
        var keys = system.Pki.Folder;
        SoftHsm? hsm = null;
        if (name == "client-signing")
        {
            keys = Keys("keys-of-development");
            hsm = new SoftHsm(keys);
            File.Copy(system.Pki.KeyPath(name), Path.Combine(keys, name + ".key.pem"));
        }

        using var token = hsm;
        // Some keys are asked for when it is built, some when it starts.
        var refusal = await Assert.ThrowsAsync<DevelopmentKeyRefusedException>(async () =>
        {
            await using var app = SigningApp.Build([.. system.Arguments("https://sign.example/"), .. Addresses, "--environment=" + environment, $"--Signing:KeysDirectory={keys}", $"--Signing:DataDirectory={system.Pki.PathOf("data-of-development")}", "--urls=http://localhost:0"]);
            await app.StartAsync(SigningSystem.Cancellation);
        });
        Assert.Equal(name, refusal.KeyName);
    }

    [Theory]
    [InlineData("PublicAddress=http://sign.example/", "Signing:PublicAddress must be an https address in production.")]
    [InlineData("Provider=http://login.example/", "Signing:Provider must be an https address in production.")]
    [InlineData("Authority=http://ca.example/", "Signing:Authority must be an https address in production.")]
    [InlineData("Timestamps=http://tsa.example/", "Signing:Timestamps must be an https address in production.")]
    [InlineData("Verification=http://verify.example/", "Signing:Verification must be an https address in production.")]
    [InlineData("ApprovalOrigins:0=http://login.example", "Signing:ApprovalOrigins must be an https address in production.")]
    [InlineData("Agencies:0:ReturnUrls:0=http://registry.example/", "Signing:Agencies:0:ReturnUrls must be an https address in production.")]
    [InlineData("Agencies:0:WebhookUrls:0=http://127.0.0.1/", "Signing:Agencies:0:WebhookUrls must be an https address in production.")]
    [InlineData("PersonKeys=software", "Signing:PersonKeys is 'software', which is for development; in production it must name a hardware token of the key folder.")]
    public void A_setting_that_is_for_development_is_refused_by_name(string setting, string refusal)
    {
        string[] Arguments(params string[] more) => [.. system.Arguments("https://sign.example/"), .. Addresses, "--environment=Production", .. more];
        // Without it the first thing that is refused is a key.
        Assert.Throws<DevelopmentKeyRefusedException>(() => SigningApp.Build(Arguments()));
        Assert.Equal(refusal, Assert.Throws<SettingRefusedException>(() => SigningApp.Build(Arguments("--Signing:" + setting))).Message);
    }

    /// <summary>A folder with what production takes as a file, without the mark of development.</summary>
    private string Keys(string name)
    {
        var folder = Directory.CreateDirectory(system.Pki.PathOf(name)).FullName;
        using var key = RSA.Create(2048);
        File.WriteAllText(Path.Combine(folder, "data-protection.key.pem"), $"Purpose: {KeyPurpose.DataProtection}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        var request = new CertificateRequest("CN=data protection", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(Path.Combine(folder, "data-protection.cer.pem"), certificate.ExportCertificatePem());
        return folder;
    }

    private static bool IsSigned(string jwt, ECDsa key) => jwt.Split('.') is [var header, var payload, var signature]
        && JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload))!["iss"]!.GetValue<string>() == "signing"
        && key.VerifyData(Encoding.ASCII.GetBytes(header + "." + payload), System.Buffers.Text.Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256);
}
