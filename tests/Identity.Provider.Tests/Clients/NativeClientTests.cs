using System.Net;
using System.Text.Json.Nodes;
using Identity.Provider.Authorize;
using Identity.Provider.CommandLine;
using Identity.Provider.Dpop;

namespace Identity.Provider.Clients;

/// <summary>RFC 8252: an application on a person's own device, which listens at a port that it did not know when it was registered.</summary>
public sealed class NativeClientTests(NativeClientTests.WithNativeClient setup) : IClassFixture<NativeClientTests.WithNativeClient>
{
    private const string Id = "desktop";
    private const string Listener = "http://127.0.0.1:51004/callback";
    private const string Claimed = "https://app.example/callback";

    public sealed class WithNativeClient : IAsyncLifetime
    {
        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Provider = await RunningProvider.With(ClientSettings.Of(
            new ClientOptions
            {
                Id = Id,
                Name = "Desktop",
                ApplicationType = "native",
                RedirectUris = ["http://127.0.0.1/callback", "http://[::1]/callback", "com.example.desktop:/callback", Claimed],
                Scopes = ["openid", "profile"],
                TokenEndpointAuthMethod = "none",
                DpopBoundAccessTokens = true,
                Sector = "desktop.example",
            },
            new ClientOptions
            {
                Id = "page",
                Name = "Page",
                RedirectUris = ["http://127.0.0.1/callback"],
                Scopes = ["openid", "profile"],
                TokenEndpointAuthMethod = "none",
                DpopBoundAccessTokens = true,
                Sector = "page.example",
            }));

        public ValueTask DisposeAsync() => Provider.DisposeAsync();
    }

    private RunningProvider Provider => setup.Provider;

    [Theory]
    [InlineData(Listener, true)]
    [InlineData(Listener, false)]
    [InlineData("http://127.0.0.1:1/callback", true)]
    [InlineData("http://127.0.0.1:65535/callback", true)]
    [InlineData("http://127.0.0.1/callback", true)]
    [InlineData("http://[::1]:51004/callback", true)]
    [InlineData("http://[::1]:51004/callback", false)]
    [InlineData("com.example.desktop:/callback", true)]
    [InlineData("com.example.desktop:/callback", false)]
    [InlineData(Claimed, true)]
    public async Task Gets_its_answer_at_any_port_of_its_device_and_its_token_for_the_address_that_was_asked(string address, bool pushed)
    {
        using var agency = Client(address);
        using var key = new DpopKey(Provider);
        var answer = await Allowed(agency, pushed);
        Assert.StartsWith(address + "?", answer, StringComparison.Ordinal);
        var tokens = await agency.Post("/token", Unauthenticated(agency.CodeRequest(SignedIn.Query(answer)["code"])), key.Proof("POST", "token"));
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        Assert.Equal("DPoP", (string?)tokens.Json["token_type"]);
    }

