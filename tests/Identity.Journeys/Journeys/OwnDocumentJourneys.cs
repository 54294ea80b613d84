using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>A person brings their own PDF to Signing.</summary>
[Collection("whole system")]
public sealed class OwnDocumentJourneys(WholeSystem system)
{
    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Uploads_reads_and_approves_a_document(string language, string code)
    {
        await using var visitor = await system.Visit(language);
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(code, visitor.Look);
        await visitor.Look("signing-home");

        var original = await MadeByChromium(visitor);
        await signing.Upload("lepe-contract.pdf", original);
        await signing.Shown();
        Assert.True(await DrawnPixels(visitor) > 1000, "the page of the document is drawn");
        await visitor.Look("signing-review");

        await signing.AskForApproval();
        Assert.Contains("lepe-contract.pdf", await visitor.Text("main"), StringComparison.Ordinal);
        await visitor.Look("provider-approve");
        await signing.ApproveAndBeDone();
        await visitor.Look("signing-result");
        var signed = await signing.Download();
        Assert.True(signed.Length > original.Length && signed.AsSpan().StartsWith(original), "the original is a prefix of the signed file");

        await visitor.Go(system.Host.Address(200));
        await visitor.Page.Locator("table a[href^='/requests/']").First.WaitForAsync();
        await visitor.Look("signing-home-documents");
    }

    [Fact]
    public async Task Declines_at_the_approval_and_may_approve_later()
    {
        await using var visitor = await system.Visit();
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(DemoCodes.Liis);
        await signing.Upload("contract.pdf", await MadeByChromium(visitor));
        await signing.Shown();
        await signing.AskForApproval();
        await visitor.Click("form[action*='handler=Cancel'] button");
        await visitor.Arrive(system.Host.Address(200) + "requests/");
        await signing.Shown();
        await visitor.Page.Locator(".usa-alert--info").WaitForAsync();
        await visitor.Look("signing-review-declined");
        await signing.AskForApproval();
        await visitor.Page.Locator("form[data-passkey=get] [data-passkey-button]").WaitForAsync();
    }

    [Theory]
    [InlineData("empty.pdf", "")]
    [InlineData("note.pdf", "This is no PDF.")]
    [InlineData("cut.pdf", "%PDF-1.7\n1 0 obj\n<</Type/Catalog")]
    public async Task A_file_that_cannot_be_signed_is_refused_with_a_reason(string name, string content)
    {
        await using var visitor = await system.Visit();
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(DemoCodes.Liis);
        await signing.Upload(name, System.Text.Encoding.ASCII.GetBytes(content));
        await visitor.Page.Locator(".usa-alert--error").WaitForAsync();
        await visitor.Look("signing-refused-" + Path.GetFileNameWithoutExtension(name));
    }

    [Fact]
    public async Task A_name_with_control_and_bidi_characters_is_shown_tamed()
    {
        await using var visitor = await system.Visit();
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(DemoCodes.Liis);
        await signing.Upload("con\u202Etract\u0007<b>fdp.pdf", await MadeByChromium(visitor));
        await signing.Shown();
        var text = await visitor.Text("main");
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain('\u0007', text);
        await visitor.Look("signing-review-hostile-name");
    }

    private static Task<int> DrawnPixels(Visitor visitor) => visitor.Page.EvaluateAsync<int>(
        """
        async () => {
          for (let i = 0; i < 50; i++) {
            const canvas = document.querySelector("[data-pdf-viewer] canvas");
            if (canvas?.width) {
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let dark = 0;
              for (let p = 0; p < data.length; p += 4) if (data[p + 3] > 0 && data[p] < 128) dark++;
              if (dark) return dark;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return 0;
        }
        """);

    internal static async Task<byte[]> MadeByChromium(Visitor visitor, string subject = "Lot 7")
    {
        var page = await visitor.Context.NewPageAsync();
        await page.SetContentAsync($"<h1>Contract of sale</h1><p>{subject}, Pärnu maantee 5. 买卖合同.</p><p style='break-before:page'>Second page.</p>");
        var pdf = await page.PdfAsync();
        await page.CloseAsync();
        return pdf;
    }
}
