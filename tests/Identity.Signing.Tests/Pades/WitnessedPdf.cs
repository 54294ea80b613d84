using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>What qpdf, mutool and pdfsig say about a PDF of the corpus, and its manifest: none of it our own word.</summary>
internal sealed partial class WitnessedPdf : IDisposable
{
    private readonly CorpusFile file;
    private readonly string path;
    private readonly Lazy<JsonNode?> objects;

    /// <param name="bytes">The file as it is, or as it came back from signing.</param>
    public WitnessedPdf(CorpusFile file, byte[] bytes)
    {
        this.file = file;
        path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        objects = new(() =>
        {
            var json = Tool.RunWith("qpdf", ["--warning-exit-0", "--no-warn", "--password=" + file.Password, "--json=2", "--json-key=qpdf", "--json-stream-data=none", path]);
            return json.ExitCode == 0 ? JsonNode.Parse(json.Output, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = true, MaxDepth = 512 })?["qpdf"]?[1] : null;
        });
    }

    /// <summary>Complaints about the structure, without what changes from file to file: names, numbers.</summary>
    public HashSet<string> Complaints() =>
    [
        .. Lines("qpdf", "--check", "--password=" + file.Password, path).Where(line => (line.Contains("WARNING", StringComparison.Ordinal) || line.Contains("ERROR", StringComparison.Ordinal)
            || line.Contains("errors detected", StringComparison.Ordinal) || line.StartsWith("qpdf: ", StringComparison.Ordinal)) && !Harmless().IsMatch(line)),
        .. Lines("mutool", "info", "-p", file.Password ?? "", path).Where(line => line.StartsWith("error:", StringComparison.Ordinal) || line.StartsWith("warning:", StringComparison.Ordinal)),
    ];

    /// <summary>Which signatures pdfsig calls valid, in its order. What it calls a broken one depends on what stands behind it.</summary>
    public IReadOnlyList<bool> Verdicts() =>
    [
        .. Tool.RunWith("pdfsig", ["-nocert", "-upw", file.Password ?? "", "-opw", file.Password ?? "", path]).Output.Split('\n')
            .Where(line => line.Contains("Signature Validation:", StringComparison.Ordinal)).Select(line => line.EndsWith("Signature is Valid.", StringComparison.Ordinal)),
    ];

    /// <summary>Nobody says that anything is wrong with it.</summary>
    public bool IsWhole => !(file.Has("error") || file.Has("error_or_unsigned")) && EndsWithItsEnd && Complaints().Count == 0;

    /// <summary>Why a refusal for this reason is right, with its clause; null when nothing but our word speaks for it. A whole file is refused for what it says, never for how it is made.</summary>
    public string? Justification(string reason) => reason switch
    {
        "certified_no_changes" when PermitsNoChanges() => "ISO 32000-2 12.8.2.2.2 and table 236: P 1 permits no further signature",
        "xfa_form" when Catalog?["/AcroForm"] is { } form && Resolve(form)?["/XFA"] is not null => "ISO 32000-2 12.7.8: what viewers show is the XFA form, which a signature of the other form does not reach",
        "encrypted" when Trailer?["/AuthCode"] is not null => "ISO/TS 32004 5: whoever appends must make the MAC anew",
        "encrypted" when Trailer is null && Complaints().Any(line => line.Contains("invalid password", StringComparison.Ordinal)) => "ISO 32000-2 7.6.4.3: nobody knows the password",
        "encrypted" when Trailer is null && Complaints().Any(line => line.Contains("unsupported encryption filter", StringComparison.Ordinal)) => "ISO 32000-2 7.6.5: encrypted for the holders of keys",
        "not_permitted" when Tool.Run("qpdf", "--show-encryption", "--password=" + file.Password, path).Output.Contains("modify annotations: not allowed", StringComparison.Ordinal) =>
            "ISO 32000-2 7.6.4.2 table 22: bit 6 is needed for a new field",
        "broken" when Catalog?["/DSS"] is { } store && Resolve(store) is not JsonObject => "ISO 32000-2 12.8.4.3: DSS is a dictionary",
        "broken" or "ambiguous" or "no_pages" when IsWhole => null,
        "ambiguous" when !EndsWithItsEnd => "ISO 32000-2 7.5.5: %%EOF is the last line",
        "broken" or "ambiguous" or "no_pages" when Complaints().Count > 0 => "the structure is broken for others too",
        "broken" or "ambiguous" when file.Has("error") || file.Has("error_or_unsigned") || file.Has("must_not_pass") && file.Category is "incremental-attack" or "malformed" => "made broken on purpose",
        _ => null,
    };

    public void Dispose() => File.Delete(path);

    // qpdf writes the same JSON for a value and for a reference to it but for the string "1 0 R".
    private JsonNode? Trailer => objects.Value?["trailer"]?["value"];

    private JsonNode? Catalog => Resolve(Trailer?["/Root"]);

    /// <summary>7.5.5, and nothing but ends of lines behind it.</summary>
    private bool EndsWithItsEnd => Encoding.Latin1.GetString(File.ReadAllBytes(path)).TrimEnd('\r', '\n', ' ', '\0').EndsWith("%%EOF", StringComparison.Ordinal);

    private bool PermitsNoChanges() => objects.Value!.AsObject().Select(one => one.Value?["value"] ?? one.Value?["stream"]?["dict"]).SelectMany(Dictionaries).Any(dictionary =>
        Text(dictionary["/TransformMethod"]) == "/DocMDP" && Resolve(dictionary["/TransformParams"])?["/P"]?.ToString() == "1"
        || Text(dictionary["/Type"]) == "/SigFieldLock" && dictionary["/P"]?.ToString() == "1"
        || Text(dictionary["/TransformMethod"]) == "/FieldMDP" && Resolve(dictionary["/TransformParams"])?["/P"]?.ToString() == "1");

    private static IEnumerable<JsonObject> Dictionaries(JsonNode? node) => node switch
    {
        JsonObject dictionary => dictionary.SelectMany(entry => Dictionaries(entry.Value)).Prepend(dictionary),
        JsonArray array => array.SelectMany(Dictionaries),
        _ => [],
    };

    private JsonNode? Resolve(JsonNode? node) => Text(node) is { } text && Reference().IsMatch(text) ? objects.Value?["obj:" + text]?["value"] : node;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private IEnumerable<string> Lines(string program, params string[] arguments) =>
        Tool.Run(program, arguments).Text.Split('\n').Select(line => Digits().Replace(line.Replace(path, "", StringComparison.Ordinal), "N"));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    [GeneratedRegex("^[0-9]+ [0-9]+ R$")]
    private static partial Regex Reference();

    /// <summary>A Size that is too large is allowed for, and hints of a linearized file are stale behind any update.</summary>
    [GeneratedRegex("reported number of objects|linearized|hint table|linearization|object count mismatch")]
    private static partial Regex Harmless();
}
