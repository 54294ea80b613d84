using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Keys;
using Identity.Provider.CommandLine;
using Microsoft.AspNetCore.Builder;

namespace Identity.Provider.RollOver;

/// <summary>A key is replaced while people sign in, by command, and nobody restarts anything.</summary>
public sealed class RollOverTests : IAsyncLifetime
{
    private RunningProvider provider = null!;

    public async ValueTask InitializeAsync()
    {
        provider = await RunningProvider.With();
        KeyRing.CreateDevelopmentKey(provider.KeyDirectory, "next", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256);
    }

    public ValueTask DisposeAsync() => provider.DisposeAsync();

    [Fact]
    public async Task Under_load_no_token_fails_to_verify_at_a_client_that_keeps_the_key_set_for_a_quarter_of_an_hour()
    {
        var before = await KeySet();
        await Done("announce", "next", "--alg", "ES256");
        await Done("publish", "next");
        var refused = await Keys("activate", "next");
        Assert.Equal(ProviderCommand.Refused, refused.ExitCode);
        Assert.StartsWith("next is published since", refused.Complaints, StringComparison.Ordinal);
        await Earlier("published_at", TimeSpan.FromSeconds(900));

        // What the client fetched within that quarter of an hour, and keeps for the next one.
        var kept = await KeySet();
        var first = await Tokens();
        var signers = new List<string>();
        var load = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            for (var login = 0; login < 12; login++)
            {
                var tokens = await Tokens();
                foreach (var token in new[] { tokens.Id, tokens.Access })
                    Assert.True(Verifies(token, kept));
                Assert.Equal(HttpStatusCode.OK, await UserInfo(tokens.Access));
                lock (signers)
                    signers.Add(KeyId(tokens.Id));
            }
        })).ToArray();
        while (Count(signers) < 6)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        await Done("activate", "next");
        await Task.WhenAll(load);
        Assert.Equal(2, signers.Distinct().Count());

        // The waiting is what made it good: a client with the key set from before the publication cannot verify.
        var last = await Tokens();
        Assert.False(Verifies(last.Id, before));
        // What the retired key signed still counts, here and at the agency.
        Assert.Equal(HttpStatusCode.OK, await UserInfo(first.Access));
        Assert.True(Verifies(first.Id, await KeySet()));
        Assert.True(await IsHint(first.Id));
        Assert.Contains(await provider.AuditRecords(), record => record.Contains("provider.token-keys-followed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retired_key_is_gone_when_the_last_of_its_tokens_has_ended()
    {
        var tokens = await Tokens();
        await Replace();
        Assert.Equal(HttpStatusCode.OK, await UserInfo(tokens.Access));
        // The longest login, and five minutes.
        await Earlier("retired_at", TimeSpan.FromHours(24) + TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await UserInfo(tokens.Access));
        Assert.False(await IsHint(tokens.Id));
        Assert.DoesNotContain(KeyId(tokens.Id), (await KeySet()).Select(key => (string?)key!["kid"]));
    }

    [Fact]
    public async Task A_compromised_key_is_gone_at_once_on_two_instances_and_its_tokens_with_it()
    {
        await using var second = await provider.Another("second");
        var tokens = await Tokens();
        foreach (var instance in new[] { provider.Issuer, RunningProvider.AddressOf(second) })
            Assert.Equal(HttpStatusCode.OK, await UserInfo(tokens.Access, instance));
        await Done("announce", "next", "--alg", "ES256");
        await Done("publish", "next");
        Assert.Equal(ProviderCommand.Refused, (await Keys("compromise", "token-es256")).ExitCode);
        await Done("compromise", "token-es256", "--activate", "next", "--force");
        foreach (var instance in new[] { RunningProvider.AddressOf(second), provider.Issuer })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await UserInfo(tokens.Access, instance));
            Assert.DoesNotContain(KeyId(tokens.Id), (await KeySet(instance)).Select(key => (string?)key!["kid"]));
        }

        Assert.False(await IsHint(tokens.Id));
        var fresh = await Tokens();
        Assert.True(Verifies(fresh.Id, await KeySet(RunningProvider.AddressOf(second))));
        Assert.Equal(HttpStatusCode.OK, await UserInfo(fresh.Access, RunningProvider.AddressOf(second)));
    }

    [Fact]
    public async Task A_bad_plan_changes_nothing_and_a_start_with_it_is_refused()
    {
        var tokens = await Tokens();
        await File.WriteAllTextAsync(Plan, "{\"keys\":[]}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, await UserInfo(tokens.Access));
        Assert.Equal(KeyId(tokens.Id), KeyId((await Tokens()).Id));
        Assert.Equal(3, (await KeySet()).Count);
        var listed = await Keys("list");
        Assert.Equal((ProviderCommand.Refused, "keys must hold 1 to 32 keys."), (listed.ExitCode, listed.Complaints.Trim()));
        await provider.Stop();
        Assert.Equal($"Provider:TokenKeys: {Plan}: keys must hold 1 to 32 keys.", (await Assert.ThrowsAsync<ProviderSettingsException>(provider.Start)).Message);
    }

    [Fact]
    public async Task A_plan_that_is_lost_is_no_way_back_to_the_keys_of_old()
    {
        var compromised = KeyId((await Tokens()).Id);
        await Done("announce", "next", "--alg", "ES256");
        await Done("publish", "next");
        await Done("compromise", "token-es256", "--activate", "next", "--force");
        var next = KeyId((await Tokens()).Id);
        Assert.NotEqual(compromised, next);
        File.Delete(Plan);
        // Who runs stays as it was.
        Assert.Equal(next, KeyId((await Tokens()).Id));
        var listed = await Keys("list");
        Assert.Equal((ProviderCommand.Refused, $"{Plan} is gone; {Plan}.last is what it was."), (listed.ExitCode, listed.Complaints.Trim()));
        await provider.Stop();
        var refused = await Assert.ThrowsAsync<ProviderSettingsException>(provider.Start);
        Assert.StartsWith($"Provider:TokenKeys: {Plan}: it is gone. {Plan}.last is what it was", refused.Message, StringComparison.Ordinal);
        File.Copy(Plan + ".last", Plan);
        await provider.Start();
        Assert.Equal(next, KeyId((await Tokens()).Id));
    }

    [Fact]
    public async Task Every_key_of_the_set_says_what_it_is_for()
    {
        await Replace();
        var set = await KeySet();
        Assert.Equal(["ES256", "ES256", "PS256", "RS256"], set.Select(key => (string)key!["alg"]!).Order(StringComparer.Ordinal));
        Assert.All(set, key => Assert.Equal("sig", (string?)key!["use"]));
        Assert.Equal(4, set.Select(key => (string)key!["kid"]!).Distinct().Count());
    }

    public static TheoryData<string, int, string> WrongCommands => new()
    {
        { "rotate next", ProviderCommand.WrongUsage, "keys has no rotate" },
        { "publish", ProviderCommand.WrongUsage, "one key must be named" },
        { "publish next other", ProviderCommand.WrongUsage, "one key must be named" },
        { "list next", ProviderCommand.WrongUsage, "list takes no name" },
        { "announce next --algorithm ES256", ProviderCommand.WrongUsage, "unknown option --algorithm" },
        { "announce next", ProviderCommand.Refused, "next: alg must be one of ES256, PS256, RS256." },
        { "publish next", ProviderCommand.Refused, "next is not in the plan." },
        { "activate token-es256 --force", ProviderCommand.Refused, "token-es256 is active and cannot be activated." },
        { "retire token-es256", ProviderCommand.Refused, "token-es256 signs; activate its successor" },
        { "remove token-es256", ProviderCommand.Refused, "token-es256 is active and cannot be removed." },
    };

    [Fact]
    public async Task A_step_that_is_refused_changes_nothing()
    {
        foreach (var (words, exitCode, complaint) in WrongCommands.Select(row => row.Data))
        {
            var result = await Keys(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal((words, exitCode), (words, result.ExitCode));
            Assert.StartsWith(complaint, result.Complaints, StringComparison.Ordinal);
        }

        // A key that the key ring does not hold, and one of another kind, are not published.
        await Done("announce", "nowhere", "--alg", "ES256");
        Assert.StartsWith("Key 'nowhere' cannot be read", (await Keys("publish", "nowhere")).Complaints, StringComparison.Ordinal);
        await Done("announce", "next", "--alg", "RS256");
        Assert.StartsWith("Key 'next' is EcdsaP256 and cannot sign RS256", (await Keys("publish", "next")).Complaints, StringComparison.Ordinal);
        Assert.Equal(["announced", "announced"], (await Keys("list", "--json")).Lines.Select(line => (string)JsonNode.Parse(line)!["state"]!).Skip(3));
        Assert.Equal(3, (await KeySet()).Count);
    }

    private string Plan => Path.Combine(provider.KeyDirectory, TokenKeyPlan.FileName);

    private async Task Replace()
    {
        await Done("announce", "next", "--alg", "ES256");
        await Done("publish", "next");
        await Done("activate", "next", "--force");
    }

    private Task<CommandResult> Keys(params string[] words) => Command.Run([
        "keys", .. words, "--environment=Development", $"--Provider:Issuer={provider.Issuer}", $"--Provider:Database=Data Source={provider.DatabaseFile}",
        "--Provider:Redis=127.0.0.1:1", $"--Provider:Keys={provider.KeyDirectory}", $"--Provider:Audit={provider.AuditFile}"]);

    private async Task Done(params string[] words)
    {
        var result = await Keys(words);
        Assert.True(result.ExitCode == ProviderCommand.Done, result.Complaints);
    }

    /// <summary>As if that step had been taken so much earlier.</summary>
    private async Task Earlier(string step, TimeSpan by)
    {
        var plan = JsonNode.Parse(await File.ReadAllTextAsync(Plan, TestContext.Current.CancellationToken))!;
        foreach (var key in plan["keys"]!.AsArray().Where(key => key![step] is not null && (string)key[step]! is var text && !text.StartsWith("1970", StringComparison.Ordinal)))
            key![step] = DateTimeOffset.Parse((string)key[step]!, CultureInfo.InvariantCulture) - by;
        await File.WriteAllTextAsync(Plan, plan.ToJsonString(), TestContext.Current.CancellationToken);
    }

    private async Task<(string Id, string Access)> Tokens()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return ((string)reply.Json["id_token"]!, (string)reply.Json["access_token"]!);
    }

    private async Task<bool> IsHint(string idToken)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        return (await browser.Authorize(agency, form => (form["id_token_hint"], form["prompt"]) = (idToken, "none"))).ContainsKey("code");
    }

    private async Task<HttpStatusCode> UserInfo(string access, Uri? instance = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(instance ?? provider.Issuer, "userinfo")) { Headers = { Authorization = new("Bearer", access) } };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private async Task<JsonArray> KeySet(Uri? instance = null)
    {
        await Task.Delay(Discovery.PublishedDocuments.Age, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync(new Uri(instance ?? provider.Issuer, ".well-known/jwks"), TestContext.Current.CancellationToken))!["keys"]!.AsArray();
    }

    private static string KeyId(string jwt) => (string)Jwt.Header(jwt)["kid"]!;

    private static int Count(List<string> list)
    {
        lock (list)
            return list.Count;
    }

    private static bool Verifies(string jwt, JsonArray set)
    {
        if (set.SingleOrDefault(key => (string?)key!["kid"] == KeyId(jwt)) is not { } key)
            return false;
        var parts = jwt.Split('.');
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars((string)key["x"]!), Y = Base64Url.DecodeFromChars((string)key["y"]!) },
        });
        return ecdsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256);
    }
}
