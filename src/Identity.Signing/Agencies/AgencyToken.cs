using Identity.Signing.SignIn;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.Agencies;

/// <summary>What an access token says about who asks.</summary>
public abstract record AgencyIdentified
{
    private AgencyIdentified() { }

    public sealed record Known(Agency Agency) : AgencyIdentified;

    /// <summary>RFC 6750 3.1: 401, or 403 when the token is good but not for this.</summary>
    public sealed record Refused(int Status, string Error, string Description) : AgencyIdentified;
}

/// <summary>Access tokens of agencies: JWT as RFC 9068 has it, from the configured Provider only.</summary>
public sealed class AgencyToken(ProviderKeySet keys, SigningSettings settings, TimeProvider time, ILogger<AgencyToken> log)
{
    public const string Scope = "signing";
    private const int LongestToken = 8 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);
    private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

    public async Task<AgencyIdentified> Identify(HttpRequest request, CancellationToken cancellation)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header.Length > LongestToken)
            return new AgencyIdentified.Refused(401, "invalid_token", "An access token is needed.");
        var token = header["Bearer ".Length..].Trim();
        var checkedToken = await Check(token, await keys.Get(cancellation));
        if (checkedToken.Exception is SecurityTokenSignatureKeyNotFoundException)
            checkedToken = await Check(token, await keys.GetAnew(cancellation));
        if (!checkedToken.IsValid)
        {
            log.LogInformation("Access token refused: {Reason}", checkedToken.Exception?.GetType().Name);
            return new AgencyIdentified.Refused(401, "invalid_token", "The access token is not valid here.");
        }

        var jwt = (JsonWebToken)checkedToken.SecurityToken;
        // RFC 9068 2.2.3: scope is one string, words separated by spaces.
        if (!jwt.TryGetPayloadValue<string>("scope", out var scope) || !scope.Split(' ').Contains(Scope, StringComparer.Ordinal))
            return new AgencyIdentified.Refused(403, "insufficient_scope", "The access token needs scope 'signing'.");
        // RFC 9068 5: an agency asks by its own token; one that it got for a person is not it.
        return jwt.TryGetPayloadValue<string>("client_id", out var client) && client == jwt.Subject && settings.Agencies.Find(client) is { } agency
            ? new AgencyIdentified.Known(agency)
            : new AgencyIdentified.Refused(403, "access_denied", "This client is not registered to ask for signatures.");
    }

    private Task<TokenValidationResult> Check(string token, string keySet) => new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
    {
        // RFC 9068 4, in its order: typ, iss, aud, signature with a named algorithm, exp.
        ValidTypes = ["at+jwt", "application/at+jwt"],
        ValidIssuer = settings.Provider.AbsoluteUri,
        ValidAudience = settings.PublicAddress.AbsoluteUri,
        ValidAlgorithms = Algorithms,
        IssuerSigningKeys = new JsonWebKeySet(keySet).GetSigningKeys(),
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, _) =>
        {
            var now = time.GetUtcNow().UtcDateTime;
            return expires is not null && now < expires.Value + Skew && (notBefore is null || now >= notBefore.Value - Skew);
        },
    });
}
