using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Identity.Audit;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Storage;

/// <summary>
/// Where the protocol engine's tokens are: refresh tokens in the database, everything that lives for minutes in Redis. The identifier says which.
/// All tokens of one login end together, wherever they are. One of these serves one request.
/// </summary>
public sealed class TokenStore(RedisTokenStore shortLived, RefreshTokenTable refreshTokens, AuditLog audit) : IOpenIddictTokenStore<TokenEntry>
{
    private const int IdBytes = 16;

    // The engine makes the entry of a code first and its content and reference after. Until then there is nothing that anybody could hold.
    private TokenEntry? unwritten;

    // Where the entries are that this request met by reference and asks for by identifier.
    private readonly Dictionary<string, string> references = new(StringComparer.Ordinal);

    public ValueTask<TokenEntry> InstantiateAsync(CancellationToken cancellationToken) =>
        new(new TokenEntry { Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)) });

    public async ValueTask CreateAsync(TokenEntry token, CancellationToken cancellationToken)
    {
        switch (token.Type)
        {
            case TokenTypeIdentifiers.Private.RequestToken or TokenTypeIdentifiers.Private.AuthorizationCode when token.ReferenceId is null:
                unwritten = token;
                return;
            case not TokenTypeIdentifiers.RefreshToken:
                await shortLived.Create(token);
                return;
        }

        token.Id = RefreshTokenTable.NewId();
        await refreshTokens.Create(token, cancellationToken);
        token.StoredStatus = token.Status;
        // First the row, then the family: who ends the family at this moment marks it first and then ends the rows, so one of the two sees the other.
        if (!await shortLived.Join(token.AuthorizationId!, token.Id))
            await refreshTokens.Revoke(token.Id, CancellationToken.None);
    }

    /// <exception cref="OpenIddictExceptions.ConcurrencyException">somebody else redeemed or revoked it first, or it is gone</exception>
    public async ValueTask UpdateAsync(TokenEntry token, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(token, unwritten))
        {
            unwritten = null;
            references[token.Id] = token.ReferenceId ?? throw new NotSupportedException($"A {token.Type} without a reference cannot be found again.");
            await shortLived.Create(token);
            return;
        }

        if (!RefreshTokenTable.Holds(token.Id))
        {
            await shortLived.Update(token);
            return;
        }

        switch (token.Status)
        {
            case Statuses.Redeemed when token.StoredStatus != Statuses.Redeemed:
                if (!await refreshTokens.Redeem(token.Id, cancellationToken))
                    throw new OpenIddictExceptions.ConcurrencyException("The refresh token has been redeemed, revoked or lost.");
                break;
            case Statuses.Revoked:
                await refreshTokens.Revoke(token.Id, CancellationToken.None);
                break;
            default:
                throw new NotSupportedException($"A refresh token that was {token.StoredStatus} does not become {token.Status} here.");
        }

        token.StoredStatus = token.Status;
    }

    public async ValueTask<TokenEntry?> FindByIdAsync(string identifier, CancellationToken cancellationToken) =>
        unwritten?.Id == identifier ? unwritten
        : RefreshTokenTable.Holds(identifier) ? await refreshTokens.Find(identifier, cancellationToken)
        : await shortLived.Find(references.GetValueOrDefault(identifier, identifier));

    public async ValueTask<TokenEntry?> FindByReferenceIdAsync(string identifier, CancellationToken cancellationToken)
    {
        var token = await shortLived.Find(identifier);
        if (token?.ReferenceId is null)
            return null;
        references[token.Id] = identifier;
        return token;
    }

    /// <summary>Gives a pushed request that this request came with a new lifetime from now on. False: it is gone.</summary>
    public async ValueTask<bool> KeepWaiting(string identifier, TimeSpan lifetime) =>
        references.TryGetValue(identifier, out var reference) && await shortLived.Extend(reference, lifetime);

    /// <summary>
    /// Ends every token of one login: when its code or a refresh token comes a second time, when its client gives it back, when the session ends.
    /// The database is told also when Redis does not answer: what could go on for hours is there.
    /// </summary>
    public async ValueTask<long> RevokeByAuthorizationIdAsync(string identifier, CancellationToken cancellationToken)
    {
        var first = false;
        var ended = 0L;
        try
        {
            first = await shortLived.EndFamily(identifier);
        }
        finally
        {
            ended = await refreshTokens.RevokeAuthorization(identifier, CancellationToken.None);
            if (first || ended > 0)
                audit.Append(new AuthorizationRevocation(identifier));
        }

        return ended;
    }

    public async ValueTask DeleteAsync(TokenEntry token, CancellationToken cancellationToken)
    {
        if (RefreshTokenTable.Holds(token.Id))
            await refreshTokens.Revoke(token.Id, CancellationToken.None);
        else
            await shortLived.Delete(token);
    }

    public async ValueTask<long> PruneAsync(DateTimeOffset threshold, CancellationToken cancellationToken) =>
        await refreshTokens.RemoveExpired(threshold, cancellationToken);

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
