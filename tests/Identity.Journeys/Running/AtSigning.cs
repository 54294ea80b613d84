using Microsoft.Playwright;

namespace Identity.Journeys.Running;

/// <summary>What a person does at Signing, page by page.</summary>
public sealed class AtSigning(DevHostProcess host, Visitor visitor)
{
    private string Provider => host.Address(0);

    private string Signing => host.Address(200);

    /// <summary>From the start page, with a new passkey; somebody who has consented before is not asked again.</summary>
    public async Task SignIn(string code, Func<string, Task>? look = null)
    {
        await visitor.Go(Signing);
        if (look is not null)
            await look("signing-home-nobody");
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Provider + "login");
        await visitor.Enrol(code);
        await visitor.ConsentIfAsked(Signing, look, "provider-consent-signing");
        await visitor.Page.Locator("input[type=file]").WaitForAsync();
    }

    public async Task Upload(string name, byte[] content, string purpose = "Sign the contract")
    {
        await visitor.Page.Locator("#purpose").FillAsync(purpose);
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "application/pdf", Buffer = content });
        await visitor.Click("form[enctype] button");
    }

    /// <summary>Waits until pdf.js shows the document.</summary>
    public Task Shown() => visitor.Page.Locator("[data-pdf-viewer][data-state=shown]").WaitForAsync();

    /// <summary>From the review page to the approval page at the Provider.</summary>
    public async Task AskForApproval()
    {
        await visitor.Click("form[action$='/review'] button");
        await visitor.Arrive(Provider + "approve");
    }

    /// <summary>Uses the passkey on the approval page and waits until Signing says that the document is signed; says otherwise fails.</summary>
    public async Task ApproveAndBeDone()
    {
        await visitor.UsePasskey();
        await visitor.Arrive(Signing + "requests/");
        await visitor.Page.Locator(".id-verdict--passed, .id-verdict--failed").WaitForAsync();
        Assert.True(await visitor.Page.Locator(".id-verdict--passed").CountAsync() == 1, await visitor.Text("main"));
    }

    /// <summary>The file behind the download button of the result page.</summary>
    public Task<byte[]> Download() => visitor.Download("a[href$='/signed.pdf']");

    /// <summary>From upload to the signed file, for somebody who is signed in.</summary>
    public async Task<byte[]> Sign(string name, byte[] content)
    {
        await visitor.Go(Signing);
        await Upload(name, content);
        await Shown();
        await AskForApproval();
        await ApproveAndBeDone();
        return await Download();
    }
}
