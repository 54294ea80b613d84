using System.Text.Json;
using Identity.Signing.SignIn;

namespace Identity.Signing.Csc;

/// <summary>What the Provider says about an access token that is for this service (RFC 7662 2.2).</summary>
/// <param name="Client">Which program has it.</param>
/// <param name="Subject">The person, as that program knows them.</param>
/// <param name="KeyThumbprint">RFC 9449 6.1: of the key that must be proven with it; null for a bearer token.</param>
/// <param name="Evidence">Of scope credential: the approval that it stands for.</param>
/// <param name="Statement">Of scope service, when a key was named.</param>
internal sealed record IntrospectedToken(
    string Client, string Subject, IReadOnlyList<string> Scopes, DateTimeOffset Expires, string? KeyThumbprint, string? Evidence, string? Statement);

/// <summary>Asks the Provider about a token at each call: one that was revoked, or whose session is over, does nothing any more.</summary>
internal sealed class ProviderIntrospection(HttpClient http, ClientKey client, SigningSettings settings)
{
    private const int LargestAnswer = 1024 * 1024;

    /// <summary>Null: not a token, or not one for this service, or over.</summary>
    /// <param name="token">As it came.</param>
    /// <param name="keyHash">SHA-256 of a SubjectPublicKeyInfo (base64url), for a statement about it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ProviderUnavailableException">no answer, or none that can be understood</exception>
    public async Task<IntrospectedToken?> Ask(string token, string? keyHash, CancellationToken cancellation)
    {
        var form = new Dictionary<string, string>
        {
            ["token"] = token, ["token_type_hint"] = "access_token", ["client_id"] = ClientKey.ClientId,
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", ["client_assertion"] = client.Assertion(settings.Provider),
        };
        if (keyHash is not null)
            form["certification_key"] = keyHash;
        try
        {
            using var content = new FormUrlEncodedContent(form);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Provider, "introspect")) { Content = content };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            response.EnsureSuccessStatusCode();
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            return Read(answer.RootElement);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ProviderUnavailableException("The Provider does not tell about a token: " + e.GetType().Name, e);
        }
    }

    private IntrospectedToken? Read(JsonElement answer)
    {
        if (!answer.GetProperty("active").GetBoolean() || !IsFor(answer, settings.PublicAddress.AbsoluteUri))
            return null;
        // RFC 8705 3.1: bound to a certificate, which nobody shows here.
        string? thumbprint = null;
        if (answer.TryGetProperty("cnf", out var confirmation) && (thumbprint = Text(confirmation, "jkt")) is null)
            return null;
        return new IntrospectedToken(
            Text(answer, "client_id") ?? throw new FormatException("no client_id"),
            Text(answer, "sub") ?? throw new FormatException("no sub"),
            Text(answer, "scope")?.Split(' ') ?? [],
            DateTimeOffset.FromUnixTimeSeconds(answer.GetProperty("exp").GetInt64()),
            thumbprint,
            Evidence(answer),
            Text(answer, "person_statement"));
    }

    // RFC 7662 2.2: a string or an array of strings.
    private static bool IsFor(JsonElement answer, string address) => answer.TryGetProperty("aud", out var audience)
        && (audience.ValueKind == JsonValueKind.Array ? audience.EnumerateArray().Any(one => one.GetString() == address) : audience.GetString() == address);

    private static string? Evidence(JsonElement answer) =>
        answer.TryGetProperty("authorization_details", out var details) && details is { ValueKind: JsonValueKind.Array } && details.GetArrayLength() == 1 ? Text(details[0], "approval_evidence") : null;

    private static string? Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;
}
