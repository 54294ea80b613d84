using System.Runtime.InteropServices;
using Identity.Authority;
using Identity.Demo;
using Identity.Provider;
using Identity.Signing;
using Identity.Verification;
using Identity.Web.CommandLine;

namespace Identity.DevHost;

/// <summary>One service of the table: its name, its port after the port base, how it is built, and what an operator would set.</summary>
internal sealed record DevService(string Name, int Offset, Func<string[], WebApplication> Build, params (string Setting, string Value)[] Settings);

/// <summary>Everything in one process, for development: the map of the system.</summary>
internal static class DevHost
{
    private const int RedisOffset = 90;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(30);

    /// <summary>The services in the order in which they start.</summary>
    private static DevService[] Services(DevPlace at) =>
    [
        new("Provider", 0, ProviderApp.Build,
            ("Kestrel:Endpoints:Http:Url", at.Listen(0)),
            ("Kestrel:Endpoints:MutualTls:Url", $"https://localhost:{at.PortBase + 1}"),
            ("Kestrel:Endpoints:MutualTls:ClientCertificateMode", "AllowCertificate"),
            ("Kestrel:Certificates:Default:Path", Path.Combine(at.Keys, "tls.cer.pem")),
            ("Kestrel:Certificates:Default:KeyPath", Path.Combine(at.Keys, "tls.key.pem")),
            ("Provider:Issuer", at.Address(0)),
            ("Provider:MutualTls", $"https://localhost:{at.PortBase + 1}/"),
            ("Provider:Database", $"Data Source={Path.Combine(at.Folder("provider"), "provider.db")}"),
            ("Provider:Redis", $"127.0.0.1:{at.PortBase + RedisOffset}"),
            ("Provider:Keys", at.Keys),
            ("Provider:Audit", Path.Combine(at.Folder("audit"), "provider.jsonl")),
            ("Provider:SeedDemo:Enabled", at.SeedDemo ? "true" : "false"),
            ("Provider:SeedDemo:ClientKeys", at.Keys)),
        new("Authority", 100, AuthorityApp.Build,
        [
            ("Authority:PublicAddress", at.Address(100)),
            ("Authority:Provider", at.Address(0)),
            ("Authority:Database", $"Data Source={Path.Combine(at.Folder("authority"), "authority.db")}"),
            ("Authority:Keys", at.Keys),
            // Who tries this out may have no time daemon.
            ("Authority:TrustedClock", "Unchecked"),
            .. Issuers(),
            ("Authority:ClientKey", Path.Combine(at.Keys, "client-signing.jwk.json")),
            ("Authority:Audit", Path.Combine(at.Folder("audit"), "authority.jsonl")),
        ]),
        new("Signing", 200, SigningApp.Build,
            ("Signing:PublicAddress", at.Address(200)),
            ("Signing:Provider", at.Address(0)),
            ("Signing:Authority", at.Address(100)),
            ("Signing:StatusSources:0", at.Address(100)),
            ("Signing:Verification", at.Address(300)),
            ("Signing:DataDirectory", at.Folder("signing")),
            ("Signing:KeysDirectory", at.Keys),
            ("Signing:TrustDirectory", at.Trust),
            ("Signing:Agencies:0:ClientId", "land-registry"),
            ("Signing:Agencies:0:Name", "Land Registry"),
            ("Signing:Agencies:0:ReturnUrls:0", at.Address(403)),
            ("Signing:Agencies:0:WebhookUrls:0", at.Address(403) + "signing-events"),
            // What operators allow to some only: here everything can be tried.
            ("Signing:Agencies:0:MayExtend", "true"),
            ("Signing:Agencies:0:LowestLevel", "B-B"),
            ("Signing:Seals:0:Name", DevSeal.Name),
            ("Signing:Seals:0:Agencies:0", "land-registry")),
        new("Verification", 300, VerificationApp.Build,
            ("Verification:PublicAddress", at.Address(300)),
            ("Verification:TrustDirectories:0", at.Trust),
            ("Verification:Signing", at.Address(200)),
            ("Verification:AllowedRevocationSources:0", at.Address(100))),
        Portal(at, "TaxPortal", 401, "tax", "tax-portal"),
        Portal(at, "HealthPortal", 402, "health", "health-portal"),
        Portal(at, "LandRegistry", 403, "land", "land-registry"),
    ];

    private static IEnumerable<(string Setting, string Value)> Issuers() =>
        new[] { ("issuing-ca", "ocsp", "People"), ("seals-ca", "ocsp-seals", "Seals"), ("services-ca", "ocsp-services", "Services") }.SelectMany((issuer, index) => new[]
        {
            ($"Authority:Issuers:{index}:Name", issuer.Item1),
            ($"Authority:Issuers:{index}:Responder", issuer.Item2),
            ($"Authority:Issuers:{index}:Certifies", issuer.Item3),
        });

    private static DevService Portal(DevPlace at, string name, int offset, string portal, string client) => new(name, offset, DemoApp.Build,
    [
        ("Demo:Portal", portal),
        ("Demo:PublicAddress", at.Address(offset)),
        ("Demo:Authority", at.Address(0)),
        ("Demo:ClientId", client),
        ("Demo:KeyFile", Path.Combine(at.Keys, $"client-{client}.key.pem")),
        ("Demo:Signing", at.Address(200)),
        ("Demo:Verification", at.Address(300)),
        ("Demo:Data", at.Folder("demo-" + portal)),
        .. Others(at, portal),
        .. DevPeople.Settings(at),
    ]);

    private static IEnumerable<(string Setting, string Value)> Others(DevPlace at, string portal) =>
        new[] { ("tax", 401), ("health", 402), ("land", 403) }.Where(other => other.Item1 != portal).SelectMany((other, index) => new[]
        {
            ($"Demo:Others:{index}:Portal", other.Item1),
            ($"Demo:Others:{index}:Address", at.Address(other.Item2)),
        });

