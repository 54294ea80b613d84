using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Storage;
using StackExchange.Redis;

namespace Identity.Provider.Sessions;

/// <summary>
/// All login sessions, in Redis, by <c>sid</c>. Each is one sealed record that lives for the idle time and is read and extended by one command;
/// beside it, on the same node, stands what its end needs to know: whose it was and which agencies got an answer in it. Everything here may be called
/// at once from any number of instances. A session that Redis lost is a person who signs in again. <see cref="SessionEnds"/> ends sessions.
/// </summary>
public sealed class SessionRegister(SealedValues values, RedisStore redis, SessionLimits limits, TimeProvider time)
{
    /// <summary>Answers of one session that are remembered to be revoked; the oldest makes room, and is revoked then.</summary>
    internal const int MostAuthorizations = 256;

    /// <summary>How long what an end needs to know outlives the session, should nobody be there to end it.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromHours(1);

    private const int SecretBytes = 32;
    private const string PersonField = "person";
    private const string ReasonField = "reason";
    private const string ClientPrefix = "client:";
    private const string AuthorizationPrefix = "authorization:";
    private const string Ends = "session-ends";

    /// <summary>Registers a session under a new sid. What is returned belongs into the cookie: it opens the session.</summary>
    internal async Task<string> Begin(PersonSession session, string device, DateTimeOffset end)
    {
        var now = time.GetUtcNow();
        // First what its end needs, then the session: a crash in between leaves something to clear away, never a session that ends unnoticed.
        await Accompany(session.SessionId, session.PersonId, end);
        await Plan(session.SessionId, Sooner(now + limits.Idle, end));
        await Index(session.PersonId, session.SessionId, end);
        var (key, hash) = NewKey(session.SessionId);
        var record = new SessionRecord(hash, session.PersonId, session.AuthenticatedAt, session.Methods, session.Assurance, device, now, end);
        if (!await values.PutOnce(Session(session.SessionId), record, limits.Idle))
            throw new InvalidOperationException("Two random session identifiers were equal.");
        return key;
    }

    /// <summary>The same person has authenticated again: the session goes on with a new secret, and cookies with the one before open nothing. Null: it has ended.</summary>
    internal async Task<string?> Renew(PersonSession session, string device, DateTimeOffset end)
    {
        if (await Find(session.SessionId) is not { } known || known.PersonId != session.PersonId)
            return null;
        await Accompany(session.SessionId, session.PersonId, end);
        await Index(session.PersonId, session.SessionId, end);
        var (key, hash) = NewKey(session.SessionId);
        var record = new SessionRecord(hash, session.PersonId, session.AuthenticatedAt, session.Methods, session.Assurance, device, known.Created, end);
        return await values.Replace(Session(session.SessionId), record, limits.Idle) ? key : null;
    }

