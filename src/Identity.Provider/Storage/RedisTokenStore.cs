using OpenIddict.Abstractions;
using StackExchange.Redis;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Storage;

/// <summary>
/// Codes, pushed requests and access tokens in Redis, each one hash. A token's state is a set of facts that are only ever added ("redeemed" by HSETNX, "revoked"), so
/// redemption is one atomic command on one key with exactly one winner. That needs no Lua (which the embedded Redis of development runs only on request),
/// no WATCH (which stalls the shared connection for a round trip) and no second key (which a cluster would have to hold on the same node).
/// Entries outlive their token for a while, so that a replay is still seen to be one. Lost entries are refused: every loss fails closed.
/// </summary>
public sealed class RedisTokenStore(RedisStore redis, ProviderSettings settings, TimeProvider time)
{
    /// <summary>Beyond the expiry of the last token that a code can have led to.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(1);

    /// <summary>A crash between two commands of one transaction cannot happen; this is for a key that expired just before it.</summary>
    private static readonly TimeSpan Stray = TimeSpan.FromMinutes(1);

    /// <summary>Member of a family that has ended: what is added to it later is born revoked.</summary>
    private const string Ended = "ended";

    private const string TypeField = "type";
    private const string SubjectField = "subject";
    private const string ApplicationField = "application";
    private const string AuthorizationField = "authorization";
    private const string CreatedField = "created";
    private const string ExpiresField = "expires";
    private const string PayloadField = "payload";
    private const string ReferenceField = "reference";
    private const string RedeemedField = "redeemed";
    private const string RevokedField = "revoked";

    /// <summary>Durable as far as Redis is. Repeating it after an outage writes the same.</summary>
    public async Task Create(TokenEntry token)
    {
        var lifetime = LifetimeOf(token);
        await redis.Run(async database =>
        {
            var transaction = database.CreateTransaction();
            Task[] commands =
            [
                transaction.HashSetAsync(Entry(token.Id), Fields(token)),
                transaction.KeyExpireAsync(Entry(token.Id), lifetime),
            ];
            await transaction.ExecuteAsync();
            await Task.WhenAll(commands);
            return true;
        });
        await WriteReference(token, lifetime);
        if (token.AuthorizationId is { } family && !await Join(family, token.Id))
            await Revoke(token.Id);
        token.StoredStatus = token.Status;
    }

    /// <exception cref="OpenIddictExceptions.ConcurrencyException">somebody else redeemed or revoked it first, or it is gone</exception>
    public async Task Update(TokenEntry token)
    {
        if (token.Status != token.StoredStatus)
        {
            await (token.Status switch
            {
                Statuses.Redeemed => Redeem(token),
                Statuses.Revoked => Revoke(token.Id),
                _ => throw new NotSupportedException($"A token does not become {token.Status} here."),
            });
            token.StoredStatus = token.Status;
            return;
        }

        var lifetime = LifetimeOf(token);
        await redis.Run(async database =>
        {
            await database.HashSetAsync(Entry(token.Id), Fields(token));
            return await database.KeyExpireAsync(Entry(token.Id), lifetime);
        });
        await WriteReference(token, lifetime);
    }

    public async Task<TokenEntry?> Find(string identifier) =>
        Read(identifier, await redis.Run(database => database.HashGetAllAsync(Entry(identifier), RedisStore.Primary)));

    public async Task<TokenEntry?> FindByReference(string identifier)
    {
        var id = (string?)await redis.Run(database => database.StringGetAsync(Reference(identifier), RedisStore.Primary));
        var entry = id is null ? null : await Find(id);
        return entry?.ReferenceId == identifier ? entry : null;
    }

    /// <summary>Gives a waiting pushed request a new lifetime from now on. False: it is gone.</summary>
    public async ValueTask<bool> Extend(TokenEntry token, TimeSpan lifetime) => await redis.Run(async database =>
        await database.KeyExpireAsync(Entry(token.Id), lifetime) && await database.KeyExpireAsync(Reference(token.ReferenceId!), lifetime));

    /// <summary>
    /// Ends a family: every token that is in it, and whatever joins it from now on. False: it had ended before. Ending it again ends what a crash left.
    /// </summary>
    public async Task<bool> EndFamily(string identifier)
    {
        var (first, members) = await redis.Confirm(async database =>
        {
            var transaction = database.CreateTransaction();
            var marked = transaction.SetAddAsync(Family(identifier), Ended);
            var all = transaction.SetMembersAsync(Family(identifier));
            var kept = transaction.KeyExpireAsync(Family(identifier), FamilyLifetime);
            await transaction.ExecuteAsync();
            await kept;
            return (await marked, await all);
        });
        foreach (var member in members.Where(member => member != Ended))
            await Revoke(member.ToString());
        return first;
    }

