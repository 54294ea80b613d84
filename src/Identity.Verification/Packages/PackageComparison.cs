using System.Text.Json;
using Identity.Verification.Reports;

namespace Identity.Verification.Packages;

/// <summary>Whether a report that was made anew says what the package's own report says, in all that a verdict consists of.</summary>
public static class PackageComparison
{
    private static readonly string[] OfFile = ["sha256", "conclusion", "integrity"];
    private static readonly string[] OfSignature = ["field", "kind", "indication", "subIndication", "integrity", "level", "signedBy", "bestSignatureTime", "changesAfter"];

    /// <summary>Null when they agree; otherwise the first member that differs.</summary>
    public static string? Difference(JsonElement packaged, ValidationReport repeated)
    {
        using var anew = JsonDocument.Parse(ReportJson.Serialize(repeated));
        if (First(packaged, anew.RootElement, OfFile, "") is { } member)
            return member;
        if (!packaged.TryGetProperty("signatures", out var claimed) || claimed.ValueKind != JsonValueKind.Array)
            return "signatures";
        var found = anew.RootElement.GetProperty("signatures");
        if (claimed.GetArrayLength() != found.GetArrayLength())
            return "signatures";
        return claimed.EnumerateArray().Zip(found.EnumerateArray())
            .Select((pair, index) => First(pair.First, pair.Second, OfSignature, FormattableString.Invariant($"signatures[{index}].")))
            .FirstOrDefault(difference => difference is not null);
    }

    private static string? First(JsonElement packaged, JsonElement repeated, IEnumerable<string> members, string prefix) =>
        packaged.ValueKind == JsonValueKind.Object && members.FirstOrDefault(member => Text(packaged, member) != Text(repeated, member)) is { } member ? prefix + member
        : packaged.ValueKind == JsonValueKind.Object ? null : prefix + "report";

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
