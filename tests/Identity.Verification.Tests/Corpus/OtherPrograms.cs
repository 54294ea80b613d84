using System.Text;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Verification.Tests.Corpus;

/// <summary>What three other programs say of the signatures in a file, in one word or several: valid, invalid, digest mismatch, not judged, no signature, not opened.</summary>
internal static partial class OtherPrograms
{
    public const string PdfSig = "pdfsig";
    public const string MuTool = "mutool";
    public const string PdfBoxWithBouncyCastle = "PDFBox";

    public static IReadOnlyList<string> Names { get; } = [PdfSig, MuTool, PdfBoxWithBouncyCastle];

    /// <summary>With the versions, for the words are those of one version.</summary>
    public static string Versions() => FormattableString.Invariant(
        $"{Version("pdfsig", "-v")}, {Version("mutool", "-v")}, pdfbox2 {Path.GetFileName(new FileInfo("/usr/share/java/pdfbox2.jar").ResolveLinkTarget(true)?.FullName ?? "unknown")}");

    public static Dictionary<string, IReadOnlyList<string>> Judge(IReadOnlyList<CorpusEntry> entries)
    {
        var paths = entries.Select(entry => (Repository.Shared("corpus/pdf/" + entry.File), entry.Password)).ToList();
        return new()
        {
            [PdfSig] = [.. paths.Select(path => OfPdfSig(path.Item1, path.Password))],
            [MuTool] = [.. paths.Select(path => OfMuTool(path.Item1, path.Password))],
            [PdfBoxWithBouncyCastle] = PdfBox.Judge(paths),
        };
    }

    private static string OfPdfSig(string path, string password)
    {
        var said = Tool.RunWith("pdfsig", password.Length > 0 ? ["-nocert", "-upw", password, path] : ["-nocert", path]);
        if (said.Text.Contains("does not contain any signatures", StringComparison.Ordinal))
            return "no signature";
        // Each signature is a block of lines; a time-stamp is one whose type it does not know.
        var words = said.Output.Split("Signature #").Skip(1)
            .Where(block => !block.Contains("Signature has not yet been verified.", StringComparison.Ordinal) || !block.Contains("Signature Type: unknown", StringComparison.Ordinal))
            .Select(block => Validation().Match(block).Groups[1].Value.Trim() switch
            {
                "Signature is Valid." => "valid",
                "Signature is Invalid." => "invalid",
                "Digest Mismatch." => "digest mismatch",
                _ => "not judged",
            });
        return Join(words, said.Output.Length == 0 ? "not opened" : "no signature");
    }

    private static string OfMuTool(string path, string password)
    {
        var said = Tool.RunWith("mutool", password.Length > 0 ? ["sign", "-v", "-p", password, path] : ["sign", "-v", path]);
        var words = said.Text.Split("Verifying signature").Skip(1)
            .Where(block => !block.Contains("Signature is not signed.", StringComparison.Ordinal))
            .Select(block => block.Contains("The signature is valid", StringComparison.Ordinal) || block.Contains("The document is unchanged", StringComparison.Ordinal) ? "valid"
                : block.Contains("Digest error: Signature invalidated by change", StringComparison.Ordinal) ? "digest mismatch" : "not judged");
        return Join(words, said.Text.Contains("cannot open document", StringComparison.Ordinal) || said.Text.Contains("cannot authenticate", StringComparison.Ordinal) ? "not opened" : "no signature");
    }

    private static string Join(IEnumerable<string> words, string without) =>
        string.Join(", ", words.Distinct().Order(StringComparer.Ordinal)) is { Length: > 0 } joined ? joined : without;

    private static string Version(string program, string argument) => Tool.Run(program, argument).Text.Split('\n')[0].Trim();

    [GeneratedRegex(@"Signature Validation: ([^\n]*)")]
    private static partial Regex Validation();
}
