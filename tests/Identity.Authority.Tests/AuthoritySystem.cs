using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Authority.Storage;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Identity.Authority.Tests;

/// <summary>This machine's clock, moved.</summary>
internal sealed class MovableTime : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}

/// <summary>
/// The Authority on a free loopback port, with a hierarchy made by openssl and a stand-in Provider that publishes the key of hand-written evidence.
/// One per test class; tests of a class run one after another.
/// </summary>
public sealed class AuthoritySystem : IAsyncLifetime
{
    private readonly WebApplication provider;
    private readonly ECDsa clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private WebApplication app;
    private string[] more = [];

    public AuthoritySystem()
    {
        Pki = new OpensslPki();
        (Address, ProviderAddress) = ($"http://localhost:{FreePort.Next()}/", $"http://localhost:{FreePort.Next()}/");
        Evidence = new EvidenceBuilder(ProviderAddress, TimeProvider.System.GetUtcNow());
        File.WriteAllText(Pki.PathOf("client-signing.jwk.json"), Jwk());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        provider = builder.Build();
        provider.Urls.Add(ProviderAddress.TrimEnd('/'));
        provider.MapGet("/.well-known/jwks", () => ProviderAnswer());
        app = Build();
    }

    public OpensslPki Pki { get; }

    public string Address { get; }

    public string ProviderAddress { get; }

    public EvidenceBuilder Evidence { get; }

    internal MovableTime Time { get; } = new();

    public HttpClient Http { get; } = new();

    public int KeySetRequests { get; private set; }

    /// <summary>What the Provider says instead of its keys.</summary>
    public IResult? OtherKeySet { get; set; }

    public string DatabaseFile => Pki.PathOf("authority.db");

    public string AuditFile => Pki.PathOf("authority.jsonl");

    public string[] Settings =>
    [
        "--environment=Development", "--Logging:LogLevel:Default=None", $"--urls={Address.TrimEnd('/')}",
        $"--Authority:PublicAddress={Address}", $"--Authority:Provider={ProviderAddress}", $"--Authority:Database=Data Source={DatabaseFile}",
        $"--Authority:Audit={AuditFile}", $"--Authority:Keys={Pki.Folder}", $"--Authority:ClientKey={Pki.PathOf("client-signing.jwk.json")}",
        "--Authority:TrustedClock=Unchecked", .. more,
    ];

    /// <summary>Of these what a command beside the service takes: settings, and not those of its server.</summary>
    public static string[] ForCommands(IEnumerable<string> settings) => [.. settings.Where(setting => !setting.StartsWith("--urls=", StringComparison.Ordinal))];

    public IServiceProvider Services => app.Services;

    public AuthorityDatabase Database() => app.Services.GetRequiredService<IDbContextFactory<AuthorityDatabase>>().CreateDbContext();

    public async ValueTask InitializeAsync()
    {
        await provider.StartAsync();
        await app.StartAsync();
    }

    /// <summary>Ends it; what is on the disk stays, and the database can still be looked into. <see cref="Restart"/> starts it again.</summary>
    public async Task Stop()
    {
        await app.DisposeAsync();
        app = Build();
    }

    public async Task Restart()
    {
        await app.DisposeAsync();
        app = Build();
        await app.StartAsync();
    }

    /// <summary>From here on with these settings too.</summary>
    public Task RestartWith(params string[] settings)
    {
        more = settings;
        return Restart();
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await provider.DisposeAsync();
        Evidence.Dispose();
        clientKey.Dispose();
        Http.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Pki.Dispose();
    }

