using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Provider.Clients;

/// <summary>Chromium on the person's device, and beside it the application that waits for the answer: the page's policy must let the form end there.</summary>
public sealed class NativeClientInBrowserTests
{
    private const string Id = "desktop";

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task The_answer_reaches_a_listener_of_the_device_after_the_person_allowed_it(string host)
    {
        await using var provider = await Provider();
        using var listener = new TcpListener(IPAddress.Parse(host.Trim('[', ']')), 0);
        listener.Start();
        var heard = Heard(listener);
        var complaints = await Allow(provider, $"http://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/callback", page => page.Locator("#heard").WaitForAsync());
        Assert.Empty(complaints);
        Assert.StartsWith("GET /callback?code=", await heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_is_handed_to_the_scheme_of_an_application()
    {
        await using var provider = await Provider();
        var complaints = await Allow(provider, "com.example.desktop:/callback", async page =>
        {
            await page.WaitForResponseAsync(response =>
                response.Headers.GetValueOrDefault("location")?.StartsWith("com.example.desktop:/callback?code=", StringComparison.Ordinal) == true);
            // Nothing on this machine has that scheme, so nothing follows; what the policy refuses is said at once.
            await Task.Delay(TimeSpan.FromSeconds(2));
        });
        Assert.Empty(complaints);
    }

    /// <summary>What the browser complains of while the person allows it.</summary>
    private static async Task<IReadOnlyCollection<string>> Allow(RunningProvider provider, string address, Func<IPage, Task> arrived)
    {
        using var person = new Browser(provider);
        await person.SignIn();
        using var agency = new Agency(provider, Id) { RedirectUri = address };
        var pushed = await agency.Post("/par", new Dictionary<string, string>(agency.Request()) { ["client_id"] = Id });
        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Tool.Require("chromium"),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using var context = await chromium.NewContextAsync();
        await context.AddCookiesAsync(person.Cookies.GetCookies(provider.Issuer).Select(cookie => new Microsoft.Playwright.Cookie
        {
            Name = cookie.Name, Value = cookie.Value, Url = provider.Issuer.AbsoluteUri,
        }));
        var page = await context.NewPageAsync();
        var complaints = new ConcurrentQueue<string>();
        page.Console += (_, message) => complaints.Enqueue(message.Text);
        await page.GotoAsync(new Uri(provider.Issuer, agency.AuthorizeUrl((string)pushed.Json["request_uri"]!)).AbsoluteUri);
        var going = arrived(page);
        await page.Locator("form[action*='handler=Allow'] button").ClickAsync();
        await going;
        return complaints;
    }

    private static async Task<string> Heard(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var line = await reader.ReadLineAsync() ?? "";
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p id=heard>You can close this window.</p>"u8.ToArray());
        return line;
    }

    private static async Task<RunningProvider> Provider() => await RunningProvider.With(ClientSettings.Of(new ClientOptions
    {
        Id = Id,
        Name = "Desktop",
        ApplicationType = "native",
        RedirectUris = ["http://127.0.0.1/callback", "http://[::1]/callback", "com.example.desktop:/callback"],
        Scopes = ["openid", "profile"],
        TokenEndpointAuthMethod = "none",
        DpopBoundAccessTokens = true,
        Sector = "desktop.example",
    }));
}
