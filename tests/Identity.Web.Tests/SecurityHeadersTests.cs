using System.Net;

namespace Identity.Web.Tests;

public sealed class SecurityHeadersTests
{
    const string Policy = "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        + "img-src 'self' data:; script-src 'self'; style-src 'self'";

    [Theory]
    [InlineData("/components", 200)]
    [InlineData("/text", 200)]
    [InlineData("/health/live", 200)]
    [InlineData("/assets/identity.css", 200)]
    [InlineData("/assets/missing.css", 404)]
    [InlineData("/components?culture=et", 303)]
    [InlineData("/nowhere", 404)]
    [InlineData("/status/403", 403)]
    [InlineData("/broken", 500)]
    [InlineData("/store", 503)]
    public async Task Are_on_every_kind_of_answer(string path, int status)
    {
        await using var service = await SampleService.Start();
        foreach (var answer in new[] { await service.Navigate(path), await service.Get(path) })
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(Policy, Single(answer, "Content-Security-Policy"));
            Assert.Equal("nosniff", Single(answer, "X-Content-Type-Options"));
            Assert.Equal("DENY", Single(answer, "X-Frame-Options"));
            Assert.Equal("no-referrer", Single(answer, "Referrer-Policy"));
            Assert.Equal("same-origin", Single(answer, "Cross-Origin-Opener-Policy"));
            Assert.Contains("publickey-credentials-get=(self)", Single(answer, "Permissions-Policy"), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("Server"));
            Assert.False(answer.Headers.Contains("X-Powered-By"));
        }
    }

    // The framework would draw the page without running the handler that decides who may see it.
    [Theory]
    [InlineData("TRACE")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task A_page_answers_no_method_that_it_has_no_handler_for(string method)
    {
        await using var service = await SampleService.Start();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/components");
        using var answer = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.False(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        Assert.DoesNotContain("<main", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forbid_storing_unless_the_endpoint_says_otherwise()
    {
        await using var service = await SampleService.Start();
        Assert.Contains("no-store", Single(await service.Navigate("/components"), "Cache-Control"), StringComparison.Ordinal);
        Assert.Equal("public, max-age=60", Single(await service.Get("/cached"), "Cache-Control"));
        Assert.Equal("no-store", Single(await service.Get("/broken"), "Cache-Control"));
    }

    [Fact]
    public async Task Demand_tls_for_two_years_only_where_the_public_address_has_it()
    {
        await using (var service = await SampleService.Start())
            Assert.False((await service.Get("/text")).Headers.Contains("Strict-Transport-Security"));
        await using (var service = await SampleService.Start("https://id.example/"))
            Assert.Equal("max-age=63072000; includeSubDomains", Single(await service.Get("/text"), "Strict-Transport-Security"));
    }

    [Fact]
    public async Task Take_additions_for_one_answer_only()
    {
        await using var service = await SampleService.Start();
        var policy = Single(await service.Get("/form/https"), "Content-Security-Policy");
        Assert.Contains("form-action 'self' https://agency.example:8443;", policy, StringComparison.Ordinal);
        Assert.EndsWith("worker-src 'self'", policy, StringComparison.Ordinal);
        Assert.Equal(Policy, Single(await service.Get("/text"), "Content-Security-Policy"));
    }

    [Theory]
    [InlineData("com.example.app:/callback", "com.example.app:")]
    [InlineData("http://127.0.0.1:51004/callback", "http://127.0.0.1:51004")]
    [InlineData("http://[::1]:51004/callback", "http:")]
    public void Let_a_form_end_at_an_application_of_the_device(string address, string source) =>
        Assert.Contains($"form-action 'self' {source};", new ContentSecurity().AllowFormAction(new Uri(address)).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("javascript")]
    [InlineData("data")]
    [InlineData("ftp")]
    public async Task Refuse_a_form_target_that_is_no_web_origin(string scheme)
    {
        await using var service = await SampleService.Start();
        Assert.Equal(HttpStatusCode.InternalServerError, (await service.Get("/form/" + scheme)).StatusCode);
        Assert.Contains(service.Log.Entries, e => e.Contains("An origin is an absolute https or http address", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("img-src", "a; script-src *")]
    [InlineData("img-src", "a,b")]
    [InlineData("img-src", "a b")]
    [InlineData("img-src", "a\r\nSet-Cookie:x")]
    [InlineData("img-src", "ä.example")]
    [InlineData("img-src", "")]
    [InlineData("img-src *; script-src", "blob:")]
    [InlineData("", "blob:")]
    public void Refuse_a_source_that_could_open_another_directive(string directive, string source) =>
        Assert.Throws<ArgumentException>(() => new ContentSecurity().Allow(directive, source));

    [Fact]
    public void Replace_none_by_the_first_source()
    {
        var policy = new ContentSecurity().Allow("frame-ancestors", "https://a.example").ToString();
        Assert.Contains("frame-ancestors https://a.example;", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("Forwarded", "host=evil.example;proto=https")]
    public async Task Host_and_scheme_are_the_public_address_whatever_a_request_claims(string header, string value)
    {
        await using var service = await SampleService.Start();
        var answer = await service.Get("/host", (header, value));
        Assert.Equal("http://localhost:5999", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    static string Single(HttpResponseMessage answer, string header) => Assert.Single(answer.Headers.GetValues(header));
}
