using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Identity.Keys;
using Identity.Provider.Authorize;
using Identity.Provider.Enrolment;
using Identity.Provider.Login;
using Identity.Provider.Storage;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider;

/// <summary>The whole Provider on a free loopback port, with a redis-server, a database file, keys and an audit log of its own.</summary>
public sealed class RunningProvider : IAsyncLifetime
{
    private static readonly string[] Clients = ["tax-portal", "health-portal", "land-registry", "signing"];
    private readonly string directory = Directory.CreateTempSubdirectory("identity-provider-").FullName;
    private string[] settings = [];
    private readonly int port = FreePort.Next();
    private WebApplication? app;

    /// <summary>A running one with further settings.</summary>
    public static async Task<RunningProvider> With(params string[] settings)
    {
        var provider = new RunningProvider { settings = settings };
        await provider.InitializeAsync();
        return provider;
    }

    /// <summary>A running one with settings that name its own address.</summary>
    public static async Task<RunningProvider> With(Func<RunningProvider, string[]> settings)
    {
        var provider = new RunningProvider();
        provider.settings = settings(provider);
        await provider.InitializeAsync();
        return provider;
    }

    public RedisServer Redis { get; private set; } = null!;

    /// <summary>Those it was started with last, beyond the usual ones.</summary>
    public string[] Settings => settings;

    public IServiceProvider Services => app!.Services;

    public Uri Issuer => new($"http://localhost:{port}/");

    public string Origin => $"http://localhost:{port}";

    public string DatabaseFile => Path.Combine(directory, "provider.db");

    public string KeyDirectory => Path.Combine(directory, "keys");

    public string AuditFile => Path.Combine(directory, "audit.jsonl");

    /// <summary>Private keys of the demo clients.</summary>
    public Dictionary<string, ECDsa> ClientKeys { get; } = [];

    public async ValueTask InitializeAsync()
    {
        Redis = await RedisServer.Start();
        foreach (var client in Clients)
            ClientKeys[client] = WriteClientKey(client);
        WriteKeys(Path.Combine(directory, "keys"));
        await Start();
    }

    public async Task Start() => app = await Run(Origin, AuditFile, []);

    /// <summary>A further instance of the same service: the same settings, stores and keys, an address and an audit log of its own.</summary>
    public Task<WebApplication> Another(string name, params string[] changed) => Run("http://127.0.0.1:0", Path.Combine(directory, name + ".jsonl"), changed);

    /// <summary>Where such an instance listens.</summary>
    public static Uri AddressOf(WebApplication instance) => new(instance.Urls.Single());

    /// <summary>What it is started with, for whoever starts it in a process of its own.</summary>
    public string[] Arguments => ArgumentsFor(Origin, AuditFile, []);

    private string[] ArgumentsFor(string urls, string audit, string[] changed) =>
    [
        "--environment=Development",
        $"--urls={urls}",
        $"--Provider:Issuer={Issuer}",
        $"--Provider:Database=Data Source={DatabaseFile}",
        $"--Provider:Redis={Redis.Endpoint}",
        $"--Provider:Keys={Path.Combine(directory, "keys")}",
        $"--Provider:Audit={audit}",
        $"--Provider:SeedDemo:ClientKeys={directory}",
        "--Logging:LogLevel:Default=Warning",
        // A class of tests is refused more often in a minute than any client; those of the limits set their own.
        "--Provider:RateLimits:RefusedPerClientAndAddress=100000",
        "--Provider:RateLimits:RefusedPerAddress=100000",
        "--Provider:RateLimits:PagesPerAddress=100000",
        "--Provider:RateLimits:SignInsPerPerson=100000",
        .. settings,
        .. changed,
    ];

    private async Task<WebApplication> Run(string urls, string audit, string[] changed)
    {
        var running = ProviderApp.Build(ArgumentsFor(urls, audit, changed));
        await running.StartAsync();
        return running;
    }

