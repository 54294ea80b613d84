using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Journeys.Running;

/// <summary>Debian's Chromium driven by Playwright; one for all journeys of a run.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Tool.Require("chromium"),
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Somebody with a browser of their own, in one language, and an authenticator that asks for no gesture.</summary>
    public Task<Visitor> Visit(string language = "en") => Visitor.Come(_browser!, language);
}
