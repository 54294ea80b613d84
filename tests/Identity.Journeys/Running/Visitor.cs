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
    private const int PhoneWidth = 360;
    private const int SmallestWidth = 320;
    private readonly List<string> _problems = [];
    private readonly List<string> _pages = [];
    private ICDPSession? _devTools;
    private string _authenticator = "";

    private Visitor(IBrowserContext context, IPage page, string language)
    {
        (Context, Page, Language) = (context, page, language);
        page.SetDefaultTimeout(20_000);
        page.FrameNavigated += (_, frame) =>
        {
            if (frame == page.MainFrame)
                _pages.Add(frame.Url);
        };
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

    /// <summary>The addresses of the pages shown so far, in order; redirects are not shown.</summary>
    public IReadOnlyList<string> PagesSeen => [.. _pages];

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
        await visitor.TakeAuthenticator();
        return visitor;
    }

    /// <summary>Puts the authenticator away, with the passkeys in it, and takes an empty one.</summary>
    public async Task TakeAnotherAuthenticator()
    {
        await _devTools!.SendAsync("WebAuthn.removeVirtualAuthenticator", new() { ["authenticatorId"] = _authenticator });
        await TakeAuthenticator();
    }

    private async Task TakeAuthenticator()
    {
        var made = await _devTools!.SendAsync("WebAuthn.addVirtualAuthenticator", new()
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
        _authenticator = made!.Value.GetProperty("authenticatorId").GetString()!;
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
    public Task Arrive(string addressStart) => At(address => address.StartsWith(addressStart, StringComparison.Ordinal), addressStart);

    /// <summary>
    /// Waits until the page at such an address has loaded. It asks the page for its state: waiting for the events of a load misses those that
    /// come while the waiting begins.
    /// </summary>
    private async Task At(Func<string, bool> address, string expected)
    {
        for (var tries = 0; !address(Page.Url) || await State() != "complete"; tries++)
        {
            Assert.True(tries < 300, $"Not at {expected} within 30 seconds but at {Page.Url}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private async Task<string> State()
    {
        try
        {
            return await Page.EvaluateAsync<string>("document.readyState");
        }
        catch (PlaywrightException)
        {
            // The page was left while it was asked.
            return "leaving";
        }
    }

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
        await At(address => address.Contains("/consent?", StringComparison.Ordinal), "/consent");
        await Click(allow ? "form[action*='handler=Allow'] button" : "form[action*='handler=Cancel'] button");
    }

    /// <summary>Allows on the consent page, if it comes before the browser is back at the agency.</summary>
    public async Task ConsentIfAsked(string agency, Func<string, Task>? look = null, string name = "")
    {
        await At(url => url.Contains("/consent?", StringComparison.Ordinal) || url.StartsWith(agency, StringComparison.Ordinal), "/consent or " + agency);
        if (!Page.Url.StartsWith(agency, StringComparison.Ordinal))
        {
            if (look is not null)
                await look(name);
            await Consent(allow: true);
        }

        await Arrive(agency);
    }

    /// <summary>The file that a link or button hands out.</summary>
    public async Task<byte[]> Download(string selector)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => Click(selector));
        return await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
    }

    /// <summary>What an address gives this browser, cookies and all.</summary>
    public async Task<byte[]> Fetch(string address)
    {
        var response = await Context.APIRequest.GetAsync(address);
        Assert.Equal(200, response.Status);
        return await response.BodyAsync();
    }

    /// <summary>The page as it stands: no accessibility violation, no overflow on a phone, complete by keyboard, no error in its console; pictures in TestResults/journeys.</summary>
    public async Task Look(string name)
    {
        await At(_ => true, "any page");
        Assert.StartsWith(Language, await Page.EvaluateAsync<string>("document.documentElement.lang"), StringComparison.Ordinal);
        var result = await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        Assert.True(result.Violations.Length == 0, $"{name} ({Language}): " + string.Join("; ", result.Violations.Select(v => $"{v.Id}: {v.Help} at {string.Join(", ", v.Nodes.Select(n => n.Target))}")));

        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "TestResults", "journeys", Language)).FullName;
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        var desktop = Page.ViewportSize!;
        await Page.SetViewportSizeAsync(PhoneWidth, 844);
        var width = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + "-phone.png"), FullPage = true });
        // WCAG 2.2 1.4.10: also what 400 % zoom leaves of a desktop.
        await Page.SetViewportSizeAsync(SmallestWidth, 640);
        var smallest = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await Page.SetViewportSizeAsync(desktop.Width, desktop.Height);
        Assert.True(width <= PhoneWidth, $"{name} ({Language}) is {width} pixels wide on a phone of {PhoneWidth}");
        Assert.True(smallest <= SmallestWidth, $"{name} ({Language}) is {smallest} pixels wide in a window of {SmallestWidth}");
        await TabThrough(name);
        Assert.False(LooksUntranslated().IsMatch(await Page.Locator("body").InnerTextAsync()), $"{name} ({Language}) shows the name of a text instead of the text");
        Assert.Empty(_problems);
    }

    /// <summary>WCAG 2.2 2.1.1, 2.1.2, 2.4.7: Tab reaches each control that is shown, leaves it again, and shows where it is.</summary>
    private async Task TabThrough(string name)
    {
        var controls = await Page.EvaluateAsync<int>(
            """
            () => {
              document.activeElement?.blur();
              window.scrollTo(0, 0);
              const shown = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
                .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }));
              shown.forEach((e) => (e.dataset.toReach = ""));
              return shown.length;
            }
            """);
        var invisible = new List<string>();
        // Regions that scroll are stops too.
        for (var press = 0; press < controls + 10; press++)
        {
            await Page.Keyboard.PressAsync("Tab");
            var unseen = await Page.EvaluateAsync<string?>(
                """
                () => {
                  const e = document.activeElement;
                  if (!e || e === document.body || !("toReach" in e.dataset)) return null;
                  // WAI-ARIA practices, radio group: one stop for Tab, the arrow keys go on from there.
                  for (const one of e.type === "radio" ? document.getElementsByName(e.name) : [e]) delete one.dataset.toReach;
                  const shows = (s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
                  const carrier = e.matches("input[type=file]") ? e.closest("label") ?? e : e;
                  return shows(getComputedStyle(e)) || shows(getComputedStyle(carrier)) ? null : e.outerHTML.slice(0, 120);
                }
                """);
            if (unseen is not null)
                invisible.Add(unseen);
            if (await Page.Locator("[data-to-reach]").CountAsync() == 0)
                break;
        }

        var missed = await Page.EvaluateAsync<string[]>("[...document.querySelectorAll('[data-to-reach]')].map((e) => { delete e.dataset.toReach; return e.outerHTML.slice(0, 120); })");
        await Page.EvaluateAsync("document.activeElement?.blur()");
        Assert.True(missed.Length == 0, $"{name} ({Language}): Tab does not reach {string.Join("; ", missed)}");
        Assert.True(invisible.Count == 0, $"{name} ({Language}): no focus is shown at {string.Join("; ", invisible)}");
    }

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();

    // Names of texts are words written together with capitals: "ResultSignedText".
    [GeneratedRegex(@"\b(Device|Home|Result|Notice|Failure|State|Enrol|Login|Logout|Consent|Approve|Account|Session|Sessions|Passkey|Passkeys|Claim|Deed|Demo|Verdict|Sale|Place|Signs)[A-Z][a-z]+[A-Za-z]*\b")]
    private static partial Regex LooksUntranslated();
}
