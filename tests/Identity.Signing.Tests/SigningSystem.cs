using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;
using Microsoft.AspNetCore.Builder;

namespace Identity.Signing.Tests;

/// <summary>A running Signing service over HTTP, with stand-ins for its neighbours, real SQLite and files in a temporary folder.</summary>
public sealed class SigningSystem : IAsyncLifetime
{
    public const int Cap = 4 * 1024 * 1024;
    public const string AgencyReturn = "https://registry.example/back/";

    private readonly string? dataOf;
    private SigningProcess? process;
    private X509Certificate2? trusted;

    public SigningSystem() { }

    private SigningSystem(SigningSystem other, string data) =>
        (Pki, Provider, Authority, dataOf, Data) = (other.Pki, other.Provider, other.Authority, data, data);

    public OpensslPki Pki { get; private set; } = null!;

    public StandInProvider Provider { get; private set; } = null!;

    public StandInAuthority Authority { get; private set; } = null!;

    public WebApplication App { get; private set; } = null!;

    public string Address { get; private set; } = "";

    public string Data { get; private set; } = "";

    public string Documents => Path.Combine(Data, "documents");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var authority = $"http://localhost:{FreePort.Next()}/";
        Pki = new OpensslPki(statusAddress: authority);
        Data = Path.Combine(Pki.Folder, "data");
        Pki.MakeKey("client-signing", OpensslKey.P256, "ClientAuthentication");
        Pki.Certify("data-protection", OpensslKey.Rsa2048, "/CN=data protection", "keyUsage=critical,keyEncipherment\n", null, "DataProtection");
        Directory.CreateDirectory(Pki.PathOf("trust"));
        File.Copy(Pki.CertificatePath("root-ca"), Path.Combine(Pki.PathOf("trust"), "root-ca.cer.pem"));
        Provider = await StandInProvider.Start(IsClientAssertion);
        Authority = await StandInAuthority.Start(Pki, authority);
        await Start();
    }

    /// <summary>Starts a second copy on this folder, with the same neighbours.</summary>
    public async Task<SigningSystem> StartAnotherOn(string data, params string[] settings)
    {
        var another = new SigningSystem(this, data);
        await another.Start(settings);
        return another;
    }

    /// <summary>The same, as a process of its own: there is no <see cref="App"/> then.</summary>
    public async Task<SigningSystem> StartProcessOn(string data, params string[] settings)
    {
        var another = new SigningSystem(this, data) { Address = NewAddress() };
        another.process = await SigningProcess.Start([.. another.Arguments(another.Address), .. settings], another.Address);
        return another;
    }

    /// <summary>A process in production on this folder of keys, with TLS: it and its neighbours. The caller closes those.</summary>
    public async Task<SigningSystem> StartInProduction(string data, StandInProvider provider, StandInAuthority authority, params string[] settings)
    {
        var address = NewAddress().Replace("http:", "https:", StringComparison.Ordinal);
        var another = new SigningSystem(this, data) { Provider = provider, Authority = authority, Address = address, trusted = X509Certificate2.CreateFromPem(File.ReadAllText(Pki.CertificatePath("root-ca"))) };
        string[] tls = [$"--Kestrel:Certificates:Default:Path={Pki.CertificatePath("tls")}", $"--Kestrel:Certificates:Default:KeyPath={Pki.KeyPath("tls")}"];
        another.process = await SigningProcess.Start(
            [.. another.Arguments(address), "--environment=Production", .. tls, .. settings], address, new Dictionary<string, string> { ["SSL_CERT_FILE"] = Pki.CertificatePath("root-ca") }, another.trusted);
        return another;
    }

    /// <summary>Bytes: the most memory that the process has had.</summary>
    public long PeakMemory => process!.Peak;

    /// <summary>Ends the process as kill -9 does.</summary>
    public void Kill() => process!.Kill();

    public async ValueTask DisposeAsync()
    {
        process?.Dispose();
        trusted?.Dispose();
        if (App is not null)
            await App.DisposeAsync();
        if (dataOf is not null)
            return;
        await Provider.DisposeAsync();
        await Authority.DisposeAsync();
        Pki.Dispose();
    }

    /// <summary>For commands beside the service, which take its settings and not those of its server.</summary>
    public string[] Settings => [.. Arguments(Address).Where(setting => !setting.StartsWith("--urls=", StringComparison.Ordinal))];

    public string[] Arguments(string address) =>
    [
        "--environment=Development", $"--urls={address.TrimEnd('/')}", $"--Signing:PublicAddress={address}", $"--Signing:Provider={Provider.Issuer}",
        $"--Signing:Authority={Authority.Address}", $"--Signing:StatusSources:0={Authority.Address}", "--Signing:PendingFor=00:00:00", "--Signing:Verification=http://localhost:5300/", $"--Signing:DataDirectory={Data}",
        $"--Signing:KeysDirectory={Pki.Folder}", $"--Signing:TrustDirectory={Pki.PathOf("trust")}", $"--Signing:MaxDocumentBytes={Cap}",
        "--Signing:Instance=one", "--Signing:Agencies:0:ClientId=land-registry", "--Signing:Agencies:0:Name=Land Registry",
        $"--Signing:Agencies:0:ReturnUrls:0={AgencyReturn}", "--Signing:Agencies:1:ClientId=tax-portal", "--Signing:Agencies:1:Name=Tax Portal",
        "--Signing:Agencies:1:ReturnUrls:0=https://tax.example/", "--Logging:LogLevel:Default=Warning",
    ];

    public void Reset()
    {
        Provider.Reset();
        Authority.Reset();
    }

    public Browser NewBrowser() => new(Address, trusted);

    /// <summary>The audit log's lines that name this text.</summary>
    public IReadOnlyList<JsonElement> Audit(string about)
    {
        using var file = new FileStream(Path.Combine(Data, "audit", "one.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains(about, StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public HttpClient AgencyClient(string? token = null)
    {
        var client = new HttpClient(Browser.Trusting(trusted, new SocketsHttpHandler())) { BaseAddress = new Uri(Address) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Provider.AccessToken(Address));
        return client;
    }

    /// <summary>Posts a document as an agency does; fields with null are left out.</summary>
    public async Task<HttpResponseMessage> PostRequest(
        byte[] document, string? key = null, string? purpose = "Sign the deed", string? returnUrl = AgencyReturn, string? signer = null, string fileName = "deed.pdf", string? token = null, string? level = null, string? signature = null, string? password = null)
    {
        using var client = AgencyClient(token);
        using var form = new MultipartFormDataContent { HeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        if (purpose is not null)
            form.Add(new StringContent(purpose), "purpose");
        if (returnUrl is not null)
            form.Add(new StringContent(returnUrl), "return_url");
        if (signer is not null)
            form.Add(new StringContent(signer), "signer");
        if (level is not null)
            form.Add(new StringContent(level), "level");
        if (signature is not null)
            form.Add(new StringContent(signature), "signature");
        if (password is not null)
            form.Add(new StringContent(password), "document_password");
        var file = new ByteArrayContent(document);
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"document\"; filename=\"{fileName}\"");
        form.Add(file);
        using var message = new HttpRequestMessage(HttpMethod.Post, "requests") { Content = form };
        message.Headers.TryAddWithoutValidation("Idempotency-Key", key ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
        return await client.SendAsync(message, Cancellation);
    }

    public async Task<string> CreateRequest(byte[] document, string? signer = null, string fileName = "deed.pdf", string? level = null)
    {
        using var answer = await PostRequest(document, signer: signer, fileName: fileName, level: level);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await Json(answer))["id"]!.GetValue<string>();
    }

    public async Task<JsonNode> Status(string id)
    {
        using var client = AgencyClient();
        return await Json(await client.GetAsync($"requests/{id}", Cancellation));
    }

    /// <summary>Puts the token back, and waits until the service found it: its process begins again after a pause that grows with each vain beginning.</summary>
    public async Task PutBack(SoftHsm hsm)
    {
        hsm.PutBack();
        using var http = new HttpClient();
        for (var i = 0; i < 500; i++)
        {
            using var answer = await http.GetAsync(Address + "health/ready", Cancellation);
            if (answer.IsSuccessStatusCode)
                return;
            await Task.Delay(40, Cancellation);
        }

        Assert.Fail("The token is back, and the service does not find it.");
    }

    /// <summary>Waits until the request is signed or failed.</summary>
    public async Task<JsonNode> Ended(string id)
    {
        for (var i = 0; i < 500; i++)
        {
            var status = await Status(id);
            if (status["status"]!.GetValue<string>() is "signed" or "failed")
                return status;
            await Task.Delay(40, Cancellation);
        }

        return await Status(id);
    }

    /// <summary>Opens the request in this browser, signed in, and approves it; returns the last answer.</summary>
    public static async Task<HttpResponseMessage> Approve(Browser browser, string id)
    {
        var review = await browser.Get($"requests/{id}/review");
        Assert.Equal(HttpStatusCode.OK, review.StatusCode);
        return await browser.Post($"requests/{id}/review", await Browser.Fields(review));
    }

    /// <summary>From upload to result: the signed PDF.</summary>
    public async Task<byte[]> Sign(byte[] document, string fileName = "deed.pdf", string? level = null)
    {
        var id = await CreateRequest(document, fileName: fileName, level: level);
        await Approve(NewBrowser(), id);
        var ended = await Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", Cancellation);
    }

    /// <summary>What our verifier says with nothing but the file and the root: no network, as of the given time or now.</summary>
    public async Task<ValidationReport> Verify(byte[] file, DateTimeOffset? at = null, ValidationPolicy? policy = null, string password = "", string? trust = null)
    {
        policy ??= ValidationPolicy.Default;
        var anchors = TrustAnchors.FromDirectories([trust ?? Pki.PathOf("trust")]);
        var validation = new ValidateDocument(anchors, OnlineRevocation.Offline, policy, PdfLimits.Default, TimeProvider.System, at);
        return BuildReport.From(await validation.Run(file, Cancellation, password), "signed.pdf", file, at ?? TimeProvider.System.GetUtcNow(), policy);
    }

    public static async Task<JsonNode> Json(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;

    public bool IsClientAssertion(string jwt) => IsSignedByClient(jwt, out var claims) && claims["iss"]!.GetValue<string>() == "signing"
        && claims["sub"]!.GetValue<string>() == "signing" && claims["aud"]!.GetValue<string>() == Provider.Issuer;

    public bool IsSignedByClient(string jwt, out JsonNode claims)
    {
        claims = new JsonObject();
        if (jwt.Split('.') is not [var header, var payload, var signature])
            return false;
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Pki.KeyPath("client-signing")));
        claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload))!;
        return key.VerifyData(Encoding.ASCII.GetBytes(header + "." + payload), System.Buffers.Text.Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256);
    }

    private async Task Start(params string[] settings)
    {
        Address = NewAddress();
        App = SigningApp.Build([.. Arguments(Address), .. settings]);
        await App.StartAsync();
    }

    private static string NewAddress() => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{FreePort.Next()}/");
}
