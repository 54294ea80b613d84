using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Identity.Provider;

/// <summary>An answer of the Provider, as far as a browser sees it.</summary>
public record Page(HttpStatusCode Status, string Body, string? Location, HttpResponseHeaders Headers)
{
    public string Token => Field("__RequestVerificationToken");

    /// <summary>The value of a named input of the page; the last of the page when there are several.</summary>
    public string Field(string name)
    {
        var found = Regex.Matches(Body, $"""<input[^>]*name="{name}"[^>]*value="([^"]*)"[^>]*>""");
        Assert.True(found.Count > 0, $"the page has no field {name}: {Body}");
        return WebUtility.HtmlDecode(found[^1].Groups[1].Value);
    }

    public bool Has(string field) => Body.Contains($"name=\"{field}\"", StringComparison.Ordinal);

    public string Attribute(string name)
    {
        var found = Regex.Match(Body, $"""{name}="([^"]*)" """.TrimEnd());
        Assert.True(found.Success, $"the page has no attribute {name}: {Body}");
        return WebUtility.HtmlDecode(found.Groups[1].Value);
    }

    public IEnumerable<string> SetCookies => Headers.TryGetValues("Set-Cookie", out var values) ? values : [];

    /// <summary>What a person reads.</summary>
    public string Text => WebUtility.HtmlDecode(Body);
}

/// <summary>A browser as far as HTTP goes: cookies, forms, no automatic redirects, no script.</summary>
public sealed class Browser : IDisposable
{
    private readonly HttpClient client;

    public Browser(RunningProvider provider, CookieContainer? cookies = null)
    {
        Provider = provider;
        Cookies = cookies ?? new CookieContainer();
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = provider.Issuer };
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
    }

    public RunningProvider Provider { get; }

    public CookieContainer Cookies { get; }

    /// <summary>What a proxy, or who plays one, says about where the browser is.</summary>
    public string ForwardedFor
    {
        init => client.DefaultRequestHeaders.Add("X-Forwarded-For", value);
    }

    public string UserAgent
    {
        init => client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", value);
    }

    public Cookie? SessionCookie => Cookies.GetCookies(Provider.Issuer).FirstOrDefault(cookie => cookie.Name.Contains("-session", StringComparison.Ordinal));

    /// <summary>Another browser that holds a copy of this one's cookies, as they are now.</summary>
    public Browser Copy()
    {
        var copied = new CookieContainer();
        foreach (Cookie cookie in Cookies.GetCookies(Provider.Issuer))
            copied.Add(Provider.Issuer, new Cookie(cookie.Name, cookie.Value, "/"));
        return new Browser(Provider, copied);
    }

    public async Task<Page> Get(string path) => await Read(await client.GetAsync(new Uri(path, UriKind.Relative)));

    public async Task<Page> Post(string path, Page? from, params (string Name, string Value)[] fields)
    {
        var all = fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).ToList();
        if (from is not null)
            all.Add(KeyValuePair.Create("__RequestVerificationToken", from.Token));
        using var form = new FormUrlEncodedContent(all);
        return await Read(await client.PostAsync(new Uri(path, UriKind.Relative), form));
    }

    /// <summary>What passkeys.mjs fetches when the button is pressed.</summary>
    public async Task<(string Id, string Options)> Ceremony(string path, Page from, params (string Name, string Value)[] fields)
    {
        var answer = await Post(path, from, fields);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        using var json = JsonDocument.Parse(answer.Body);
        return (json.RootElement.GetProperty("id").GetString()!, json.RootElement.GetProperty("optionsJson").GetString()!);
    }

    /// <summary>The page after a good enrolment code.</summary>
    public async Task<Page> GiveCode(string code, string? returnUrl = null)
    {
        var query = Query(returnUrl);
        var page = await Get("/enrol" + query);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        return await Post("/enrol" + Handler("Code", returnUrl), page, ("code", code));
    }

    /// <summary>Enrols with a code and a new passkey, and is signed in.</summary>
    public async Task<Page> Enrol(string code, TestKit.VirtualAuthenticator authenticator, string? returnUrl = null)
    {
        var page = await GiveCode(code, returnUrl);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await Ceremony("/enrol" + Handler("Options", returnUrl), page, enrolment);
        return await Post(
            "/enrol" + Handler("Register", returnUrl), page, enrolment, ("ceremony", id), ("credential", authenticator.Register(options)));
    }

    /// <summary>The login page, and a ceremony of it.</summary>
    public async Task<(Page Page, string Ceremony, string Options)> BeginLogin(string? returnUrl = null)
    {
        var page = await Get("/login" + Query(returnUrl));
        var (id, options) = await Ceremony("/login" + Handler("Options", returnUrl), page);
        return (page, id, options);
    }

    public Task<Page> FinishLogin(Page page, string ceremony, string credential, string? returnUrl = null) =>
        Post("/login" + Query(returnUrl), page, ("ceremony", ceremony), ("credential", credential));

    public async Task<Page> SignIn(TestKit.VirtualAuthenticator authenticator, string? returnUrl = null)
    {
        var (page, ceremony, options) = await BeginLogin(returnUrl);
        return await FinishLogin(page, ceremony, authenticator.Assert(options), returnUrl);
    }

    public async Task<bool> IsSignedIn() => (await Get("/")).Text.Contains("You are signed in", StringComparison.Ordinal);

    public void Dispose() => client.Dispose();

    private static string Query(string? returnUrl) => returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl);

    private static string Handler(string handler, string? returnUrl) =>
        $"?handler={handler}" + (returnUrl is null ? "" : "&returnUrl=" + Uri.EscapeDataString(returnUrl));

    private static async Task<Page> Read(HttpResponseMessage answer)
    {
        using (answer)
            return new Page(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString, answer.Headers);
    }
}
