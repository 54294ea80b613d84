using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Identity.Web.Tests;

public sealed class PageTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData("/components", "en", 1280)]
    [InlineData("/components", "en", 360)]
    [InlineData("/components", "et", 360)]
    [InlineData("/components", "zh-CN", 1280)]
    [InlineData("/status/404", "en", 1280)]
    [InlineData("/store", "et", 360)]
    [InlineData("/broken", "zh-CN", 360)]
    public async Task Shows_a_page_within_its_policy_and_width_and_without_accessibility_violation(string path, string locale, int width)
    {
        await using var service = await SampleService.Start();
        var (page, problems) = await browser.Open(width, locale: locale);

        await page.GotoAsync(new Uri(service.Address, path).ToString());

        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, $"{path.Trim('/').Replace('/', '-')}-{locale}-{width}.png"), FullPage = true });
        Assert.DoesNotContain(problems, p => !p.Contains(path, StringComparison.Ordinal) && !p.StartsWith("Failed to load resource", StringComparison.Ordinal));
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        var violations = (await page.RunAxe()).Violations;
        Assert.True(violations.Length == 0, string.Join('\n', violations.Select(v => $"{v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}")));
    }

    [Fact]
    public async Task Fits_the_narrowest_phone_and_400_percent_zoom()
    {
        await using var service = await SampleService.Start();
        var (page, _) = await browser.Open(width: 320);
        await page.GotoAsync(new Uri(service.Address, "/components").ToString());
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
    }

    [Fact]
    public async Task Begins_with_a_link_that_jumps_over_the_header()
    {
        await using var service = await SampleService.Start();
        var (page, _) = await browser.Open();
        await page.GotoAsync(new Uri(service.Address, "/components").ToString());
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("#main", await page.EvaluateAsync<string>("document.activeElement.getAttribute('href')"));
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("main", await page.EvaluateAsync<string>("document.activeElement.id"));
    }
}
