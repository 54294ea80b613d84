using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using StackExchange.Redis;

namespace Identity.Provider.Logout;

/// <summary>
/// Agencies that are still to be told of a session's end, in Redis, so that no crash of an instance forgets one and any instance can go on. Each agency has a lane
/// of its own, ordered by when the next attempt is due. What became of each is kept for a day. Every method may be repeated.
/// </summary>
public sealed class LogoutOutbox(RedisStore redis, SealedValues values, TimeProvider time) : IDisposable
{
    /// <summary>How long the operator can see what became of it.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>Longer than an attempt can take; after it another instance may try.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const string Lanes = "logout-lanes";
    private const string Index = "logout-index";

    private readonly SemaphoreSlim arrived = new(0, 1);

    internal DateTimeOffset Now => time.GetUtcNow();

    public void Dispose() => arrived.Dispose();

    /// <summary>Durable as far as Redis is when it returns; the first attempt follows at once.</summary>
    public async Task Add(string sid, SessionClient client)
    {
        var now = time.GetUtcNow();
        var delivery = LogoutDelivery.New(IdOf(sid, client.ClientId), sid, client, now);
        // First the record, then the pointers to it: what a crash in between leaves out, the repetition by the session's end makes good.
        if (!await values.PutOnce(Key(delivery.Id), delivery, Kept) && await Find(delivery.Id) is not { State: LogoutDeliveryState.Pending })
            return;
        await redis.Run(async database =>
        {
            await database.SortedSetAddAsync(redis.Key(Index), delivery.Id, now.ToUnixTimeMilliseconds(), SortedSetWhen.NotExists);
            await database.SortedSetRemoveRangeByScoreAsync(redis.Key(Index), double.NegativeInfinity, (now - Kept).ToUnixTimeMilliseconds());
            await database.SortedSetAddAsync(redis.Key(Lane(client.ClientId)), delivery.Id, now.ToUnixTimeMilliseconds(), SortedSetWhen.NotExists);
            return await database.SetAddAsync(redis.Key(Lanes), client.ClientId);
        });
        Wake();
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<LogoutDelivery>> List(int most)
    {
        var ids = await redis.Run(database => database.SortedSetRangeByRankAsync(redis.Key(Index), 0, most - 1, Order.Descending, RedisStore.Primary));
        var found = new List<LogoutDelivery>();
        foreach (var id in ids)
        {
            if (await Find(id.ToString()) is { } delivery)
                found.Add(delivery);
        }

        return found;
    }

    /// <summary>Agencies with something to be told.</summary>
    internal async Task<IReadOnlyList<string>> Waiting() =>
        [.. (await redis.Run(database => database.SetMembersAsync(redis.Key(Lanes), RedisStore.Primary))).Select(member => member.ToString())];

    internal async Task<IReadOnlyList<string>> Due(string clientId, int most) =>
        [.. (await redis.Run(database => database.SortedSetRangeByScoreAsync(
            redis.Key(Lane(clientId)), stop: time.GetUtcNow().ToUnixTimeMilliseconds(), take: most, flags: RedisStore.Primary))).Select(member => member.ToString())];

    internal Task<LogoutDelivery?> Find(string id) => values.Get<LogoutDelivery>(Key(id));

    /// <summary>The right to make one attempt. False: somebody else is at it.</summary>
    internal Task<bool> Claim(string id) => redis.SetIfAbsent(LeaseKey(id), Lease);

    internal Task Release(string id) => redis.Remove(LeaseKey(id));

    /// <summary>Keeps what an attempt came to, and plans the next one if there is one.</summary>
    internal async Task Keep(LogoutDelivery delivery)
    {
        var left = delivery.Queued + Kept - time.GetUtcNow();
        await values.Put(Key(delivery.Id), delivery, left > TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1));
        if (delivery.Next is { } next)
            await redis.Run(database => database.SortedSetAddAsync(redis.Key(Lane(delivery.ClientId)), delivery.Id, next.ToUnixTimeMilliseconds()));
        else
            await Drop(delivery.ClientId, delivery.Id);
    }

    internal Task Drop(string clientId, string id) => redis.Run(database => database.SortedSetRemoveAsync(redis.Key(Lane(clientId)), id));

    /// <summary>Takes an empty lane from the list of lanes.</summary>
    internal async Task Close(string clientId)
    {
        if (await Length(clientId) > 0)
            return;
        await redis.Run(database => database.SetRemoveAsync(redis.Key(Lanes), clientId));
        // Somebody may have added to the lane in between, and to the list of lanes before it was taken away there.
        if (await Length(clientId) > 0)
            await redis.Run(database => database.SetAddAsync(redis.Key(Lanes), clientId));
    }

    /// <summary>Until something is added by this process, or the time is over.</summary>
    internal Task Arrival(TimeSpan longest, CancellationToken cancellation) => arrived.WaitAsync(longest, cancellation);

    internal void Wake()
    {
        try
        {
            arrived.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    private Task<long> Length(string clientId) => redis.Run(database => database.SortedSetLengthAsync(redis.Key(Lane(clientId)), flags: RedisStore.Primary));

    private static string IdOf(string sid, string clientId) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{sid} {clientId}")).AsSpan(0, 16));

    private static string Key(string id) => "logout-delivery:" + id;

    private static string LeaseKey(string id) => "logout-lease:" + id;

    private static string Lane(string clientId) => "logout-lane:" + clientId;
}
