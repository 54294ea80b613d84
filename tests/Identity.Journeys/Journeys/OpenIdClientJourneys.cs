using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Journeys;

/// <summary>An agency that uses npm's openid-client instead of Microsoft's handler.</summary>
[Collection("whole system")]
public sealed class OpenIdClientJourneys(WholeSystem system)
{
    private string Callback => system.Host.Address(402) + "signin-oidc";

    [Fact]
    public async Task Signs_in_by_pushed_request_and_reads_userinfo_and_a_replayed_code_is_refused()
    {
        await using var visitor = await system.Visit();
        using var agency = Start();
        var asked = (await agency.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
        Assert.StartsWith(system.Host.Address(0) + "authorize?", asked, StringComparison.Ordinal);
        var back = AtCallback(visitor);
        await visitor.Go(asked);
        await visitor.Enrol(DemoCodes.Liis);
        await visitor.Consent(allow: true);
        using var answer = await Answered(agency, await back);

        var result = answer.RootElement;
        Assert.True(result.TryGetProperty("userInfo", out var userInfo), result.ToString());
        // RFC 9126 4: the browser carries a reference only.
        Assert.Equal(["client_id", "request_uri"], result.GetProperty("parameters").EnumerateArray().Select(p => p.GetString()).Order());
        Assert.Equal("bearer", result.GetProperty("tokenType").GetString(), ignoreCase: true);
        var claims = result.GetProperty("claims");
        Assert.Equal("http://eidas.europa.eu/LoA/substantial", claims.GetProperty("acr").GetString());
        Assert.Equal(claims.GetProperty("sub").GetString(), userInfo.GetProperty("sub").GetString());
        Assert.Equal("Liis Tamm", userInfo.GetProperty("name").GetString());
        Assert.Equal("1985-04-21", userInfo.GetProperty("birthdate").GetString());
        Assert.False(userInfo.TryGetProperty("person_identifier", out _));
        Assert.Equal("invalid_grant", result.GetProperty("sameCodeAgain").GetString());
        // RFC 6749 4.1.2: what the code had given is withdrawn with it.
        Assert.NotEqual(JsonValueKind.Null, result.GetProperty("tokenAfterReplay").ValueKind);
        Assert.Equal(JsonValueKind.Null, result.GetProperty("refreshToken").ValueKind);
    }

    [Fact]
    public async Task Hears_of_a_person_who_does_not_consent()
    {
        await using var visitor = await system.Visit();
        using var agency = Start();
        var asked = (await agency.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
        var back = AtCallback(visitor);
        await visitor.Go(asked);
        // Wei has consented nowhere in this journey's agency.
        await visitor.Enrol(DemoCodes.Wei);
        await visitor.Consent(allow: false);
        using var answer = await Answered(agency, await back);
        Assert.Equal("access_denied", answer.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Hears_of_a_person_who_does_not_sign_in()
    {
        await using var visitor = await system.Visit();
        using var agency = Start();
        var asked = (await agency.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
        var back = AtCallback(visitor);
        await visitor.Go(asked);
        await visitor.Click("form[action*='handler=Cancel'] button");
        using var answer = await Answered(agency, await back);
        Assert.Equal("access_denied", answer.RootElement.GetProperty("error").GetString());
    }

    private Process Start()
    {
        var clients = Path.Combine(Repository.Root, "tests", "Identity.Journeys", "clients");
        if (!Directory.Exists(Path.Combine(clients, "node_modules", "openid-client")))
            Tool.Missing("npm packages of tests/Identity.Journeys/clients; tests/run.sh installs them");
        string Key(string kind) => Path.Combine(system.Host.Data, "keys-dev", "client-health-portal." + kind);
        return Process.Start(new ProcessStartInfo(
            Tool.Require("node"),
            [Path.Combine(clients, "openid-client.mjs"), system.Host.Address(0), "health-portal", Key("key.pem"), Key("jwk.json"), Callback, "openid profile birthdate"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    // The portal that answers at this address does not know this sign-in and leaves the code alone: the browser's way back is read off.
    private async Task<string> AtCallback(Visitor visitor) =>
        (await visitor.Page.WaitForRequestAsync(new Regex("^" + Regex.Escape(Callback)), new() { Timeout = 60_000 })).Url;

    private static async Task<JsonDocument> Answered(Process agency, string callback)
    {
        await agency.StandardInput.WriteLineAsync(callback);
        var answer = await agency.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await agency.WaitForExitAsync(TestContext.Current.CancellationToken);
        return JsonDocument.Parse(answer);
    }
}