    /// <summary>Runs until Ctrl+C or SIGTERM. Returns the exit code.</summary>
    public static async Task<int> Run(string[] args)
    {
        if (StartOptions.Parse(args, out var problem) is not { } options)
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(StartOptions.Usage);
            return 2;
        }

        if (options.Help)
        {
            Console.WriteLine(StartOptions.Usage);
            return 0;
        }

        // Asked to end while still starting, it ends as soon as it has started what it was starting.
        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            await Host(DevPlace.For(options), ending.Token);
            return 0;
        }
        catch (CannotStartException refusal)
        {
            Console.Error.WriteLine(refusal.Message);
            return 1;
        }

        void End(PosixSignalContext signal)
        {
            // A second signal ends the process at once.
            signal.Cancel = !ending.IsCancellationRequested;
            ending.Cancel();
        }
    }

    private static async Task Host(DevPlace at, CancellationToken ending)
    {
        using var only = TakeDataFolder(at);
        var services = Services(at);
        // The Provider also listens for TLS, one port further.
        if (at.TakenPorts([.. services.Select(service => service.Offset), 1, RedisOffset]) is { Count: > 0 } taken)
        {
            throw new CannotStartException(
                $"{(taken.Count == 1 ? $"Port {taken[0]} is" : $"Ports {string.Join(", ", taken)} are")} in use; use --port-base (and --data for a second copy).");
        }

        DevHierarchy.Fill(at, TimeProvider.System);
        DevelopmentSettings.Write(at.Data, services.SelectMany(ForCommands));
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(new LogFile(Path.Combine(at.Logs, "redis.log"), TimeProvider.System)));
        using var redis = EmbeddedRedis.Start(at.PortBase + RedisOffset, at.Folder("redis"), logs);
        var running = new Stack<WebApplication>();
        try
        {
            foreach (var service in services.TakeWhile(_ => !ending.IsCancellationRequested))
            {
                // Its seal is certified by the Authority, which runs by then.
                if (service.Name == "Signing")
                    await DevSeal.Certify(at, services.Single(other => other.Name == "Authority").Settings, TimeProvider.System);
                running.Push(await Start(service, at));
                Console.WriteLine($"{service.Name,-13} {at.Listen(service.Offset)}");
            }

            if (!ending.IsCancellationRequested)
                Console.WriteLine("Ready.");
            await Task.Delay(Timeout.Infinite, ending).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        finally
        {
            await Stop(running);
        }
    }

    // A command makes no database: where there is none, it was pointed at the wrong place.
    private static IEnumerable<(string Name, string Value)> ForCommands(DevService service) =>
        service.Settings.Where(setting => setting.Setting.StartsWith(service.Name + ":", StringComparison.Ordinal))
            .Select(setting => setting.Setting.EndsWith(":Database", StringComparison.Ordinal) ? (setting.Setting, setting.Value + ";Mode=ReadWrite") : setting);

    private static async Task<WebApplication> Start(DevService service, DevPlace at)
    {
        try
        {
            // The file gets what the service's own levels let through, the console only what asks for attention.
            string[] settings =
            [
                "--environment=Development", $"--urls={at.Listen(service.Offset)}",
                "--Logging:Console:LogLevel:Default=Warning",
                // Says at each start that keys are kept where they were told to be, and that http was asked for.
                "--Logging:Console:LogLevel:Microsoft.AspNetCore.DataProtection=Error",
                "--Logging:Console:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Error",
                .. service.Settings.Select(setting => $"--{setting.Setting}={setting.Value}"),
            ];
            var app = service.Build(settings);
            app.Services.GetRequiredService<ILoggerFactory>().AddProvider(
                new LogFile(Path.Combine(at.Logs, service.Name.ToLowerInvariant() + ".log"), TimeProvider.System));
            await app.StartAsync();
            await WaitUntilReady(service, at);
            return app;
        }
        catch (Exception problem) when (problem is not CannotStartException)
        {
            Directory.CreateDirectory(at.Logs);
            var path = Path.Combine(at.Logs, "start.log");
            await File.WriteAllTextAsync(path, problem.ToString());
            throw new CannotStartException($"{service.Name} could not start: {problem.Message} (details: {path})", problem);
        }
    }

    private static async Task WaitUntilReady(DevService service, DevPlace at)
    {
        using var browser = new HttpClient { Timeout = ReadyPatience };
        using var patience = new CancellationTokenSource(ReadyPatience);
        while (!patience.IsCancellationRequested)
        {
            using var answer = await browser.GetAsync(at.Address(service.Offset) + "health/ready", CancellationToken.None);
            if (answer.IsSuccessStatusCode)
                return;
            await Task.Delay(50, CancellationToken.None);
        }

        throw new CannotStartException($"{service.Name} started and is not ready after {ReadyPatience.TotalSeconds:0} seconds; see {at.Logs}.");
    }

    private static async Task Stop(Stack<WebApplication> running)
    {
        foreach (var app in running)
        {
            using var patience = new CancellationTokenSource(StopPatience);
            await app.StopAsync(patience.Token);
            await app.DisposeAsync();
        }
    }

    private static FileStream TakeDataFolder(DevPlace at)
    {
        try
        {
            Directory.CreateDirectory(at.Data);
            return new FileStream(Path.Combine(at.Data, "devhost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new CannotStartException($"The data folder '{at.Data}' cannot be written: {problem.Message}", problem);
        }
        catch (IOException problem)
        {
            throw new CannotStartException($"Another copy uses the data folder '{at.Data}'; use --data and --port-base for a second one. ({problem.Message})", problem);
        }
    }
}
