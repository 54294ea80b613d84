using System.Text.Json;
using Identity.Journeys.Running;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;

namespace Identity.Journeys.Journeys;

/// <summary>What the running Verification says of files that are not what they were, to a person and to a program.</summary>
[Collection("whole system")]
public sealed class VerdictJourneys(WholeSystem system)
{
    [Fact]
    public async Task One_flipped_byte_is_a_hash_failure()
    {
        var (original, signed) = await system.SignedFile();
        var flipped = HandMadePdf.Flip(signed, HandMadePdf.Find(original, "100 EUR"));
        var report = await Shown("flipped", flipped, "failed", "This is not the document that was signed.");
        Says(report, "TOTAL-FAILED", "HASH_FAILURE", "broken");
        Assert.Equal("HASH_FAILURE", Siva(await new AtVerification(system.Host).Siva(flipped), "TOTAL-FAILED").GetProperty("subIndication").GetString());
        var (exitCode, printed) = new AtVerification(system.Host).CommandLine(flipped);
        Assert.Equal(1, exitCode);
        Says(printed, "TOTAL-FAILED", "HASH_FAILURE", "broken");
    }

    [Fact]
    public async Task A_page_altered_by_a_later_update_is_named()
    {
        var (_, signed) = await system.SignedFile();
        var altered = HandMadePdf.Append(signed, (HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 900 EUR) Tj ET")));
        var report = await Shown("changed", altered, "failed", "The document was changed after it was signed.");
        Assert.Equal("changed", report.GetProperty("integrity").GetString());
        Assert.NotEqual("TOTAL-PASSED", report.GetProperty("conclusion").GetString());
        var signature = AtVerification.SignatureOf(report);
        Assert.True(signature.GetProperty("cryptographicallyIntact").GetBoolean());
        Assert.Equal("content", signature.GetProperty("changesAfter").GetString());
        var last = report.GetProperty("revisions").EnumerateArray().Last();
        Assert.Equal("content", last.GetProperty("kind").GetString());
        var change = Assert.Single(last.GetProperty("changes").EnumerateArray(), change => change.GetProperty("kind").GetString() == "content");
        Assert.Equal((1, "4 0", "Page 1: the content was replaced."),
            (change.GetProperty("page").GetInt32(), change.GetProperty("object").GetString(), change.GetProperty("text").GetString()));
        Assert.Equal(1, new AtVerification(system.Host).CommandLine(altered).ExitCode);
        Assert.Equal(0, (await new AtVerification(system.Host).Siva(altered)).GetProperty("validSignaturesCount").GetInt32());
    }

    [Fact]
    public async Task A_plain_file_carries_no_signature()
    {
        var (original, _) = await system.SignedFile();
        var report = await Shown("plain", original, "none", "This PDF carries no signature.");
        Assert.Equal(("NO-SIGNATURE", "none"), (report.GetProperty("conclusion").GetString(), report.GetProperty("integrity").GetString()));
        Assert.Equal(0, report.GetProperty("signatures").GetArrayLength());
        Assert.Equal(0, (await new AtVerification(system.Host).Siva(original)).GetProperty("signaturesCount").GetInt32());
    }

    [Fact]
    public async Task A_strangers_signature_is_intact_and_nobodys()
    {
        using var stranger = new OpensslPki();
        stranger.CertifyPerson("stranger", OpensslKey.P256);
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), covered =>
        {
            stranger.Write("covered.bin", covered);
            stranger.Openssl("cms", "-sign", "-cades", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-in", "covered.bin", "-out", "cms.der",
                "-signer", stranger.CertificatePath("stranger"), "-inkey", stranger.KeyPath("stranger"), "-certfile", stranger.CertificatePath("issuing-ca"));
            return File.ReadAllBytes(stranger.PathOf("cms.der"));
        });
        var report = await Shown("stranger", file, "unclear", "who signed it cannot be confirmed");
        Says(report, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "intact");
        Assert.Equal("NO_CERTIFICATE_CHAIN_FOUND", Siva(await new AtVerification(system.Host).Siva(file), "INDETERMINATE").GetProperty("subIndication").GetString());
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("cut")]
    [InlineData("empty")]
    public async Task What_is_no_whole_pdf_is_an_error_in_words(string kind)
    {
        var (original, _) = await system.SignedFile();
        var file = kind switch { "garbage" => "This is no PDF."u8.ToArray(), "cut" => original[..^200], _ => [] };
        var report = await Shown(kind, file, "failed", "The file could not be examined.");
        Assert.Equal("malformed", report.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, new AtVerification(system.Host).CommandLine(file).ExitCode);
    }

    /// <summary>The verdict on the page, looked at; and the report for programs.</summary>
    private async Task<JsonElement> Shown(string name, byte[] file, string tone, string words)
    {
        var verification = new AtVerification(system.Host);
        await using var visitor = await system.Visit();
        await verification.Page(visitor, name + ".pdf", file);
        Assert.True(await visitor.Page.Locator(".id-verdict--" + tone).CountAsync() == 1, await visitor.Text("main"));
        Assert.Contains(words, await visitor.Text(".id-verdict"), StringComparison.Ordinal);
        await visitor.Look("verification-" + name);
        return await verification.Report(file);
    }

    private static void Says(JsonElement report, string indication, string subIndication, string integrity)
    {
        Assert.Equal((indication, integrity), (report.GetProperty("conclusion").GetString(), report.GetProperty("integrity").GetString()));
        var signature = AtVerification.SignatureOf(report);
        Assert.Equal((indication, subIndication), (signature.GetProperty("indication").GetString(), signature.GetProperty("subIndication").GetString()));
    }

    private static JsonElement Siva(JsonElement conclusion, string indication)
    {
        Assert.Equal(0, conclusion.GetProperty("validSignaturesCount").GetInt32());
        var signature = Assert.Single(conclusion.GetProperty("signatures").EnumerateArray());
        Assert.Equal(indication, signature.GetProperty("indication").GetString());
        return signature;
    }
}
