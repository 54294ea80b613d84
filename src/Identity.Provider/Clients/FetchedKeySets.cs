using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Identity.Web.Outgoing;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>
/// The keys that clients publish at their <c>jwks_uri</c> (RFC 7591 2), kept in memory of each instance: for an hour, or until a key is asked for that
/// is not among them, which brings them anew once a minute at most, whoever asks. When the client's server fails, the last keys are good for a
/// day. Of any number of requests at one time one fetches, and the others wait for it.
/// </summary>
internal sealed partial class FetchedKeySets(GuardedHttp http, TimeProvider time, ILogger<FetchedKeySets> logger)
{
    internal static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    internal static readonly TimeSpan Kept = TimeSpan.FromDays(1);
    internal static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // One for a registered client; a client whose address changes gets a new one.
    private readonly ConcurrentDictionary<string, Published> sets = new(StringComparer.Ordinal);

    /// <param name="client">A registered client.</param>
    /// <param name="address">Its <c>jwks_uri</c>.</param>
    /// <param name="keyId">That a signature names; null: any key will do.</param>
    /// <param name="cancellation">Of the waiting; the fetch goes on for the others.</param>
    /// <returns>null: there are none, or none that are recent enough</returns>
    public async Task<JsonWebKeySet?> Of(string client, Uri address, string? keyId, CancellationToken cancellation)
    {
        var published = sets.AddOrUpdate(client, _ => new Published(address), (_, known) => known.Address == address ? known : new Published(address));
        if (!IsGood(published.Last, keyId))
            await Refresh(client, published).WaitAsync(cancellation);
        return published.Last is { } last && time.GetUtcNow() - last.Fetched < Kept ? last.Keys : null;
    }

    private bool IsGood(Answer? last, string? keyId) =>
        last is not null && time.GetUtcNow() - last.Fetched < Fresh && (keyId is null || last.Keys.Keys.Any(key => key.KeyId == keyId));

    private Task Refresh(string client, Published published)
    {
        lock (published.Gate)
        {
            if (published.Running.IsCompleted && time.GetUtcNow() >= published.Next)
            {
                published.Next = time.GetUtcNow() + Pause;
                published.Running = Fetch(client, published);
            }

            return published.Running;
        }
    }

    private async Task Fetch(string client, Published published)
    {
        // The gate is not held while anybody is waited for.
        await Task.Yield();
        using var request = new HttpRequestMessage(HttpMethod.Get, published.Address);
        request.Headers.TryAddWithoutValidation("Accept", "application/jwk-set+json, application/json");
        var outcome = await http.Send(request, Patience, ClientKeys.LongestSet, CancellationToken.None);
        if (Keys(outcome, out var refusal) is { } keys)
            published.Last = new Answer(keys, time.GetUtcNow());
        else
            LogFailed(logger, client, refusal);
    }

    private static JsonWebKeySet? Keys(OutgoingOutcome outcome, out string refusal)
    {
        refusal = "";
        switch (outcome)
        {
            case OutgoingOutcome.Answered { Status: HttpStatusCode.OK } answered:
                return ClientKeys.ReadPublished(Encoding.UTF8.GetString(answered.Body), out refusal);
            case OutgoingOutcome.Answered answered:
                refusal = $"the answer is {(int)answered.Status}";
                return null;
            default:
                refusal = ((OutgoingOutcome.Failed)outcome).Reason;
                return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The keys of client {Client} could not be fetched: {Reason}")]
    private static partial void LogFailed(ILogger logger, string client, string reason);

    private sealed record Answer(JsonWebKeySet Keys, DateTimeOffset Fetched);

    private sealed class Published(Uri address)
    {
        private volatile Answer? last;

        public Lock Gate { get; } = new();

        public Uri Address => address;

        public Answer? Last
        {
            get => last;
            set => last = value;
        }

        public Task Running { get; set; } = Task.CompletedTask;

        public DateTimeOffset Next { get; set; } = DateTimeOffset.MinValue;
    }
}
