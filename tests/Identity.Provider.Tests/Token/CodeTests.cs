using System.Net;
using StackExchange.Redis;

namespace Identity.Provider.Token;

/// <summary>RFC 6749 4.1.2 and 5.2, RFC 7636: a code is good once, for its client, with its verifier, for a minute.</summary>
public sealed class CodeTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task A_replayed_code_is_refused_and_ends_the_tokens_of_its_login()
    {
        using var agency = new Agency(provider, "tax-portal");
        var code = await Code(agency);
        var first = await agency.Redeem(code);
        var access = (string)first.Json["access_token"]!;
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
        Refused(await agency.Redeem(code));
        var info = await agency.UserInfo(access);
        Assert.Equal(HttpStatusCode.Unauthorized, info.Status);
        Assert.Contains("invalid_token", info.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_ends_no_other_login_of_the_person()
    {
        using var agency = new Agency(provider, "tax-portal");
        var other = (string)(await agency.Redeem(await Code(agency))).Json["access_token"]!;
        var code = await Code(agency);
        await agency.Redeem(code);
        Refused(await agency.Redeem(code));
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(other)).Status);
    }

    [Fact]
    public async Task Of_parallel_redemptions_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            using var agency = new Agency(provider, "tax-portal");
            var code = await Code(agency);
            var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => agency.Redeem(code)));
            Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
            Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.OK), Refused);
        }
    }

    [Fact]
    public async Task Another_client_is_refused_and_the_right_one_is_not_harmed_before_it_has_used_it()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var other = new Agency(provider, "health-portal") { Verifier = agency.Verifier, RedirectUri = agency.RedirectUri };
        var code = await Code(agency);
        Refused(await other.Redeem(code));
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code)).Status);
    }

    public static TheoryData<string, Action<Dictionary<string, string>>> Changes => new()
    {
        { "verifier missing", form => form.Remove("code_verifier") },
        { "verifier empty", form => form["code_verifier"] = "" },
        { "verifier wrong", form => form["code_verifier"] = Agency.Random(32) },
        { "verifier of 42 characters", form => form["code_verifier"] = form["code_verifier"][..42] },
        { "verifier of 129 characters", form => form["code_verifier"] = new string('a', 129) },
        { "verifier with other characters", form => form["code_verifier"] = form["code_verifier"][..42] + "é" },
        { "verifier with a line end", form => form["code_verifier"] += "\n" },
        { "the challenge itself, as plain would have it", form => form["code_verifier"] = Agency.Challenge(form["code_verifier"]) },
        { "other redirect_uri", form => form["redirect_uri"] += "2" },
        { "code guessed", form => form["code"] = Agency.Random(32) },
        { "code with a changed character", form => form["code"] = (form["code"][0] == 'A' ? 'B' : 'A') + form["code"][1..] },
        { "code in other case", form => form["code"] = form["code"].ToUpperInvariant() },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_differs_from_the_request_is_refused(string row, Action<Dictionary<string, string>> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        Refused(await agency.Redeem(await Code(agency), change));
    }

    [Theory]
    [InlineData("redirect_uri")]
    [InlineData("code")]
    [InlineData("grant_type")]
    public async Task What_is_missing_is_an_invalid_request(string name)
    {
        using var agency = new Agency(provider, "tax-portal");
        var reply = await agency.Redeem(await Code(agency), form => form.Remove(name));
        Assert.True(reply is { Status: HttpStatusCode.BadRequest, Error: "invalid_request" }, reply.Body);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("implicit")]
    [InlineData("urn:ietf:params:oauth:grant-type:jwt-bearer")]
    public async Task Other_grants_are_unsupported(string grant)
    {
        using var agency = new Agency(provider, "tax-portal");
        var form = agency.Authenticated();
        form["grant_type"] = grant;
        Assert.Equal("unsupported_grant_type", (await agency.Post("/token", form)).Error);
    }

    [Fact]
    public async Task A_code_without_client_authentication_is_refused()
    {
        using var agency = new Agency(provider, "tax-portal");
        var reply = await agency.Redeem(await Code(agency), form =>
        {
            form.Remove("client_assertion");
            form.Remove("client_assertion_type");
        });
        Assert.True(reply is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, reply.Body);
    }

    [Fact]
    public async Task An_expired_code_is_refused()
    {
        await using var brief = await RunningProvider.With("--Provider:CodeLifetime=00:00:01");
        using var agency = new Agency(brief, "tax-portal");
        var code = await Code(agency, brief);
        await Task.Delay(TimeSpan.FromSeconds(2.2), TestContext.Current.CancellationToken);
        Refused(await agency.Redeem(code));
    }

    [Fact]
    public async Task A_code_that_Redis_lost_is_refused()
    {
        await using var own = await RunningProvider.With();
        using var agency = new Agency(own, "tax-portal");
        var code = await Code(agency, own);
        using (var redis = await ConnectionMultiplexer.ConnectAsync($"{own.Redis.Endpoint},allowAdmin=true"))
            await redis.GetServers()[0].FlushDatabaseAsync();
        Refused(await agency.Redeem(code));
    }

    [Fact]
    public async Task A_code_of_a_person_who_is_gone_is_refused()
    {
        await using var own = await RunningProvider.With();
        using var agency = new Agency(own, "tax-portal");
        var code = await Code(agency, own);
        await own.InDatabase(async database =>
        {
            var person = database.Users.Single(row => row.Identifier == SignedIn.Liis);
            database.Consents.RemoveRange(database.Consents);
            database.PairwiseSubjects.RemoveRange(database.PairwiseSubjects);
            database.EnrolmentCodes.RemoveRange(database.EnrolmentCodes.Where(row => row.PersonId == person.Id));
            database.Users.Remove(person);
            await database.SaveChangesAsync();
        });
        Refused(await agency.Redeem(code));
    }

    [Fact]
    public async Task Nothing_in_Redis_is_a_code_that_could_be_redeemed()
    {
        using var agency = new Agency(provider, "tax-portal");
        var code = await Code(agency);
        using var redis = await ConnectionMultiplexer.ConnectAsync(provider.Redis.Endpoint);
        var server = redis.GetServers()[0];
        var all = "";
        await foreach (var key in server.KeysAsync(pattern: "*token*"))
        {
            all += key.ToString();
            if (await redis.GetDatabase().KeyTypeAsync(key) == RedisType.Hash)
                all += string.Join(' ', (await redis.GetDatabase().HashGetAllAsync(key)).Select(field => field.Value));
        }

        Assert.NotEmpty(all);
        Assert.DoesNotContain(code, all, StringComparison.Ordinal);
        Assert.DoesNotContain(agency.RedirectUri, all, StringComparison.Ordinal);
    }

    private Task<string> Code(Agency agency) => Code(agency, provider);

    private static async Task<string> Code(Agency agency, RunningProvider at)
    {
        using var browser = new Browser(at);
        await browser.SignIn();
        await at.Consent(agency.ClientId);
        return (await browser.Authorize(agency))["code"];
    }

    private static void Refused(Reply reply) =>
        Assert.True(reply is { Status: HttpStatusCode.BadRequest, Error: "invalid_grant" }, $"{reply.Status} {reply.Body}");
}
