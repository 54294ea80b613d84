using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Identity.Signing.Tests;

/// <summary>A browser without script: cookies, redirects, hidden fields of the last page.</summary>
public sealed partial class Browser : IDisposable
{
    private const int MostRedirects = 12;
    private readonly CookieContainer cookies = new();
    private readonly HttpClient client;

    public Browser(string address, X509Certificate2? trusted = null)
    {
        client = new HttpClient(Trusting(trusted, new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = cookies })) { BaseAddress = new Uri(address) };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
    }

    public CookieContainer Cookies => cookies;

    /// <summary>With this root in place of the machine's, when there is one.</summary>
    public static SocketsHttpHandler Trusting(X509Certificate2? trusted, SocketsHttpHandler handler)
    {
        if (trusted is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { trusted }, RevocationMode = X509RevocationMode.NoCheck };
        }

        return handler;
    }

    public string Language
    {
        set
        {
            client.DefaultRequestHeaders.AcceptLanguage.Clear();
            client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(value);
        }
    }

    public Task<HttpResponseMessage> Get(string address) => Follow(new HttpRequestMessage(HttpMethod.Get, address));

    public Task<HttpResponseMessage> GetOnce(string address) => client.GetAsync(address, SigningSystem.Cancellation);

    public Task<HttpResponseMessage> Post(string address, IReadOnlyDictionary<string, string> fields) =>
        Follow(new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(fields) });

    public Task<HttpResponseMessage> PostOnce(string address, HttpContent content) => client.PostAsync(address, content, SigningSystem.Cancellation);

    /// <summary>Posts the upload form of the first page as a browser does.</summary>
    public async Task<HttpResponseMessage> Upload(byte[] document, string fileName = "own.pdf", string purpose = "", bool withToken = true)
    {
        var fields = await Fields(await Get("/"));
        var form = new MultipartFormDataContent { HeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 };
        if (withToken)
            form.Add(new StringContent(fields["__RequestVerificationToken"]), "__RequestVerificationToken");
        form.Add(new StringContent(purpose), "purpose");
        var file = new ByteArrayContent(document);
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"document\"; filename=\"{fileName}\"");
        form.Add(file);
        return await Follow(new HttpRequestMessage(HttpMethod.Post, "/") { Content = form });
    }

    /// <summary>Hidden fields of the page's last form.</summary>
    public static async Task<Dictionary<string, string>> Fields(HttpResponseMessage page) =>
        Hidden().Matches(await page.Content.ReadAsStringAsync(SigningSystem.Cancellation))
            .GroupBy(match => match.Groups[1].Value).ToDictionary(group => group.Key, group => WebUtility.HtmlDecode(group.Last().Groups[2].Value));

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> Follow(HttpRequestMessage request)
    {
        var answer = await client.SendAsync(request, SigningSystem.Cancellation);
        for (var i = 0; i < MostRedirects && answer.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.SeeOther; i++)
        {
            var next = new Uri(answer.RequestMessage!.RequestUri!, answer.Headers.Location!);
            if (next.Host != "localhost")
                return answer;
            answer = await client.GetAsync(next, SigningSystem.Cancellation);
        }

        return answer;
    }

    [GeneratedRegex("""<input name="([^"]+)" type="hidden" value="([^"]*)""")]
    private static partial Regex Hidden();
}
