using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using OpenIddict.Abstractions;
using StackExchange.Redis;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Storage;

/// <summary>
/// Token entries in Redis, each one hash. A token's state is a set of facts that are only ever added ("redeemed" by HSETNX, "revoked"), so
/// redemption is one atomic command on one key with exactly one winner. That needs no Lua (which the embedded Redis of development runs only on request),
/// no WATCH (which stalls the shared connection for a round trip) and no second key (which a cluster would have to hold on the same node).
/// Entries outlive their token for a while, so that a replay is still seen to be one. Lost entries are refused: every loss fails closed.
/// </summary>
public sealed class RedisTokenStore(RedisStore redis, ProviderSettings settings, TimeProvider time) : IOpenIddictTokenStore<TokenEntry>
{
    /// <summary>Beyond the expiry of the last token that a code can have led to.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(1);

    /// <summary>A crash between two commands of one transaction cannot happen; this is for a key that expired just before it.</summary>
    private static readonly TimeSpan Stray = TimeSpan.FromMinutes(1);

    private const int IdBytes = 16;
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

    public ValueTask<TokenEntry> InstantiateAsync(CancellationToken cancellationToken) =>
        new(new TokenEntry { Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)) });

    /// <summary>Durable as far as Redis is. Repeating it after an outage writes the same.</summary>
    public async ValueTask CreateAsync(TokenEntry token, CancellationToken cancellationToken)
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
        await WriteFamily(token);
        token.StoredStatus = token.Status;
    }

    /// <exception cref="OpenIddictExceptions.ConcurrencyException">somebody else redeemed or revoked it first, or it is gone</exception>
    public async ValueTask UpdateAsync(TokenEntry token, CancellationToken cancellationToken)
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

    public async ValueTask<TokenEntry?> FindByIdAsync(string identifier, CancellationToken cancellationToken) =>
        Read(identifier, await redis.Run(database => database.HashGetAllAsync(Entry(identifier))));

    public async ValueTask<TokenEntry?> FindByReferenceIdAsync(string identifier, CancellationToken cancellationToken)
    {
        var id = (string?)await redis.Run(database => database.StringGetAsync(Reference(identifier)));
        var entry = id is null ? null : await FindByIdAsync(id, cancellationToken);
        return entry?.ReferenceId == identifier ? entry : null;
    }

    /// <summary>Gives a waiting pushed request a new lifetime from now on. False: it is gone.</summary>
    public async ValueTask<bool> Extend(TokenEntry token, TimeSpan lifetime) => await redis.Run(async database =>
        await database.KeyExpireAsync(Entry(token.Id), lifetime) && await database.KeyExpireAsync(Reference(token.ReferenceId!), lifetime));

    /// <summary>Ends every token of one login. Called when a code comes a second time (RFC 6749 4.1.2).</summary>
    public async ValueTask<long> RevokeByAuthorizationIdAsync(string identifier, CancellationToken cancellationToken)
    {
        var members = await redis.Run(database => database.SetMembersAsync(Family(identifier)));
        foreach (var member in members)
            await Revoke(member.ToString());
        return members.Length;
    }

    public async ValueTask DeleteAsync(TokenEntry token, CancellationToken cancellationToken) =>
        await redis.Run(database => database.KeyDeleteAsync(Entry(token.Id)));

    /// <summary>Redis removes what has expired.</summary>
    public ValueTask<long> PruneAsync(DateTimeOffset threshold, CancellationToken cancellationToken) => new(0L);

    private async Task Redeem(TokenEntry token)
    {
        var redeemed = (token.Redeemed ?? time.GetUtcNow()).ToUnixTimeMilliseconds();
        var (exists, first, revoked) = await redis.Run(async database =>
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

    private Task<bool> Revoke(string id) => redis.Run(async database =>
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

    private async Task WriteFamily(TokenEntry token)
    {
        if (token.AuthorizationId is null)
            return;
        var lifetime = settings.CodeLifetime + settings.AccessTokenLifetime + Retention;
        await redis.Run(async database =>
        {
            var transaction = database.CreateTransaction();
            var added = transaction.SetAddAsync(Family(token.AuthorizationId), token.Id);
            var kept = transaction.KeyExpireAsync(Family(token.AuthorizationId), lifetime);
            await transaction.ExecuteAsync();
            return await added | await kept;
        });
    }

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

    // The entry as the protocol engine sees it.

    public ValueTask<string?> GetApplicationIdAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.ApplicationId);

    public ValueTask<string?> GetAuthorizationIdAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.AuthorizationId);

    public ValueTask<DateTimeOffset?> GetCreationDateAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Created);

    public ValueTask<DateTimeOffset?> GetExpirationDateAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Expires);

    public ValueTask<string?> GetIdAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Id);

    public ValueTask<string?> GetPayloadAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Payload);

    public ValueTask<ImmutableDictionary<string, JsonElement>> GetPropertiesAsync(TokenEntry token, CancellationToken cancellationToken) =>
        new(ImmutableDictionary<string, JsonElement>.Empty);

    public ValueTask<DateTimeOffset?> GetRedemptionDateAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Redeemed);

    public ValueTask<string?> GetReferenceIdAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.ReferenceId);

    public ValueTask<string?> GetStatusAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Status);

    public ValueTask<string?> GetSubjectAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Subject);

    public ValueTask<string?> GetTypeAsync(TokenEntry token, CancellationToken cancellationToken) => new(token.Type);

    public ValueTask SetApplicationIdAsync(TokenEntry token, string? identifier, CancellationToken cancellationToken) => Set(() => token.ApplicationId = identifier);

    public ValueTask SetAuthorizationIdAsync(TokenEntry token, string? identifier, CancellationToken cancellationToken) => Set(() => token.AuthorizationId = identifier);

    public ValueTask SetCreationDateAsync(TokenEntry token, DateTimeOffset? date, CancellationToken cancellationToken) => Set(() => token.Created = date);

    public ValueTask SetExpirationDateAsync(TokenEntry token, DateTimeOffset? date, CancellationToken cancellationToken) => Set(() => token.Expires = date);

    public ValueTask SetPayloadAsync(TokenEntry token, string? payload, CancellationToken cancellationToken) => Set(() => token.Payload = payload);

    public ValueTask SetPropertiesAsync(TokenEntry token, ImmutableDictionary<string, JsonElement> properties, CancellationToken cancellationToken) =>
        properties is { Count: > 0 } ? throw new NotSupportedException("Token entries have no properties here.") : ValueTask.CompletedTask;

    public ValueTask SetRedemptionDateAsync(TokenEntry token, DateTimeOffset? date, CancellationToken cancellationToken) => Set(() => token.Redeemed = date);

    public ValueTask SetReferenceIdAsync(TokenEntry token, string? identifier, CancellationToken cancellationToken) => Set(() => token.ReferenceId = identifier);

    public ValueTask SetStatusAsync(TokenEntry token, string? status, CancellationToken cancellationToken) => Set(() => token.Status = status);

    public ValueTask SetSubjectAsync(TokenEntry token, string? subject, CancellationToken cancellationToken) => Set(() => token.Subject = subject);

    public ValueTask SetTypeAsync(TokenEntry token, string? type, CancellationToken cancellationToken) => Set(() => token.Type = type);

    private static ValueTask Set(Action assignment)
    {
        assignment();
        return ValueTask.CompletedTask;
    }

    // Searches over all tokens: nothing in the Provider asks for them, and Redis keeps no index that could answer.

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => throw NoSearch();

    public ValueTask<long> CountAsync<TResult>(Func<IQueryable<TokenEntry>, IQueryable<TResult>> query, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TokenEntry> FindAsync(string? subject, string? client, string? status, string? type, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TokenEntry> FindByApplicationIdAsync(string identifier, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TokenEntry> FindByAuthorizationIdAsync(string identifier, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TokenEntry> FindBySubjectAsync(string subject, CancellationToken cancellationToken) => throw NoSearch();

    public ValueTask<TResult?> GetAsync<TState, TResult>(Func<IQueryable<TokenEntry>, TState, IQueryable<TResult>> query, TState state, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TokenEntry> ListAsync(int? count, int? offset, CancellationToken cancellationToken) => throw NoSearch();

    public IAsyncEnumerable<TResult> ListAsync<TState, TResult>(Func<IQueryable<TokenEntry>, TState, IQueryable<TResult>> query, TState state, CancellationToken cancellationToken) => throw NoSearch();

    public ValueTask<long> RevokeAsync(string? subject, string? client, string? status, string? type, CancellationToken cancellationToken) => throw NoSearch();

    public ValueTask<long> RevokeByApplicationIdAsync(string identifier, CancellationToken cancellationToken) => throw NoSearch();

    public ValueTask<long> RevokeBySubjectAsync(string subject, CancellationToken cancellationToken) => throw NoSearch();

    private static NotSupportedException NoSearch() => new("Tokens are found by identifier, reference or authorization only.");
}
