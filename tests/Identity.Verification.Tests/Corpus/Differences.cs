using System.Globalization;
using System.Text;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Corpus;

/// <summary>
/// Where pdfsig, mutool and PDFBox say otherwise than we do, over the whole shared corpus: the second half of specs/verification.md, which is written
/// anew with IDENTITY_WRITE_DIFFERENCES=1 in the environment.
/// </summary>
public sealed class Differences(ITestOutputHelper output)
{
    private const string Begin = "<!-- differences -->\n";

    /// <summary>A digest mismatch that is the other program's mistake, each shown by what others say of the same file.</summary>
    private static readonly HashSet<(string Program, string File)> OthersMistakes =
    [
        // A document time-stamp without Type, which it takes for an ordinary signature and compares with the digest of the bytes; a time-stamp's CMS
        // signs the TSTInfo (RFC 3161 2.4.2). The signature itself is valid for all three.
        (OtherPrograms.MuTool, "dss/pades-tst-with-null-type.pdf"),
        // Ed448 with SHAKE256 (RFC 8419), which the PKCS #7 reading that it uses does not know; its origin's tests expect it to verify.
        (OtherPrograms.MuTool, "itext/sample-ed448-shake256.pdf"),
        // MD5, which the policy of its cryptographic library forbids, so that it compares with nothing: openssl, its origin and the others verify it.
        (OtherPrograms.PdfSig, "pyhanko-gen/test_sign_weak_digest.pdf"),
    ];

    /// <summary>Why a program says something else: by what we say, then by what it says.</summary>
    private static readonly Dictionary<(string Ours, string Theirs), string> Reasons = new()
    {
        [("changed", "valid")] = "They check the signed bytes alone. What was appended later changes what is shown, and that no signature permits it is not looked at.",
        [("changed", "not judged")] = "They give up on this signature; the later change is reported here whatever they say.",
        [("changed", "no signature")] = "A signature was taken out of the form by a later revision: they read the last revision only.",
        [("changed", "not opened")] = "They cannot open what was appended. The signed beginning can be read, so it is judged, and the rest is reported as a change.",
        [("changed", "invalid")] = "They refuse the signature for another reason; neither passes.",
        [("changed", "digest mismatch")] = "One of several signatures is broken for them; here the later change is what is named. Neither passes.",
        [("broken", "valid")] = "The digest is right, but the form is not: the ByteRange leaves out more than the value or ends inside a revision, the certificate that was signed is another, attributes are missing, or a document time-stamp, which they do not look at, does not hold. They take that.",
        [("broken", "not judged")] = "They cannot read the container or the algorithm, and say nothing of it. Nothing that cannot be verified is called intact here.",
        [("broken", "no signature")] = "There is a signature dictionary, which they do not find, for instance because its value or ByteRange is missing.",
        [("broken", "not opened")] = "They cannot open the file; here its signature is found and does not hold.",
        [("intact", "not judged")] = "A kind of signature, digest or curve that they do not know, or a certificate that they look for elsewhere.",
        [("intact", "no signature")] = "They do not find the signature: a time-stamp on the document is no signature for them, or they look at the first revision's form only.",
        [("intact", "not opened")] = "An encryption or cross-reference that they do not read.",
        [("intact", "digest mismatch")] = "Their mistake. A document time-stamp without Type, which they take for an ordinary signature: its CMS signs the TSTInfo, not the bytes (RFC 3161 2.4.2), and all three call the signature itself valid. Or Ed448 with SHAKE256 (RFC 8419), which they do not know, or MD5, which they no longer compute.",
        [("intact", "invalid")] = "An algorithm or encoding that they do not verify as the standard says: signed attributes that are not in DER, PSS, or a curve.",
        [("none", "not judged")] = "They count a document time-stamp, or a field without value, as a signature that they cannot judge.",
        [("none", "not opened")] = "They cannot open the file, which has no signature.",
        [("none", "valid")] = "They find a signature that no form of the file holds any more.",
        [("refused", "valid")] = "The file can be read in two ways, or its structure is damaged: they repair it or choose one reading. Here a file with two readings has no verdict.",
        [("refused", "no signature")] = "They repair a damaged file, or choose one of two readings, in which there is no signature.",
        [("refused", "not judged")] = "They repair the file and then give up on its signature.",
        [("refused", "invalid")] = "They repair the file and refuse its signature; neither passes.",
        [("refused", "digest mismatch")] = "They repair the file and find the signature broken; neither passes.",
    };

