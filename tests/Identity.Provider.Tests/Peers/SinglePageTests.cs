using System.Net;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Identity.Provider.Peers;

/// <summary>oidc-client-ts 3.5.0 in Chromium: a public client at an origin of its own, with tokens bound to a key of the browser (RFC 9449).</summary>
public sealed class SinglePageTests
{
    private const string Client = "single-page";

    [Fact]
    public async Task A_page_without_a_secret_signs_in_and_reads_userinfo_with_its_bound_token()
    {
        await using var site = await Site.Start(Client);
        await using var provider = await Provider(site.Origin);
        site.Authority = provider.Issuer.AbsoluteUri;
        var result = await Visit(provider, site.Origin + "/");
        Assert.True(result["error"] is null, result.ToJsonString());
        Assert.Equal("DPoP", (string?)result["tokenType"]);
        Assert.Equal(200, (int)result["userInfo"]!["status"]!);
        Assert.Equal("Liis Tamm", (string?)result["userInfo"]!["body"]!["name"]);
        Assert.Equal((string?)result["profile"]!["sub"], (string?)result["userInfo"]!["body"]!["sub"]);
        // RFC 9449 7.2, 11.1: the token is worth nothing without its key, and a proof nothing a second time.
        Assert.Equal(401, (int)result["asBearer"]!["status"]!);
        Assert.Equal(401, (int)result["sameProof"]!["status"]!);
    }

    private static async Task<RunningProvider> Provider(string origin)
    {
        var provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
        {
            Id = Client,
            Name = "Single page",
            RedirectUris = [origin + "/callback"],
            Scopes = ["openid", "profile"],
            TokenEndpointAuthMethod = "none",
            DpopBoundAccessTokens = true,
            Sector = "single-page.example",
        }));
        await provider.Consent(Client);
        return provider;
    }

    /// <summary>What the page shows when a signed-in person opens it.</summary>
    private static async Task<JsonNode> Visit(RunningProvider provider, string address)
    {
        using var person = new Browser(provider);
        await person.SignIn();
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
        await page.GotoAsync(address);
        return JsonNode.Parse(await page.Locator("#result:not(:empty)").TextContentAsync(new() { Timeout = 60_000 }) ?? "")!;
    }

    /// <summary>Serves the page, the library as npm has it, and where the Provider is.</summary>
    private sealed class Site : IAsyncDisposable
    {
        private readonly WebApplication app;

        private Site(WebApplication app) => this.app = app;

        public string Authority { get; set; } = "";

        public string Origin => app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        public static async Task<Site> Start(string clientId)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var site = new Site(builder.Build());
            site.app.MapGet("/settings.json", () => TypedResults.Json(new { authority = site.Authority, clientId }));
            site.app.MapGet("/library.js", () => Script("node_modules", "oidc-client-ts", "dist", "browser", "oidc-client-ts.js"));
            site.app.MapGet("/page.mjs", () => Script("single-page.mjs"));
            site.app.MapFallback(() => TypedResults.Text("""
                <!doctype html><title>page</title><output id="result"></output>
                <script src="/library.js"></script><script type="module" src="/page.mjs"></script>
                """, "text/html"));
            await site.app.StartAsync();
            return site;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private static PhysicalFileHttpResult Script(params string[] path) =>
            TypedResults.PhysicalFile(Path.Combine([PeerScript.NpmFolder, .. path]), "text/javascript");
    }
}
