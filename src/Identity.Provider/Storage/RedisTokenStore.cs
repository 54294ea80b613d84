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

    private const string IdField = "id";
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

    /// <summary>
    /// Durable as far as Redis is. Repeating it after an outage writes the same. The entry and its family are written in one round trip; a family that has ended
    /// meanwhile ends the token.
    /// </summary>
    public async Task Create(TokenEntry token)
    {
        var (lifetime, family) = (LifetimeOf(token), token.AuthorizationId);
        // That it belongs to its family must not be lost: who ends the family would not find it.
        var live = await (family is null ? redis.Run(Write) : redis.Confirm(Write));
        if (!live)
            await Revoke(NameOf(token));
        token.StoredStatus = token.Status;

        async Task<bool> Write(IDatabase database)
        {
            var transaction = database.CreateTransaction();
            Task[] commands =
            [
                transaction.HashSetAsync(Entry(NameOf(token)), Fields(token)),
                transaction.KeyExpireAsync(Entry(NameOf(token)), lifetime),
            ];
            var written = transaction.ExecuteAsync();
            var joined = family is null ? null : Join(database, family, NameOf(token));
            await written;
            await Task.WhenAll(commands);
            return joined is null || await joined;
        }
    }

    /// <exception cref="OpenIddictExceptions.ConcurrencyException">somebody else redeemed or revoked it first, or it is gone</exception>
    public async Task Update(TokenEntry token)
    {
        await (token.Status switch
        {
            Statuses.Redeemed when token.StoredStatus != Statuses.Redeemed => Redeem(token),
            Statuses.Revoked when token.StoredStatus != Statuses.Revoked => Revoke(NameOf(token)),
            _ => throw new NotSupportedException($"A token that was {token.StoredStatus} does not become {token.Status} here, and what it says is written once."),
        });
        token.StoredStatus = token.Status;
    }

    /// <param name="name">The reference of a token that has one, the identifier of another.</param>
    public async Task<TokenEntry?> Find(string name) => Read(name, await redis.Run(database => database.HashGetAllAsync(Entry(name), RedisStore.Primary)));

    /// <summary>Gives a waiting pushed request a new lifetime from now on. False: it is gone.</summary>
    public Task<bool> Extend(string reference, TimeSpan lifetime) => redis.Run(database => database.KeyExpireAsync(Entry(reference), lifetime));

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
    public Task<bool> Join(string family, string name) => redis.Confirm(database => Join(database, family, name));

    public Task<bool> Delete(TokenEntry token) => redis.Confirm(database => database.KeyDeleteAsync(Entry(NameOf(token))));

    private async Task Redeem(TokenEntry token)
    {
        var redeemed = (token.Redeemed ?? time.GetUtcNow()).ToUnixTimeMilliseconds();
        var (exists, first, revoked) = await redis.Confirm(async database =>
        {
            var transaction = database.CreateTransaction();
            var known = transaction.HashExistsAsync(Entry(NameOf(token)), TypeField);
            var won = transaction.HashSetAsync(Entry(NameOf(token)), RedeemedField, redeemed, When.NotExists);
            var dead = transaction.HashExistsAsync(Entry(NameOf(token)), RevokedField);
            var bounded = transaction.KeyExpireAsync(Entry(NameOf(token)), Stray, ExpireWhen.HasNoExpiry);
            await transaction.ExecuteAsync();
            await bounded;
            return (await known, await won, await dead);
        });
        // RFC 6749 4.1.2: a code is used once. Of parallel uses the one that set the fact goes on.
        if (!exists || !first || revoked)
            throw new OpenIddictExceptions.ConcurrencyException("The token has been redeemed, revoked or lost.");
    }

    private Task<bool> Revoke(string name) => redis.Confirm(async database =>
    {
        var transaction = database.CreateTransaction();
        var written = transaction.HashSetAsync(Entry(name), RevokedField, 1);
        var bounded = transaction.KeyExpireAsync(Entry(name), Stray, ExpireWhen.HasNoExpiry);
        await transaction.ExecuteAsync();
        return await written | await bounded;
    });

    private async Task<bool> Join(IDatabase database, string family, string name)
    {
        var transaction = database.CreateTransaction();
        var added = transaction.SetAddAsync(Family(family), name);
        var ended = transaction.SetContainsAsync(Family(family), Ended);
        var kept = transaction.KeyExpireAsync(Family(family), FamilyLifetime);
        await transaction.ExecuteAsync();
        await Task.WhenAll(added, kept);
        return !await ended;
    }

    private TimeSpan FamilyLifetime => settings.CodeLifetime + settings.AccessTokenLifetime + Retention;

    private TimeSpan LifetimeOf(TokenEntry token) => token.Type switch
    {
        // RFC 9126 2.2: short until a browser shows up with it; Extend follows then.
        TokenTypeIdentifiers.Private.RequestToken => settings.RequestLifetime,
        TokenTypeIdentifiers.Private.AuthorizationCode => settings.CodeLifetime + settings.AccessTokenLifetime + Retention,
        _ => settings.AccessTokenLifetime + Retention,
    };

    // What a client holds by reference comes back by reference: it stands under that, and is found in one step.
    private static string NameOf(TokenEntry token) => token.ReferenceId ?? token.Id;

    private RedisKey Entry(string name) => redis.Key("token:" + name);

    private RedisKey Family(string authorization) => redis.Key("token-family:" + authorization);

    private static HashEntry[] Fields(TokenEntry token)
    {
        var fields = new List<HashEntry>(8);
        void Add(string name, RedisValue value)
        {
            if (!value.IsNull)
                fields.Add(new HashEntry(name, value));
        }

        Add(IdField, token.Id);
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

    // A value that was moved to another key is nobody's.
    private static TokenEntry? Read(string name, HashEntry[] fields)
    {
        if (fields.Length == 0)
            return null;
        var token = new TokenEntry();
        bool redeemed = false, revoked = false;
        foreach (var field in fields)
        {
            switch ((string?)field.Name)
            {
                case IdField: token.Id = field.Value!; break;
                case TypeField: token.Type = field.Value; break;
                case SubjectField: token.Subject = field.Value; break;
                case ApplicationField: token.ApplicationId = field.Value; break;
                case AuthorizationField: token.AuthorizationId = field.Value; break;
                case CreatedField: token.Created = Moment(field.Value); break;
                case ExpiresField: token.Expires = Moment(field.Value); break;
                case PayloadField: token.Payload = field.Value; break;
                case ReferenceField: token.ReferenceId = field.Value; break;
                case RedeemedField: (redeemed, token.Redeemed) = (true, Moment(field.Value)); break;
                case RevokedField: revoked = true; break;
            }
        }

        token.Status = token.StoredStatus = revoked ? Statuses.Revoked : redeemed ? Statuses.Redeemed : Statuses.Valid;
        return token.Type is not null && NameOf(token) == name ? token : null;
    }

    private static DateTimeOffset Moment(RedisValue value) => DateTimeOffset.FromUnixTimeMilliseconds((long)value);
}
