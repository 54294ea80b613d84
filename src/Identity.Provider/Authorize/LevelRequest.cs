using Identity.Provider.Sessions;
using OpenIddict.Abstractions;

namespace Identity.Provider.Authorize;

/// <summary>The eIDAS level that a client asks for.</summary>
/// <param name="Essential">OpenID Connect Core 5.5.1.1: <c>acr</c> must be one of these; null: no such demand.</param>
/// <param name="Wished">3.1.2.1, <c>acr_values</c>: one of these if it can be had.</param>
public sealed record LevelRequest(IReadOnlyList<string>? Essential, IReadOnlyList<string> Wished)
{
    public static LevelRequest None { get; } = new(null, []);

    /// <summary>Only levels that do not exist are good enough.</summary>
    public bool CannotBeMet => Essential is not null && Required is null;

    /// <summary>The level without which there is no answer: the lowest that meets the demand.</summary>
    public string? Required => Lowest(Essential ?? []);

    /// <summary>The level that is tried for: the lowest that meets the wish. Values are an order of preference, and any of them meets it.</summary>
    public string? Preferred => Lowest(Wished);

    /// <summary>What a login page asks for.</summary>
    public string? Wanted => Required is { } required && Preferred is { } preferred ? Higher(required, preferred) : Required ?? Preferred;

    internal static LevelRequest Of(OpenIddictRequest request, ClaimsRequest claims) => new(claims.EssentialLevels, [.. request.GetAcrValues(), .. claims.WishedLevels]);

    /// <summary>What <c>acr</c> says about a session: its level, or, to meet a demand that does not name it, the highest one named that it covers.</summary>
    public string Said(string reached)
    {
        if (Essential is null || Essential.Contains(reached))
            return reached;
        return Essential.Where(level => AssuranceLevel.Reaches(reached, level)).Aggregate((string?)null, (best, level) => best is null ? level : Higher(best, level))
            ?? throw new InvalidOperationException("An answer below the level that was demanded.");
    }

    private static string? Lowest(IEnumerable<string> levels) =>
        levels.Where(AssuranceLevel.IsKnown).Aggregate((string?)null, (lowest, level) => lowest is null ? level : AssuranceLevel.Lower(lowest, level));

    private static string Higher(string one, string other) => AssuranceLevel.Reaches(one, other) ? one : other;
}
