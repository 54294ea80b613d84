using System.Diagnostics;
using System.Security.Cryptography;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>A provider under load: a process of its own on loopback, and one client that it knows.</summary>
internal abstract class Subject : IAsyncDisposable
{
    public const string RedirectUri = "http://localhost:4993/callback";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    private Process? process;

    public abstract string Name { get; }

    public virtual string ClientId => "bench";

    public int Port { get; } = FreePort.Next();

    public Uri Address => new($"http://localhost:{Port}/");

    /// <summary>As its discovery document has it.</summary>
    public virtual string Issuer => Address.AbsoluteUri;

    public ECDsa ClientKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public virtual bool Dpop => true;

    public virtual string AuthorizePath => "authorize";

    public virtual string PushPath => "par";

    public virtual string UserInfoPath => "userinfo";

    public virtual string IntrospectPath => "introspect";

    public virtual string JwksPath => ".well-known/jwks";

    public int ProcessId => process!.Id;

    /// <summary>Starts it and waits until it answers.</summary>
    public abstract Task Start();

    /// <summary>Makes a browser one of a signed-in person.</summary>
    public virtual Task SignIn(HttpClient browser) => Task.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }

        process?.Dispose();
        ClientKey.Dispose();
        return ValueTask.CompletedTask;
    }

    protected async Task Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
                Console.Error.WriteLine($"{Name}: {text}");
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient { BaseAddress = Address };
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(".well-known/openid-configuration", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (waited.Elapsed < StartsWithin && !process.HasExited)
            {
                // Not listening yet.
            }

            if (waited.Elapsed > StartsWithin || process.HasExited)
                throw new InvalidOperationException($"{Name} did not start.");
            await Task.Delay(100);
        }
    }
}
