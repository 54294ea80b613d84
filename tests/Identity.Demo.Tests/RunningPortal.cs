using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;

namespace Identity.Demo.Tests;

/// <summary>A portal as an operator starts it, on a free port, and one visitor's browser without script.</summary>
public sealed class RunningPortal : IAsyncDisposable
{
    readonly WebApplication app;
    readonly string folder;

    RunningPortal(WebApplication app, string folder, Uri address, ECDsa key)
    {
        this.app = app;
        this.folder = folder;
        Address = address;
        Key = key;
        Browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = address };
        Browser.DefaultRequestHeaders.Add("Accept", "text/html");
    }

    public Uri Address { get; }

    public ECDsa Key { get; }

    public HttpClient Browser { get; }

    public CookieContainer Cookies { get; } = new();

    public IServiceProvider Services => app.Services;

    public static async Task<RunningPortal> Start(string portal, string client, string issuer, string? signing = "http://localhost:9/")
    {
        var folder = Directory.CreateTempSubdirectory("portal-").FullName;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyFile = Path.Combine(folder, "client.key.pem");
        // As the development key files are: text before the PEM block.
        await File.WriteAllTextAsync(keyFile, "Identity development key - never use in production\nPurpose: ClientAuthentication\n" + key.ExportPkcs8PrivateKeyPem());
        var address = $"http://localhost:{FreePort()}/";
        var app = DemoApp.Build(
        [
            "--environment=Development", $"--urls={address}", "--Logging:LogLevel:Default=None", $"--Demo:Portal={portal}", $"--Demo:PublicAddress={address}", $"--Demo:Authority={issuer}",
            $"--Demo:ClientId={client}", $"--Demo:KeyFile={keyFile}", $"--Demo:Data={Path.Combine(folder, "data")}", $"--Demo:Signing={signing}",
            "--Demo:People:0:Name=Liis Tamm", "--Demo:People:0:Code=LIIS-7KQ4-M2XD", "--Demo:Others:0:Portal=health", "--Demo:Others:0:Address=http://localhost:5402/",
        ]);
        await app.StartAsync();
        return new RunningPortal(app, folder, new Uri(address), key);
    }

    public Task<HttpResponseMessage> Get(string path) => Browser.GetAsync(path, TestContext.Current.CancellationToken);

    public async Task<string> Text(string path) => WebUtility.HtmlDecode(await (await Get(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    /// <summary>To the Provider and back with a code.</summary>
    public async Task<HttpResponseMessage> SignIn(FakeProvider provider, string next = "")
    {
        Assert.Equal(HttpStatusCode.Redirect, (await Get("/sign-in" + next)).StatusCode);
        return await Get($"/signin-oidc?code=c0de&state={Uri.EscapeDataString(provider.Pushed.Last()["state"])}&iss={Uri.EscapeDataString(provider.Issuer)}");
    }

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await app.DisposeAsync();
        Key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