    /// <summary>Evidence of a new approval by Liis Tamm, five minutes from now on.</summary>
    public string NewEvidence(out string approval, string givenName = "Liis", string familyName = "Tamm", Action<JsonObject>? change = null, string? documents = null)
    {
        var now = Time.GetUtcNow();
        approval = EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16));
        Evidence.Canonical =
            $$"""{"type":"identity-approval","version":1,"approval":"{{approval}}","random":"{{EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16))}}","person":"PNOXX-48504210018","client":"signing","requester":"Land Registry","purpose":"Sign the deed","documents":[{{documents ?? $$"""{"label":"deed.pdf","sha256":"{{EvidenceBuilder.Base64Url(EvidenceBuilder.DocumentSha256)}}"}"""}}],"expires":"{{now.AddMinutes(5):yyyy-MM-ddTHH:mm:ssZ}}"}""";
        Evidence.Payload["jti"] = approval;
        Evidence.Payload["iss"] = ProviderAddress;
        Evidence.Payload["aud"] = "signing";
        Evidence.Payload["iat"] = now.ToUnixTimeSeconds();
        Evidence.Payload["exp"] = now.AddMinutes(5).ToUnixTimeSeconds();
        Evidence.Payload["person"] = new JsonObject { ["identifier"] = "PNOXX-48504210018", ["given_name"] = givenName, ["family_name"] = familyName };
        change?.Invoke(Evidence.Payload);
        return Evidence.Build();
    }

    public string NewEvidence() => NewEvidence(out _);

    /// <summary>A PKCS#10 by openssl.</summary>
    public byte[] NewCsr(OpensslKey key = OpensslKey.P256, string subject = "/CN=somebody else", params string[] more)
    {
        var name = "csr-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(6));
        Pki.MakeKey(name, key, "PersonSignature");
        File.WriteAllText(Pki.PathOf("csr.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
        Pki.Openssl(["req", "-new", "-config", Pki.PathOf("csr.cnf"), "-key", Pki.KeyPath(name), "-subj", subject, "-outform", "DER", "-out", Pki.PathOf(name + ".der"), .. more]);
        return File.ReadAllBytes(Pki.PathOf(name + ".der"));
    }

    public static byte[] Body(string evidence, byte[] csr) => JsonSerializer.SerializeToUtf8Bytes(new { evidence, csr = Convert.ToBase64String(csr) });

    /// <summary>The token that Signing would send with this body, changed before it is signed.</summary>
    public string Token(byte[] body, Action<JsonObject>? claims = null, Action<JsonObject>? header = null, ECDsa? otherKey = null)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = "signing", ["sub"] = "signing", ["aud"] = Address, ["iat"] = now, ["exp"] = now + 60,
            ["jti"] = EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16)), ["body_sha256"] = Base64Url.EncodeToString(SHA256.HashData(body)),
        };
        claims?.Invoke(payload);
        var head = new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT", ["kid"] = "client-key" };
        header?.Invoke(head);
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(head.ToJsonString())) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        return signed + "." + Base64Url.EncodeToString((otherKey ?? clientKey).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    public Task<(HttpStatusCode Status, JsonNode Answer)> Ask(string evidence, byte[] csr)
    {
        var body = Body(evidence, csr);
        return Ask(body, Token(body));
    }

    public async Task<(HttpStatusCode Status, JsonNode Answer)> Ask(byte[] body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address + "certificates") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>A certificate for a new approval, written as PERSON.cer.pem for openssl.</summary>
    public async Task<string> NewPerson(string name)
    {
        var (status, answer) = await Ask(NewEvidence(), NewCsr());
        Assert.Equal(HttpStatusCode.Created, status);
        var der = Convert.FromBase64String(answer["certificate"]!.GetValue<string>());
        File.WriteAllText(Pki.CertificatePath(name), PemEncoding.WriteString("CERTIFICATE", der) + "\n");
        return answer["serial"]!.GetValue<string>();
    }

    public async Task<(HttpStatusCode Status, byte[] Body, string? Type)> Post(string path, byte[] body, string type)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var response = await Http.PostAsync(Address + path, content);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentType?.MediaType);
    }

    private IResult ProviderAnswer()
    {
        KeySetRequests++;
        return OtherKeySet ?? Results.Text(Evidence.Jwks, "application/json");
    }

    private WebApplication Build() => AuthorityApp.Build(Settings, Time);

    private string Jwk()
    {
        var point = clientKey.ExportParameters(false).Q;
        return new JsonObject
        {
            ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "client-key", ["alg"] = "ES256", ["use"] = "sig",
            ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
        }.ToJsonString();
    }
}
