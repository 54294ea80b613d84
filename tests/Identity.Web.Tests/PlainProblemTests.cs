using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Identity.Web.Tests;

public sealed partial class PlainProblemTests
{
    [Theory]
    [InlineData("/store")]
    [InlineData("/wrapped")]
    public async Task A_store_that_is_gone_is_503_with_a_time_to_retry_for_people_and_machines(string path)
    {
        await using var service = await SampleService.Start();

        var page = await service.Navigate(path);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), page.Headers.RetryAfter!.Delta);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Contains("The service is unavailable for a moment", await Text(page), StringComparison.Ordinal);

        var json = await service.Get(path, ("Accept", "application/json"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, json.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), json.Headers.RetryAfter!.Delta);
        Assert.Equal("temporarily_unavailable", Json(await Text(json)).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("/broken", "text/html")]
    [InlineData("/broken", "application/json")]
    [InlineData("/store", "text/html")]
    [InlineData("/store", "*/*")]
    public async Task Leaks_nothing_of_the_fault_and_names_the_entry_of_the_log(string path, string accept)
    {
        // Development too: the framework's page with the stack trace must not come between.
        await using var service = await SampleService.Start(environment: "Development");
        var text = await Text(await service.Get(path, ("Accept", accept)));

        foreach (var secret in new[] { "secret", "Exception", "redis", "10.0.0.7", "   at ", ".cs" })
            Assert.DoesNotContain(secret, text.Replace("identity.css", "", StringComparison.Ordinal).Replace("uswds.css", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        var reference = Reference().Match(text).Value;
        Assert.Equal(10, reference.Length);
        Assert.Contains(service.Log.Entries, e => e.Contains(reference, StringComparison.Ordinal) && e.Contains("Exception", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(400, "invalid_request")]
    [InlineData(401, "unauthorized")]
    [InlineData(403, "access_denied")]
    [InlineData(404, "not_found")]
    [InlineData(405, "method_not_allowed")]
    [InlineData(409, "conflict")]
    [InlineData(413, "too_large")]
    [InlineData(415, "unsupported_media_type")]
    [InlineData(418, "invalid_request")]
    [InlineData(429, "too_many_requests")]
    [InlineData(500, "server_error")]
    [InlineData(502, "server_error")]
    [InlineData(503, "temporarily_unavailable")]
    public async Task Gives_an_empty_answer_a_code_and_a_page(int status, string code)
    {
        await using var service = await SampleService.Start();
        var json = await service.Get($"/status/{status}");
        Assert.Equal(status, (int)json.StatusCode);
        Assert.Equal(code, Json(await Text(json)).GetProperty("error").GetString());
        Assert.Equal(status is 429 or 503, json.Headers.RetryAfter is not null);

        var page = await service.Navigate($"/status/{status}");
        Assert.Equal(status, (int)page.StatusCode);
        Assert.StartsWith("<!doctype html>", await Text(page), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "This page does not exist")]
    [InlineData("et", "Seda lehte ei ole")]
    [InlineData("zh-CN", "此页面不存在")]
    public async Task Speaks_the_readers_language(string language, string title)
    {
        await using var service = await SampleService.Start();
        var text = WebUtility.HtmlDecode(await Text(await service.Navigate("/nowhere", ("Accept-Language", language))));
        Assert.Contains($"<h1>{title}</h1>", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_log_holds_the_query_of_an_address()
    {
        await using var service = await SampleService.Start();
        // As an answer of the Provider arrives at an agency: the code is a secret.
        using var answer = await service.Get("/text?code=the-secret-code&state=the-secret-state");
        using var missing = await service.Navigate("/missing?code=the-secret-code");
        using var broken = await service.Navigate("/broken?code=the-secret-code");
        Assert.DoesNotContain(service.Log.Entries, entry => entry.Contains("the-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Does_not_repeat_the_address_that_was_asked_for()
    {
        await using var service = await SampleService.Start();
        var text = await Text(await service.Navigate("/<script>alert(1)</script>?x=%22onload=%22"));
        Assert.DoesNotContain("alert", text, StringComparison.Ordinal);
        Assert.DoesNotContain("onload", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_and_at_the_limit_is_read()
    {
        await using var service = await SampleService.Start();
        Assert.Equal(HttpStatusCode.OK, (await Post(service, IdentityWeb.LargestRequestBody)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Post(service, IdentityWeb.LargestRequestBody + 1)).StatusCode);
    }

    [Fact]
    public async Task Readiness_says_nothing_of_what_is_wrong()
    {
        await using var service = await SampleService.Start();
        Assert.Equal("ok", await Text(await service.Get("/health/ready")));
        SampleService.Ready = false;
        try
        {
            var answer = await service.Get("/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("unavailable", await Text(answer));
            Assert.Equal("ok", await Text(await service.Get("/health/live")));
        }
        finally
        {
            SampleService.Ready = true;
        }
    }

    [Fact]
    public void References_differ_and_have_no_look_alikes()
    {
        var references = Enumerable.Range(0, 1000).Select(_ => PlainProblem.NewReference()).ToList();
        Assert.Equal(1000, references.Distinct().Count());
        Assert.All(references, r => Assert.Matches("^[2-9A-HJKMNP-TV-Z]{10}$", r));
    }

    static Task<HttpResponseMessage> Post(SampleService service, int length)
    {
        var content = new ByteArrayContent(new byte[length]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return service.Client.PostAsync("/body", content, TestContext.Current.CancellationToken);
    }

    static Task<string> Text(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    [GeneratedRegex("(?<=<code>|\"reference\":\")[2-9A-Z]{10}")]
    private static partial Regex Reference();
}
