using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Clients;

/// <summary>
/// Client authentication by a signed assertion (RFC 7523 3, OpenID Connect Core 9 private_key_jwt, FAPI 2.0 5.3.2.1). The engine's own way accepts
/// no assertion of a common client library, replayed ones, and ones that last for years, and waits for a client's keys on a blocked thread.
/// </summary>
internal sealed class ClientAssertion(ClientKeySets keySets, AssertionUses uses, TimeProvider time)
{
    /// <summary>Real ones are below 1 kB. Checked before anything is decoded.</summary>
    internal const int LongestAssertion = 8 * 1024;

    internal const int LongestJti = 128;

    /// <summary>RFC 7523 3 (3): how this Provider may be named in a list.</summary>
    internal const int MostAudiences = 8;

    internal static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    /// <summary>FAPI 2.0 5.3.2.1 (13): clocks up to 10 s ahead are accepted, more than 60 s are not.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private const string OwnType = "client-authentication+jwt";

    // FAPI 2.0 5.4.1.
    private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

    // OpenID Connect Core 15.1: what older clients know.
    private static readonly string[] LegacyAlgorithms = [.. Algorithms, SecurityAlgorithms.RsaSha256];

    // Common clients send JWT or nothing (RFC 7519 5.1 makes it optional); the type of draft rfc7523bis is for those that have it.
    private static readonly string[] Types = ["", "JWT", OwnType, "application/" + OwnType];

    private static readonly JsonWebTokenHandler Handler = new();

    /// <summary>The client that an assertion says to come from; null when it says nothing that can be read. Nothing is verified.</summary>
    public static string? NamedIn(string? assertion) => assertion is { Length: > 0 and <= LongestAssertion } && Read(assertion) is { Issuer.Length: > 0 } read ? read.Issuer : null;

    /// <summary>Why the assertion is refused, or null. The order: what it says, who signed it, and last, when it is genuine, its single use.</summary>
    public async Task<string?> Check(ProcessAuthenticationContext context, ClientAuthentication.Named client)
    {
        // RFC 7523 2.2.
        if (context.ClientAssertionType != ClientAssertionTypes.JwtBearer)
            return "client_assertion_type is not jwt-bearer";
        if (Read(context.ClientAssertion!) is not { } assertion)
            return "not a signed JWT";
        // A signature costs more than a look.
        if (Claims(assertion, client, Audiences(context, client.Metadata.Profile)) is { } problem)
            return problem;
        if (!await Verifies(assertion, client, context.CancellationToken))
            return "signature, algorithm or type";

        // RFC 7523 3 (7): single use. The signature has been verified, so nobody can spend another client's identifiers.
        var remaining = Time(assertion, JwtRegisteredClaimNames.Exp)!.Value - time.GetUtcNow() + Skew;
        return await uses.Take(client.Id, assertion.Id, Time(assertion, JwtRegisteredClaimNames.Iat), remaining) switch
        {
            AssertionUse.First => null,
            AssertionUse.Repeated => "jti was used before",
            _ => "issued before the used jti were forgotten: Redis was emptied",
        };
    }

    /// <summary>Whose assertion it says it is, unproven; null when it cannot be read.</summary>
    internal static string? ClaimedIssuer(string text) => text.Length <= LongestAssertion ? Read(text)?.Issuer : null;

    private static JsonWebToken? Read(string text)
    {
        try
        {
            var assertion = new JsonWebToken(text);
            // RFC 7515 4.1.11: an extension that must be understood, and none is.
            return assertion.IsEncrypted || assertion.TryGetHeaderValue<object>("crit", out _) ? null : assertion;
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException or JsonException)
        {
            return null;
        }
    }

    // FAPI 2.0 5.3.2.1 (9): the issuer. OpenID Connect Core 9 names the token endpoint, RFC 9126 2 any of the three: for clients that know no better.
    private static HashSet<string> Audiences(ProcessAuthenticationContext context, SecurityProfile profile)
    {
        var issuer = context.Options.Issuer!;
        var audiences = new HashSet<string>(StringComparer.Ordinal) { issuer.AbsoluteUri, issuer.AbsoluteUri.TrimEnd('/') };
        if (profile == SecurityProfile.Legacy)
            audiences.UnionWith([new Uri(issuer, "token").AbsoluteUri, context.RequestUri!.GetLeftPart(UriPartial.Path)]);
        return audiences;
    }

    private string? Claims(JsonWebToken assertion, ClientAuthentication.Named client, HashSet<string> audiences)
    {
        // RFC 7523 3 (1), (2): issuer and subject are the client.
        if (assertion.Issuer != client.Id || assertion.Subject != client.Id)
            return "iss and sub are not one client";
        // RFC 7523 3 (3). A list that also names a stranger could be shown there first and here then.
        var named = assertion.Audiences.ToArray();
        if (named.Length == 0 || named.Length > (client.Metadata.Profile == SecurityProfile.Legacy ? MostAudiences : 1) || !audiences.IsSupersetOf(named))
            return "aud is not this issuer alone";

        var now = time.GetUtcNow();
        // RFC 7523 3 (4).
        if (Time(assertion, JwtRegisteredClaimNames.Exp) is not { } expires || expires <= now - Skew || expires > now + LongestLife + Skew)
            return "exp is missing, over or too far";
        // RFC 7523 3 (5).
        if (assertion.TryGetPayloadValue<object>(JwtRegisteredClaimNames.Nbf, out _) && !(Time(assertion, JwtRegisteredClaimNames.Nbf) <= now + Skew))
            return "nbf is ahead";
        // RFC 7523 3 (6).
        if (assertion.TryGetPayloadValue<object>(JwtRegisteredClaimNames.Iat, out _)
            && !(Time(assertion, JwtRegisteredClaimNames.Iat) is { } issued && issued <= now + Skew && issued >= now - LongestLife - Skew))
            return "iat is ahead or too long ago";
        return assertion.Id.Length is > 0 and <= LongestJti ? null : "jti is missing or too long";
    }

    // Only a JSON number in the range of a date; whatever else is no time.
    private static DateTimeOffset? Time(JsonWebToken assertion, string claim) =>
        assertion.TryGetPayloadValue<long>(claim, out var seconds) && seconds is > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>RFC 7523 3 (9): by a key that the client registered, an algorithm of its profile, and as nothing but an assertion.</summary>
    private async Task<bool> Verifies(JsonWebToken assertion, ClientAuthentication.Named client, CancellationToken cancellation)
    {
        var keys = await keySets.For(client.Id, assertion.Kid is { Length: > 0 } named ? named : null, cancellation);
        var result = await Handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            // RFC 7517 4.2: what is for encryption signs nothing.
            IssuerSigningKeys = keys.Where(key => key.Use is null or "" or JsonWebKeyUseNames.Sig),
            ValidAlgorithms = client.Metadata.Profile == SecurityProfile.Legacy ? LegacyAlgorithms : Algorithms,
            TypeValidator = static (type, _, _) => Types.Contains(type ?? "", StringComparer.OrdinalIgnoreCase)
                ? OwnType
                : throw new SecurityTokenInvalidTypeException("The type is not one of a client assertion."),
            // All three were compared above.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return result.IsValid;
    }
}
