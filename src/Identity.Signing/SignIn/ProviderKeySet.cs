using System.Text.Json;

namespace Identity.Signing.SignIn;

/// <summary>The Provider does not tell its keys, or tells something that is not its keys.</summary>
public sealed class ProviderUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The public keys of the configured Provider, and of no other: found by discovery below the issuer's address, kept for a
/// while, asked for again when a token names a key that is not there, but not more often than every half minute.
/// </summary>
public sealed class ProviderKeySet(HttpClient http, SigningSettings settings, TimeProvider time) : IDisposable
{
    private const int LargestAnswer = 256 * 1024;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenRefreshes = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim fetching = new(1, 1);
    private volatile Fetched? last;

    /// <summary>The JSON Web Key Set as the Provider publishes it.</summary>
    /// <exception cref="ProviderUnavailableException">not reachable and nothing kept</exception>
    public async Task<string> Get(CancellationToken cancellation) =>
        last is { } known && time.GetUtcNow() - known.At < Kept ? known.Json : await Fetch(last, cancellation);

    /// <summary>Asks anew because of an unknown key; what is known already when it was asked for just now.</summary>
    public async Task<string> GetAnew(CancellationToken cancellation) =>
        last is { } known && time.GetUtcNow() - known.At < BetweenRefreshes ? known.Json : await Fetch(last, cancellation);

    public void Dispose() => fetching.Dispose();

    private async Task<string> Fetch(Fetched? stale, CancellationToken cancellation)
    {
        await fetching.WaitAsync(cancellation);
        try
        {
            // Whoever waited here takes what the one before fetched.
            if (last is { } fresh && !ReferenceEquals(fresh, stale))
                return fresh.Json;
            var json = await FetchKeys(cancellation);
            last = new Fetched(json, time.GetUtcNow());
            return json;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ProviderUnavailableException("The Provider's keys cannot be had: " + e.Message, e);
        }
        finally
        {
            fetching.Release();
        }
    }

    private async Task<string> FetchKeys(CancellationToken cancellation)
    {
        var issuer = settings.Provider.AbsoluteUri;
        using var metadata = JsonDocument.Parse(await GetText(new Uri(settings.Provider, ".well-known/openid-configuration"), cancellation));
        // OpenID Connect Discovery 4.3: the issuer in the answer must be the one asked for.
        if (metadata.RootElement.GetProperty("issuer").GetString() != issuer)
            throw new InvalidOperationException("the metadata is another issuer's");
        var address = new Uri(metadata.RootElement.GetProperty("jwks_uri").GetString() ?? "");
        if (address.GetLeftPart(UriPartial.Authority) != settings.Provider.GetLeftPart(UriPartial.Authority))
            throw new InvalidOperationException("the keys are at another origin");
        var keys = await GetText(address, cancellation);
        using var parsed = JsonDocument.Parse(keys);
        return parsed.RootElement.GetProperty("keys").ValueKind == JsonValueKind.Array ? keys : throw new InvalidOperationException("not a key set");
    }

    private async Task<string> GetText(Uri address, CancellationToken cancellation)
    {
        using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    private sealed record Fetched(string Json, DateTimeOffset At);
}
