using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Identity.Provider.Discovery;
using Identity.Provider.Token;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.RollOver;

/// <summary>The plan is not to be followed, or a step is not to be taken; the message names the key and the reason.</summary>
public sealed class TokenKeyPlanException(string message) : Exception(message);

/// <summary>
/// Which keys sign tokens, which verify, which will: the file <c>token-keys.json</c> beside the keys, the same for all instances. Its times are what
/// was done, not what is to be done. Checked whenever it is read, so a plan at hand is one to follow.
/// </summary>
public sealed partial record TokenKeyPlan
{
    internal const string FileName = "token-keys.json";

    internal const int MostKeys = 32;

    /// <summary>Real plans are below 4 kB.</summary>
    internal const int LongestFile = 64 * 1024;

    /// <summary>What was done was done before now, by clocks that agree so far.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    /// <summary>RFC 9111 5.2.2: clients and caches may not have asked for the key set since.</summary>
    internal static readonly TimeSpan KnownAfter = Cached.MaxAge;

    private static readonly JsonSerializerOptions Written = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    private TokenKeyPlan(ImmutableArray<PlannedKey> keys) => Keys = keys;

    public ImmutableArray<PlannedKey> Keys { get; }

    /// <summary>Where there is no file: one key for each algorithm.</summary>
    internal static TokenKeyPlan Default { get; } = new([
        First("token-es256", SecurityAlgorithms.EcdsaSha256), First("token-ps256", SecurityAlgorithms.RsaSsaPssSha256), First("token-rs256", SecurityAlgorithms.RsaSha256),
    ]);

    /// <exception cref="TokenKeyPlanException">names the key and what is wrong with it</exception>
    internal static TokenKeyPlan Read(string text, DateTimeOffset now)
    {
        if (text.Length > LongestFile)
            throw new TokenKeyPlanException($"it is longer than {LongestFile} characters.");
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize<Document>(text, Written);
        }
        catch (JsonException malformed)
        {
            throw new TokenKeyPlanException($"it is no JSON of the known form: {malformed.Message}");
        }

