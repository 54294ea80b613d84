using System.Text.Json;
using Identity.Provider.Clients;
using Identity.Provider.Subjects;
using Identity.Provider.Token;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Logout;

/// <summary>What a hint says: whom this Provider told a client of, in which session.</summary>
internal sealed record HintedSession(string ClientId, string? PersonId, string SessionId);

/// <summary>
/// OpenID Connect RP-Initiated Logout 1.0, 2 and 4: a hint is an ID token that this Provider issued. Its signature and claims decide; nothing is kept of ID tokens,
/// and one that has expired is good, since sessions outlive it.
/// </summary>
internal sealed class IdTokenHint(ProviderSettings settings, TokenKeys keys, RegisteredClients clients, PairwiseSubjects subjects, TimeProvider time)
{
    /// <summary>Real ones are below 2 kB.</summary>
    internal const int LongestHint = 8 * 1024;

    /// <summary>Null: not an ID token of this Provider for a client that is registered.</summary>
    public async Task<HintedSession?> Read(string text, CancellationToken cancellation)
    {
        if (text.Length > LongestHint || await Verified(text) is not { } token)
            return null;
        // OpenID Connect Core 2: issued to one client.
        if (token.Audiences.ToArray() is not [var clientId] || await clients.FindByClientIdAsync(clientId, cancellation) is null)
            return null;
        if (token.IssuedAt > time.GetUtcNow().UtcDateTime || token.Subject is not { Length: > 0 } subject
            || !token.TryGetPayloadValue<string>("sid", out var sid) || string.IsNullOrEmpty(sid))
        {
            return null;
        }

        return new HintedSession(clientId, await subjects.PersonOf(subject, clientId, cancellation), sid);
    }

    private async Task<JsonWebToken?> Verified(string text)
    {
        var published = keys.Published;
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidIssuer = settings.Issuer.AbsoluteUri,
            ValidateAudience = false,
            // 4: "SHOULD accept ID Tokens when ... the RP is logged in ... even when the exp time has passed".
            ValidateLifetime = false,
            // Access tokens and logout tokens have other types (RFC 8725 3.11).
            ValidTypes = ["JWT"],
            ValidAlgorithms = TokenKey.Algorithms,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = false,
            // RFC 8725 3.1: a key verifies what names it, with the one algorithm that it is for.
            IssuerSigningKeyResolver = (_, _, kid, _) => published.Where(key => key.KeyId == kid).Select(key => key.Credentials.Key),
            AlgorithmValidator = (algorithm, key, _, _) => published.Any(known => known.KeyId == key.KeyId && known.Algorithm == algorithm),
        });
        return result.IsValid && result.SecurityToken is JsonWebToken { IsEncrypted: false } token ? token : null;
    }
}