    /// <summary>One more token of a login. False: the family has ended meanwhile, and so has this token.</summary>
    public Task<bool> Join(string family, string id) => redis.Confirm(async database =>
    {
        var transaction = database.CreateTransaction();
        var added = transaction.SetAddAsync(Family(family), id);
        var ended = transaction.SetContainsAsync(Family(family), Ended);
        var kept = transaction.KeyExpireAsync(Family(family), FamilyLifetime);
        await transaction.ExecuteAsync();
        await Task.WhenAll(added, kept);
        return !await ended;
    });

    public Task<bool> Delete(TokenEntry token) => redis.Confirm(database => database.KeyDeleteAsync(Entry(token.Id)));

    private async Task Redeem(TokenEntry token)
    {
        var redeemed = (token.Redeemed ?? time.GetUtcNow()).ToUnixTimeMilliseconds();
        var (exists, first, revoked) = await redis.Confirm(async database =>
        {
            var transaction = database.CreateTransaction();
            var known = transaction.HashExistsAsync(Entry(token.Id), TypeField);
            var won = transaction.HashSetAsync(Entry(token.Id), RedeemedField, redeemed, When.NotExists);
            var dead = transaction.HashExistsAsync(Entry(token.Id), RevokedField);
            var bounded = transaction.KeyExpireAsync(Entry(token.Id), Stray, ExpireWhen.HasNoExpiry);
            await transaction.ExecuteAsync();
            await bounded;
            return (await known, await won, await dead);
        });
        // RFC 6749 4.1.2: a code is used once. Of parallel uses the one that set the fact goes on.
        if (!exists || !first || revoked)
            throw new OpenIddictExceptions.ConcurrencyException("The token has been redeemed, revoked or lost.");
    }

    private Task<bool> Revoke(string id) => redis.Confirm(async database =>
    {
        var transaction = database.CreateTransaction();
        var written = transaction.HashSetAsync(Entry(id), RevokedField, 1);
        var bounded = transaction.KeyExpireAsync(Entry(id), Stray, ExpireWhen.HasNoExpiry);
        await transaction.ExecuteAsync();
        return await written | await bounded;
    });

    private async Task WriteReference(TokenEntry token, TimeSpan lifetime)
    {
        if (token.ReferenceId is not null)
            await redis.Run(database => database.StringSetAsync(Reference(token.ReferenceId), token.Id, lifetime));
    }

    private TimeSpan FamilyLifetime => settings.CodeLifetime + settings.AccessTokenLifetime + Retention;

    private TimeSpan LifetimeOf(TokenEntry token) => token.Type switch
    {
        // RFC 9126 2.2: short until a browser shows up with it; Extend follows then.
        TokenTypeIdentifiers.Private.RequestToken => settings.RequestLifetime,
        TokenTypeIdentifiers.Private.AuthorizationCode => settings.CodeLifetime + settings.AccessTokenLifetime + Retention,
        _ => settings.AccessTokenLifetime + Retention,
    };

    private RedisKey Entry(string id) => redis.Key("token:" + id);

    private RedisKey Reference(string reference) => redis.Key("token-reference:" + reference);

    private RedisKey Family(string authorization) => redis.Key("token-family:" + authorization);

    private static HashEntry[] Fields(TokenEntry token)
    {
        var fields = new List<HashEntry>(8);
        void Add(string name, RedisValue value)
        {
            if (!value.IsNull)
                fields.Add(new HashEntry(name, value));
        }

        Add(TypeField, token.Type);
        Add(SubjectField, token.Subject);
        Add(ApplicationField, token.ApplicationId);
        Add(AuthorizationField, token.AuthorizationId);
        Add(CreatedField, token.Created?.ToUnixTimeMilliseconds());
        Add(ExpiresField, token.Expires?.ToUnixTimeMilliseconds());
        Add(PayloadField, token.Payload);
        Add(ReferenceField, token.ReferenceId);
        return [.. fields];
    }

    private static TokenEntry? Read(string id, HashEntry[] fields)
    {
        var found = fields.ToDictionary(field => field.Name.ToString(), field => field.Value);
        if (!found.ContainsKey(TypeField))
            return null;
        string? Text(string name) => found.TryGetValue(name, out var value) ? (string?)value : null;
        DateTimeOffset? When(string name) => found.TryGetValue(name, out var value) ? DateTimeOffset.FromUnixTimeMilliseconds((long)value) : null;
        var status = found.ContainsKey(RevokedField) ? Statuses.Revoked : found.ContainsKey(RedeemedField) ? Statuses.Redeemed : Statuses.Valid;
        return new TokenEntry
        {
            Id = id,
            Type = Text(TypeField),
            Subject = Text(SubjectField),
            ApplicationId = Text(ApplicationField),
            AuthorizationId = Text(AuthorizationField),
            Created = When(CreatedField),
            Expires = When(ExpiresField),
            Redeemed = When(RedeemedField),
            Payload = Text(PayloadField),
            ReferenceId = Text(ReferenceField),
            Status = status,
            StoredStatus = status,
        };
    }
}