        if (document is not { Keys: { Length: > 0 and <= MostKeys } keys } || keys.Any(key => key is null))
            throw new TokenKeyPlanException($"keys must hold 1 to {MostKeys} keys.");
        return new TokenKeyPlan([.. keys]).Checked(now);
    }

    /// <summary>Where the commands keep what they wrote last.</summary>
    internal static string CopyOf(string file) => file + ".last";

    internal string ToJson() => JsonSerializer.Serialize(new Document([.. Keys]), Written) + "\n";

    internal TokenKeyPlan Announce(string name, string algorithm, DateTimeOffset now) =>
        Keys.Any(key => key.Name == name)
            ? throw new TokenKeyPlanException($"{name} is in the plan already.")
            : new TokenKeyPlan(Keys.Add(new PlannedKey { Name = name, Algorithm = algorithm, State = TokenKeyState.Announced })).Checked(now);

    internal TokenKeyPlan Publish(string name, DateTimeOffset now) =>
        With(Of(name, "published", TokenKeyState.Announced) with { State = TokenKeyState.Published, PublishedAt = now }).Checked(now);

    /// <summary>The key signs from now on, and the one before it is retired.</summary>
    internal TokenKeyPlan Activate(string name, bool forced, DateTimeOffset now)
    {
        var key = Of(name, "activated", TokenKeyState.Published);
        var early = now - key.PublishedAt!.Value < KnownAfter;
        if (early && !forced)
            throw new TokenKeyPlanException(FormattableString.Invariant($"{name} is published since {key.PublishedAt:u}; clients know it after {KnownAfter.TotalSeconds:0} s. Wait, or force it, and tokens are refused until they do."));
        var retired = Keys.Where(other => other.Algorithm == key.Algorithm && other.State == TokenKeyState.Active).Select(other => other with { State = TokenKeyState.Retired, RetiredAt = now });
        return retired.Aggregate(this, (plan, other) => plan.With(other)).With(key with { State = TokenKeyState.Active, ActivatedAt = now, Forced = early }).Checked(now);
    }

    /// <summary>A key that is published and will not be used. An active one is retired by its successor.</summary>
    internal TokenKeyPlan Retire(string name, DateTimeOffset now) =>
        Keys.Any(key => key.Name == name && key.State == TokenKeyState.Active)
            ? throw new TokenKeyPlanException($"{name} signs; activate its successor, and it is retired with that.")
            : With(Of(name, "retired", TokenKeyState.Published) with { State = TokenKeyState.Retired, RetiredAt = now }).Checked(now);

    /// <param name="successor">Of a key that signs: another one, published. Without that there would be no signature at all.</param>
    internal TokenKeyPlan Compromise(string name, string? successor, bool forced, DateTimeOffset now)
    {
        var key = Of(name, "compromised", TokenKeyState.Announced, TokenKeyState.Published, TokenKeyState.Active, TokenKeyState.Retired);
        if (key.State == TokenKeyState.Active != successor is not null)
            throw new TokenKeyPlanException(successor is null ? $"{name} signs: name the published key that takes its place (--activate)." : $"{name} does not sign, so nothing takes its place.");
        if (successor is not null && Keys.FirstOrDefault(other => other.Name == successor)?.Algorithm != key.Algorithm)
            throw new TokenKeyPlanException($"{successor} is no key for {key.Algorithm} in the plan.");
        var plan = successor is null ? this : Activate(successor, forced, now);
        return plan.With(key with { State = TokenKeyState.Compromised, CompromisedAt = now }).Checked(now);
    }

    /// <summary>A key that nobody will ask for again.</summary>
    internal TokenKeyPlan Remove(string name, TimeSpan kept, DateTimeOffset now)
    {
        var key = Of(name, "removed", TokenKeyState.Announced, TokenKeyState.Retired, TokenKeyState.Compromised);
        return key.State == TokenKeyState.Retired && key.RetiredAt + kept > now
            ? throw new TokenKeyPlanException(FormattableString.Invariant($"{name} verifies until {key.RetiredAt + kept:u}."))
            : new TokenKeyPlan(Keys.Remove(key)).Checked(now);
    }

    private PlannedKey Of(string name, string step, params TokenKeyState[] states)
    {
        var key = Keys.FirstOrDefault(key => key.Name == name) ?? throw new TokenKeyPlanException($"{name} is not in the plan.");
        return states.Contains(key.State) ? key : throw new TokenKeyPlanException($"{name} is {key.State.ToString().ToLowerInvariant()} and cannot be {step}.");
    }

    private TokenKeyPlan With(PlannedKey changed) => new(Keys.Replace(Keys.Single(key => key.Name == changed.Name), changed));

    private TokenKeyPlan Checked(DateTimeOffset now)
    {
        if (Keys.Length > MostKeys)
            throw new TokenKeyPlanException($"keys must hold 1 to {MostKeys} keys; remove what nobody will ask for again.");
        foreach (var key in Keys)
        {
            if (key.Name is null || !NameForm().IsMatch(key.Name))
                throw new TokenKeyPlanException("a name must be 1 to 64 characters of a-z, 0-9 and '-'.");
            if (Keys.Count(other => other.Name == key.Name) > 1)
                throw new TokenKeyPlanException($"{key.Name} is there twice.");
            if (!TokenKey.Algorithms.Contains(key.Algorithm))
                throw new TokenKeyPlanException($"{key.Name}: alg must be one of {string.Join(", ", TokenKey.Algorithms)}.");
            CheckTimes(key, now);
        }

        foreach (var algorithm in TokenKey.Algorithms)
        {
            if (Keys.Count(key => key.Algorithm == algorithm && key.State == TokenKeyState.Active) != 1)
                throw new TokenKeyPlanException($"exactly one key for {algorithm} must be active.");
        }

        return this;
    }

    private static void CheckTimes(PlannedKey key, DateTimeOffset now)
    {
        void Refuse(string what) => throw new TokenKeyPlanException($"{key.Name}: {what}");
        if (new[] { key.PublishedAt, key.ActivatedAt, key.RetiredAt, key.CompromisedAt }.Any(time => time > now + Skew))
            Refuse("a time is ahead; the plan says what was done.");
        if (key.State == TokenKeyState.Announced && (key.PublishedAt ?? key.ActivatedAt ?? key.RetiredAt) is not null)
            Refuse("an announced key has no times.");
        if (key.State is TokenKeyState.Published or TokenKeyState.Active or TokenKeyState.Retired && key.PublishedAt is null)
            Refuse("published_at is missing.");
        if (key.State == TokenKeyState.Published && key.ActivatedAt is not null)
            Refuse("activated_at is there and the key is published only.");
        if (key.State == TokenKeyState.Active && key.ActivatedAt is null)
            Refuse("activated_at is missing.");
        if (key.State == TokenKeyState.Active && key.ActivatedAt - key.PublishedAt < KnownAfter && !key.Forced)
            Refuse(FormattableString.Invariant($"activated_at must be {KnownAfter.TotalSeconds:0} s after published_at, or forced true: clients keep the key set so long."));
        if ((key.State == TokenKeyState.Retired) != key.RetiredAt is not null && key.State != TokenKeyState.Compromised)
            Refuse("retired_at is for retired keys, and they need it.");
        if ((key.State == TokenKeyState.Compromised) != key.CompromisedAt is not null)
            Refuse("compromised_at is for compromised keys, and they need it.");
        if (key.RetiredAt < key.ActivatedAt || key.RetiredAt < key.PublishedAt || key.ActivatedAt < key.PublishedAt)
            Refuse("the times are not in order.");
    }

    // Nobody can have cached a key set before there was one.
    private static PlannedKey First(string name, string algorithm) => new()
    {
        Name = name, Algorithm = algorithm, State = TokenKeyState.Active, PublishedAt = DateTimeOffset.UnixEpoch, ActivatedAt = DateTimeOffset.UnixEpoch, Forced = true,
    };

    [GeneratedRegex(@"^[a-z0-9-]{1,64}\z")]
    private static partial Regex NameForm();

    private sealed record Document(PlannedKey[] Keys);
}
