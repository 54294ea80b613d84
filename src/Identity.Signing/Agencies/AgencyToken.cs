using System.Text.Json;
using Identity.Signing.Csc;
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
internal sealed class AgencyToken(ProviderKeySet keys, ProofOfPossession possession, SigningSettings settings, TimeProvider time, ILogger<AgencyToken> log)
{
    public const string Scope = "signing";
    private const int LongestToken = 8 * 1024;
    private static readonly string[] Schemes = ["Bearer ", "DPoP "];
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);
    private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

    public async Task<AgencyIdentified> Identify(HttpRequest request, CancellationToken cancellation)
    {
        var header = request.Headers.Authorization.ToString();
        if (SchemeOf(request) is not { } used || header.Length > LongestToken)
            return new AgencyIdentified.Refused(401, "invalid_token", "An access token is needed.");
        var token = header[used.Length..].Trim();
        var checkedToken = await Check(token, await keys.Get(cancellation));
        if (checkedToken.Exception is SecurityTokenSignatureKeyNotFoundException)
            checkedToken = await Check(token, await keys.GetAnew(cancellation));
        if (!checkedToken.IsValid)
        {
            log.LogInformation("Access token refused: {Reason}", checkedToken.Exception?.GetType().Name);
            return new AgencyIdentified.Refused(401, "invalid_token", "The access token is not valid here.");
        }

        var jwt = (JsonWebToken)checkedToken.SecurityToken;
        if (!TryReadBinding(jwt, out var thumbprint) || (thumbprint is null) != (used == Schemes[0]))
            return new AgencyIdentified.Refused(401, "invalid_token", "The access token is not valid here.");
        if (thumbprint is not null && !await possession.Proves(request, token, thumbprint, cancellation))
            return new AgencyIdentified.Refused(401, "invalid_dpop_proof", "The proof of possession is missing or not valid.");
        // RFC 9068 2.2.3: scope is one string, words separated by spaces.
        if (!jwt.TryGetPayloadValue<string>("scope", out var scope) || !scope.Split(' ').Contains(Scope, StringComparer.Ordinal))
            return new AgencyIdentified.Refused(403, "insufficient_scope", "The access token needs scope 'signing'.");
        // RFC 9068 5: an agency asks by its own token; one that it got for a person is not it.
        return jwt.TryGetPayloadValue<string>("client_id", out var client) && client == jwt.Subject && settings.Agencies.Find(client) is { } agency
            ? new AgencyIdentified.Known(agency)
            : new AgencyIdentified.Refused(403, "access_denied", "This client is not registered to ask for signatures.");
    }

    /// <summary>RFC 9449 6.1, RFC 8705 3.1: the key that the token is bound to, or null for a bearer token. False: bound to what nobody shows here.</summary>
    private static bool TryReadBinding(JsonWebToken jwt, out string? thumbprint)
    {
        thumbprint = null;
        // The signed bytes are asked: the library knows a member by the type that it is asked for, and a binding that is no object would be none.
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload));
        if (!payload.RootElement.TryGetProperty("cnf", out var confirmation))
            return true;
        if (confirmation.ValueKind == JsonValueKind.Object && confirmation.TryGetProperty("jkt", out var key) && key.ValueKind == JsonValueKind.String)
            thumbprint = key.GetString();
        return thumbprint is { Length: > 0 };
    }

    /// <summary>RFC 6750 2.1, RFC 9449 7.1: how a token is shown, with the space behind it; null when none is.</summary>
    public static string? SchemeOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return Array.Find(Schemes, scheme => header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
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
