using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;

namespace Identity.Provider.Clients;

/// <summary>A client that is no longer in the settings is nobody, and what it holds ends with it.</summary>
public sealed class RemovedClientTests
{
    private const string WithoutDemo = "--Provider:SeedDemo:Enabled=false";

    [Fact]
    public async Task A_client_that_is_gone_from_the_settings_gets_nothing_and_what_it_holds_has_ended()
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

        await provider.Restart(WithoutDemo);

        var push = await agency.Push(agency.Request());
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (push.Status, push.Error));
        var redeemed = await agency.Redeem(code);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (redeemed.Status, redeemed.Error));
        var page = await browser.Get(waiting);
        Assert.Equal((HttpStatusCode.BadRequest, null), (page.Status, page.Location));
        var info = await agency.UserInfo(access);
        Assert.Equal(HttpStatusCode.Unauthorized, info.Status);
        Assert.Contains("invalid_token", info.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_did_not_come_from_the_settings_stays()
    {
        await using var provider = await RunningProvider.With();
        await using (var scope = provider.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>().CreateAsync(
                new OpenIddictApplicationDescriptor
                {
                    ClientId = "by-command", ClientType = OpenIddictConstants.ClientTypes.Confidential, ClientSecret = Agency.Random(32),
                },
                TestContext.Current.CancellationToken);
        }

        await provider.Restart(WithoutDemo);
        Assert.Equal(["by-command"], await Registered(provider.Services));
    }

    [Fact]
    public async Task A_client_that_comes_back_is_served_again()
    {
        await using var provider = await RunningProvider.With();
        await provider.Restart(WithoutDemo);
        await provider.Restart();
        using var agency = new Agency(provider, "tax-portal");
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
    }

    internal static async Task<string[]> Registered(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        var ids = new List<string>();
        await foreach (var application in applications.ListAsync(cancellationToken: TestContext.Current.CancellationToken))
            ids.Add((await applications.GetClientIdAsync(application, TestContext.Current.CancellationToken))!);
        return [.. ids.Order(StringComparer.Ordinal)];
    }
}