    [Theory]
    [InlineData("http://localhost:51004/callback")]
    [InlineData("http://localhost/callback")]
    [InlineData("http://127.0.0.2:51004/callback")]
    [InlineData("http://127.1:51004/callback")]
    [InlineData("http://2130706433:51004/callback")]
    [InlineData("http://0.0.0.0:51004/callback")]
    [InlineData("http://[::]:51004/callback")]
    [InlineData("http://[0:0:0:0:0:0:0:1]:51004/callback")]
    [InlineData("http://[::ffff:127.0.0.1]:51004/callback")]
    [InlineData("http://127.0.0.1:0/callback")]
    [InlineData("http://127.0.0.1:65536/callback")]
    [InlineData("http://127.0.0.1:051004/callback")]
    [InlineData("http://127.0.0.1:/callback")]
    [InlineData("http://127.0.0.1:51004")]
    [InlineData("http://127.0.0.1:51004/")]
    [InlineData("http://127.0.0.1:51004/callback/")]
    [InlineData("http://127.0.0.1:51004/Callback")]
    [InlineData("http://127.0.0.1:51004/a/../callback")]
    [InlineData("http://127.0.0.1:51004/callback?a=b")]
    [InlineData("http://127.0.0.1:51004/callback?")]
    [InlineData("http://127.0.0.1:51004/callback#")]
    [InlineData("http://127.0.0.1:51004@evil.example/callback")]
    [InlineData("http://evil@127.0.0.1:51004/callback")]
    [InlineData("http://127.0.0.1.evil.example:51004/callback")]
    [InlineData("https://127.0.0.1:51004/callback")]
    [InlineData("HTTP://127.0.0.1:51004/callback")]
    [InlineData("http://127.0.0.1:51004\\callback")]
    [InlineData("http://127.0.0.1:51004/callback\n")]
    [InlineData("http://127.0.0.1:५/callback")]
    [InlineData("com.example.desktop://callback")]
    [InlineData("com.example.desktop:/callback2")]
    [InlineData("com.example:/callback")]
    [InlineData("https://app.example:8443/callback")]
    public async Task Any_other_address_is_refused(string address)
    {
        using var agency = Client(address);
        var pushed = await agency.Post("/par", Unauthenticated(agency.Request()));
        Assert.True(pushed is { Status: HttpStatusCode.BadRequest, Error: "invalid_request" }, pushed.Body);
        using var browser = new Browser(Provider);
        await browser.SignIn();
        RedirectUriTests.Stays(await browser.Get("/authorize?" + RedirectUriTests.Query(Unauthenticated(agency.Request()))));
    }

    [Fact]
    public async Task The_port_of_a_web_client_is_the_registered_one()
    {
        using var agency = new Agency(Provider, "page") { RedirectUri = Listener };
        var pushed = await agency.Post("/par", new Dictionary<string, string>(agency.Request()) { ["client_id"] = "page" });
        Assert.True(pushed is { Status: HttpStatusCode.BadRequest, Error: "invalid_request" }, pushed.Body);
    }

    // RFC 6749 4.1.3: whoever took the code elsewhere.
    [Theory]
    [InlineData("http://127.0.0.1:51005/callback")]
    [InlineData("http://127.0.0.1/callback")]
    [InlineData("http://[::1]:51004/callback")]
    [InlineData(Claimed)]
    [InlineData("")]
    public async Task A_code_is_not_redeemed_for_another_port_or_address_than_was_asked(string other)
    {
        using var agency = Client(Listener);
        using var key = new DpopKey(Provider);
        var form = Unauthenticated(agency.CodeRequest(SignedIn.Query(await Allowed(agency, pushed: true))["code"]));
        form["redirect_uri"] = other;
        var refused = await agency.Post("/token", form, key.Proof("POST", "token"));
        Assert.Equal((HttpStatusCode.BadRequest, other.Length > 0 ? "invalid_grant" : "invalid_request"), (refused.Status, refused.Error));
    }

    // RFC 8252 8.6: another application of the device could have sent this one's name.
    [Fact]
    public async Task The_person_is_asked_each_time_where_any_application_can_listen()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(Id);
        foreach (var address in (string[])[Listener, "com.example.desktop:/callback"])
        {
            using var agency = Client(address);
            Assert.StartsWith("/consent?", (await browser.Get(await Pushed(agency))).Location, StringComparison.Ordinal);
            var silent = await browser.Get(await Pushed(agency, request => request["prompt"] = "none"));
            Assert.Equal("consent_required", SignedIn.Query(silent.Location!)["error"]);
        }

