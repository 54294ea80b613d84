using System.Text.Json;

namespace Identity.Signing.Requests;

/// <summary>JSON that somebody else wrote.</summary>
internal static class ForeignJson
{
    /// <summary>Null when it is none, is deeper, has a name twice, or a name or text in it is none (RFC 8259 8.2: half a surrogate pair). The caller closes it.</summary>
    public static JsonDocument? Read(string text, int deepest)
    {
        JsonDocument? json = null;
        try
        {
            json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = deepest, AllowDuplicateProperties = false });
            DecodeTexts(json.RootElement);
            return json;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            json?.Dispose();
            return null;
        }
    }

    // As deep as was allowed, no deeper.
    private static void DecodeTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    DecodeTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    DecodeTexts(member.Value);
                }

                break;
        }
    }
}