    /// <summary>The same again with other settings.</summary>
    public async Task Restart(params string[] changed)
    {
        await Stop();
        settings = changed;
        await Start();
    }

    /// <summary>Ends the process's part of it; Redis and the files stay.</summary>
    public async Task Stop()
    {
        if (app is null)
            return;
        await app.StopAsync();
        await app.DisposeAsync();
        app = null;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Redis.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }

    public async Task InDatabase(Func<ProviderDatabase, Task> work)
    {
        await using var scope = Services.CreateAsyncScope();
        await work(scope.ServiceProvider.GetRequiredService<ProviderDatabase>());
    }

    /// <summary>The audit records so far, one a line; the file is the running Provider's, so it is read beside the writer.</summary>
    public async Task<string[]> AuditRecords()
    {
        await using var file = new FileStream(AuditFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A person's internal pseudonym.</summary>
    public async Task<string> PersonId(string identifier)
    {
        var id = "";
        await InDatabase(async database => id = (await database.Users.SingleAsync(person => person.Identifier == identifier)).Id);
        return id;
    }

    /// <summary>A further person, proofed; the identifier.</summary>
    public async Task<string> NewPerson(Action<People.Person>? with = null)
    {
        var identifier = "PNOXX-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
        await InDatabase(async database =>
        {
            var person = People.DemoPeople.NewPerson(identifier, "Mari", "Kask", new DateOnly(1990, 5, 17));
            with?.Invoke(person);
            database.Users.Add(person);
            await database.SaveChangesAsync();
        });
        return identifier;
    }

    /// <summary>An ordinary code, as an officer would hand it out.</summary>
    public async Task<string> IssueCode(string identifier, TimeSpan? lifetime = null)
    {
        var personId = await PersonId(identifier);
        var code = EnrolmentCodes.New();
        await using var scope = Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<EnrolmentCodes>().Add(code, personId, lifetime ?? TimeSpan.FromHours(1), CancellationToken.None);
        return code;
    }

    /// <summary>What /authorize does before it sends a browser to a page.</summary>
    public async Task<PendingRequest> Remember(PendingRequest request)
    {
        await Services.GetRequiredService<PendingRequests>().Remember(request, TimeSpan.FromMinutes(5));
        return request;
    }

    /// <summary>What /authorize knows of a request that went through pages.</summary>
    public Task<RequestFacts> Progress(string requestKey) => Services.GetRequiredService<RequestProgress>().Read(requestKey);

    private ECDsa WriteClientKey(string client)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(false).Q;
        File.WriteAllText(Path.Combine(directory, $"client-{client}.jwk.json"), JsonSerializer.Serialize(new
        {
            kty = "EC",
            crv = "P-256",
            x = System.Buffers.Text.Base64Url.EncodeToString(point.X),
            y = System.Buffers.Text.Base64Url.EncodeToString(point.Y),
            kid = client,
        }));
        return key;
    }

    private static void WriteKeys(string keys)
    {
        Directory.CreateDirectory(keys);
        KeyRing.CreateDevelopmentKey(keys, "token-es256", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256);
        KeyRing.CreateDevelopmentKey(keys, "token-ps256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048);
        KeyRing.CreateDevelopmentKey(keys, "token-rs256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048);
        WriteEncryptionKey(keys, "token-encryption", "TokenEncryption", KeyPurpose.TokenEncryption);
        WriteEncryptionKey(keys, "data-protection", "DataProtection", KeyPurpose.DataProtection);
    }

    private static void WriteEncryptionKey(string keys, string name, string subject, KeyPurpose purpose)
    {
        KeyRing.CreateDevelopmentKey(keys, name, purpose, KeyAlgorithm.Rsa2048);
        using var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(keys, $"{name}.key.pem")));
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(Path.Combine(keys, $"{name}.cer.pem"), certificate.ExportCertificatePem());
    }
}
