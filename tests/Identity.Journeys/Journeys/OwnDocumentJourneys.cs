using Identity.Journeys.Running;
using Microsoft.Playwright;

namespace Identity.Journeys.Journeys;

/// <summary>A person brings their own PDF to Signing.</summary>
[Collection("whole system")]
public sealed class OwnDocumentJourneys(WholeSystem system)
{
    private string Provider => system.Host.Address(0);

    private string Signing => system.Host.Address(200);

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Uploads_reads_and_approves_a_document(string language, string code)
    {
        await using var visitor = await system.Visit(language);
        await visitor.Go(Signing);
        await visitor.Look("signing-home-nobody");
        await SignIn(visitor, code, look: true);
        await visitor.Look("signing-home");

        await Upload(visitor, "lepe-contract.pdf", await MadeByChromium(visitor));
        await Shown(visitor);
        Assert.True(await DrawnPixels(visitor) > 1000, "the page of the document is drawn");
        await visitor.Look("signing-review");

        await visitor.Click("form[action$='/review'] button");
        await visitor.Arrive(Provider + "approve");
        Assert.Contains("lepe-contract.pdf", await visitor.Text("main"), StringComparison.Ordinal);
        await visitor.Look("provider-approve");
        await visitor.UsePasskey();
        await visitor.Arrive(Signing + "requests/");
        await visitor.Page.Locator(".id-verdict--passed, .id-verdict--failed").WaitForAsync();
        await visitor.Look("signing-result");
    }

    [Fact]
    public async Task Declines_at_the_approval_and_may_approve_later()
    {
        await using var visitor = await system.Visit();
        await visitor.Go(Signing);
        await SignIn(visitor, DemoCodes.Liis);
        await Upload(visitor, "contract.pdf", await MadeByChromium(visitor));
        await Shown(visitor);
        await visitor.Click("form[action$='/review'] button");
        await visitor.Arrive(Provider + "approve");
        await visitor.Click("form[action*='handler=Cancel'] button");
        await visitor.Arrive(Signing + "requests/");
        await Shown(visitor);
        await visitor.Page.Locator(".usa-alert--info").WaitForAsync();
        await visitor.Look("signing-review-declined");
        await visitor.Click("form[action$='/review'] button");
        await visitor.Arrive(Provider + "approve");
        await visitor.Page.Locator("form[data-passkey=get] [data-passkey-button]").WaitForAsync();
    }

    [Theory]
    [InlineData("empty.pdf", "")]
    [InlineData("note.pdf", "This is no PDF.")]
    [InlineData("cut.pdf", "%PDF-1.7\n1 0 obj\n<</Type/Catalog")]
    public async Task A_file_that_cannot_be_signed_is_refused_with_a_reason(string name, string content)
    {
        await using var visitor = await system.Visit();
        await visitor.Go(Signing);
        await SignIn(visitor, DemoCodes.Liis);
        await Upload(visitor, name, System.Text.Encoding.ASCII.GetBytes(content));
        await visitor.Page.Locator(".usa-alert--error").WaitForAsync();
        await visitor.Look("signing-refused-" + Path.GetFileNameWithoutExtension(name));
    }

    [Fact]
    public async Task A_name_with_control_and_bidi_characters_is_shown_tamed()
    {
        await using var visitor = await system.Visit();
        await visitor.Go(Signing);
        await SignIn(visitor, DemoCodes.Liis);
        await Upload(visitor, "con\u202Etract\u0007<b>fdp.pdf", await MadeByChromium(visitor));
        await Shown(visitor);
        var text = await visitor.Text("main");
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain('\u0007', text);
        await visitor.Look("signing-review-hostile-name");
    }

    private async Task SignIn(Visitor visitor, string code, bool look = false)
    {
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Provider + "login");
        await visitor.Enrol(code);
        // Somebody who has consented before, in another journey, is not asked again.
        await visitor.Page.WaitForURLAsync(url => url.Contains("/consent?", StringComparison.Ordinal) || url.StartsWith(Signing, StringComparison.Ordinal));
        if (visitor.Page.Url.StartsWith(Provider, StringComparison.Ordinal))
        {
            if (look)
                await visitor.Look("provider-consent-signing");
            await visitor.Consent(allow: true);
        }

        await visitor.Arrive(Signing);
        await visitor.Page.Locator("input[type=file]").WaitForAsync();
    }

    private static async Task Upload(Visitor visitor, string name, byte[] content)
    {
        await visitor.Page.Locator("#purpose").FillAsync("Sign the contract");
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "application/pdf", Buffer = content });
        await visitor.Click("form[enctype] button");
    }

    private static Task Shown(Visitor visitor) => visitor.Page.Locator("[data-pdf-viewer][data-state=shown]").WaitForAsync();

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

    private static async Task<byte[]> MadeByChromium(Visitor visitor)
    {
        var page = await visitor.Context.NewPageAsync();
        await page.SetContentAsync("<h1>Contract of sale</h1><p>Lot 7, Pärnu maantee 5. 买卖合同.</p><p style='break-before:page'>Second page.</p>");
        var pdf = await page.PdfAsync();
        await page.CloseAsync();
        return pdf;
    }
}
