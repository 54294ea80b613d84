using System.Text.Json;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Web;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Clients;

/// <summary>
/// Client authentication by a signed assertion (RFC 7523 3, OpenID Connect Core 9 private_key_jwt, FAPI 2.0 5.3.2.1). Takes the place of
/// OpenIddict's own handler: that one accepts no assertion of a common client library, replayed ones, ones that last for years, and answers
/// invalid_token. Every refusal here is invalid_client with one text; which check it was goes to the log.
/// </summary>
internal sealed partial class ClientAssertion(
    IOpenIddictServerDispatcher dispatcher, IOpenIddictApplicationManager applications, AssertionUses uses, TimeProvider time, Refusals refusals, ILogger<ClientAssertion> logger)
    : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    /// <summary>Real ones are below 1 kB. Checked before anything is decoded.</summary>
    internal const int LongestAssertion = 8 * 1024;

    internal const int LongestJti = 128;

    internal static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    /// <summary>FAPI 2.0 5.3.2.1 (13): clocks up to 10 s ahead are accepted, more than 60 s are not.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (string.IsNullOrEmpty(context.ClientAssertion))
            return;
        var refusal = await Check(context);
        if (refusal is null)
            return;
        LogRefused(logger, SafeText.ForDisplay(context.ClientId ?? "-"), refusal);
        // A name that nobody registered is a stranger's text, and stays out of the audit log.
        refusals.Record(new ClientRefused(await IsRegistered(context.ClientId, context.CancellationToken) ? context.ClientId : null, "client_assertion"));
        context.Reject(Errors.InvalidClient, "The client assertion was refused.");
    }

    /// <summary>Why the assertion is refused, or null. The order: size, what it says, who signed it, and last, when it is genuine, its single use.</summary>
    private async Task<string?> Check(ProcessAuthenticationContext context)
    {
        if (context.ClientAssertion!.Length > LongestAssertion)
            return "longer than 8 kB";
        // RFC 7523 2.2.
        if (context.ClientAssertionType != ClientAssertionTypes.JwtBearer)
            return "client_assertion_type is not jwt-bearer";

        if (Read(context.ClientAssertion) is not { } assertion)
            return "not a signed JWT";
        // Before the engine reads it: times that no calendar holds make the engine fail, and a signature costs more than a look.
        if (Claims(assertion, context.ClientId, context.Options.Issuer!.AbsoluteUri) is { } problem)
            return problem;
        // Also before the engine: it takes a database that does not answer for a key that does not fit.
        if (!await IsRegistered(assertion.Issuer, context.CancellationToken))
            return "no such client";

        var validation = new ValidateTokenContext(context.Transaction)
        {
            DisableAudienceValidation = true,
            DisablePresenterValidation = true,
            Token = context.ClientAssertion,
            TokenFormat = TokenFormats.Private.JsonWebToken,
            ValidTokenTypes = { TokenTypeIdentifiers.Private.ClientAssertion },
        };
        await dispatcher.DispatchAsync(validation);
        if (validation.IsRejected || validation.Principal is null)
            return $"signature, algorithm or type: {validation.ErrorDescription}";

        // RFC 7523 3 (7): single use. The signature has been verified, so nobody can spend another client's identifiers.
        var remaining = Time(assertion, JwtRegisteredClaimNames.Exp)!.Value - time.GetUtcNow() + Skew;
        switch (await uses.Take(assertion.Issuer, assertion.Id, Time(assertion, JwtRegisteredClaimNames.Iat), remaining))
        {
            case AssertionUse.Repeated:
                return "jti was used before";
            case AssertionUse.BeforeMemory:
                return "issued before the used jti were forgotten: Redis was emptied";
        }

        context.ClientAssertionPrincipal = validation.Principal;
        return null;
    }

    private async Task<bool> IsRegistered(string? clientId, CancellationToken cancellation) =>
        !string.IsNullOrEmpty(clientId) && await applications.FindByClientIdAsync(clientId, cancellation) is not null;

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

    private string? Claims(JsonWebToken assertion, string? clientId, string issuer)
    {
        // RFC 7523 3 (1), (2): issuer and subject are the client.
        if (assertion.Issuer.Length == 0 || assertion.Issuer != assertion.Subject)
            return "iss and sub are not one client";
        if (clientId is not null && clientId != assertion.Issuer)
            return "client_id is another client";
        // FAPI 2.0 5.3.2.1 (9): the issuer alone. RFC 7523 3 (3).
        if (assertion.Audiences.ToArray() is not [var audience] || (audience != issuer && audience + "/" != issuer))
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

    [LoggerMessage(LogLevel.Warning, "Client assertion of {Client} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string client, string reason);

    /// <summary>Which headers a client assertion may have. Runs inside the validation above, before the signature is looked at.</summary>
    internal sealed class Header : IOpenIddictServerHandler<ValidateTokenContext>
    {
        private const string OwnType = "client-authentication+jwt";

        // FAPI 2.0 5.4.1; RS256 is refused: no client is registered for it.
        private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

        // Common clients send JWT or nothing (RFC 7519 5.1 makes it optional); the type of draft rfc7523bis is for those that have it.
        private static readonly string[] Types = ["", "JWT", OwnType, "application/" + OwnType];

        public ValueTask HandleAsync(ValidateTokenContext context)
        {
            if (!context.ValidTokenTypes.SetEquals([TokenTypeIdentifiers.Private.ClientAssertion]))
                return ValueTask.CompletedTask;
            context.TokenValidationParameters.ValidAlgorithms = Algorithms;
            context.TokenValidationParameters.TypeValidator = static (type, _, _) =>
                Types.Contains(type ?? "", StringComparer.OrdinalIgnoreCase)
                    ? OwnType
                    : throw new SecurityTokenInvalidTypeException("The type is not one of a client assertion.");
            return ValueTask.CompletedTask;
        }
    }
}