        using var assured = Client(Claimed);
        Assert.Contains("code=", (await browser.Get(await Pushed(assured))).Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:51004")]
    [InlineData("http://[::1]")]
    [InlineData("com.example.desktop:")]
    public async Task No_page_may_read_its_answers(string origin)
    {
        using var agency = Client(Listener);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        request.Headers.TryAddWithoutValidation("Origin", origin);
        var reply = await agency.Send(request);
        // The web client that is registered at the first of them reads them as any page does.
        Assert.Equal(origin == "http://127.0.0.1", reply.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Is_registered_by_command_with_a_sector_that_is_said()
    {
        string[] add = ["client", "add", "--id", "tool", "--name", "Tool", "--application-type", "native", "--auth", "none", "--dpop-bound-access-tokens", "--scope", "openid"];
        var without = await Command.Run(Provider, [.. add, "--redirect-uri", "http://127.0.0.1/back"]);
        Assert.Equal((ProviderCommand.Refused, "sector: must be a host name (with a port, if it must be).\n"), (without.ExitCode, without.Complaints));
        var localhost = await Command.Run(Provider, [.. add, "--redirect-uri", "http://localhost/back", "--sector", "tool.example"]);
        Assert.Equal(ProviderCommand.Refused, localhost.ExitCode);
        Assert.StartsWith("redirect_uris: http://localhost/back: must be https, http://127.0.0.1/", localhost.Complaints, StringComparison.Ordinal);
        var secret = await Command.Run(Provider, [.. add, "--auth", "client_secret_basic", "--profile", "legacy", "--redirect-uri", "http://127.0.0.1/back", "--sector", "tool.example"]);
        Assert.Equal((ProviderCommand.Refused, "token_endpoint_auth_method: must be none for a native application.\n"), (secret.ExitCode, secret.Complaints));
        var added = await Command.Run(Provider, [.. add, "--redirect-uri", "http://127.0.0.1/back", "--sector", "tool.example"]);
        Assert.True(added.ExitCode == ProviderCommand.Done, added.Complaints);
        var shown = (await Command.Run(Provider, "client", "show", "tool")).Json;
        Assert.Equal(("native", "tool.example"), ((string)shown["application_type"]!, (string)shown["sector"]!));
        using var agency = new Agency(Provider, "tool") { RedirectUri = "http://127.0.0.1:4711/back" };
        var pushed = await agency.Post("/par", new Dictionary<string, string>(agency.Request("openid")) { ["client_id"] = "tool" });
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
    }

    [Fact]
    public async Task Registers_itself_and_is_a_sector_of_its_own()
    {
        var first = await Register("One");
        var second = await Register("Two");
        Assert.Equal(("native", "none", true), ((string)first["application_type"]!, (string)first["token_endpoint_auth_method"]!, (bool)first["dpop_bound_access_tokens"]!));
        Assert.Equal((string)first["client_id"]!, (string)first["sector"]!);
        Assert.NotEqual((string)first["sector"]!, (string)second["sector"]!);
        Assert.False(first.AsObject().ContainsKey("client_secret"));
    }

    private async Task<JsonNode> Register(string name)
    {
        var token = (string)(await Command.Run(Provider, "client", "token", "add", name, "--scope", "openid profile", "--json")).Json["initial_access_token"]!;
        using var agency = Client(Listener);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/register") { Headers = { Authorization = new("Bearer", token) } };
        request.Content = new StringContent(new JsonObject
        {
            ["client_name"] = name, ["application_type"] = "native", ["redirect_uris"] = new JsonArray("http://127.0.0.1/", "com.example.one:/back"), ["dpop_bound_access_tokens"] = true,
        }.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        var reply = await agency.Send(request);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json;
    }

    private static Dictionary<string, string> Unauthenticated(Dictionary<string, string> form) => new(form) { ["client_id"] = Id };

    private Agency Client(string address) => new(Provider, Id) { RedirectUri = address };

    private static async Task<string> Pushed(Agency agency, Action<Dictionary<string, string>>? change = null)
    {
        var request = Unauthenticated(agency.Request());
        change?.Invoke(request);
        var pushed = await agency.Post("/par", request);
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        return agency.AuthorizeUrl((string)pushed.Json["request_uri"]!);
    }

    /// <summary>Where the browser of somebody who allows it is sent.</summary>
    private async Task<string> Allowed(Agency agency, bool pushed)
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var page = await browser.Get(pushed ? await Pushed(agency) : "/authorize?" + RedirectUriTests.Query(Unauthenticated(agency.Request())));
        if (page.Location!.StartsWith(Provider.Issuer.AbsoluteUri, StringComparison.Ordinal))
            page = await browser.Get(new Uri(page.Location).PathAndQuery);
        if (page.Location!.StartsWith("/consent?", StringComparison.Ordinal))
        {
            var consent = page.Location;
            var back = await browser.Post(consent + "&handler=Allow", await browser.Get(consent));
            page = await browser.Get(back.Location!);
        }

        return page.Location!;
    }
}