    /// <summary>What the cookie with this key opens, idle time anew; null when that is nothing. One command.</summary>
    internal async Task<(string Sid, SessionRecord Record)?> Open(string key)
    {
        if (key.Split('.') is not [{ Length: > 0 } sid, { Length: > 0 } secret] || await Extended(sid) is not { } record)
            return null;
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(record.SecretHash), Encoding.ASCII.GetBytes(Hash(secret))) ? (sid, record) : null;
    }

    /// <summary>Idle time anew. False: the session has ended.</summary>
    public async Task<bool> Extend(string sid) => await Extended(sid) is not null;

    /// <summary>
    /// Remembers who is to be told of the session's end, and what is to be revoked then. False: it has ended, nobody will be told, and no token may be
    /// given out. Adding and looking are one step: an end either comes before and is seen, or after and finds the client.
    /// </summary>
    public async Task<bool> AddClient(string sid, SessionClient client)
    {
        var key = Companions(sid);
        var (field, authorization) = (ClientField(sid, client.ClientId), AuthorizationPrefix + client.AuthorizationId);
        HashEntry[] fields =
        [
            new(field, values.Seal(key + field, client)),
            new(authorization, time.GetUtcNow().ToUnixTimeMilliseconds()),
        ];
        var (live, size) = await redis.Confirm(async database =>
        {
            var transaction = database.CreateTransaction();
            var written = transaction.HashSetAsync(redis.Key(key), fields);
            var exists = transaction.KeyExistsAsync(redis.Key(Session(sid)));
            var length = transaction.HashLengthAsync(redis.Key(key));
            var bounded = transaction.KeyExpireAsync(redis.Key(key), Aftermath, ExpireWhen.HasNoExpiry);
            await transaction.ExecuteAsync();
            await Task.WhenAll(written, bounded);
            return (await exists, await length);
        });
        if (live && size > MostAuthorizations)
            await Plan(sid, time.GetUtcNow());
        return live;
    }

    /// <summary>The live sessions of a person, the newest first.</summary>
    public async Task<IReadOnlyList<LiveSession>> SessionsOf(string personId)
    {
        var sessions = new List<LiveSession>();
        foreach (var sid in await SidsOf(personId))
        {
            if (await Find(sid) is not { } record || record.PersonId != personId)
                continue;
            var left = await redis.Run(database => database.KeyTimeToLiveAsync(redis.Key(Session(sid)), RedisStore.Primary)) ?? TimeSpan.Zero;
            var companions = await CompanionsOf(sid);
            // Redis counts the idle time down from the last use, so nothing needs to be written at each.
            sessions.Add(new LiveSession(
                sid, record.Device, record.Created, ToMinute(time.GetUtcNow() - (limits.Idle - left)), record.End, [.. companions.Clients.Select(client => client.ClientId)]));
        }

        return [.. sessions.OrderByDescending(session => session.Created)];
    }

    /// <summary>Every sid that was registered for a person and is not cleared away.</summary>
    internal async Task<IReadOnlyList<string>> SidsOf(string personId) =>
        [.. (await redis.Run(database => database.SortedSetRangeByRankAsync(redis.Key(Person(personId)), 0, -1, Order.Descending, RedisStore.Primary))).Select(member => member.ToString())];

    /// <summary>Without extending it. Null: it has ended.</summary>
    internal async Task<SessionRecord?> Find(string sid) => await values.Get<SessionRecord>(Session(sid)) is { } record && record.End > time.GetUtcNow() ? record : null;

    /// <summary>What is known beside the record.</summary>
    internal sealed record SessionCompanions(string? PersonId, string? Reason, IReadOnlyList<SessionClient> Clients, IReadOnlyList<string> Authorizations);

    internal async Task<SessionCompanions> CompanionsOf(string sid)
    {
        var key = Companions(sid);
        var fields = await redis.Run(database => database.HashGetAllAsync(redis.Key(key), RedisStore.Primary));
        string? person = null, reason = null;
        var clients = new List<SessionClient>();
        var authorizations = new List<(string Id, long At)>();
        foreach (var field in fields)
        {
            var name = field.Name.ToString();
            if (name == PersonField)
                person = values.Open<SessionOwner>(key + name, field.Value)?.PersonId;
            else if (name == ReasonField)
                reason = field.Value;
            else if (name.StartsWith(AuthorizationPrefix, StringComparison.Ordinal))
                authorizations.Add((name[AuthorizationPrefix.Length..], (long)field.Value));
            else if (values.Open<SessionClient>(key + name, field.Value) is { } client)
                clients.Add(client);
        }

        return new SessionCompanions(person, reason, clients, [.. authorizations.OrderBy(entry => entry.At).Select(entry => entry.Id)]);
    }

    internal Task Forget(string sid, IReadOnlyList<string> authorizations) => redis.Run(database =>
        database.HashDeleteAsync(redis.Key(Companions(sid)), [.. authorizations.Select(id => (RedisValue)(AuthorizationPrefix + id))]));

    /// <summary>The session opens nothing from here on, on every node. Its end is planned before, so that somebody finishes it whatever happens to this process.</summary>
    internal async Task Close(string sid, string reason, TimeSpan patience)
    {
        await Plan(sid, time.GetUtcNow() + patience);
        await redis.Confirm(async database =>
        {
            var transaction = database.CreateTransaction();
            var written = transaction.HashSetAsync(redis.Key(Companions(sid)), ReasonField, reason, When.NotExists);
            var bounded = transaction.KeyExpireAsync(redis.Key(Companions(sid)), Aftermath, ExpireWhen.HasNoExpiry);
            var removed = transaction.KeyDeleteAsync(redis.Key(Session(sid)));
            await transaction.ExecuteAsync();
            return await written | await bounded | await removed;
        });
    }

    /// <summary>Everything that followed from the end is done.</summary>
    internal async Task Clear(string sid, string? personId)
    {
        if (personId is not null)
            await redis.Run(database => database.SortedSetRemoveAsync(redis.Key(Person(personId)), sid));
        await redis.Remove(Companions(sid));
        await redis.Run(database => database.SortedSetRemoveAsync(redis.Key(Ends), sid));
    }

    /// <summary>Sessions to be looked at now: over, or to be looked at again later.</summary>
    internal async Task<IReadOnlyList<string>> Due(int most) =>
        [.. (await redis.Run(database => database.SortedSetRangeByScoreAsync(
            redis.Key(Ends), stop: time.GetUtcNow().ToUnixTimeMilliseconds(), take: most, flags: RedisStore.Primary))).Select(member => member.ToString())];

    /// <summary>When this session, which is live, has to be looked at next: when its idle time or its absolute time can be over.</summary>
    internal async Task PlanNext(string sid, SessionRecord record)
    {
        var left = await redis.Run(database => database.KeyTimeToLiveAsync(redis.Key(Session(sid)), RedisStore.Primary)) ?? TimeSpan.Zero;
        await Plan(sid, Sooner(time.GetUtcNow() + left, record.End));
    }

    internal Task Plan(string sid, DateTimeOffset at) => redis.Run(database => database.SortedSetAddAsync(redis.Key(Ends), sid, at.ToUnixTimeMilliseconds()));

    /// <summary>The right to finish one end. False: somebody else is at it.</summary>
    internal Task<bool> Claim(string sid, TimeSpan lease) => redis.SetIfAbsent("session-ending:{" + sid + "}", lease);

    private async Task<SessionRecord?> Extended(string sid) =>
        await values.GetAndExtend<SessionRecord>(Session(sid), limits.Idle) is { } record && record.End > time.GetUtcNow() ? record : null;

    private Task<bool> Accompany(string sid, string personId, DateTimeOffset end) => redis.Run(async database =>
    {
        var key = Companions(sid);
        var transaction = database.CreateTransaction();
        var written = transaction.HashSetAsync(redis.Key(key), PersonField, values.Seal(key + PersonField, new SessionOwner(personId)));
        var kept = transaction.KeyExpireAsync(redis.Key(key), end - time.GetUtcNow() + Aftermath);
        await transaction.ExecuteAsync();
        return await written | await kept;
    });

    private Task<bool> Index(string personId, string sid, DateTimeOffset end) => redis.Run(async database =>
    {
        var key = redis.Key(Person(personId));
        var transaction = database.CreateTransaction();
        var added = transaction.SortedSetAddAsync(key, sid, end.ToUnixTimeMilliseconds());
        var trimmed = transaction.SortedSetRemoveRangeByScoreAsync(key, double.NegativeInfinity, (time.GetUtcNow() - Aftermath).ToUnixTimeMilliseconds());
        var kept = transaction.KeyExpireAsync(key, limits.Absolute + Aftermath);
        await transaction.ExecuteAsync();
        await trimmed;
        return await added | await kept;
    });

    private static (string Key, string Hash) NewKey(string sid)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return ($"{sid}.{secret}", Hash(secret));
    }

    private static string Session(string sid) => "session:{" + sid + "}";

    private static string Companions(string sid) => "session-clients:{" + sid + "}";

    // Neither the person nor the agency can be read from a name in Redis.
    private static string Person(string personId) => "person-sessions:" + Hash("person " + personId);

    private static string ClientField(string sid, string clientId) => ClientPrefix + Hash($"{sid} {clientId}");

    private static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static DateTimeOffset Sooner(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset ToMinute(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds() / 60 * 60);

    private sealed record SessionOwner(string PersonId);
}
