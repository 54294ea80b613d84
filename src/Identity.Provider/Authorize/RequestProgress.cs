using Identity.Provider.Storage;
using StackExchange.Redis;

namespace Identity.Provider.Authorize;

/// <summary>What has happened to one waiting authorization request so far.</summary>
/// <param name="Begun">When its browser first arrived; null before that.</param>
/// <param name="Cancelled">The person pressed cancel.</param>
/// <param name="Consented">The person agreed on the consent page for this very request, whatever was agreed before.</param>
/// <param name="Browser">What the browser shows that came with it first (<see cref="Login.RequestBrowser"/>); null before that.</param>
public sealed record RequestFacts(DateTimeOffset? Begun, bool Cancelled, bool Consented, string? Browser = null)
{
    /// <summary>Whether a browser that shows this may go on with the request.</summary>
    public bool IsOf(string? browser) => Browser is null || Browser == browser;
}

/// <summary>
/// Keeps <see cref="RequestFacts"/> in Redis under the request's key until the request ends. Facts are only ever added, so callers may come
/// in any order and at one time. The pages report here; <c>/authorize</c> reads, and <see cref="NextStep"/> decides.
/// </summary>
public sealed class RequestProgress(RedisStore redis, ProviderSettings settings, TimeProvider time)
{
    private const string BegunField = "begun";
    private const string CancelledField = "cancelled";
    private const string ConsentedField = "consented";
    private const string BrowserField = "browser";

    public async Task<RequestFacts> Read(string requestKey)
    {
        var facts = (await redis.Run(database => database.HashGetAllAsync(Name(requestKey), RedisStore.Primary))).ToDictionary(entry => (string)entry.Name!, entry => entry.Value);
        return new RequestFacts(
            facts.TryGetValue(BegunField, out var begun) ? DateTimeOffset.FromUnixTimeSeconds((long)begun) : null,
            facts.ContainsKey(CancelledField),
            facts.ContainsKey(ConsentedField),
            facts.TryGetValue(BrowserField, out var browser) ? (string?)browser : null);
    }

    /// <summary>The browser is about to be sent to a page. The first call counts. In whole seconds, as auth_time is: the two are compared.</summary>
    /// <param name="requestKey">The request.</param>
    /// <param name="browser">What this browser will show for it from now on.</param>
    public async Task Begin(string requestKey, string browser)
    {
        // First whose it is: a begun request without a browser would be anybody's.
        await Note(requestKey, BrowserField, browser);
        await Note(requestKey, BegunField, time.GetUtcNow().ToUnixTimeSeconds());
    }

    /// <summary>The person does not want to go on: <c>/authorize</c> then answers access_denied.</summary>
    public Task Cancel(string requestKey) => Note(requestKey, CancelledField, 1);

    /// <summary>The person agreed on the consent page. This does not store the consent.</summary>
    public Task Consented(string requestKey) => Note(requestKey, ConsentedField, 1);

    private Task<bool> Note(string requestKey, string field, RedisValue value) => redis.Run(async database =>
    {
        var transaction = database.CreateTransaction();
        var noted = transaction.HashSetAsync(Name(requestKey), field, value, When.NotExists);
        var kept = transaction.KeyExpireAsync(Name(requestKey), settings.InteractionLifetime);
        return await transaction.ExecuteAsync() && await noted | await kept;
    });

    private RedisKey Name(string requestKey) => redis.Key("progress:" + requestKey);
}
