using System.Text.Json;

namespace Identity.Authority.Requests;

/// <summary>The Provider's keys cannot be had, so its evidence cannot be judged.</summary>
public sealed class EvidenceKeysUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// The public keys of the configured Provider and of no other: kept for ten minutes, asked for again when evidence names an unknown key, though not more
/// often than every half minute, so that forged key names cause no traffic.
/// </summary>
public sealed class EvidenceKeys(HttpClient http, AuthoritySettings settings, TimeProvider time) : IDisposable
{
    public const int MaxLength = 256 * 1024;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenRefreshes = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim fetching = new(1, 1);
    private volatile Fetched? last;

    /// <summary>The key set as published. <paramref name="anew"/>: what is kept did not have the key.</summary>
    public async Task<string> Get(bool anew, CancellationToken cancellation)
    {
        var seen = last;
        if (IsGood(seen, anew)) return seen!.Json;
        await fetching.WaitAsync(cancellation);
        try
        {
            // Whoever waited here takes what the one before fetched.
            if (last is { } other && !ReferenceEquals(other, seen)) return other.Json;
            var json = await Fetch(cancellation);
            last = new Fetched(json, time.GetUtcNow());
            return json;
        }
        finally
        {
            fetching.Release();
        }
    }

    public void Dispose() => fetching.Dispose();

    // A clock that was set back makes what is kept look new for longer: asked again then.
    private bool IsGood(Fetched? fetched, bool anew) =>
        fetched is not null && time.GetUtcNow() - fetched.At is var age && age >= TimeSpan.Zero && age < (anew ? BetweenRefreshes : Kept);

    private async Task<string> Fetch(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            // The address is the contract's, not what a metadata document says: there is nothing to be led astray by.
            using var response = await http.GetAsync(new Uri(settings.Provider, ".well-known/jwks"), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            response.EnsureSuccessStatusCode();
            await response.Content.LoadIntoBufferAsync(MaxLength, patience.Token);
            var json = await response.Content.ReadAsStringAsync(patience.Token);
            using var parsed = JsonDocument.Parse(json);
            return parsed.RootElement.GetProperty("keys").ValueKind == JsonValueKind.Array ? json : throw new JsonException("not a key set");
        }
        catch (Exception problem) when (!cancellation.IsCancellationRequested
            && problem is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new EvidenceKeysUnavailableException("The Provider's keys cannot be had.", problem);
        }
    }

    private sealed record Fetched(string Json, DateTimeOffset At);
}
