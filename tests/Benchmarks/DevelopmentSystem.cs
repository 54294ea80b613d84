using System.Diagnostics;
using Identity.Keys;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Benchmarks;

/// <summary>The whole system as DevHost starts it, in a process of its own: time-stamps, OCSP and certificates for what is measured here.</summary>
internal sealed class DevelopmentSystem : IDisposable
{
    private readonly Process process;
    private readonly SoftHsm hsm;

    private DevelopmentSystem(Process process, string folder, int portBase)
    {
        (this.process, Folder, PortBase) = (process, folder, portBase);
        hsm = new SoftHsm(SealKeys);
    }

    /// <summary>The seals that were made: key kinds of a file, and one of a SoftHSM2 token.</summary>
    public static IReadOnlyList<string> Seals { get; } = ["p256", "rsa3072", "p256-token"];

    public string Folder { get; }

    public int PortBase { get; }

    public string Authority => $"http://localhost:{PortBase + 100}/";

    public string SealKeys => Path.Combine(Folder, "seal-keys");

    public string Trust => Path.Combine(Folder, "keys-dev", "trust");

    public int ProcessId => process.Id;

    public static async Task<DevelopmentSystem> Start()
    {
        var folder = Directory.CreateTempSubdirectory("identity-bench-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "seal-keys"));
        for (var portBase = 20_000; ; portBase += 500)
        {
            var started = Process.Start(new ProcessStartInfo("dotnet", [Built("Identity.DevHost"), "--port-base", $"{portBase}", "--data", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            while (await started.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line != "Ready.")
                    continue;
                _ = started.StandardOutput.ReadToEndAsync();
                _ = started.StandardError.ReadToEndAsync();
                var system = new DevelopmentSystem(started, folder, portBase);
                try
                {
                    system.MakeSeals();
                    return system;
                }
                catch
                {
                    system.Dispose();
                    throw;
                }
            }

            await started.WaitForExitAsync();
            if (portBase > 24_000)
                throw new InvalidOperationException("DevHost did not start: " + await started.StandardError.ReadToEndAsync());
        }
    }

    public static string Built(string project) =>
        Path.Combine(Repository.Root, "src", project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", project + ".dll");

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        hsm.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void MakeSeals()
    {
        KeyRing.CreateDevelopmentKey(SealKeys, "p256", KeyPurpose.Seal, KeyAlgorithm.EcdsaP256);
        KeyRing.CreateDevelopmentKey(SealKeys, "rsa3072", KeyPurpose.Seal, KeyAlgorithm.Rsa3072);
        hsm.Create("p256-token", "Seal");
        foreach (var seal in Seals)
        {
            var request = Path.Combine(Folder, seal + ".csr");
            File.WriteAllText(request, seal == "p256-token"
                ? hsm.Request(seal, "CN=benchmark")
                : Run("openssl", "req", "-new", "-key", Path.Combine(SealKeys, seal + ".key.pem"), "-subj", "/CN=benchmark"));
            var issuers = new[] { ("issuing-ca", "ocsp", "People"), ("seals-ca", "ocsp-seals", "Seals"), ("services-ca", "ocsp-services", "Services") }.SelectMany((issuer, index) => new[]
            {
                $"--Authority:Issuers:{index}:Name={issuer.Item1}", $"--Authority:Issuers:{index}:Responder={issuer.Item2}", $"--Authority:Issuers:{index}:Certifies={issuer.Item3}",
            });
            Run("dotnet",
            [
                Built("Identity.Authority"), "certify", "seal", "--environment", "Development", "--request", request, "--country", "EE", "--organization", "Benchmark", "--identifier", "NTREE-70000009",
                "--common-name", $"Benchmark {seal}", "--out", Path.Combine(SealKeys, seal + ".cer.pem"), $"--Authority:PublicAddress={Authority}", $"--Authority:Provider=http://localhost:{PortBase}/",
                $"--Authority:Database=Data Source={Path.Combine(Folder, "authority", "authority.db")}", $"--Authority:Keys={Path.Combine(Folder, "keys-dev")}",
                $"--Authority:ClientKey={Path.Combine(Folder, "keys-dev", "client-signing.jwk.json")}", $"--Authority:Audit={Path.Combine(Folder, "certify-audit.jsonl")}", "--Authority:Seal:Keys:0=EcdsaP256",
                "--Authority:Seal:Keys:1=Rsa3072", .. issuers,
            ]);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        var result = Tool.Run(program, arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{program} {arguments[0]}: {result.Text}");
    }
}
