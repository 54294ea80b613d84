using System.Net;

namespace Identity.Web.Tests;

public sealed class LanguagesTests
{
    [Theory]
    [InlineData(null, "en")]
    [InlineData("", "en")]
    [InlineData("et", "et")]
    [InlineData("et-EE,et;q=0.9,en;q=0.8", "et")]
    [InlineData("zh", "zh-Hans")]
    [InlineData("zh-CN", "zh-Hans")]
    [InlineData("zh-SG,en", "zh-Hans")]
    [InlineData("zh-Hans-CN", "zh-Hans")]
    [InlineData("zh-TW,et;q=0.5", "et")]
    [InlineData("zh-Hant", "en")]
    [InlineData("fr,de;q=0.9,en-GB;q=0.5,et;q=0.6", "et")]
    [InlineData("et;q=0,en", "en")]
    [InlineData("*", "en")]
    [InlineData("fr", "en")]
    [InlineData("garbage;;;q=", "en")]
    public async Task Follows_what_the_browser_prefers(string? accept, string language)
    {
        await using var service = await SampleService.Start();
        var answer = accept is null ? await service.Get("/language") : await service.Get("/language", ("Accept-Language", accept));
        Assert.Equal(language, await Text(answer));
    }

    [Fact]
    public async Task A_choice_is_kept_in_a_cookie_that_scripts_cannot_read_and_goes_before_the_browsers_wish()
    {
        await using var service = await SampleService.Start();
        var answer = await service.Navigate("/components?culture=et");
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/components", answer.Headers.Location!.OriginalString);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal("identity-sample-language-5999=et; max-age=31536000; path=/; samesite=lax; httponly", cookie);
        Assert.Equal("et", await Text(await service.Get("/language", ("Cookie", "identity-sample-language-5999=et"), ("Accept-Language", "en"))));
    }

    [Fact]
    public async Task The_cookie_is_bound_to_the_host_where_there_is_tls()
    {
        await using var service = await SampleService.Start("https://id.example/");
        var cookie = Assert.Single((await service.Navigate("/components?culture=zh-Hans")).Headers.GetValues("Set-Cookie"));
        Assert.Equal("__Host-identity-sample-language=zh-Hans; max-age=31536000; path=/; secure; samesite=lax; httponly", cookie);
    }

    [Theory]
    [InlineData("/components?culture=fr", "/components")]
    [InlineData("/components?culture=", "/components")]
    [InlineData("/components?culture=../../x", "/components")]
    [InlineData("/components?culture=et%0d%0aSet-Cookie:a=b", "/components")]
    public async Task An_unknown_language_sets_no_cookie(string path, string location)
    {
        await using var service = await SampleService.Start();
        var answer = await service.Navigate(path);
        Assert.Equal(location, answer.Headers.Location!.OriginalString);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("//evil.example/?culture=et", "/evil.example/")]
    [InlineData("///evil.example/?culture=et", "/evil.example/")]
    [InlineData("/%5Cevil.example/?culture=et", "/%5Cevil.example/")]
    [InlineData("/\\evil.example/?culture=et", "/%5Cevil.example/")]
    [InlineData("/%2F%2Fevil.example/?culture=et", "/%2F%2Fevil.example/")]
    [InlineData("/a?next=https://evil.example/&culture=et", "/a?next=https%3A%2F%2Fevil.example%2F")]
    [InlineData("/a?x=1&culture=et&x=2", "/a?x=1&x=2")]
    public async Task Switching_stays_on_this_site(string path, string location)
    {
        await using var service = await SampleService.Start();
        // Written to the wire as it stands: a client library would tidy the address.
        var answer = await Wire.Get(service.Address, path);
        Assert.Contains("303 See Other", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\nLocation: {location}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_with_garbage_counts_as_none()
    {
        await using var service = await SampleService.Start();
        foreach (var value in new[] { "xx", "~", "~xx", "", "et%00", new string('e', 3000) })
            Assert.Equal("en", await Text(await service.Get("/language", ("Cookie", $"identity-sample-language-5999={value}"))));
    }

    [Theory]
    [InlineData("et en", null, "et", true)]
    [InlineData("fr zh-CN et", null, "zh-Hans", true)]
    [InlineData("fr de", null, "en", false)]
    [InlineData("et", "zh-Hans", "zh-Hans", false)]
    [InlineData("et", "~zh-Hans", "et", true)]
    public async Task What_an_agency_asks_for_yields_only_to_the_persons_choice(string wanted, string? cookie, string language, bool sets)
    {
        await using var service = await SampleService.Start();
        var answer = await service.Get("/locales?wanted=" + Uri.EscapeDataString(wanted), ("Cookie", $"identity-sample-language-5999={cookie}"));
        Assert.Equal(language, await Text(answer));
        Assert.Equal(sets, answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_page_without_a_choice_sets_no_cookie()
    {
        await using var service = await SampleService.Start();
        foreach (var path in new[] { "/text", "/nowhere", "/broken", "/assets/identity.css", "/health/ready", "/language" })
            Assert.False((await service.Navigate(path)).Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("en", "Skip to main content")]
    [InlineData("et", "Liigu põhisisu juurde")]
    [InlineData("zh", "跳到主要内容")]
    public async Task The_page_says_its_language_and_offers_the_others(string accept, string skip)
    {
        await using var service = await SampleService.Start();
        var text = WebUtility.HtmlDecode(await Text(await service.Navigate("/components?a=1", ("Accept-Language", accept))));
        var current = Languages.Match(accept)!;
        Assert.Contains($"<html lang=\"{current.Tag}\" dir=\"ltr\">", text, StringComparison.Ordinal);
        Assert.Contains(skip, text, StringComparison.Ordinal);
        foreach (var other in Languages.Supported.Where(l => l != current))
            Assert.Contains($"href=\"/components?a=1&culture={other.Tag}\">{other.OwnName}</a>", text, StringComparison.Ordinal);
    }

    static Task<string> Text(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
