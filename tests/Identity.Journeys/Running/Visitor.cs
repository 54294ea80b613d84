using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Journeys.Running;

/// <summary>
/// A person at a browser with a passkey-capable authenticator (CDP WebAuthn). Pages are found by their structure, not by their words,
/// so that one journey runs in every language. Each page that is looked at is checked by axe, for errors in its console, and kept as a picture.
/// </summary>
public sealed partial class Visitor : IAsyncDisposable
{
    private const int PhoneWidth = 390;
    private readonly List<string> _problems = [];
    private ICDPSession? _devTools;
    private string _authenticator = "";

    private Visitor(IBrowserContext context, IPage page, string language)
    {
        (Context, Page, Language) = (context, page, language);
        page.SetDefaultTimeout(20_000);
        page.PageError += (_, error) => _problems.Add($"{page.Url}: {error}");
        page.Console += (_, message) =>
        {
            // A refused resource or script shows here; an error page's own status does too, and is what some journeys ask for.
            if (message.Type == "error" && !message.Text.Contains("the server responded with a status of 4", StringComparison.Ordinal))
                _problems.Add($"{page.Url}: {message.Text}");
        };
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    public string Language { get; }

    internal static async Task<Visitor> Come(IBrowser browser, string language)
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            Locale = language,
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            AcceptDownloads = true,
        });
        var page = await context.NewPageAsync();
        var visitor = new Visitor(context, page, language);
        visitor._devTools = await context.NewCDPSessionAsync(page);
        await visitor._devTools.SendAsync("WebAuthn.enable", new() { ["enableUI"] = false });
        var made = await visitor._devTools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        visitor._authenticator = made!.Value.GetProperty("authenticatorId").GetString()!;
        return visitor;
    }

    /// <summary>From now on the authenticator does, or does not, recognise its person.</summary>
    public async Task BeRecognised(bool recognised) => await _devTools!.SendAsync(
        "WebAuthn.setUserVerified", new() { ["authenticatorId"] = _authenticator, ["isUserVerified"] = recognised });

    public async Task<int> CountPasskeys()
    {
        var answer = await _devTools!.SendAsync("WebAuthn.getCredentials", new() { ["authenticatorId"] = _authenticator });
        return answer!.Value.GetProperty("credentials").GetArrayLength();
    }

    public Task Go(string address) => Page.GotoAsync(address);

    public Task Click(string selector) => Page.Locator(selector).ClickAsync();

    /// <summary>Waits until the browser is at an address that starts so.</summary>
    public Task Arrive(string addressStart) => Page.WaitForURLAsync(new Regex("^" + Regex.Escape(addressStart)), new() { WaitUntil = WaitUntilState.DOMContentLoaded });

    public async Task<string> Text(string selector) => (await Page.Locator(selector).First.InnerTextAsync()).Trim();

    /// <summary>On the Provider's sign-in page: enrols with a code, which registers a passkey and signs in.</summary>
    public async Task Enrol(string code, Func<string, Task>? look = null)
    {
        await Click("a[href*='/enrol']");
        await Page.Locator("#code").WaitForAsync();
        if (look is not null)
            await look("enrol-code");
        await Page.Locator("#code").FillAsync(code);
        await Click("form:has(#code) button[type=submit]");
        await Page.Locator("form[data-passkey=create] [data-passkey-button]").WaitForAsync();
        if (look is not null)
            await look("enrol-passkey");
        await Click("form[data-passkey=create] [data-passkey-button]");
    }

    /// <summary>Uses the passkey on the page that asks for one: sign-in or approval.</summary>
    public Task UsePasskey() => Click("form[data-passkey=get] [data-passkey-button]");

    public async Task Consent(bool allow)
    {
        await Page.WaitForURLAsync(new Regex("/consent\\?"));
        await Click(allow ? "form[action*='handler=Allow'] button" : "form[action*='handler=Cancel'] button");
    }

    /// <summary>The page as it stands: no accessibility violation, no overflow on a phone, no error in its console; pictures in TestResults/journeys.</summary>
    public async Task Look(string name)
    {
        await Page.WaitForLoadStateAsync(LoadState.Load);
        Assert.StartsWith(Language, await Page.EvaluateAsync<string>("document.documentElement.lang"), StringComparison.Ordinal);
        var result = await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        Assert.True(result.Violations.Length == 0, $"{name} ({Language}): " + string.Join("; ", result.Violations.Select(v => $"{v.Id}: {v.Help} at {string.Join(", ", v.Nodes.Select(n => n.Target))}")));

        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "TestResults", "journeys", Language)).FullName;
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        var desktop = Page.ViewportSize!;
        await Page.SetViewportSizeAsync(PhoneWidth, 844);
        var width = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + "-phone.png"), FullPage = true });
        await Page.SetViewportSizeAsync(desktop.Width, desktop.Height);
        Assert.True(width <= PhoneWidth, $"{name} ({Language}) is {width} pixels wide on a phone of {PhoneWidth}");
        Assert.False(LooksUntranslated().IsMatch(await Page.Locator("body").InnerTextAsync()), $"{name} ({Language}) shows the name of a text instead of the text");
        Assert.Empty(_problems);
    }

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();

    // Names of texts are words written together with capitals: "ResultSignedText".
    [GeneratedRegex(@"\b(Home|Result|Notice|Failure|State|Enrol|Login|Consent|Approve|Account|Claim|Deed|Demo|Verdict)[A-Z][a-z]+[A-Za-z]*\b")]
    private static partial Regex LooksUntranslated();
}
