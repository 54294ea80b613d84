using System.Globalization;
using System.Net;
using System.Text;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>
/// Every PDF of other projects that is not broken is signed for archiving. Who says that a file is broken, or may be refused, is somebody else. Which are
/// refused stands at the end of specs/pades.md, which is written anew with IDENTITY_WRITE_DIFFERENCES=1 in the environment.
/// </summary>
public sealed class CorpusSigningTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Begin = "<!-- refused -->\n";

    [Fact]
    public async Task Every_file_of_the_corpus_that_is_not_broken_is_signed_for_archiving_and_leaves_earlier_signatures_as_valid_as_they_were()
    {
        system.Reset();
        var (problems, refusals) = (new List<string>(), new SortedDictionary<string, List<string>>(StringComparer.Ordinal));
        using var browser = system.NewBrowser();
        var (signed, whole, wholeRefused) = (0, 0, 0);
        foreach (var file in CorpusFile.All())
        {
            using var before = new WitnessedPdf(file, file.Bytes());
            whole += before.IsWhole ? 1 : 0;
            using var posted = await system.PostRequest(file.Bytes(), password: file.Password, level: "B-LTA");
            var answer = await SigningSystem.Json(posted);
            if (posted.StatusCode == HttpStatusCode.Created)
            {
                signed++;
                if (await ProblemOfSigning(browser, answer["id"]!.GetValue<string>(), file, before) is { } problem)
                    problems.Add($"{file.Name}: {problem}");
            }
            else if (posted.StatusCode != HttpStatusCode.UnprocessableEntity || answer["reason"]?.GetValue<string>() is not { } reason || before.Justification(reason) is null)
                problems.Add($"{file.Name}: {(int)posted.StatusCode} {answer.ToJsonString()}");
            else
            {
                wholeRefused += before.IsWhole ? 1 : 0;
                refusals[reason] = [.. refusals.GetValueOrDefault(reason, []), file.Name];
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
        Assert.True(signed >= whole, $"{whole} are whole, {signed} were signed");
        await AssertWritten(signed, wholeRefused, refusals);
    }

    private static async Task AssertWritten(int signed, int wholeRefused, SortedDictionary<string, List<string>> refusals)
    {
        var written = new StringBuilder();
        written.Append(CultureInfo.InvariantCulture, $"\n{signed + refusals.Sum(refusal => refusal.Value.Count)} files, of which {signed} are signed. Of the others, {wholeRefused} are whole for qpdf and mutool, and refused for what they say.\n\n| refused for | files |\n|---|---|\n");
        foreach (var (reason, names) in refusals)
            written.Append(CultureInfo.InvariantCulture, $"| `{reason}` | {string.Join(", ", names.Order(StringComparer.Ordinal))} |\n");
        var path = Path.Combine(Repository.Root, "specs", "pades.md");
        var text = await File.ReadAllTextAsync(path, SigningSystem.Cancellation);
        var kept = text[..(text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)];
        if (Environment.GetEnvironmentVariable("IDENTITY_WRITE_DIFFERENCES") == "1")
            await File.WriteAllTextAsync(path, kept + written, SigningSystem.Cancellation);
        else
            Assert.Equal(written.ToString(), text[kept.Length..]);
    }

    private async Task<string?> ProblemOfSigning(Browser browser, string id, CorpusFile file, WitnessedPdf before)
    {
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);
        if (ended["status"]!.GetValue<string>() != "signed")
            return ended.ToJsonString();
        using var client = system.AgencyClient();
        var result = await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
        if (!result.AsSpan().StartsWith(file.Bytes()))
            return "the original is not a prefix";
        using var after = new WitnessedPdf(file, result);
        // Each as before, one valid signature more, and the archive time-stamp, which pdfsig does not look into.
        var (verdicts, verdictsNow) = (before.Verdicts(), after.Verdicts());
        if (!verdictsNow.SequenceEqual([.. verdicts, true, false]))
            return $"pdfsig: {string.Join(' ', verdicts)} before, {string.Join(' ', verdictsNow)} after";
        if (after.Complaints().Except(before.Complaints()).FirstOrDefault() is { } complaint)
            return complaint;
        var password = file.Password ?? "";
        var (earlier, later) = (await system.Verify(file.Bytes(), password: password), await system.Verify(result, password: password));
        if (later.Signatures[^2] is not { Kind: "signature", Level: "PAdES-BASELINE-LTA", Indication: "TOTAL-PASSED", Integrity: "intact" })
            return $"our verifier: {later.Signatures[^2].Indication} {later.Signatures[^2].Level} " + string.Join(", ", later.Signatures[^2].Messages.Select(message => message.Text));
        foreach (var (was, isNow) in earlier.Signatures.Zip(later.Signatures))
        {
            if ((was.Field, was.Integrity, was.Indication, was.SubIndication) != (isNow.Field, isNow.Integrity, isNow.Indication, isNow.SubIndication))
                return $"{was.Field} was {was.Integrity} {was.Indication} {was.SubIndication}, is {isNow.Integrity} {isNow.Indication} {isNow.SubIndication}: "
                    + string.Join(", ", isNow.Messages.Select(message => message.Key));
        }

        return null;
    }
}