    [Fact]
    public async Task Nothing_passes_here_that_another_program_calls_a_digest_mismatch_and_the_list_of_differences_is_true()
    {
        var entries = CorpusEntry.Load(Repository.Shared("corpus/manifest.json"));
        var ours = new List<string>();
        foreach (var entry in entries)
            ours.Add(await Judge(entry));
        var theirs = OtherPrograms.Judge(entries);
        foreach (var program in OtherPrograms.Names)
        {
            Assert.Equal(entries.Count, theirs[program].Count);
            Assert.Empty(entries.Where((_, at) => ours[at] == "intact" && theirs[program][at].Contains("digest mismatch", StringComparison.Ordinal)
                && !OthersMistakes.Contains((program, entries[at].File))).Select(entry => $"{program}: {entry.File}"));
        }
        // The words are those of one version of each program; elsewhere only what was asserted above can be.
        var versions = OtherPrograms.Versions();
        var written = Describe(entries, ours, theirs, versions);
        output.WriteLine(written);
        var path = Path.Combine(Repository.Root, "specs", "verification.md");
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var kept = text[..(text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)];
        if (Environment.GetEnvironmentVariable("IDENTITY_WRITE_DIFFERENCES") == "1")
            await File.WriteAllTextAsync(path, kept + written, TestContext.Current.CancellationToken);
        else if (text.Contains(versions, StringComparison.Ordinal))
            Assert.Equal(written, text[kept.Length..]);
        else
            Assert.Skip("other versions of the programs than those that specs/verification.md speaks of: " + versions);
    }

    private static async Task<string> Judge(CorpusEntry entry)
    {
        var bytes = await File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/" + entry.File), TestContext.Current.CancellationToken);
        // Integrity alone, which is what the others judge: no trust, and a time that stands.
        var time = new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
        var validation = new ValidateDocument(new TrustAnchors([]), OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, TimeProvider.System, time);
        var report = BuildReport.From(await validation.Run(bytes, TestContext.Current.CancellationToken, entry.Password), entry.File, bytes, time, ValidationPolicy.Default);
        return report.Error is not null ? "refused" : report.Signatures.Any(signature => signature.IsSignature) ? report.Integrity : "none";
    }

    private static string Describe(IReadOnlyList<CorpusEntry> entries, List<string> ours, Dictionary<string, IReadOnlyList<string>> theirs, string versions)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\nVersions: {versions}. {entries.Count} files.\n");
        text.Append("\n| program | the same | otherwise |\n|---|---|---|\n");
        foreach (var program in OtherPrograms.Names)
        {
            var differs = entries.Where((_, at) => !Agrees(ours[at], theirs[program][at])).Count();
            text.Append(CultureInfo.InvariantCulture, $"| {program} | {entries.Count - differs} | {differs} |\n");
        }
        foreach (var program in OtherPrograms.Names)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {program}\n");
            var classes = entries.Select((entry, at) => (entry.File, Ours: ours[at], Theirs: theirs[program][at])).Where(one => !Agrees(one.Ours, one.Theirs))
                .GroupBy(one => (one.Ours, one.Theirs)).OrderBy(group => group.Key.ToString(), StringComparer.Ordinal);
            foreach (var group in classes)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n### We: {group.Key.Ours}; {program}: {group.Key.Theirs} ({group.Count()})\n\n");
                text.Append(Why(group.Key.Ours, group.Key.Theirs)).Append("\n\n");
                foreach (var one in group.OrderBy(one => one.File, StringComparer.Ordinal))
                    text.Append(CultureInfo.InvariantCulture, $"- {one.File}\n");
            }
        }
        return text.ToString();
    }

    private static bool Agrees(string ours, string theirs) => (ours, theirs) switch
    {
        ("intact", "valid") or ("none", "no signature") or ("refused", "not opened") => true,
        ("broken", _) => theirs.Contains("digest mismatch", StringComparison.Ordinal) || theirs.Contains("invalid", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Of several signatures that are judged differently, the one that differs most from ours explains.</summary>
    private static string Why(string ours, string theirs)
    {
        var words = theirs.Split(", ").Where(word => Reasons.ContainsKey((ours, word))).ToList();
        Assert.True(words.Count > 0, $"no reason is given for: we {ours}, another program {theirs}");
        return string.Join(' ', words.Select(word => Reasons[(ours, word)]));
    }
}
