using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Identity.Provider.Dpop;

/// <summary>What a proof must fit: the request that carries it.</summary>
/// <param name="Address">Of the endpoint, as the public knows it.</param>
/// <param name="AccessToken">At a protected resource, the token that comes with it.</param>
internal sealed record ProvenRequest(string Method, Uri Address, string? AccessToken = null);

/// <summary>A proof of possession whose form, signature, request and time are right (RFC 9449 4.3); its nonce and its single use are asked next.</summary>
/// <param name="Thumbprint">Of the key: what tokens are bound to.</param>
/// <param name="ReplayKey">Names this proof among all.</param>
internal sealed partial record DpopProof(string Thumbprint, string ReplayKey, string? Nonce)
{
    /// <summary>Real ones are below 1 kB. Checked before anything is decoded.</summary>
    internal const int LongestProof = 8 * 1024;

    internal const int LongestJti = 256;

    /// <summary>FAPI 2.0 5.3.2.1 (13): clocks 10 s off are accepted, more than 60 s are not.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>How old a proof may be, skew included. Its single use is remembered as long.</summary>
    internal static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(60);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>Null, with the reason for the operator, when the proof is refused.</summary>
    public static DpopProof? Read(string text, ProvenRequest request, DateTimeOffset now, out string refusal)
    {
        var read = new Reader(text, request, now);
        var proof = read.Proof();
        refusal = read.Refusal;
        return proof;
    }

    /// <summary>Strict base64url (RFC 7515 2): no padding, no other alphabet, no white space, no spare bits set. Null: not that.</summary>
    internal static byte[]? Decode(string text)
    {
        if (!Alphabet().IsMatch(text))
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            return Base64Url.EncodeToString(bytes) == text ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Null: absent, not a string, or one with half a surrogate pair, which no text has.</summary>
    internal static string? Text(JsonElement json, string member)
    {
        try
        {
            return json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]*\z")]
    private static partial Regex Alphabet();

    private sealed class Reader(string text, ProvenRequest request, DateTimeOffset now)
    {
        public string Refusal { get; private set; } = "";

        public DpopProof? Proof()
        {
            // (2) A well-formed JWT.
            if (text.Length > LongestProof)
                return Refuse("longer than 8 kB");
            if (text.Split('.', 4) is not [var first, var second, var third])
                return Refuse("not a signed JWT");
            if (Decode(third) is not { } signature)
                return Refuse("not a signed JWT");
            using var header = Json(first);
            using var claims = Json(second);
            if (header is null || claims is null)
                return Refuse("header or claims are not a JSON object");
            using var key = Key(header.RootElement);
            if (key is null)
                return null;
            // (6) The signature, before anything that it protects is believed.
            if (!key.Verify(Encoding.ASCII.GetBytes($"{first}.{second}"), signature))
                return Refuse("the signature is wrong");
            return Claims(claims.RootElement, key.Thumbprint);
        }

        private ProofKey? Key(JsonElement header)
        {
            // RFC 7515 4.1.11: an extension that must be understood, and none is.
            if (header.TryGetProperty("crit", out _))
                return NoKey("crit is not supported");
            // (4) RFC 7515 4.1.9: a media type, with or without application/.
            if (!string.Equals(Text(header, "typ"), "dpop+jwt", StringComparison.OrdinalIgnoreCase))
                return NoKey("typ is not dpop+jwt");
            // (5) Asymmetric, supported, and allowed here.
            if (Text(header, "alg") is not ("ES256" or "PS256") || !header.TryGetProperty("jwk", out var jwk))
                return NoKey("alg is not ES256 or PS256, or jwk is missing");
            // (7) Public.
            return ProofKey.Read(jwk, Text(header, "alg")!) ?? NoKey("jwk is not a public key for this alg");
        }

        private DpopProof? Claims(JsonElement claims, string thumbprint)
        {
            // (3), (8): methods are case-sensitive (RFC 9110 9.1).
            if (Text(claims, "htm") != request.Method)
                return Refuse("htm is another method");
            // (9) Without query and fragment, after normalization of scheme, host, port and path (RFC 3986 6.2.2, 6.2.3).
            if (!Uri.TryCreate(Text(claims, "htu"), UriKind.Absolute, out var address)
                || address.GetLeftPart(UriPartial.Path) != request.Address.GetLeftPart(UriPartial.Path) || address.UserInfo.Length > 0)
            {
                return Refuse("htu is another address");
            }

            // (11) Recent; further limits that the client sets itself hold too (RFC 7519 4.1.4, 4.1.5).
            if (Time(claims, "iat") is not { } issued || issued > now + Skew || issued < now - LongestLife)
                return Refuse("iat is missing, ahead or too long ago");
            if (claims.TryGetProperty("exp", out _) && !(Time(claims, "exp") > now - Skew))
                return Refuse("exp is over");
            if (claims.TryGetProperty("nbf", out _) && !(Time(claims, "nbf") <= now + Skew))
                return Refuse("nbf is ahead");
            if (Text(claims, "jti") is not { Length: > 0 and <= LongestJti } id)
                return Refuse("jti is missing or too long");
            // (12) At a protected resource: of this very token.
            if (request.AccessToken is { } token && Text(claims, "ath") != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))))
                return Refuse("ath is not that of the access token");
            if (claims.TryGetProperty("nonce", out _) && Text(claims, "nonce") is null)
                return Refuse("nonce is not a text");
            // Identifiers are unique for a key (RFC 9449 4.2), so nobody can spend those of another one.
            var replay = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{thumbprint} {id}")));
            return new DpopProof(thumbprint, replay, Text(claims, "nonce"));
        }

        private DpopProof? Refuse(string why)
        {
            Refusal = why;
            return null;
        }

        private ProofKey? NoKey(string why)
        {
            Refusal = why;
            return null;
        }

        private static JsonDocument? Json(string part)
        {
            if (Decode(part) is not { } bytes)
                return null;
            try
            {
                var json = JsonDocument.Parse(bytes, Strict);
                if (json.RootElement.ValueKind == JsonValueKind.Object)
                    return json;
                json.Dispose();
                return null;
            }
            catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
            {
                return null;
            }
        }

        // RFC 7519 2 NumericDate; only whole seconds in the range of a date.
        private static DateTimeOffset? Time(JsonElement json, string member) =>
            json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and < 253402300800
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
    }
}
