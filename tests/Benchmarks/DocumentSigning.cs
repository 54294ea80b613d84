using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Identity.Keys;
using Identity.Pdf.Structure;
using Identity.Signing;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Seals;
using Identity.Signing.Timestamps;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Benchmarks;

/// <summary>
/// Documents signed from file to file with the service's own code: by size, level and kind of key, each in a fresh process, whose CPU time and peak memory
/// are its own. Time-stamps and OCSP answers come from DevHost, another process; what they cost there is printed apart.
/// </summary>
internal static class DocumentSigning
{
    public const string OneMode = "sign-one";
    private static readonly (string Name, long Bytes)[] Sizes = [("50 kB", 50_000), ("10 MB", 10_000_000), ("100 MB", 100_000_000)];

    private sealed record Figures(int Documents, double Seconds, double CpuMilliseconds, double PeakMegabytes, double IdleMegabytes);

    public static async Task Run(TimeSpan seconds, TimeSpan warm)
    {
        using var system = await DevelopmentSystem.Start();
        foreach (var (name, bytes) in Sizes)
        {
            var file = Path.Combine(system.Folder, $"{bytes}.pdf");
            LargePdf.Write(file, bytes);
            foreach (var seal in DevelopmentSystem.Seals)
            {
                foreach (var level in new[] { "B-B", "B-T", "B-LTA" })
                {
                    var before = Meter.Of(system.ProcessId);
                    var one = Tool.Run("dotnet", Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), OneMode, system.Folder, system.Authority, seal, level, file,
                        seconds.TotalSeconds.ToString(CultureInfo.InvariantCulture), warm.TotalSeconds.ToString(CultureInfo.InvariantCulture));
                    if (one.ExitCode != 0)
                        throw new InvalidOperationException(one.Text);
                    var figures = JsonSerializer.Deserialize<Figures>(one.Output)!;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{name,-7} {level,-6} {seal,-11} {figures.Documents / figures.Seconds,8:0.0} /s {figures.CpuMilliseconds,9:0.00} ms CPU each   peak {figures.PeakMegabytes,4:0} MB, idle {figures.IdleMegabytes,4:0} MB"
                        + $"   DevHost meanwhile {(Meter.Of(system.ProcessId).Cpu - before.Cpu).TotalMilliseconds,7:0} ms"));
                }
            }
        }

        foreach (var kind in new[] { "ecdsap256", "rsa3072" })
            Console.Write(Tool.Run("openssl", "speed", "-seconds", "2", kind).Output.Split('\n').Last(line => line.Contains("bits", StringComparison.Ordinal) || line.Contains("nistp", StringComparison.Ordinal)) + "\n");
    }

    /// <summary>One size, level and key: what <see cref="Run"/> starts.</summary>
    public static async Task RunOne(string[] arguments)
    {
        var (folder, authority, seal, level, file) = (arguments[0], arguments[1], arguments[2], PadesLevels.Read(arguments[3])!.Value, arguments[4]);
        var (seconds, warm) = (double.Parse(arguments[5], CultureInfo.InvariantCulture), double.Parse(arguments[6], CultureInfo.InvariantCulture));
        var settings = SigningSettings.Check(
            new SigningOptions
            {
                PublicAddress = "http://localhost:1/", Provider = "http://localhost:1/", Authority = authority, StatusSources = [authority], Verification = "http://localhost:1/", PersonKeys = "software",
                DataDirectory = Path.Combine(folder, "sign-one"), KeysDirectory = Path.Combine(folder, "seal-keys"), TrustDirectory = Path.Combine(folder, "keys-dev", "trust"),
                Agencies = [new AgencyOptions { ClientId = "bench", Name = "Benchmark", ReturnUrls = ["http://localhost:1/"] }], Seals = [new SealOptions { Name = seal, Agencies = ["bench"] }],
            },
            production: false);
        using var keys = KeyRing.Open(settings.KeysDirectory, production: false);
        using var http = new HttpClient();
        var time = TimeProvider.System;
        var trust = new TrustedChain(settings);
        var timestamps = new TimestampClient(http, trust, settings, time);
        var raise = new RaiseDocument(timestamps, new CollectValidationData(trust, new StatusClient(http), settings, time));
        var (organisation, key) = (new OrganisationSeals(settings, keys, trust, time)[seal], keys.Get(seal, KeyPurpose.Seal));
        var target = Path.Combine(folder, "signed.pdf");

        async Task<int> For(double time)
        {
            var watch = Stopwatch.StartNew();
            var documents = 0;
            for (; documents == 0 || watch.Elapsed.TotalSeconds < time; documents++)
            {
                using var original = DocumentBytes.OfFile(file);
                if (PreparedDocument.ForSeal(original, organisation, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime()) is not Preparation.Done { Document: var prepared })
                    throw new InvalidOperationException("The document was not prepared.");
                var raised = await raise.Run(SignedDocument.Sign(prepared, key), level, CancellationToken.None);
                if (raised.Obstacle is { } obstacle)
                    throw new InvalidOperationException($"{obstacle}: {raised.Detail}");
                await using var output = new FileStream(target, FileMode.Create);
                await raised.Bytes.CopyToAsync(output, CancellationToken.None);
            }

            return documents;
        }

        var idle = Megabytes("VmRSS:");
        await For(warm);
        var (cpu, watch) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
        var documents = await For(seconds);
        Console.WriteLine(JsonSerializer.Serialize(new Figures(
            documents, watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / documents, Megabytes("VmHWM:"), idle)));
    }

    private static double Megabytes(string field) =>
        double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
