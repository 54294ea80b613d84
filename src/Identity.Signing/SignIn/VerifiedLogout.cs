using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.SignIn;

/// <summary>What a logout token says that has passed every check (OpenID Connect Back-Channel Logout 1.0, 2.6).</summary>
public sealed record VerifiedLogout
{
    private VerifiedLogout() { }

    public required string TokenId { get; init; }

    /// <summary>Until then the token would pass again.</summary>
    public required DateTimeOffset GoodUntil { get; init; }

    /// <summary><c>sid</c>; null: all sessions of <see cref="Subject"/>.</summary>
    public required string? ProviderSession { get; init; }

    /// <summary>Not null where there is no <c>sid</c>.</summary>
    public required string? Subject { get; init; }

    /// <summary>Logout tokens from the configured Provider only.</summary>
    public sealed class Checks(ProviderKeySet keys, SigningSettings settings, TimeProvider time)
    {
        /// <summary>Real ones are below 1 kB.</summary>
        public const int LongestToken = 8 * 1024;

        private const string Event = "http://schemas.openid.net/event/backchannel-logout";
        private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

        // The Provider gives two minutes (2.4); how long an identifier is remembered hangs on it.
        private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

        /// <summary>The checks of 2.6, in its order. Null: one failed.</summary>
        /// <exception cref="ProviderUnavailableException">the Provider's keys cannot be had</exception>
        public async Task<VerifiedLogout?> Check(string text, CancellationToken cancellation)
        {
            if (text.Length is 0 or > LongestToken)
                return null;
            var result = await Signed(text, await keys.Get(cancellation));
            if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
                result = await Signed(text, await keys.GetAnew(cancellation));
            // RFC 7515 4.1.11: no extension is understood here.
            if (!result.IsValid || result.SecurityToken is not JsonWebToken { IsEncrypted: false } token || token.TryGetHeaderValue<object>("crit", out _))
                return null;
            return Claims(token) is { } claims ? Read(claims) : null;
        }

        // (1) no encryption was registered for; (2) signature with the algorithm of our ID tokens by the published key that is named; (3) iss, aud, exp.
        private Task<TokenValidationResult> Signed(string text, string keySet) => new JsonWebTokenHandler().ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidTypes = ["logout+jwt"],
            ValidIssuer = settings.Provider.AbsoluteUri,
            ValidAudience = ClientKey.ClientId,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeys = new JsonWebKeySet(keySet).GetSigningKeys(),
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (_, expires, _, _) => expires is not null && time.GetUtcNow().UtcDateTime < expires.Value + Skew,
        });

        private VerifiedLogout? Read(JsonElement claims)
        {
            // (3) for us alone, made just now, and for a short time.
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            if (!IsForUsAlone(claims) || Number(claims, "iat") is not { } issued || Number(claims, "exp") is not { } expires
                || issued > now + Skew.TotalSeconds || issued < now - (LongestLife + Skew).TotalSeconds || expires > issued + LongestLife.TotalSeconds)
                return null;
            // (4) whose session; what is there is a word.
            var (sid, subject) = (Text(claims, "sid"), Text(claims, "sub"));
            if ((sid ?? subject) is null || (sid is null && claims.TryGetProperty("sid", out _)) || (subject is null && claims.TryGetProperty("sub", out _)))
                return null;
            // (5) that it is a logout and nothing else; (6) no ID token; (7) once: its identifier.
            return IsLogout(claims) && !claims.TryGetProperty("nonce", out _) && Text(claims, "jti") is { } identifier
                ? new VerifiedLogout { TokenId = identifier, GoodUntil = DateTimeOffset.FromUnixTimeSeconds(expires) + Skew, ProviderSession = sid, Subject = subject }
                : null;
        }

        // The claims as they stand: a number is no text here, and a name that comes twice makes all of them doubtful.
        private static JsonElement? Claims(JsonWebToken token)
        {
            try
            {
                using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload), new JsonDocumentOptions { AllowDuplicateProperties = false });
                return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                return null;
            }
        }

        private static bool IsForUsAlone(JsonElement claims) => claims.TryGetProperty("aud", out var audience)
            && (audience.ValueKind == JsonValueKind.String || (audience.ValueKind == JsonValueKind.Array && audience.GetArrayLength() == 1));

        // 2.4: one member of this name, its value an object.
        private static bool IsLogout(JsonElement claims) =>
            claims.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Object && events.GetPropertyCount() == 1
            && events.TryGetProperty(Event, out var content) && content.ValueKind == JsonValueKind.Object;

        private static long? Number(JsonElement claims, string name) =>
            claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

        private static string? Text(JsonElement claims, string name) =>
            claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }
}
