using System.Globalization;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.Verification.Engine;

namespace Identity.Verification.Tests;

/// <summary>Every key that the code names has its text.</summary>
public sealed partial class TextsForMessages
{
    [Fact]
    public void Every_message_key_in_the_source_has_a_text()
    {
        var source = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Identity.Verification"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText);
        var keys = source.SelectMany(text => Key().Matches(text).Select(match => match.Groups[1].Value)).Distinct().ToList();
        Assert.InRange(keys.Count, 80, 400);
        Assert.All(keys, key => Assert.NotNull(VerificationTexts.Find(CultureInfo.InvariantCulture, "message." + key)));
    }

    [Fact]
    public void Every_defect_of_a_ByteRange_has_a_text() =>
        Assert.All(Enum.GetValues<Pdf.Signatures.ByteRangeDefect>(), defect => Assert.NotNull(VerificationTexts.Find(
            CultureInfo.InvariantCulture, "message.byte-range-" + Verification.Engine.Blocks.FormatChecking.Words(defect))));

    [Fact]
    public void Words_are_the_standards()
    {
        Assert.Equal("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", SubIndication.CryptoConstraintsFailureNoPoe.Word());
        Assert.Equal("NO_CERTIFICATE_CHAIN_FOUND", SubIndication.NoCertificateChainFound.Word());
        Assert.Equal("REVOKED_CA_NO_POE", SubIndication.RevokedCaNoPoe.Word());
        Assert.Equal(("TOTAL-PASSED", "FAILED"), (Indication.Passed.TotalWord(), Indication.Failed.Word()));
    }

    // Refusals of whole files (ReportError) and SiVa's own words (SivaError) have texts of their own.
    [GeneratedRegex("(?<!ReportError|SivaError|Siva|Report)(?:Error|Warning|Information|Missing)\\((?:[a-zA-Z.]+ \\? )?\"([a-z][a-z0-9-]+[a-z0-9])\"")]
    private static partial Regex Key();
}
