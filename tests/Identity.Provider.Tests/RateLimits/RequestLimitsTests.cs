using System.Net;
using System.Text;
using Identity.Provider.Conformance;
using Identity.Provider.Clients;
using Identity.TestKit;

namespace Identity.Provider.RateLimits;

/// <summary>429 with Retry-After (RFC 6585 4), and who is not harmed by it.</summary>
public sealed class RequestLimitsTests
{
    [Fact]
    public Task Who_is_refused_too_often_under_a_clients_name_waits_and_the_client_goes_on_from_its_own_address() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:RefusedPerClientAndAddress=5", "--Web:Proxies:0=127.0.0.1", "--Web:Proxies:1=::1");
        using var agency = new Agency(provider, "tax-portal");
        for (var attempt = 0; attempt < 6; attempt++)
            Assert.Equal("invalid_client", (await agency.Push(agency.Request(), agency.Assertion(claims => claims["aud"] = "https://other.example/"))).Error);
        var refused = await agency.Push(agency.Request());
        Waits(refused);
        // From another address the same client is served; so is another client from the same address.
        using var elsewhere = Push(agency, "198.51.100.8");
        Assert.Equal(HttpStatusCode.Created, (await agency.Send(elsewhere)).Status);
        using var neighbour = new Agency(provider, "health-portal");
        Assert.Equal(HttpStatusCode.Created, (await neighbour.Push(neighbour.Request())).Status);
    });

    [Fact]
    public Task Changing_names_does_not_help() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:RefusedPerAddress=20");
        using var agency = new Agency(provider, "tax-portal");
        for (var attempt = 0; attempt <= 20; attempt++)
        {
            var form = agency.Authenticated("not-an-assertion");
            form["client_id"] = $"stranger-{attempt}";
            Assert.Equal("invalid_client", (await agency.Post("/par", form.Concat(agency.Request()))).Error);
        }

        Waits(await agency.Post("/token", agency.Authenticated("not-an-assertion")));
    });

    [Fact]
    public Task A_client_that_asks_for_too_much_waits_and_others_do_not() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:RequestsPerClient=20");
        using var agency = new Agency(provider, "tax-portal");
        using var neighbour = new Agency(provider, "health-portal");
        for (var request = 0; request <= 20; request++)
            Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
        Waits(await agency.Push(agency.Request()));
        // Leaving its name out does not help, it is in the assertion.
        var form = agency.Authenticated();
        form.Remove("client_id");
        Waits(await agency.Post("/par", form.Concat(agency.Request())));
        Assert.Equal(HttpStatusCode.Created, (await neighbour.Push(neighbour.Request())).Status);
    });

    [Fact]
    public Task What_strangers_send_under_its_name_is_not_counted_as_the_clients() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:RequestsPerClient=20");
        using var agency = new Agency(provider, "tax-portal");
        for (var request = 0; request < 30; request++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await agency.Push(agency.Request(), "not-an-assertion")).Status);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
    });

    [Theory]
    [InlineData("no grant type")]
    [InlineData("two methods")]
    public Task What_is_refused_before_anybody_asks_who_it_is_is_not_counted_as_the_clients(string row) => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:RequestsPerClient=20");
        using var agency = new Agency(provider, "tax-portal");
        for (var request = 0; request < 30; request++)
        {
            var refused = row == "no grant type"
                ? await agency.Post("/token", new Dictionary<string, string> { ["client_id"] = "tax-portal" })
                : await agency.Post("/par", agency.Authenticated("x").Append(new("client_secret", "y")));
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (refused.Status, refused.Error));
        }

        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
    });

    [Fact]
    public Task Under_the_name_of_a_public_client_everybody_has_the_limit_of_a_stranger() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With(
        [
            .. ClientSettings.Of(new ClientOptions
            {
                Id = "page-script", Name = "Page script", RedirectUris = ["https://app.example/back"], Scopes = ["openid"],
                TokenEndpointAuthMethod = "none", DpopBoundAccessTokens = true, Sector = "app.example",
            }),
            "--Provider:RateLimits:RequestsPerClient=20", "--Provider:RateLimits:PagesPerAddress=20", "--Web:Proxies:0=127.0.0.1", "--Web:Proxies:1=::1",
        ]);
        using var agency = new Agency(provider, "page-script") { RedirectUri = "https://app.example/back" };
        for (var request = 0; request <= 20; request++)
            Assert.Equal(HttpStatusCode.Created, (await From("198.51.100.7")).Status);
        Waits(await From("198.51.100.7"));
        Assert.Equal(HttpStatusCode.Created, (await From("198.51.100.8")).Status);

        async Task<Reply> From(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/par")
            {
                Content = new FormUrlEncodedContent(agency.Request("openid").Append(new("client_id", "page-script"))), Headers = { { "X-Forwarded-For", address } },
            };
            return await agency.Send(request);
        }
    });

    [Fact]
    public Task Pages_are_counted_by_address() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:PagesPerAddress=20", "--Web:Proxies:0=127.0.0.1", "--Web:Proxies:1=::1");
        using var browser = new Browser(provider) { ForwardedFor = "198.51.100.7" };
        for (var visit = 0; visit < 20; visit++)
            Assert.Equal(HttpStatusCode.OK, (await browser.Get("/login")).Status);
        var refused = await browser.Get("/login");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.Get("/authorize?client_id=tax-portal")).Status);
        using var other = new Browser(provider) { ForwardedFor = "198.51.100.8" };
        Assert.Equal(HttpStatusCode.OK, (await other.Get("/login")).Status);
        Assert.Equal(HttpStatusCode.OK, (await browser.Get("/health/ready")).Status);
    });

    [Fact]
    public Task A_persons_sign_ins_are_counted_when_they_are_verified() => WithinOneMinute(async () =>
    {
        await using var provider = await RunningProvider.With("--Provider:RateLimits:SignInsPerPerson=3");
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var (page, ceremony, options) = await browser.BeginLogin();
            var tampered = authenticator.Assert(options, new Dishonesty { TamperedSignature = true });
            Assert.Equal(HttpStatusCode.BadRequest, (await browser.FinishLogin(page, ceremony, tampered)).Status);
        }

        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignIn(authenticator)).Status);
        var refused = await browser.SignIn(authenticator);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.True(await browser.IsSignedIn());
    });

    [Fact]
    public Task A_name_that_is_spelt_with_escapes_is_the_same_name() => WithinOneMinute(async () =>
    {
        await using var provider = await ProviderWithBasicClients.Start("--Provider:RateLimits:RequestsPerClient=20");
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        async Task<HttpStatusCode> Ask(string name)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/token") { Content = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", "none")]) };
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{name}:{ProviderWithBasicClients.Secret(ProviderWithBasicClients.Basic)}")));
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }

        for (var request = 0; request <= 20; request++)
            Assert.Equal(HttpStatusCode.BadRequest, await Ask(ProviderWithBasicClients.Basic));
        Assert.Equal(HttpStatusCode.TooManyRequests, await Ask(ProviderWithBasicClients.Basic));
        Assert.Equal(HttpStatusCode.TooManyRequests, await Ask(ProviderWithBasicClients.Basic.Replace("b", "%62", StringComparison.Ordinal)));
    });

    [Theory]
    [InlineData("PagesPerAddress", "0")]
    [InlineData("RequestsPerClient", "-1")]
    [InlineData("RefusedPerAddress", "1000001")]
    public void A_limit_that_is_none_is_refused_by_name(string setting, string value)
    {
        var options = new RateLimitOptions();
        typeof(RateLimitOptions).GetProperty(setting)!.SetValue(options, int.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains($"RateLimits:{setting}", Assert.Throws<ProviderSettingsException>(() => RateLimitSettings.Check(options)).Message, StringComparison.Ordinal);
    }

    // Counting begins anew each minute: what was counted over the turn of one says nothing, and is done again.
    private static async Task WithinOneMinute(Func<Task> scenario)
    {
        static long Minute() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60;
        var begun = Minute();
        try
        {
            await scenario();
        }
        catch (Xunit.Sdk.XunitException) when (Minute() != begun)
        {
            await scenario();
        }
    }

    private static HttpRequestMessage Push(Agency agency, string from)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/par") { Content = new FormUrlEncodedContent(agency.Authenticated().Concat(agency.Request())) };
        request.Headers.Add("X-Forwarded-For", from);
        return request;
    }

    private static void Waits(Reply reply)
    {
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_requests"), (reply.Status, reply.Error));
        Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }
}
