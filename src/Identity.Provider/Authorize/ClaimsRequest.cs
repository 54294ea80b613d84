using System.Text.Json;
using Identity.Provider.UserInfo;
using OpenIddict.Abstractions;

namespace Identity.Provider.Authorize;

/// <summary>
/// OpenID Connect Core 5.5: single claims that a client asks for by the parameter <c>claims</c>. Claims that are not known here are ignored, as are
/// languages and, but for <c>acr</c> and <c>sub</c>, wanted values: a claim is released as it is.
/// </summary>
/// <param name="UserInfo">Names of known claims about a person, for userinfo.</param>
/// <param name="IdToken">The same, for the ID token.</param>
/// <param name="EssentialLevels">5.5.1.1: the ID token's <c>acr</c> must be one of these; null: no such wish.</param>
/// <param name="WishedLevels">The same as a wish.</param>
/// <param name="Subject">5.5.1: whom the ID token must be about; null: anybody.</param>
public sealed record ClaimsRequest(
    IReadOnlyList<string> UserInfo, IReadOnlyList<string> IdToken, IReadOnlyList<string>? EssentialLevels, IReadOnlyList<string> WishedLevels, string? Subject)
{
    internal const string Parameter = "claims";
    internal const int MaximumLength = 4096;
    internal const int MostClaims = 100;
    internal const int MostValues = 20;

    /// <summary>userinfo, a claim, its values, one of them.</summary>
    private const int Depth = 4;

    public static ClaimsRequest None { get; } = new([], [], null, [], null);

    /// <summary>Null: malformed.</summary>
    public static ClaimsRequest? TryRead(string json)
    {
        if (json.Length > MaximumLength)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Depth, AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Of a request whose parameter was validated.</summary>
    internal static ClaimsRequest Of(OpenIddictRequest request) =>
        (string?)request.GetParameter(Parameter) is { Length: > 0 } parameter
            ? TryRead(parameter) ?? throw new InvalidOperationException("A request holds a claims parameter that was refused.")
            : None;

    private static ClaimsRequest Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException();
        var userInfo = Member(root, "userinfo");
        var idToken = Member(root, "id_token");
        var level = idToken.GetValueOrDefault("acr");
        return new ClaimsRequest(
            [.. userInfo.Keys.Where(ScopeClaims.All.Contains)],
            [.. idToken.Keys.Where(ScopeClaims.All.Contains)],
            level is { Essential: true, Values.Count: > 0 } ? level.Values : null,
            level is { Essential: false } ? level.Values : [],
            (idToken.GetValueOrDefault("sub") ?? userInfo.GetValueOrDefault("sub"))?.Values is [var subject, ..] ? subject : null);
    }

    private static Dictionary<string, Wish> Member(JsonElement root, string name)
    {
        var wishes = new Dictionary<string, Wish>(StringComparer.Ordinal);
        if (!root.TryGetProperty(name, out var member))
            return wishes;
        if (member.ValueKind != JsonValueKind.Object || member.GetPropertyCount() > MostClaims)
            throw new FormatException();
        foreach (var claim in member.EnumerateObject())
            wishes[claim.Name] = ReadWish(claim.Value);
        return wishes;
    }

    // 5.5.1: null, or an object with essential, value or values; other members are ignored.
    private static Wish ReadWish(JsonElement wish)
    {
        if (wish.ValueKind == JsonValueKind.Null)
            return new Wish(false, []);
        if (wish.ValueKind != JsonValueKind.Object)
            throw new FormatException();
        var essential = wish.TryGetProperty("essential", out var flag) && flag.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new FormatException(),
        };
        var values = new List<string>();
        if (wish.TryGetProperty("value", out var value))
            values.Add(Text(value));
        if (wish.TryGetProperty("values", out var list))
        {
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MostValues)
                throw new FormatException();
            values.AddRange(list.EnumerateArray().Select(Text));
        }

        return new Wish(essential, values);
    }

    // Values of other types than strings fit no claim that is compared.
    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private sealed record Wish(bool Essential, IReadOnlyList<string> Values);
}
