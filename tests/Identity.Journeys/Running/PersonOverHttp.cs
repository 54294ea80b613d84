using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.TestKit;

namespace Identity.Journeys.Running;

/// <summary>A person with a browser as far as HTTP goes (cookies, forms, redirects followed by hand) and a passkey, at the Provider's pages.</summary>
public sealed partial class PersonOverHttp : IDisposable
{
    private readonly HttpClient _http;
    private readonly VirtualAuthenticator _authenticator;
    private readonly Uri _provider;

    public PersonOverHttp(DevHostProcess host)
    {
        _provider = new Uri(host.Address(0));
        _authenticator = new VirtualAuthenticator(_provider.GetLeftPart(UriPartial.Authority));
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = _provider };
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        _http.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
    }

    /// <summary>The page on which the person approved last, as they read it.</summary>
    public string ApprovalPage { get; private set; } = "";

    public async Task Enrol(string code)
    {
        var page = await Read(await _http.GetAsync(new Uri("/enrol", UriKind.Relative)));
        page = await Post("/enrol?handler=Code", page.Body, ("code", code));
        var enrolment = ("enrolment", Field(page.Body, "enrolment"));
        var options = JsonNode.Parse((await Post("/enrol?handler=Options", page.Body, enrolment)).Body)!;
        page = await Post(
            "/enrol?handler=Register", page.Body, enrolment, ("ceremony", (string)options["id"]!), ("credential", _authenticator.Register((string)options["optionsJson"]!)));
        Assert.True(page.Location is not null, page.Body);
    }

    /// <summary>Opens an address of the Provider, allows and approves what it asks, and says where the answer goes.</summary>
    public async Task<Uri> Allow(string address)
    {
        for (var steps = 0; steps < 10; steps++)
        {
            var page = await Read(await _http.GetAsync(new Uri(_provider, address)));
            if (page.Location is not { } location)
                throw new InvalidOperationException(page.Body);
            if (IsAnswer(location))
                return new Uri(location);
            page = await Read(await _http.GetAsync(new Uri(_provider, location)));
            var next = location.StartsWith("/consent", StringComparison.Ordinal)
                ? await Post(location.Replace("/consent?", "/consent?handler=Allow&", StringComparison.Ordinal), page.Body)
                : await Approve(location, page.Body);
            address = next.Location ?? throw new InvalidOperationException(next.Body);
        }

        throw new InvalidOperationException("The Provider does not come to an end.");
    }

    public void Dispose()
    {
        _http.Dispose();
        _authenticator.Dispose();
    }

    private async Task<(string Body, string? Location)> Approve(string location, string page)
    {
        Assert.StartsWith("/approve?", location, StringComparison.Ordinal);
        ApprovalPage = WebUtility.HtmlDecode(page);
        var options = WebUtility.HtmlDecode(Given().Match(page).Groups[1].Value);
        return await Post(location, page, ("approval", Field(page, "approval")), ("credential", _authenticator.Assert(options)));
    }

    private bool IsAnswer(string location) => Uri.TryCreate(location, UriKind.Absolute, out var uri) && uri.Scheme.StartsWith("http", StringComparison.Ordinal) && uri.Authority != _provider.Authority;

    private async Task<(string Body, string? Location)> Post(string path, string from, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).Append(KeyValuePair.Create("__RequestVerificationToken", Field(from, "__RequestVerificationToken"))));
        return await Read(await _http.PostAsync(new Uri(path, UriKind.Relative), form));
    }

    private static async Task<(string Body, string? Location)> Read(HttpResponseMessage answer)
    {
        using (answer)
            return (await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
    }

    private static string Field(string page, string name)
    {
        var found = Regex.Matches(page, $"""<input[^>]*name="{name}"[^>]*value="([^"]*)"[^>]*>""");
        Assert.True(found.Count > 0, $"the page has no field {name}: {page}");
        return WebUtility.HtmlDecode(found[^1].Groups[1].Value);
    }

    [GeneratedRegex("data-passkey-given=\"([^\"]*)\"")]
    private static partial Regex Given();
}
