using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Identity.Keys;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>
/// Certificates, OCSP answers and time-stamps a second and what they cost the Authority (and its token's process) in CPU time, with keys of files and of SoftHSM2.
/// Certificates are issued one after another from inside: what stands before an issuance, the person's evidence, is not measured. The rest is asked for over HTTP with
/// requests that openssl made: the same OCSP request again and again (answers are kept), one with a nonce and a time-stamp request (each is signed).
/// </summary>
internal static class AuthorityServices
{
    /// <param name="only">Parts of the names of what is measured; empty for all.</param>
    public static async Task Run(TimeSpan seconds, TimeSpan warm, int users, string[] only)
    {
        bool IsAsked(string row) => only.Length == 0 || only.Any(part => row.Contains(part, StringComparison.Ordinal));
        foreach (var (name, inToken, algorithm) in new[]
        {
            ("files, P-256", false, KeyAlgorithm.EcdsaP256), ("SoftHSM2, P-256", true, KeyAlgorithm.EcdsaP256), ("files, RSA-3072", false, KeyAlgorithm.Rsa3072), ("SoftHSM2, RSA-3072", true, KeyAlgorithm.Rsa3072),
        })
        {
            using var hierarchy = new BenchmarkHierarchy(inToken, algorithm);
            var address = $"http://localhost:{FreePort.Next()}/";
            using var authority = new MeasuredProcess("the Authority", "dotnet", Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), ServedAuthority.Mode, hierarchy.Folder, hierarchy.Folder, address);
            if (IsAsked("certificate"))
            {
                authority.Run(warm);
                var before = CpuOf(authority.ProcessId);
                var issued = authority.Run(seconds);
                Print(name, "certificate", issued.Times / issued.Seconds, (CpuOf(authority.ProcessId) - before) / issued.Times);
            }

            await Ask(name, authority, hierarchy, address, (seconds, warm, users), IsAsked);
        }

        foreach (var kind in new[] { "ecdsap256", "rsa3072" })
            Console.WriteLine(OpensslSpeed.Line(kind));
    }

    private static async Task Ask(string name, MeasuredProcess authority, BenchmarkHierarchy hierarchy, string address, (TimeSpan Seconds, TimeSpan Warm, int Users) how, Func<string, bool> isAsked)
    {
        string Made(string file) => Path.Combine(hierarchy.Folder, file);
        await File.WriteAllBytesAsync(Made("data"), RandomNumberGenerator.GetBytes(32));
        var about = new[] { "-issuer", hierarchy.CertificatePath("issuing-ca"), "-cert", hierarchy.CertificatePath("tsa") };
        Tool.Run("openssl", ["ocsp", .. about, "-no_nonce", "-reqout", Made("kept")]);
        Tool.Run("openssl", ["ocsp", .. about, "-nonce", "-reqout", Made("nonce")]);
        Tool.Run("openssl", "ts", "-query", "-data", Made("data"), "-sha256", "-cert", "-out", Made("stamp"));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = how.Users }) { BaseAddress = new Uri(address) };
        foreach (var (what, path, media, file) in new[]
        {
            ("OCSP, kept answer", "ocsp", "application/ocsp-request", "kept"), ("OCSP, with nonce", "ocsp", "application/ocsp-request", "nonce"), ("time-stamp", "tsa", "application/timestamp-query", "stamp"),
        })
        {
            if (!isAsked(what))
                continue;
            var body = await File.ReadAllBytesAsync(Made(file));
            async Task<int> For(TimeSpan time)
            {
                var (watch, answers) = (Stopwatch.StartNew(), 0);
                await Task.WhenAll(Enumerable.Range(0, how.Users).Select(async _ =>
                {
                    while (watch.Elapsed < time)
                    {
                        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(media) } };
                        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
                        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentLength is < 100)
                            throw new InvalidOperationException($"{what}: {answer.StatusCode}");
                        Interlocked.Increment(ref answers);
                    }
                }));
                return answers;
            }

            await For(how.Warm);
            var (before, watch) = (CpuOf(authority.ProcessId), Stopwatch.StartNew());
            var count = await For(how.Seconds);
            Print(name, what, count / watch.Elapsed.TotalSeconds, (CpuOf(authority.ProcessId) - before) / count);
        }
    }

    // With the process of its token, which it started.
    private static double CpuOf(int process) => Meter.Of(process).Cpu.TotalMilliseconds + Meter.ChildrenOf(process).Sum(child => Meter.Of(child).Cpu.TotalMilliseconds);

    private static void Print(string name, string what, double rate, double each) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18} {what,-18} {rate,8:0} /s {each,8:0.000} ms CPU each"));
}
