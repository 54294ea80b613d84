using System.Text.Json.Serialization;

namespace Identity.Provider.RollOver;

/// <summary>What a key for tokens is good for at the moment. In this order, except that any may be compromised.</summary>
public enum TokenKeyState
{
    /// <summary>Known to the operator only; it need not exist.</summary>
    Announced,

    /// <summary>In the key set, so that clients know it before it signs.</summary>
    Published,

    /// <summary>Signs: exactly one for each algorithm.</summary>
    Active,

    /// <summary>Signs nothing more; verifies, and is in the key set, until the last of its tokens has ended.</summary>
    Retired,

    /// <summary>Gone from the key set at once, and every token that it signed is refused at once.</summary>
    Compromised,
}

/// <summary>One key of the plan, as it is written there.</summary>
public sealed record PlannedKey
{
    /// <summary>In the key ring.</summary>
    public required string Name { get; init; }

    /// <summary>RFC 7518 3.1: the one algorithm that it is for.</summary>
    [JsonPropertyName("alg")]
    public required string Algorithm { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required TokenKeyState State { get; init; }

    public DateTimeOffset? PublishedAt { get; init; }

    public DateTimeOffset? ActivatedAt { get; init; }

    public DateTimeOffset? RetiredAt { get; init; }

    public DateTimeOffset? CompromisedAt { get; init; }

    /// <summary>It signs although clients may not know it yet: the first key of all, or the successor of a compromised one.</summary>
    public bool Forced { get; init; }
}
