using System.Net;
using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Identity.Web;
using Identity.Web.Tests;
using Microsoft.Playwright;

namespace Identity.Demo.Tests.Home;

public sealed partial class PortalPagesTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData("tax", "en", "Your taxes in one place", 1280)]
    [InlineData("health", "et", "Teie terviseandmed, avada saate Teie", 360)]
    [InlineData("land", "zh-CN", "足不出户，签署契约", 360)]
    public async Task The_first_page_says_what_the_agency_is_and_who_to_be(string portal, string language, string headline, int width)
    {
        await using var running = await RunningPortal.Start(portal, portal, "http://localhost:9/");
        var (page, problems) = await browser.Open(width, locale: language);
        await page.GotoAsync(running.Address.AbsoluteUri);

        Assert.Equal(headline, await page.InnerTextAsync("h1"));
        var text = await page.InnerTextAsync("main");
        Assert.Contains("LIIS-7KQ4-M2XD", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(TextName(), text);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Empty(problems);
        Assert.Empty(await page.Context.CookiesAsync());
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, $"portal-{portal}-{width}.png"), FullPage = true });
    }

    [Theory]
    [InlineData("en")]
    [InlineData("et")]
    [InlineData("zh-Hans")]
    public async Task The_persons_pages_are_whole_in_every_language(string language)
    {
        await using var provider = await FakeProvider.Start();
        await using var running = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await running.Get("/?culture=" + language);
        await running.SignIn(provider);
        foreach (var path in new[] { "/", "/me", "/me?problem=deed", "/cancelled", "/nowhere" })
        {
            var text = await running.Text(path);
            Assert.Contains($"<html lang=\"{language}\"", text, StringComparison.Ordinal);
            Assert.DoesNotMatch(TextName(), text);
        }
    }

    [Fact]
    public void Every_text_is_there_in_every_language()
    {
        foreach (var type in new[] { typeof(DemoTexts), typeof(WebTexts) })
        {
            var texts = new System.Resources.ResourceManager(type);
            var english = Names(texts, "");
            Assert.NotEmpty(english);
            foreach (var language in new[] { "et", "zh-Hans" })
            {
                var other = Names(texts, language);
                Assert.Equal(english.Keys.Order(StringComparer.Ordinal), other.Keys.Order(StringComparer.Ordinal));
                foreach (var (name, text) in english)
                    Assert.Equal(text.Count(c => c == '{'), other[name].Count(c => c == '{'));
            }
        }

        static Dictionary<string, string> Names(System.Resources.ResourceManager texts, string culture) =>
            texts.GetResourceSet(System.Globalization.CultureInfo.GetCultureInfo(culture), true, false)!.Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
    }

    [Fact]
    public async Task Only_the_land_registry_has_deeds()
    {
        await using var provider = await FakeProvider.Start();
        await using var tax = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        provider.Audience = "tax-portal";
        await tax.SignIn(provider);
        Assert.Equal(HttpStatusCode.NotFound, (await tax.Get("/deeds/AAAAAAAAAAAAAAAAAAAAAA")).StatusCode);
        Assert.DoesNotContain("handler=Deed", await tax.Text("/me"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_alive_and_ready_without_its_provider()
    {
        await using var running = await RunningPortal.Start("tax", "tax-portal", "http://localhost:9/");
        Assert.Equal("ok", await running.Text("/health/live"));
        Assert.Equal("ok", await running.Text("/health/ready"));
    }

    [Theory]
    [InlineData("Portal", "bank", "Demo:Portal")]
    [InlineData("PublicAddress", "localhost:5401", "Demo:PublicAddress")]
    [InlineData("PublicAddress", "http://localhost:5401", null)]
    [InlineData("PublicAddress", "http://localhost:5401/path", "Demo:PublicAddress")]
    [InlineData("Authority", "ftp://localhost/", "Demo:Authority")]
    [InlineData("ClientId", "", "Demo:ClientId")]
    [InlineData("KeyFile", "/nonexistent.pem", "Demo:KeyFile")]
    [InlineData("Signing", null, "Demo:Signing")]
    [InlineData("Verification", "x", "Demo:Verification")]
    public void A_refused_setting_is_named(string field, string? value, string? named)
    {
        var options = new DemoOptions
        {
            Portal = "land", PublicAddress = "http://localhost:5403/", Authority = "http://localhost:5000/", ClientId = "land-registry", KeyFile = typeof(DemoApp).Assembly.Location, Signing = "http://localhost:5200/",
        };
        typeof(DemoOptions).GetProperty(field)!.SetValue(options, value);
        if (named is null)
            Assert.NotNull(DemoSettings.Check(options, production: false));
        else
            Assert.Contains(named, Assert.Throws<InvalidOperationException>(() => DemoSettings.Check(options, production: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_run_in_production() =>
        Assert.Contains("does not run in Production", Assert.Throws<InvalidOperationException>(() => DemoSettings.Check(new DemoOptions(), production: true)).Message, StringComparison.Ordinal);

    // A key of a text file that has no text: LandHeadline, Level_Low.
    [GeneratedRegex(@"\b(Tax|Health|Land|Deed|Demo|How\d|Claim_|Level_|Problem\d)[A-Z_]\w+\b")]
    private static partial Regex TextName();
}
