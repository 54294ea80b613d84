using System.Globalization;
using System.Text.Json;
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
        ("email", ["email", "email_verified"]),
        ("phone", ["phone_number", "phone_number_verified"]),
        ("address", ["address"]),
    ];

    /// <summary>Every claim about a person that exists, in the order in which people read them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Table.SelectMany(row => row.Claims)];

    /// <summary>The claims that these scopes stand for, in the order in which people read them.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> scopes)
    {
        var asked = scopes.ToHashSet(StringComparer.Ordinal);
        return [.. Table.Where(row => asked.Contains(row.Scope)).SelectMany(row => row.Claims)];
    }

    public static bool Has(Person person, string claim) => Value(person, claim) is not null;

    /// <summary>OpenID Connect Core 5.3.2: null when there is none; such a claim is left out.</summary>
    public static JsonElement? Value(Person person, string claim) => claim switch
    {
        "name" => Json(person.FullName),
        "given_name" => Json(person.GivenName),
        "family_name" => Json(person.FamilyName),
        // OpenID Connect Core 5.1: YYYY-MM-DD.
        "birthdate" => Json(person.BirthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        "person_identifier" => Json(person.Identifier),
        "email" => Json(person.Email),
        "email_verified" => person.Email is null ? null : JsonSerializer.SerializeToElement(person.EmailConfirmed),
        // OpenID Connect Core 5.1: E.164.
        "phone_number" => Json(person.PhoneNumber),
        "phone_number_verified" => person.PhoneNumber is null ? null : JsonSerializer.SerializeToElement(person.PhoneNumberConfirmed),
        "address" => Address(person),
        _ => throw new ArgumentOutOfRangeException(nameof(claim), claim, "No scope stands for this claim."),
    };

    /// <summary>The address as it is written on a letter, lines separated by line feeds; null when there is none.</summary>
    public static string? FormattedAddress(Person person)
    {
        string?[] lines = [person.StreetAddress, Joined(" ", person.PostalCode, person.Locality), person.Region, person.Country];
        return Joined("\n", lines) is { Length: > 0 } formatted ? formatted : null;
    }

    // OpenID Connect Core 5.1.1.
    private static JsonElement? Address(Person person)
    {
        if (FormattedAddress(person) is not { } formatted)
            return null;
        var parts = new Dictionary<string, string?>
        {
            ["formatted"] = formatted,
            ["street_address"] = person.StreetAddress,
            ["locality"] = person.Locality,
            ["region"] = person.Region,
            ["postal_code"] = person.PostalCode,
            ["country"] = person.Country,
        };
        return JsonSerializer.SerializeToElement(parts.Where(part => !string.IsNullOrEmpty(part.Value)).ToDictionary());
    }

    private static string Joined(string separator, params string?[] parts) => string.Join(separator, parts.Where(part => !string.IsNullOrEmpty(part)));

    private static JsonElement? Json(string? text) => string.IsNullOrEmpty(text) ? null : JsonSerializer.SerializeToElement(text);
}
