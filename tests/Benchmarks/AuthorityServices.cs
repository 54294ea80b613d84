using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>
/// OCSP answers and time-stamps a second and what they cost the Authority in CPU time, asked for over HTTP with requests that openssl made: the same OCSP
/// request again and again (answers are kept), one with a nonce (each is signed), and a time-stamp request (each is signed).
/// </summary>
internal static class AuthorityServices
{
    public static async Task Run(TimeSpan seconds, TimeSpan warm, int users)
    {
        using var system = await DevelopmentSystem.Start();
        var certificate = Path.Combine(system.SealKeys, "p256.cer.pem");
        var issuer = Path.Combine(system.Folder, "keys-dev", "seals-ca.cer.pem");
        var data = Path.Combine(system.Folder, "data");
        await File.WriteAllBytesAsync(data, RandomNumberGenerator.GetBytes(32));
        string Made(string name) => Path.Combine(system.Folder, name);
        Tool.Run("openssl", "ocsp", "-issuer", issuer, "-cert", certificate, "-no_nonce", "-reqout", Made("kept"));
        Tool.Run("openssl", "ocsp", "-issuer", issuer, "-cert", certificate, "-nonce", "-reqout", Made("nonce"));
        Tool.Run("openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", Made("stamp"));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = users }) { BaseAddress = new Uri(system.Authority) };
        foreach (var (name, path, media, file) in new[]
        {
            ("OCSP, kept answer", "ocsp", "application/ocsp-request", "kept"), ("OCSP, with nonce", "ocsp", "application/ocsp-request", "nonce"), ("time-stamp", "tsa", "application/timestamp-query", "stamp"),
        })
        {
            var body = await File.ReadAllBytesAsync(Made(file));
            async Task<int> For(TimeSpan time)
            {
                var (watch, answers) = (Stopwatch.StartNew(), 0);
                await Task.WhenAll(Enumerable.Range(0, users).Select(async _ =>
                {
                    while (watch.Elapsed < time)
                    {
                        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(media) } };
                        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
                        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentLength is < 100)
                            throw new InvalidOperationException($"{name}: {answer.StatusCode}");
                        Interlocked.Increment(ref answers);
                    }
                }));
                return answers;
            }

            await For(warm);
            var before = Meter.Of(system.ProcessId);
            var count = await For(seconds);
            var cpu = (Meter.Of(system.ProcessId).Cpu - before.Cpu).TotalMilliseconds / count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18} {count / seconds.TotalSeconds,8:0} /s {cpu,8:0.000} ms CPU each"));
        }

        Console.Write(Tool.Run("openssl", "speed", "-seconds", "2", "ecdsap256").Output.Split('\n').Last(line => line.Contains("nistp", StringComparison.Ordinal)) + "\n");
    }
}
