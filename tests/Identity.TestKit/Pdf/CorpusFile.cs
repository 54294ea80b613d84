using System.Text.Json;

namespace Identity.TestKit.Pdf;

/// <summary>One PDF of the shared corpus with what its manifest expects.</summary>
public sealed record CorpusFile(string Name, string Path, string Category, JsonElement Expect)
{
    /// <summary>What opens it; null when nothing is needed, or nobody knows.</summary>
    public string? Password { get; init; }

    /// <summary>All of them; the calling test skips when the corpus is not beside the checkout.</summary>
    public static IReadOnlyList<CorpusFile> All()
    {
        var folder = Repository.Shared("corpus");
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(folder, "manifest.json")));
        return [.. manifest.RootElement.EnumerateArray().Select(entry => new CorpusFile(
            entry.GetProperty("file").GetString()!,
            System.IO.Path.Combine(folder, "pdf", entry.GetProperty("file").GetString()!),
            entry.GetProperty("category").GetString()!,
            entry.GetProperty("expect").Clone()) { Password = entry.TryGetProperty("password", out var password) ? password.GetString() : null })];
    }

    public byte[] Bytes() => File.ReadAllBytes(Path);

    public int? Count(string key) => Expect.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    public bool Has(string key) => Expect.TryGetProperty(key, out _);
}
