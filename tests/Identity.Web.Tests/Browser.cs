using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Web.Tests;

/// <summary>Debian's Chromium. A page's console errors, policy violations and failed requests are collected, because a page that works may still break its policy.</summary>
public sealed class Browser : IAsyncDisposable
{
    IPlaywright? playwright;
    IBrowser? browser;

    /// <summary>Where pictures of the pages are put, to be looked at: below the test's own output folder.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "pictures")).FullName;

    // Started by the first test that needs it, so that a machine without Chromium skips tests and fails no fixture.
    async Task<IBrowser> Start()
    {
        playwright ??= await Playwright.CreateAsync();
        return browser ??= await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Tool.Require("chromium"),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async Task<(IPage Page, List<string> Problems)> Open(int width = 1280, int height = 900, string locale = "en", bool script = true)
    {
        Tool.Require("chromium");
        var context = await (await Start()).NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            Locale = locale,
            JavaScriptEnabled = script,
        });
        var page = await context.NewPageAsync();
        var problems = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                problems.Add(message.Text);
        };
        page.PageError += (_, error) => problems.Add(error);
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                problems.Add($"{response.Status} {response.Url}");
        };
        return (page, problems);
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
    }
}
