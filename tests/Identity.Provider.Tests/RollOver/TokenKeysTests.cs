using Identity.Keys;
using Identity.Provider.Token;
using Microsoft.Extensions.Logging;

namespace Identity.Provider.RollOver;

/// <summary>The keys follow their file while the service runs, and keep to what was when it cannot be followed.</summary>
public sealed class TokenKeysTests : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(12);
    private readonly string folder = Directory.CreateTempSubdirectory("identity-roll-over-").FullName;
    private readonly Clock clock = new();
    private readonly Complaints complaints = new();

    public TokenKeysTests()
    {
        Make("token-es256", KeyAlgorithm.EcdsaP256);
        Make("token-ps256", KeyAlgorithm.Rsa2048);
        Make("token-rs256", KeyAlgorithm.Rsa2048);
        Make("next", KeyAlgorithm.EcdsaP256);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string PlanFile => Path.Combine(folder, TokenKeyPlan.FileName);

    [Fact]
    public void Without_a_file_the_three_keys_of_old_sign()
    {
        var keys = Open();
        Assert.Equal(["ES256", "PS256", "RS256"], keys.Published.Select(key => key.Algorithm));
        Assert.Equal("token-es256", keys.Active("ES256").Key.Name);
    }

    [Fact]
    public void A_key_is_shown_signs_and_goes_as_the_plan_says_and_for_as_long_as_its_tokens_last()
    {
        var keys = Open();
        var now = clock.Now;
        var plan = TokenKeyPlan.Default.Announce("next", "ES256", now);
        Write(plan);
        Assert.Equal(["token-es256", "token-ps256", "token-rs256"], Names(keys));

        Write(plan = plan.Publish("next", now));
        Assert.Equal(["next", "token-es256", "token-ps256", "token-rs256"], Names(keys));
        Assert.Equal("token-es256", keys.Active("ES256").Key.Name);

        clock.Now = now += TimeSpan.FromMinutes(15);
        Write(plan = plan.Activate("next", forced: false, now));
        Assert.Equal("next", keys.Active("ES256").Key.Name);
        Assert.Equal(["next", "token-es256", "token-ps256", "token-rs256"], Names(keys));

        clock.Now = now + Kept - TimeSpan.FromSeconds(1);
        Assert.Contains("token-es256", Names(keys));
        clock.Now = now + Kept;
        Assert.DoesNotContain("token-es256", Names(keys));
        // Over: its file may be destroyed, and a start needs it no more.
        File.Delete(Path.Combine(folder, "token-es256.key.pem"));
        Assert.Equal(["next", "token-ps256", "token-rs256"], Names(Open()));
    }

    [Fact]
    public void A_compromised_key_is_gone_from_all_instances_with_their_next_question()
    {
        TokenKeys[] instances = [Open(), Open()];
        Assert.All(instances, keys => Assert.Contains("token-es256", Names(keys)));
        Write(TokenKeyPlan.Default.Announce("next", "ES256", clock.Now).Publish("next", clock.Now).Compromise("token-es256", "next", forced: true, clock.Now));
        Assert.All(instances, keys => Assert.Equal(["next", "token-ps256", "token-rs256"], Names(keys)));
        Assert.All(instances, keys => Assert.Equal("next", keys.Active("ES256").Key.Name));
    }

    public static TheoryData<string, string> BadFiles => new()
    {
        { "empty", "" },
        { "half written", "{\"keys\":[{\"name\":\"token-es256\"," },
        { "a key that is not there", TokenKeyPlan.Default.ToJson().Replace("token-es256", "nowhere", StringComparison.Ordinal) },
        { "a key of another kind", TokenKeyPlan.Default.ToJson().Replace("\"token-rs256\"", "\"next\"", StringComparison.Ordinal) },
        { "a key for another purpose", TokenKeyPlan.Default.ToJson().Replace("token-rs256", "tls", StringComparison.Ordinal) },
        { "one key under two names", TokenKeyPlan.Default.ToJson().Replace("token-rs256", "copy", StringComparison.Ordinal) },
        { "none for RS256", TokenKeyPlan.Default.ToJson().Replace("\"RS256\"", "\"PS256\"", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_file_that_cannot_be_followed_changes_nothing_and_is_named_in_the_log(string row, string text)
    {
        Assert.NotEmpty(row);
        Make("tls", KeyAlgorithm.Rsa2048, KeyPurpose.Tls);
        File.Copy(Path.Combine(folder, "token-ps256.key.pem"), Path.Combine(folder, "copy.key.pem"));
        var keys = Open();
        Write(TokenKeyPlan.Default.Announce("next", "ES256", clock.Now).Publish("next", clock.Now));
        Assert.Equal(4, keys.Published.Count);
        Assert.Empty(complaints.Lines);

        File.WriteAllText(PlanFile, text);
        for (var time = 0; time < 3; time++)
            Assert.Equal(["next", "token-es256", "token-ps256", "token-rs256"], Names(keys));
        // Once, and not with each token.
        Assert.StartsWith(PlanFile + " is not followed", Assert.Single(complaints.Lines), StringComparison.Ordinal);

        // An instance that starts with it does not start.
        Assert.StartsWith($"Provider:TokenKeys: {PlanFile}: ", Assert.Throws<ProviderSettingsException>(() => Open()).Message, StringComparison.Ordinal);
        Write(TokenKeyPlan.Default);
        Assert.Equal(3, keys.Published.Count);
    }

    [Fact]
    public void A_file_that_is_gone_changes_nothing()
    {
        Write(TokenKeyPlan.Default.Announce("next", "ES256", clock.Now).Publish("next", clock.Now));
        var keys = Open();
        File.Delete(PlanFile);
        Assert.Equal(4, keys.Published.Count);
        Assert.EndsWith("it is gone.", Assert.Single(complaints.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_comes_after_its_plan_is_shown_once_the_file_is_touched()
    {
        var keys = Open();
        File.Move(Path.Combine(folder, "next.key.pem"), Path.Combine(folder, "later"));
        Write(TokenKeyPlan.Default.Announce("next", "ES256", clock.Now).Publish("next", clock.Now));
        Assert.Equal(3, keys.Published.Count);
        File.Move(Path.Combine(folder, "later"), Path.Combine(folder, "next.key.pem"));
        File.SetLastWriteTimeUtc(PlanFile, clock.Now.UtcDateTime);
        Assert.Equal(4, keys.Published.Count);
        Assert.Single(complaints.Lines);
    }

    [Fact]
    public async Task Whoever_asks_while_the_file_changes_gets_one_plan_or_the_other()
    {
        var before = TokenKeyPlan.Default.Announce("next", "ES256", clock.Now).Publish("next", clock.Now);
        var after = before.Activate("next", forced: true, clock.Now);
        Write(before);
        var keys = Open();
        var askers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var time = 0; time < 500; time++)
            {
                Assert.Contains(keys.Active("ES256").Key.Name, (string[])["token-es256", "next"]);
                Assert.Equal(4, keys.Published.Count);
            }
        })).ToArray();
        for (var time = 0; time < 20; time++)
            Write(time % 2 == 0 ? after : before);
        await Task.WhenAll(askers);
        Assert.Empty(complaints.Lines);
    }

    private static IEnumerable<string> Names(TokenKeys keys) => keys.Published.Select(key => key.Key.Name).Order(StringComparer.Ordinal);

    private TokenKeys Open() => new(KeyRing.Open(folder, production: false), PlanFile, Kept, clock, audit: null, complaints);

    private void Make(string name, KeyAlgorithm algorithm, KeyPurpose purpose = KeyPurpose.TokenSigning) => KeyRing.CreateDevelopmentKey(folder, name, purpose, algorithm);

    private void Write(TokenKeyPlan plan)
    {
        var partial = PlanFile + ".partial";
        File.WriteAllText(partial, plan.ToJson());
        File.Move(partial, PlanFile, overwrite: true);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Complaints : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
                Lines.Add(formatter(state, exception));
        }
    }
}
