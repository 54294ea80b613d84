using System.Text.Json.Nodes;

namespace Identity.Provider.RollOver;

/// <summary>What a plan of keys may say, and which steps may be taken.</summary>
public sealed class TokenKeyPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static JsonObject Good()
    {
        var plan = JsonNode.Parse(TokenKeyPlan.Default.ToJson())!.AsObject();
        plan["keys"]!.AsArray().Add((JsonNode)Key("next", "ES256", "published", ("published_at", Now.AddHours(-1))));
        return plan;
    }

    private static JsonObject Key(string name, string algorithm, string state, params (string Name, DateTimeOffset At)[] times)
    {
        var key = new JsonObject { ["name"] = name, ["alg"] = algorithm, ["state"] = state };
        foreach (var (time, at) in times)
            key[time] = at.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        return key;
    }

    private static JsonNode Next(JsonObject plan) => plan["keys"]![3]!;

    public static TheoryData<string, Action<JsonObject>, string> Bad => new()
    {
        { "no keys", plan => plan["keys"] = new JsonArray(), "keys must hold 1 to 32 keys." },
        { "a null", plan => plan["keys"]!.AsArray().Add(null), "keys must hold 1 to 32 keys." },
        { "another member", plan => plan["key"] = 1, "it is no JSON of the known form" },
        { "another member of a key", plan => Next(plan)["retiredAt"] = 1, "it is no JSON of the known form" },
        { "another state", plan => Next(plan)["state"] = "sleeping", "it is no JSON of the known form" },
        { "a state by number", plan => Next(plan)["state"] = 2, "it is no JSON of the known form" },
        { "no name", plan => Next(plan).AsObject().Remove("name"), "it is no JSON of the known form" },
        { "a null name", plan => Next(plan)["name"] = null, "a name must be" },
        { "a path", plan => Next(plan)["name"] = "../tls", "a name must be" },
        { "capitals", plan => Next(plan)["name"] = "Next", "a name must be" },
        { "a name too long", plan => Next(plan)["name"] = new string('a', 65), "a name must be" },
        { "a name twice", plan => Next(plan)["name"] = "token-es256", "token-es256 is there twice." },
        { "another algorithm", plan => Next(plan)["alg"] = "HS256", "next: alg must be one of ES256, PS256, RS256." },
        { "no algorithm", plan => Next(plan)["alg"] = null, "next: alg must be one of ES256, PS256, RS256." },
        { "none active", plan => plan["keys"]!.AsArray().RemoveAt(0), "exactly one key for ES256 must be active." },
        { "two active", plan => Activate(Next(plan), Now), "exactly one key for ES256 must be active." },
        { "published without time", plan => Next(plan).AsObject().Remove("published_at"), "next: published_at is missing." },
        { "published and activated", plan => Next(plan)["activated_at"] = Now, "next: activated_at is there and the key is published only." },
        { "announced with times", plan => Next(plan)["state"] = "announced", "next: an announced key has no times." },
        { "retired without time", plan => Next(plan)["state"] = "retired", "next: retired_at is for retired keys, and they need it." },
        { "a time of retirement and not retired", plan => Next(plan)["retired_at"] = Now, "next: retired_at is for retired keys, and they need it." },
        { "compromised without time", plan => Next(plan)["state"] = "compromised", "next: compromised_at is for compromised keys, and they need it." },
        { "a time of compromise and not compromised", plan => Next(plan)["compromised_at"] = Now, "next: compromised_at is for compromised keys, and they need it." },
        { "a time ahead", plan => Next(plan)["published_at"] = Now.AddSeconds(61), "next: a time is ahead; the plan says what was done." },
        { "activated too soon", plan => Replace(plan, Now.AddSeconds(-899)), "next: activated_at must be 900 s after published_at, or forced true" },
        { "activated before published", plan => Replace(plan, Now.AddSeconds(1)), "next: activated_at must be 900 s after published_at, or forced true" },
        {
            "forced, and activated before published", plan =>
            {
                Replace(plan, Now.AddSeconds(1));
                Next(plan)["forced"] = true;
            }, "next: the times are not in order."
        },
        { "no time", plan => Next(plan)["published_at"] = "yesterday", "it is no JSON of the known form" },
    };

    private static void Activate(JsonNode key, DateTimeOffset at)
    {
        key["state"] = "active";
        key["activated_at"] = at;
    }

    private static void Replace(JsonObject plan, DateTimeOffset published)
    {
        Next(plan)["published_at"] = published;
        Activate(Next(plan), Now);
        plan["keys"]![0]!["state"] = "retired";
        plan["keys"]![0]!["retired_at"] = Now;
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Refuses_a_plan_and_says_why(string row, Action<JsonObject> change, string refusal)
    {
        Assert.NotEmpty(row);
        var plan = Good();
        Assert.Equal(4, TokenKeyPlan.Read(plan.ToJsonString(), Now).Keys.Length);
        change(plan);
        Assert.StartsWith(refusal, Assert.Throws<TokenKeyPlanException>(() => TokenKeyPlan.Read(plan.ToJsonString(), Now)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"keys\":")]
    [InlineData("{\"keys\":[],\"keys\":[]}")]
    public void Refuses_what_is_no_plan(string text) => Assert.Throws<TokenKeyPlanException>(() => TokenKeyPlan.Read(text, Now));

    [Fact]
    public void Reads_up_to_the_caps_and_nothing_past_them()
    {
        var plan = Good();
        var text = plan.ToJsonString();
        TokenKeyPlan.Read(text.PadRight(TokenKeyPlan.LongestFile), Now);
        Assert.Contains("longer than", Assert.Throws<TokenKeyPlanException>(() => TokenKeyPlan.Read(text.PadRight(TokenKeyPlan.LongestFile + 1), Now)).Message, StringComparison.Ordinal);
        while (plan["keys"]!.AsArray().Count < TokenKeyPlan.MostKeys)
            plan["keys"]!.AsArray().Add((JsonNode)Key($"later-{plan["keys"]!.AsArray().Count}", "RS256", "announced"));
        var full = TokenKeyPlan.Read(plan.ToJsonString(), Now);
        Assert.Throws<TokenKeyPlanException>(() => full.Announce("one-more", "RS256", Now));
        plan["keys"]!.AsArray().Add((JsonNode)Key("one-more", "RS256", "announced"));
        Assert.Throws<TokenKeyPlanException>(() => TokenKeyPlan.Read(plan.ToJsonString(), Now));
    }

    [Fact]
    public void A_key_goes_from_announced_to_removed_and_the_plan_is_the_same_when_read_again()
    {
        var plan = TokenKeyPlan.Default.Announce("next", "ES256", Now);
        plan = plan.Publish("next", Now);
        var active = plan.Activate("next", forced: false, Now.AddSeconds(900));
        Assert.Equal([TokenKeyState.Retired, TokenKeyState.Active, TokenKeyState.Active, TokenKeyState.Active], active.Keys.Select(key => key.State));
        Assert.False(active.Keys[3].Forced);
        Assert.Equal(active.Keys, TokenKeyPlan.Read(active.ToJson(), Now.AddSeconds(900)).Keys);
        var kept = TimeSpan.FromHours(12);
        Assert.Throws<TokenKeyPlanException>(() => active.Remove("token-es256", kept, Now.AddSeconds(900) + kept - TimeSpan.FromSeconds(1)));
        Assert.Equal(["token-ps256", "token-rs256", "next"], active.Remove("token-es256", kept, Now.AddSeconds(900) + kept).Keys.Select(key => key.Name));
    }

    public static TheoryData<string, Func<TokenKeyPlan, TokenKeyPlan>, string> Steps => new()
    {
        { "announce what is there", plan => plan.Announce("fresh", "ES256", Now), "fresh is in the plan already." },
        { "announce for another algorithm", plan => plan.Announce("other", "ES384", Now), "other: alg must be one of" },
        { "announce a path", plan => plan.Announce("../x", "ES256", Now), "a name must be" },
        { "publish what is not there", plan => plan.Publish("other", Now), "other is not in the plan." },
        { "publish twice", plan => plan.Publish("fresh", Now), "fresh is published and cannot be published." },
        { "publish the active one", plan => plan.Publish("token-es256", Now), "token-es256 is active and cannot be published." },
        { "activate what is announced", plan => plan.Activate("planned", forced: true, Now), "planned is announced and cannot be activated." },
        { "activate too soon", plan => plan.Activate("fresh", forced: false, Now.AddSeconds(899)), "fresh is published since" },
        { "activate what is active", plan => plan.Activate("token-es256", forced: true, Now), "token-es256 is active and cannot be activated." },
        { "activate what is compromised", plan => plan.Activate("stolen", forced: true, Now), "stolen is compromised and cannot be activated." },
        { "retire the active one", plan => plan.Retire("token-es256", Now), "token-es256 signs; activate its successor" },
        { "retire what is announced", plan => plan.Retire("planned", Now), "planned is announced and cannot be retired." },
        { "compromise the active one alone", plan => plan.Compromise("token-es256", null, forced: true, Now), "token-es256 signs: name the published key" },
        { "compromise with a successor that is not needed", plan => plan.Compromise("planned", "fresh", forced: true, Now), "planned does not sign" },
        { "compromise with a successor of another algorithm", plan => plan.Compromise("token-rs256", "fresh", forced: true, Now), "fresh is no key for RS256" },
        { "compromise with a successor that is not there", plan => plan.Compromise("token-es256", "other", forced: true, Now), "other is no key for ES256" },
        { "compromise with a successor too soon", plan => plan.Compromise("token-es256", "fresh", forced: false, Now), "fresh is published since" },
        { "compromise with itself", plan => plan.Compromise("token-es256", "token-es256", forced: true, Now), "token-es256 is active and cannot be activated." },
        { "compromise twice", plan => plan.Compromise("stolen", null, forced: false, Now), "stolen is compromised and cannot be compromised." },
        { "remove the active one", plan => plan.Remove("token-es256", TimeSpan.Zero, Now), "token-es256 is active and cannot be removed." },
        { "remove the published one", plan => plan.Remove("fresh", TimeSpan.Zero, Now), "fresh is published and cannot be removed." },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Refuses_a_step_and_says_why(string row, Func<TokenKeyPlan, TokenKeyPlan> step, string refusal)
    {
        Assert.NotEmpty(row);
        var plan = TokenKeyPlan.Default.Announce("fresh", "ES256", Now).Publish("fresh", Now).Announce("planned", "ES256", Now)
            .Announce("stolen", "ES256", Now).Compromise("stolen", null, forced: false, Now);
        Assert.StartsWith(refusal, Assert.Throws<TokenKeyPlanException>(() => step(plan)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compromised_key_that_signed_is_replaced_in_the_same_step()
    {
        var plan = TokenKeyPlan.Default.Announce("next", "ES256", Now).Publish("next", Now).Compromise("token-es256", "next", forced: true, Now);
        Assert.Equal((TokenKeyState.Compromised, TokenKeyState.Active, true), (plan.Keys[0].State, plan.Keys[3].State, plan.Keys[3].Forced));
        Assert.Equal(plan.Keys, TokenKeyPlan.Read(plan.ToJson(), Now).Keys);
        Assert.DoesNotContain(plan.Remove("token-es256", TimeSpan.FromDays(1), Now).Keys, key => key.Name == "token-es256");
    }
}
