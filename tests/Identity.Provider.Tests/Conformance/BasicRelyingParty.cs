using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Identity.Provider.Authorize;

namespace Identity.Provider.Conformance;

/// <summary>A relying party of the Basic OP plan: its requests go through the browser, and it has a secret.</summary>
public sealed class BasicRelyingParty(RunningProvider provider, string clientId) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = provider.Issuer };

    public string ClientId => clientId;

    public string RedirectUri => ProviderWithBasicClients.RedirectUri(clientId);

    public string State { get; } = Agency.Random(16);

    public string Nonce { get; } = Agency.Random(16);

    public void Dispose() => http.Dispose();

    public Dictionary<string, string> Request(Action<Dictionary<string, string>>? change = null)
    {
        var request = new Dictionary<string, string>
        {
            ["client_id"] = clientId, ["response_type"] = "code", ["redirect_uri"] = RedirectUri, ["scope"] = "openid", ["state"] = State, ["nonce"] = Nonce,
        };
        change?.Invoke(request);
        return request;
    }

    /// <summary>The page at which the browser is after the Provider has put the request away.</summary>
    public async Task<Page> Begin(Browser browser, Action<Dictionary<string, string>>? change = null)
    {
        var page = await browser.Get("/authorize?" + RedirectUriTests.Query(Request(change)));
        return page.Location?.StartsWith(provider.Issuer.AbsoluteUri + "authorize?", StringComparison.Ordinal) == true
            ? await browser.Get(new Uri(page.Location).PathAndQuery)
            : page;
    }

    /// <summary>What came back to the redirect URI.</summary>
    public async Task<Dictionary<string, string>> Answer(Browser browser, Action<Dictionary<string, string>>? change = null)
    {
        var page = await Begin(browser, change);
        Assert.True(page.Location?.StartsWith(RedirectUri + "?", StringComparison.Ordinal), $"{page.Status} {page.Location} {page.Body}");
        return SignedIn.Query(page.Location!);
    }

    public async Task<string> Code(Action<Dictionary<string, string>>? change = null)
    {
        using var browser = new Browser(provider);
        await browser.SignIn();
        return (await Answer(browser, change))["code"];
    }

    public Task<Reply> Redeem(string code, Action<Dictionary<string, string>>? change = null)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = RedirectUri };
        change?.Invoke(form);
        return Token(form);
    }

    public async Task<Reply> Token(Dictionary<string, string> form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/token");
        if (clientId == ProviderWithBasicClients.Post)
        {
            form["client_id"] = clientId;
            form["client_secret"] = ProviderWithBasicClients.Secret(clientId);
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{clientId}:{ProviderWithBasicClients.Secret(clientId)}")));
        }

        request.Content = new FormUrlEncodedContent(form);
        return await Send(request);
    }

    /// <summary>A whole login.</summary>
    public async Task<Reply> Tokens(Action<Dictionary<string, string>>? change = null)
    {
        var tokens = await Redeem(await Code(change));
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        return tokens;
    }

    public async Task<Reply> UserInfo(string access)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo") { Headers = { Authorization = new("Bearer", access) } };
        return await Send(request);
    }

    public async Task<Reply> Send(HttpRequestMessage request)
    {
        using var answer = await http.SendAsync(request);
        return new Reply(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers);
    }
}
