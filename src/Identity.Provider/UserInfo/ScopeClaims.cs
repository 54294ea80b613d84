using System.Globalization;
using Identity.Provider.People;

namespace Identity.Provider.UserInfo;

/// <summary>Which attributes of a person a scope stands for (OpenID Connect Core 5.4; birthdate and person_identifier are ours).</summary>
public static class ScopeClaims
{
    private static readonly (string Scope, string[] Claims)[] Table =
    [
        ("profile", ["name", "given_name", "family_name"]),
        ("birthdate", ["birthdate"]),
        ("person_identifier", ["person_identifier"]),
    ];

    /// <summary>Every claim about a person that exists, in the order in which people read them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Table.SelectMany(row => row.Claims)];

    /// <summary>The claims that these scopes stand for, in the order in which people read them.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> scopes)
    {
        var asked = scopes.ToHashSet(StringComparer.Ordinal);
        return [.. Table.Where(row => asked.Contains(row.Scope)).SelectMany(row => row.Claims)];
    }

    public static string Value(Person person, string claim) => claim switch
    {
        "name" => person.FullName,
        "given_name" => person.GivenName,
        "family_name" => person.FamilyName,
        // OpenID Connect Core 5.1: YYYY-MM-DD.
        "birthdate" => person.BirthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "person_identifier" => person.Identifier,
        _ => throw new ArgumentOutOfRangeException(nameof(claim), claim, "No scope stands for this claim."),
    };
}
