using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Identity.Demo.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Identity.Demo.LandRegistry;

public sealed record SignatureRequested(string Id, [property: JsonPropertyName("review_url")] Uri ReviewUrl);

/// <summary>How a ceremony stands: open, archiving, completed, declined, cancelled, expired or failed.</summary>
public sealed record CeremonyStatus(string Id, string Status, IReadOnlyList<CeremonySigner> Signers, [property: JsonPropertyName("signed_sha256")] string? SignedSha256);

/// <param name="Status">waiting, turn, signed or declined.</param>
public sealed record CeremonySigner(string Id, string Identifier, string? Role, string Status, [property: JsonPropertyName("review_url")] Uri ReviewUrl);

public sealed record SignatureStatus(string Id, string Status, [property: JsonPropertyName("signed_sha256")] string? SignedSha256);

/// <summary>
/// The agency's program at Signing, with an access token of its own (client_credentials, <c>private_key_jwt</c>). A service that does not answer is a
/// <see cref="StoreUnavailableException"/>; a refusal is null with the reason in the log.
/// </summary>
public sealed class SignatureRequests(
    HttpClient http, AgencyKey key, DemoSettings settings, IOptionsMonitor<OpenIdConnectOptions> options, TimeProvider time, ILogger<SignatureRequests> log) : IDisposable
{
    const int LargestAnswer = 64 * 1024;
    const int LargestDocument = 16 * 1024 * 1024;
    static readonly TimeSpan BeforeExpiry = TimeSpan.FromSeconds(30);

    readonly SemaphoreSlim one = new(1);
    (string Value, DateTimeOffset Until) token = ("", DateTimeOffset.MinValue);

    /// <summary>Repeated with the same key and content, it has the same answer: a lost answer costs nothing.</summary>
    public async Task<SignatureRequested?> Create(byte[] document, string fileName, string purpose, Uri returnUrl, string? signer, string idempotencyKey, CancellationToken cancellation)
    {
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(document);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        form.Add(new StringContent(purpose), "purpose");
        form.Add(new StringContent(returnUrl.AbsoluteUri), "return_url");
        if (signer is not null)
            form.Add(new StringContent(signer), "signer");
        form.Add(file, "document", fileName);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Signing!, "requests")) { Content = form };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await Ask<SignatureRequested>(request, cancellation) is { } created && created.ReviewUrl.AbsoluteUri.StartsWith(settings.Signing!.AbsoluteUri, StringComparison.Ordinal)
            ? created
            : null;
    }

    public async Task<SignatureStatus?> Status(string id, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(settings.Signing!, $"requests/{Uri.EscapeDataString(id)}"));
        return await Ask<SignatureStatus>(request, cancellation);
    }

    public async Task<byte[]?> SignedDocument(string id, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(settings.Signing!, $"requests/{Uri.EscapeDataString(id)}/document"));
        using var answer = await Send(request, cancellation);
        return answer is null ? null : await Reach(() => Read(answer, LargestDocument, cancellation), "Signing", cancellation);
    }

    /// <summary>Several people are to sign; repeated with the same key and content, it has the same answer.</summary>
    public async Task<CeremonyStatus?> CreateCeremony(byte[] document, string fileName, object ceremony, string idempotencyKey, CancellationToken cancellation)
    {
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(document);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        form.Add(new StringContent(JsonSerializer.Serialize(ceremony), Encoding.UTF8), "ceremony");
        form.Add(file, "document", fileName);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Signing!, "ceremonies")) { Content = form };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await Ask<CeremonyStatus>(request, cancellation) is { } created
            && created.Signers.All(signer => signer.ReviewUrl.AbsoluteUri.StartsWith(settings.Signing!.AbsoluteUri, StringComparison.Ordinal)) ? created : null;
    }

    public async Task<CeremonyStatus?> Ceremony(string id, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(settings.Signing!, $"ceremonies/{Uri.EscapeDataString(id)}"));
        return await Ask<CeremonyStatus>(request, cancellation);
    }

    public async Task<byte[]?> CeremonyDocument(string id, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(settings.Signing!, $"ceremonies/{Uri.EscapeDataString(id)}/document"));
        using var answer = await Send(request, cancellation);
        return answer is null ? null : await Reach(() => Read(answer, LargestDocument, cancellation), "Signing", cancellation);
    }

    /// <summary>The keys with which Signing signs what it tells.</summary>
    public async Task<string> EventKeys(CancellationToken cancellation)
    {
        using var answer = await Reach(() => http.GetAsync(new Uri(settings.Signing!, ".well-known/jwks.json"), cancellation), "Signing", cancellation);
        answer.EnsureSuccessStatusCode();
        return Encoding.UTF8.GetString(await Reach(() => Read(answer, LargestAnswer, cancellation), "Signing", cancellation));
    }

    public void Dispose() => one.Dispose();

    async Task<T?> Ask<T>(HttpRequestMessage request, CancellationToken cancellation)
        where T : class
    {
        using var answer = await Send(request, cancellation);
        return answer is null ? null : JsonSerializer.Deserialize<T>(await Reach(() => Read(answer, LargestAnswer, cancellation), "Signing", cancellation), JsonSerializerOptions.Web);
    }

    async Task<HttpResponseMessage?> Send(HttpRequestMessage request, CancellationToken cancellation)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Token(cancellation));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var answer = await Reach(() => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation), "Signing", cancellation);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
        {
            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
                throw new StoreUnavailableException("Signing");
            var reason = await Reach(() => Read(answer, LargestAnswer, cancellation), "Signing", cancellation);
            log.LogWarning("Signing answered {Status}: {Reason}", (int)answer.StatusCode, SafeText.ForDisplay(Encoding.UTF8.GetString(reason), 500));
            return null;
        }
    }

    async Task<string> Token(CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            if (time.GetUtcNow() >= token.Until)
                token = await Reach(() => AskToken(cancellation), "the Provider", cancellation);
            return token.Value;
        }
        finally
        {
            one.Release();
        }
    }

    async Task<(string Value, DateTimeOffset Until)> AskToken(CancellationToken cancellation)
    {
        var metadata = await options.Get(AgencySignIn.Provider).ConfigurationManager!.GetConfigurationAsync(cancellation);
        // RFC 6749 4.4, RFC 7523 2.2. The scope names the one resource server that the token is for.
        var message = new OpenIdConnectMessage { GrantType = "client_credentials", Scope = "signing" };
        key.Authenticate(message);
        using var form = new FormUrlEncodedContent(message.Parameters);
        var now = time.GetUtcNow();
        using var answer = await http.PostAsync(metadata.TokenEndpoint, form, cancellation);
        var body = Encoding.UTF8.GetString(await Read(answer, LargestAnswer, cancellation));
        if ((int)answer.StatusCode >= 500 || answer.StatusCode == HttpStatusCode.TooManyRequests)
            throw new StoreUnavailableException("the Provider");
        // RFC 6749 5.2: any other refusal is a mistake of registration or of ours, and waiting does not mend it.
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"The Provider refused the agency's own token: {SafeText.ForDisplay(body, 500)}");
        var granted = new OpenIdConnectMessage(body);
        var seconds = int.Parse(granted.ExpiresIn, CultureInfo.InvariantCulture);
        return (granted.AccessToken, now + TimeSpan.FromSeconds(seconds) - BeforeExpiry);
    }

    static async Task<byte[]> Read(HttpResponseMessage answer, int most, CancellationToken cancellation)
    {
        await answer.Content.LoadIntoBufferAsync(most, cancellation);
        return await answer.Content.ReadAsByteArrayAsync(cancellation);
    }

    static async Task<T> Reach<T>(Func<Task<T>> ask, string whom, CancellationToken cancellation)
    {
        try
        {
            return await ask();
        }
        // The configuration manager wraps what the network said.
        catch (Exception exception) when (!cancellation.IsCancellationRequested && exception is HttpRequestException or TaskCanceledException or InvalidOperationException { InnerException: not null })
        {
            throw new StoreUnavailableException(whom, exception);
        }
    }
}
