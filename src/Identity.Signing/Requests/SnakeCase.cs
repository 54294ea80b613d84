using System.Text.Json;

namespace Identity.Signing.Requests;

/// <summary>The words of the API: `document_changed` for DocumentChanged.</summary>
internal static class SnakeCase
{
    public static string Of(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
