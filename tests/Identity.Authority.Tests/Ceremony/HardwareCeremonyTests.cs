using System.Globalization;
using System.Net;
using Identity.Authority.Ceremony;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Builder;

namespace Identity.Authority.Tests.Ceremony;

/// <summary>Keys in two tokens, the root's and the service's, as in production.</summary>
public sealed class HardwareCeremonyTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>, IDisposable
{
    private const string Settings =
        """
        { "Ceremony": { "StatusAddress": "http://status.example/", "Country": "EE", "Organization": "State Trust Office",
          "Root": { "CommonName": "Root", "Key": "EcdsaP384", "Days": 7300 },
          "Authorities": [ { "Name": "issuing-ca", "CommonName": "People", "Key": "EcdsaP384", "Days": 3650 }, { "Name": "services-ca", "CommonName": "Services", "Key": "Rsa3072", "Days": 3650 } ],
          "Services": [
            { "Name": "tsa", "CommonName": "Time", "Key": "EcdsaP256", "Days": 3600, "SigningDays": 1100, "Kind": "Timestamping", "Issuer": "services-ca" },
            { "Name": "ocsp", "CommonName": "OCSP People", "Key": "EcdsaP256", "Days": 90, "Kind": "OcspResponder", "Issuer": "issuing-ca" },
            { "Name": "ocsp-services", "CommonName": "OCSP Services", "Key": "EcdsaP256", "Days": 90, "Kind": "OcspResponder", "Issuer": "services-ca" } ] } }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("identity-ceremony-").FullName;
    private int records;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_hierarchy_whose_keys_never_leave_their_tokens_is_made_and_runs_in_production()
    {
        var (root, service) = (Directory.CreateDirectory(In("root")).FullName, Directory.CreateDirectory(In("service")).FullName);
        File.WriteAllText(In("settings.json"), Settings);
        using var rootToken = new SoftHsm(root);
        using var serviceToken = new SoftHsm(service);
        Assert.Contains("'root-ca'", (await Hold("root", root)).Error, StringComparison.Ordinal);
        rootToken.Create("root-ca", "CertificateAuthority", "EcdsaP384");
        serviceToken.Create("issuing-ca", "CertificateAuthority", "EcdsaP384");
        serviceToken.Create("services-ca", "CertificateAuthority", "Rsa3072");
        serviceToken.Create("tsa", "Timestamping");
        foreach (var responder in new[] { "ocsp", "ocsp-services" }) serviceToken.Create(responder, "OcspResponder");

        Assert.Equal((0, ""), await Hold("root", root));
        Assert.Equal((0, ""), await Hold("request", service));
        foreach (var request in Directory.GetFiles(service, "*.csr.pem")) File.Copy(request, Path.Combine(root, Path.GetFileName(request)));
        Assert.Equal((0, ""), await Hold("authorities", root));
        foreach (var made in Directory.GetFiles(root, "*.cer.pem").Append(Path.Combine(root, "root-ca.crl"))) File.Copy(made, Path.Combine(service, Path.GetFileName(made)));
        Assert.Equal((0, ""), await Hold("services", service));
        Assert.Empty(Directory.GetFiles(folder, "*.key.pem", SearchOption.AllDirectories));

        await using var app = AuthorityApp.Build([.. system.Settings, "--environment=Production", $"--Authority:Keys={service}", $"--Authority:Database=Data Source={In("authority.db")}", $"--Authority:Audit={In("audit.jsonl")}",
            $"--urls=http://localhost:{FreePort.Next()}", "--Authority:PublicAddress=https://authority.example/", "--Authority:StatusAddress=http://status.example/", "--Authority:Provider=https://provider.example/",
            "--Authority:Person:Policy=1.2.3.4", "--Authority:TimestampPolicy=1.2.3.5", "--Authority:ApprovedDocumentsExtension=1.2.3.6",
            "--Authority:TrustedClock=File", $"--Authority:ClockFile={In("clock.json")}",
            "--Authority:Issuers:0:Name=issuing-ca", "--Authority:Issuers:0:Responder=ocsp", "--Authority:Issuers:0:Certifies=People",
            "--Authority:Issuers:1:Name=services-ca", "--Authority:Issuers:1:Responder=ocsp-services", "--Authority:Issuers:1:Certifies=Services"]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Urls.First() + "/";
        File.WriteAllText(In("clock.json"), $$"""{"checked":"{{TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)}}","offsetMilliseconds":0.4}""");

        Openssl("ts", "-query", "-data", In("settings.json"), "-sha384", "-cert", "-out", In("query.tsq"));
        using var query = new ByteArrayContent(File.ReadAllBytes(In("query.tsq")));
        query.Headers.ContentType = new("application/timestamp-query");
        using var reply = await system.Http.PostAsync(address + "tsa", query, TestContext.Current.CancellationToken);
        File.WriteAllBytes(In("reply.tsr"), await reply.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Verification: OK", Openssl("ts", "-verify", "-queryfile", In("query.tsq"), "-in", In("reply.tsr"), "-CAfile", Path.Combine(root, "root-ca.cer.pem")), StringComparison.Ordinal);
        var answer = Openssl("ocsp", "-issuer", Path.Combine(service, "services-ca.cer.pem"), "-cert", Path.Combine(service, "tsa.cer.pem"), "-url", address + "ocsp", "-CAfile", Path.Combine(root, "root-ca.cer.pem"),
            "-verify_other", Path.Combine(service, "services-ca.cer.pem"));
        Assert.Contains("Response verify OK", answer, StringComparison.Ordinal);
        Assert.Contains(": good", answer, StringComparison.Ordinal);
        using var ready = await system.Http.GetAsync(address + "health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    private async Task<(int Code, string Error)> Hold(string step, string keys)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CeremonyCommand.Run([step, "--settings", In("settings.json"), "--keys", keys, "--record", In($"record-{++records}.json"), "--attendee", "Mari", "--attendee", "Jaan"], TimeProvider.System, output, error);
        return (code, error.ToString().Trim());
    }

    private string In(string name) => Path.Combine(folder, name);

    private static string Openssl(params string[] arguments)
    {
        var result = Tool.Run("openssl", arguments);
        Assert.True(result.ExitCode == 0, $"openssl {string.Join(' ', arguments)}\n{result.Text}");
        return result.Text;
    }
}
