using System.Net;
using Identity.Provider.CommandLine;

namespace Identity.Provider.Clients;

/// <summary>A client that the operator has disabled is nobody at every endpoint, from the next request on, until it is enabled.</summary>
public sealed class DisabledClientTests
{
    [Fact]
    public async Task A_disabled_client_is_nobody_at_every_endpoint_and_somebody_again_once_enabled()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["access_token"]!;
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
        var code = (await browser.Authorize(agency))["code"];
        var waiting = await agency.Pushed();
        using var another = new Browser(provider);
        var login = (await another.Get(await agency.Pushed())).Location!;

        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "disable", "tax-portal")).ExitCode);

        await IsNobody();
        // A restart brings the settings in, and is no decision to enable.
        await provider.Restart();
        await IsNobody();
        using var other = new Agency(provider, "health-portal");
        Assert.Equal(HttpStatusCode.Created, (await other.Push(other.Request())).Status);

        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "enable", "tax-portal")).ExitCode);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code)).Status);

        async Task IsNobody()
        {
            var push = await agency.Push(agency.Request());
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (push.Status, push.Error));
            var redeemed = await agency.Redeem(code);
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (redeemed.Status, redeemed.Error));
            foreach (var address in (string[])[waiting, $"/authorize?client_id=tax-portal&response_type=code&redirect_uri={Uri.EscapeDataString(agency.RedirectUri)}"])
            {
                var page = await browser.Get(address);
                Assert.Equal((HttpStatusCode.BadRequest, null), (page.Status, page.Location));
            }

            var info = await agency.UserInfo(access);
            Assert.Equal(HttpStatusCode.Unauthorized, info.Status);
            Assert.Contains("invalid_token", info.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            foreach (var endpoint in (string[])["/introspect", "/revoke", "/device_authorization"])
            {
                var reply = await agency.Post(endpoint, agency.Authenticated().Append(new("token", access)));
                Assert.True(reply.Status is HttpStatusCode.NotFound || (reply.Status, reply.Error) is (HttpStatusCode.Unauthorized, "invalid_client"), endpoint + reply.Body);
            }

            Assert.NotEqual("", login);
            Assert.NotEqual(HttpStatusCode.InternalServerError, (await another.Get(login)).Status);
        }
    }
}
