using System.Text.Json;
using Identity.Verification.Reports;

namespace Identity.Verification.Tests.Corpus;

/// <summary>One file of the shared corpus with what the projects that it comes from expect of it.</summary>
public sealed class CorpusEntry
{
    private readonly JsonElement expect;
    private readonly JsonElement root;

    private CorpusEntry(JsonElement root) => (this.root, expect) = (root, root.GetProperty("expect"));

    public string File => root.GetProperty("file").GetString()!;

    public string Category => root.GetProperty("category").GetString()!;

    /// <summary>Opens the file; empty when it opens without being asked.</summary>
    public string Password => root.TryGetProperty("password", out var password) ? password.GetString()! : "";

    public bool MustNotPass => Flag("must_not_pass");

    public static IReadOnlyList<CorpusEntry> Load(string manifest)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllText(manifest));
        return [.. document.RootElement.EnumerateArray().Select(entry => new CorpusEntry(entry.Clone()))];
    }

    /// <summary>What the report gets wrong, in words; empty when all expectations hold.</summary>
    public IReadOnlyList<string> Disagreements(ValidationReport report)
    {
        var wrong = new List<string>();
        var signatures = report.Signatures.Where(signature => signature.IsSignature).ToList();
        if (MustNotPass && (report.HasPassed || report.Integrity == "intact"))
            wrong.Add($"must not pass: {report.Conclusion}, {report.Integrity}");
        if (expect.TryGetProperty("error", out _) && report.Error is null && report.Conclusion == "TOTAL-PASSED")
            wrong.Add("must be refused");
        if (report.Error is { } error)
        {
            if (!expect.TryGetProperty("error", out _) && !expect.TryGetProperty("error_or_unsigned", out _) && !MustNotPass)
                wrong.Add($"not read: {error.Code}: {error.Message}");
            return wrong;
        }
        Count("signature_count", signatures.Count, wrong);
        Count("timestamp_count_doc", report.Signatures.Count - signatures.Count, wrong);
        if (expect.TryGetProperty("all_crypto_intact", out var intact))
        {
            var all = signatures.Count > 0 && signatures.All(signature => signature.CryptographicallyIntact);
            // A ByteRange that proves nothing may be called broken where the origin only computes a digest.
            if (all != intact.GetBoolean())
                wrong.Add($"all_crypto_intact: {all}");
        }
        if (expect.TryGetProperty("covers_whole_document", out var covers))
        {
            var found = signatures.Select(signature => signature.CoversWholeDocument).ToList();
            if (!found.SequenceEqual(covers.EnumerateArray().Select(one => one.GetBoolean())))
                wrong.Add($"covers_whole_document: {string.Join(',', found)}");
        }
        if (expect.TryGetProperty("modified_after_signing", out var modified))
            Modified(modified.GetString()!, report, signatures, wrong);
        if (expect.TryGetProperty("levels", out var levels))
        {
            var found = signatures.Select(signature => signature.Level).ToList();
            if (!found.SequenceEqual(levels.EnumerateArray().Select(one => one.GetString())))
                wrong.Add($"levels: {string.Join(',', found)}");
        }
        if (expect.TryGetProperty("levels_all", out var level) && signatures.Any(signature => signature.Level != level.GetString()))
            wrong.Add($"levels_all: {string.Join(',', signatures.Select(signature => signature.Level))}");
        if (expect.TryGetProperty("revision_verdict", out var verdict) && verdict.GetString() == "VALID" && report.Integrity != "intact")
            wrong.Add($"revision_verdict VALID: {report.Integrity}");
        return wrong;
    }

    private void Count(string key, int found, List<string> wrong)
    {
        if (expect.TryGetProperty(key, out var count) && count.GetInt32() != found)
            wrong.Add($"{key}: {found} instead of {count.GetInt32()}");
    }

    private static void Modified(string expected, ValidationReport report, List<SignatureReport> signatures, List<string> wrong)
    {
        var worst = signatures.Select(signature => signature.ChangesAfter).DefaultIfEmpty("none").MaxBy(Rank)!;
        string[] acceptable = expected switch
        {
            "none" => ["none"],
            "none_or_benign" => ["none", "archival", "signature", "form", "annotation"],
            "ltv" => ["none", "archival"],
            "form_fill" => ["none", "archival", "signature", "form"],
            "annotation" => ["annotation"],
            _ => [],
        };
        if (expected == "malicious" ? report.Integrity == "intact" : !acceptable.Contains(worst))
            wrong.Add($"modified_after_signing {expected}: {worst}, {report.Integrity}");
    }

    private static int Rank(string kind) => Array.IndexOf(["none", "archival", "signature", "form", "annotation", "content", "suspicious"], kind);

    private bool Flag(string key) => expect.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;

    public override string ToString() => File;
}
