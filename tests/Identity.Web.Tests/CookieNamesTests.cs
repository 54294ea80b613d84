namespace Identity.Web.Tests;

public sealed class CookieNamesTests
{
    [Theory]
    [InlineData("https://id.example/", "__Host-identity-provider-session")]
    [InlineData("https://id.example:8443/", "__Host-identity-provider-session")]
    [InlineData("http://localhost:5000/", "identity-provider-session-5000")]
    [InlineData("http://localhost/", "identity-provider-session-80")]
    public void Are_bound_to_the_host_by_tls_and_to_the_port_without(string address, string name) =>
        Assert.Equal(name, CookieNames.For(new Uri(address), "provider", "session"));

    [Theory]
    [InlineData("", "session")]
    [InlineData("provider", "")]
    [InlineData("Provider", "session")]
    [InlineData("provider", "ses;sion")]
    [InlineData("provider", "a b")]
    [InlineData("provider=", "a")]
    public void Refuse_anything_but_words(string service, string what) =>
        Assert.Throws<ArgumentException>(() => CookieNames.For(new Uri("https://id.example/"), service, what));

    [Fact]
    public async Task The_antiforgery_cookie_is_strict_hidden_from_scripts_and_named_by_the_service()
    {
        await using var service = await SampleService.Start("https://id.example/");
        var cookie = Assert.Single((await service.Navigate("/components")).Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-identity-sample-antiforgery=", cookie, StringComparison.Ordinal);
        Assert.EndsWith("; path=/; secure; samesite=strict; httponly", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_post_without_its_token_is_refused_with_a_page()
    {
        await using var service = await SampleService.Start();
        using var form = new FormUrlEncodedContent([new("code", "x")]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/components") { Content = form };
        request.Headers.Add("Accept", "text/html");
        var answer = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("This request could not be understood", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
