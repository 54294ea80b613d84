using Identity.Journeys.Running;
using Identity.TestKit.Pdf;

namespace Identity.Journeys.Journeys;

/// <summary>Seller and buyer sign one deed side by side, then the notary, each in a browser of their own; the registry hears of each step and receives the deed.</summary>
[Collection("whole system")]
public sealed class SaleJourneys(WholeSystem system)
{
    private string Land => system.Host.Address(403);

    private string Signing => system.Host.Address(200);

    [Fact]
    public async Task Seller_buyer_and_notary_sign_and_every_program_finds_three_valid_signatures()
    {
        await using var seller = await system.Visit("en");
        await using var buyer = await system.Visit("et");
        await using var notary = await system.Visit("zh-Hans");

        await Enter(seller, DemoCodes.Liis);
        await seller.Page.Locator("#buyer").SelectOptionAsync("PNOXX-37911030025");
        await seller.Page.Locator("#notary").SelectOptionAsync("PNOXX-49902280031");
        await seller.Look("land-me-sale");
        await seller.Click("form[action*='handler=Sale'] button");
        await seller.Arrive(Land + "sales/");
        await seller.Look("land-sale-open");
        var sale = new Uri(seller.Page.Url).AbsolutePath;
        await Enter(buyer, DemoCodes.Wei);
        await Enter(notary, DemoCodes.Amira);
        // The notary's turn is not yet.
        await notary.Click($"a[href='{sale}']");
        await notary.Arrive(Land + "sales/");
        Assert.Equal(0, await notary.Page.Locator($"a[href^='{Signing}places/']").CountAsync());

        await buyer.Click($"a[href='{sale}']");
        await Sign(buyer, "buyer");
        await Sign(seller, "seller");
        await notary.Go(Land + sale[1..]);
        await Sign(notary, "notary");

        // Completed: the signer's own page says so by itself, and leads back.
        await notary.Page.Locator($"a[href^='{Land}sales/']").WaitForAsync();
        await notary.Page.Locator("a[href$='/signed.pdf']").WaitForAsync();
        await notary.Look("signing-place-completed");
        await seller.Go(Land + sale[1..]);
        await seller.Page.Locator(".id-verdict--passed").WaitForAsync();
        var told = await seller.Text("ul.usa-list");
        Assert.Contains("has signed: Buyer", told, StringComparison.Ordinal);
        Assert.Contains("to sign now: Notary", told, StringComparison.Ordinal);
        await seller.Look("land-sale-received");
        var received = await seller.Download("a[href$='/signed.pdf']");

        var report = await new AtVerification(system.Host).Report(received);
        Assert.Equal("TOTAL-PASSED", report.GetProperty("conclusion").GetString());
        var signatures = report.GetProperty("signatures").EnumerateArray().Where(one => one.GetProperty("kind").GetString() == "signature").ToList();
        Assert.Equal(["Wei Chen", "Liis Tamm", "Amira Haddad"], signatures.Select(one => one.GetProperty("signedBy").GetString()));
        Assert.Equal(["buyer", "seller", "notary"], signatures.Select(one => one.GetProperty("claimedRoles")[0].GetString()));
        Assert.All(signatures, one => Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (one.GetProperty("indication").GetString(), one.GetProperty("level").GetString())));
        Assert.Equal(4, report.GetProperty("signatures").GetArrayLength());
        JudgedByOthers(received);
    }

    private void JudgedByOthers(byte[] file)
    {
        using var examined = new ExaminedPdf(file, system.Host.RootCertificate, system.Host.RootCertificate);
        var pdfsig = examined.Pdfsig().Text;
        Assert.Equal((3, 3), (pdfsig.Split("Signature is Valid.").Length - 1, pdfsig.Split("Certificate is Trusted.").Length - 1));
        // mutool knows none of our roots; what it says of the bytes counts: three signatures hold, and each has something behind it.
        var mutool = examined.Mutool().Text;
        Assert.Equal((3, 0), (mutool.Split("The signature is valid but there have been edits since signing.").Length - 1, mutool.Split("Digest error").Length - 1));
        for (var at = 0; at < 3; at++)
        {
            using var one = new ExaminedPdf(file, system.Host.RootCertificate, system.Host.RootCertificate) { At = at };
            Assert.Contains("CAdES Verification successful", one.OpensslCms().Text, StringComparison.Ordinal);
        }

        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.CAdES.detached verifies part", "ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));
        var qpdf = examined.Qpdf();
        Assert.True(qpdf.ExitCode == 0 && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);
    }

    private async Task Enter(Visitor visitor, string code)
    {
        await visitor.Go(Land + "sign-in");
        await visitor.Enrol(code);
        await visitor.ConsentIfAsked(Land);
        await visitor.Arrive(Land + "me");
    }

    /// <summary>From the sale's page at the registry: to the place, the document, the passkey, and what the place says then.</summary>
    private async Task Sign(Visitor visitor, string who)
    {
        await visitor.Click($"a[href^='{Signing}places/']");
        await visitor.ConsentIfAsked(Signing);
        await visitor.Arrive(Signing + "places/");
        await visitor.Look("signing-place-" + who);
        await visitor.Click("form[action*='handler=Sign'] button");
        var signing = new AtSigning(system.Host, visitor);
        await signing.Shown();
        await visitor.Look("signing-review-" + who);
        await signing.AskForApproval();
        Assert.Contains(who, await visitor.Text("main"), StringComparison.Ordinal);
        await visitor.UsePasskey();
        await visitor.Arrive(Signing + "places/");
        await visitor.Page.Locator(".id-verdict--passed").WaitForAsync();
        await visitor.Look("signing-place-signed-" + who);
    }
}
