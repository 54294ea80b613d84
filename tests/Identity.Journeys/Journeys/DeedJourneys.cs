using System.Text.Json;
using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>The whole path: an agency hands over a document, the person reads and signs it, the agency receives it, anyone verifies it.</summary>
[Collection("whole system")]
public sealed class DeedJourneys(WholeSystem system)
{
    private string Land => system.Host.Address(403);

    private string Signing => system.Host.Address(200);

    [Theory]
    [InlineData("en", DemoCodes.Liis, "Liis Tamm", "PNOXX-48504210018", "The signature is valid and the document is unchanged.")]
    [InlineData("et", DemoCodes.Wei, "Wei Chen", "PNOXX-37911030025", "Allkiri kehtib")]
    [InlineData("zh-Hans", DemoCodes.Amira, "Amira Haddad", "PNOXX-49902280031", "有效")]
    public async Task A_deed_is_read_signed_received_and_verified(string language, string code, string name, string identifier, string verdict)
    {
        await using var visitor = await system.Visit(language);
        var signing = new AtSigning(system.Host, visitor);
        await visitor.Go(Land + "sign-in");
        await visitor.Enrol(code);
        await visitor.ConsentIfAsked(Land, visitor.Look, "provider-consent-land");
        await visitor.Look("land-me");
        await visitor.Click("form[action*='handler=Deed'] button");

        // Already signed in at the Provider: Signing asks for consent at most.
        await visitor.ConsentIfAsked(Signing);
        await signing.Shown();
        await visitor.Look("signing-review-deed");
        var original = await visitor.Fetch(visitor.Page.Url.Replace("/review", "/document", StringComparison.Ordinal));
        await signing.AskForApproval();
        var asked = await visitor.Text("main");
        Assert.Contains("Land Registry", asked, StringComparison.Ordinal);
        Assert.Contains(identifier, asked, StringComparison.Ordinal);
        await visitor.Look("provider-approve-deed");
        await signing.ApproveAndBeDone();
        await visitor.Look("signing-result-deed");

        await visitor.Click($"a[href^='{Land}deeds/']");
        await visitor.Arrive(Land + "deeds/");
        await visitor.Page.Locator(".id-verdict--passed").WaitForAsync();
        await visitor.Look("land-deed-received");
        var received = await visitor.Download("a[href$='/signed.pdf']");
        Assert.True(received.Length > original.Length && received.AsSpan().StartsWith(original), "the original is a prefix of what the agency received");

        var verification = new AtVerification(system.Host);
        await visitor.Go(system.Host.Address(300));
        await visitor.Look("verification-home");
        await verification.Page(visitor, "deed.pdf", received);
        var answer = await visitor.Text("main");
        Assert.Equal(1, await visitor.Page.Locator(".id-verdict--passed").CountAsync());
        Assert.Contains(verdict, await visitor.Text(".id-verdict h2"), StringComparison.Ordinal);
        Assert.Contains(name, answer, StringComparison.Ordinal);
        Assert.Contains(identifier, answer, StringComparison.Ordinal);
        await visitor.Look("verification-passed");
        await visitor.Click("details summary >> nth=-1");
        Assert.Contains("PAdES-BASELINE-LTA", await visitor.Text("details >> nth=-1"), StringComparison.Ordinal);
        await visitor.Look("verification-passed-details");

        await visitor.Go(Land + "me");
        await visitor.Page.Locator("a[href^='/deeds/']").First.WaitForAsync();
        await visitor.Look("land-me-deeds");
    }

    [Fact]
    public async Task Both_interfaces_and_the_command_line_agree_that_it_passed()
    {
        var (_, signed) = await system.SignedFile();
        var verification = new AtVerification(system.Host);
        var report = await verification.Report(signed);
        Passed(report);
        var (exitCode, printed) = verification.CommandLine(signed);
        Assert.Equal(0, exitCode);
        Passed(printed);
        Assert.Equal(report.GetProperty("sha256").GetString(), printed.GetProperty("sha256").GetString());
        Assert.Equal(
            report.GetProperty("signatures")[0].GetProperty("bestSignatureTime").GetString(), printed.GetProperty("signatures")[0].GetProperty("bestSignatureTime").GetString());

        var siva = await verification.Siva(signed);
        Assert.Equal((1, 1), (siva.GetProperty("signaturesCount").GetInt32(), siva.GetProperty("validSignaturesCount").GetInt32()));
        var signature = Assert.Single(siva.GetProperty("signatures").EnumerateArray());
        Assert.Equal("TOTAL-PASSED", signature.GetProperty("indication").GetString());
        Assert.Equal("PAdES_BASELINE_LTA", signature.GetProperty("signatureFormat").GetString());
        // SiVa's form of a name: surname, given name, number.
        Assert.Equal("Tamm,Liis,PNOXX-48504210018", signature.GetProperty("signedBy").GetString());
    }

    private static void Passed(JsonElement report)
    {
        Assert.Equal("TOTAL-PASSED", report.GetProperty("conclusion").GetString());
        Assert.Equal("intact", report.GetProperty("integrity").GetString());
        var signature = AtVerification.SignatureOf(report);
        Assert.Equal("TOTAL-PASSED", signature.GetProperty("indication").GetString());
        Assert.Equal(JsonValueKind.Null, signature.GetProperty("subIndication").ValueKind);
        Assert.Equal("PAdES-BASELINE-LTA", signature.GetProperty("level").GetString());
        Assert.Equal("Liis Tamm", signature.GetProperty("signedBy").GetString());
        Assert.Equal("PNOXX-48504210018", signature.GetProperty("signerSerialNumber").GetString());
        Assert.True(signature.GetProperty("coversWholeRevision").GetBoolean());
        Assert.Equal("archival", signature.GetProperty("changesAfter").GetString());
        // The document time-stamp of the archive is the last word.
        Assert.Equal(("document-timestamp", true), (report.GetProperty("signatures")[1].GetProperty("kind").GetString(), report.GetProperty("signatures")[1].GetProperty("coversWholeDocument").GetBoolean()));
        Assert.Equal(JsonValueKind.String, signature.GetProperty("bestSignatureTime").ValueKind);
    }
}
