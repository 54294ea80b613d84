using System.Globalization;
using Identity.Journeys.Running;
using Identity.TestKit.Pdf;

namespace Identity.Journeys.Journeys;

/// <summary>What a notary does on the page with script: drops a file, compares pages, saves the state that was signed, takes the evidence along.</summary>
[Collection("whole system")]
public sealed class NotaryJourneys(WholeSystem system)
{
    [Theory]
    [InlineData("en")]
    [InlineData("et")]
    [InlineData("zh-Hans")]
    public async Task A_changed_page_is_seen_before_and_after_and_the_signed_state_can_be_saved(string language)
    {
        var (_, signed) = await system.SignedFile();
        var altered = HandMadePdf.Append(signed, (HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 900 EUR) Tj ET")));
        await using var visitor = await system.Visit(language);
        await new AtVerification(system.Host).Page(visitor, "deed.pdf", altered);
        Assert.Equal("H1", await visitor.Page.EvaluateAsync<string>("document.activeElement.tagName"));
        var pictures = visitor.Page.Locator(".id-compare img");
        Assert.Equal(2, await pictures.CountAsync());
        Assert.True(await pictures.First.EvaluateAsync<bool>("picture => picture.complete && picture.naturalWidth > 100"));
        await visitor.Look("verification-compared");
        // The state before the change is the file that Signing gave out, cut by the browser from the one that was chosen.
        Assert.Equal(signed, await visitor.Download(string.Create(CultureInfo.InvariantCulture, $"[data-state-length='{signed.Length}']")));
    }

    [Fact]
    public async Task A_file_is_dropped_on_the_page()
    {
        var (_, signed) = await system.SignedFile();
        await using var visitor = await system.Visit();
        await visitor.Go(system.Host.Address(300));
        await visitor.Look("verification-start");
        await visitor.Page.EvaluateAsync(
            """
            text => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], 'dropped.pdf', { type: 'application/pdf' }));
              for (const type of ['dragenter', 'dragover', 'drop'])
                document.querySelector('.id-file').dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }
            """, Convert.ToBase64String(signed));
        await visitor.Page.Locator(".id-verdict--passed").WaitForAsync();
        Assert.Contains("dropped.pdf", await visitor.Text("main"), StringComparison.Ordinal);
        Assert.Contains("How long can it be verified?", await visitor.Text("main"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_file_leaves_the_form_in_working_order()
    {
        var (original, signed) = await system.SignedFile();
        await using var visitor = await system.Visit();
        await new AtVerification(system.Host).Page(visitor, "plain.pdf", original);
        await visitor.Page.Locator("main a[href='/']").Last.ClickAsync();
        await new AtVerification(system.Host).Page(visitor, "signed.pdf", signed);
        Assert.Equal(1, await visitor.Page.Locator(".id-verdict--passed").CountAsync());
    }

    [Fact]
    public async Task The_evidence_of_a_signature_is_verified_again_without_a_network()
    {
        var (_, signed) = await system.SignedFile();
        await using var visitor = await system.Visit();
        await visitor.Go(system.Host.Address(300));
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(new Microsoft.Playwright.FilePayload { Name = "sale.pdf", MimeType = "application/pdf", Buffer = signed });
        var (exitCode, report) = new AtVerification(system.Host).Package(await visitor.Download("[data-package]"));
        Assert.Equal((0, "TOTAL-PASSED"), (exitCode, report.GetProperty("conclusion").GetString()));
    }
}
