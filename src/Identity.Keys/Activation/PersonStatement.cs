using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Identity.Keys.Activation;

/// <summary>The two outcomes of verifying a statement.</summary>
public abstract record StatementVerification
{
    private StatementVerification()
    {
    }

    /// <param name="Id">Unique to the statement.</param>
    /// <param name="Person">Goes into the certificate.</param>
    /// <param name="Client">The program that the person let use their credentials.</param>
    public sealed record Verified(string Id, ApprovedPerson Person, string Client) : StatementVerification;

    public sealed record Refused(ApprovalRefusal Reason) : StatementVerification;
}

/// <summary>
/// The Provider's word that a person, who is signed in and let a program use their signing credentials, is to have one key certified: a JWT (ES256)
/// for one asker, one key and a minute. It approves no signature; who wants one needs <see cref="ApprovalEvidence"/> too.
/// </summary>
public static class PersonStatement
{
    public const string TokenType = "person-statement+jwt";
    public const int MaximumBytes = 8 * 1024;
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private static readonly JsonDocumentOptions StrictJson = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>SHA-256 of a SubjectPublicKeyInfo (DER), base64url: how a statement names the key.</summary>
    public static string KeyHash(ReadOnlySpan<byte> subjectPublicKeyInfo) => Base64Url.EncodeToString(SHA256.HashData(subjectPublicKeyInfo));

    /// <param name="audience">who may ask for the certificate (its client identifier)</param>
    /// <param name="client">the client identifier of the program that the person let in</param>
    /// <param name="keyHash">as <see cref="KeyHash"/> makes it</param>
    /// <param name="level">eIDAS level of the sign-in</param>
    /// <param name="key">the Provider's P-256 token key</param>
    /// <param name="keyId">the <c>kid</c> under which the Provider publishes that key</param>
    public static string Make(string issuer, string audience, string client, ApprovedPerson person, string keyHash, string? level, DateTimeOffset now, SigningKey key, string keyId)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuer);
            json.WriteString("aud", audience);
            json.WriteString("jti", ApprovalStructure.NewRandom());
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
            json.WriteString("client_id", client);
            if (level is not null)
                json.WriteString("acr", level);
            json.WriteString("key_sha256", keyHash);
            json.WriteStartObject("person");
            json.WriteString("identifier", person.Identifier);
            json.WriteString("given_name", person.GivenName);
            json.WriteString("family_name", person.FamilyName);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return ApprovalEvidence.Sign(buffer.ToArray(), key, keyId, TokenType);
    }

    /// <summary>The person (semantic identifier) that a statement says it is about, unverified: for counting before it is used, and for nothing else. Null: it says none.</summary>
    public static string? ClaimedPerson(string jwt)
    {
        if (jwt.Length > MaximumBytes || jwt.Split('.') is not [_, var body, _])
            return null;
        try
        {
            using var payload = JsonDocument.Parse(StrictBase64Url.Decode(body), StrictJson);
            return Text(payload.RootElement.GetProperty("person"), "identifier");
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Never throws for what it is given to judge.</summary>
    /// <param name="jwksJson">the Provider's JWK set, from a source that the caller trusts</param>
    /// <param name="subjectPublicKeyInfo">of the key that is to be certified (DER)</param>
    public static StatementVerification Verify(string jwt, string jwksJson, string issuer, string audience, ReadOnlySpan<byte> subjectPublicKeyInfo, DateTimeOffset now)
    {
        try
        {
            return Check(jwt, jwksJson, issuer, audience, KeyHash(subjectPublicKeyInfo), now);
        }
        catch (EvidenceRefusedException refused)
        {
            return new StatementVerification.Refused(refused.Reason);
        }
    }

    private static StatementVerification Check(string jwt, string jwksJson, string issuer, string audience, string keyHash, DateTimeOffset now)
    {
        if (jwt.Length > MaximumBytes)
            return new StatementVerification.Refused(ApprovalRefusal.TooLarge);
        var parts = jwt.Split('.');
        if (parts.Length != 3)
            return new StatementVerification.Refused(ApprovalRefusal.Malformed);
        EvidenceChecks.CheckTokenSignature(parts, jwksJson, TokenType, StrictJson);
        try
        {
            using var payload = JsonDocument.Parse(StrictBase64Url.Decode(parts[1]), StrictJson);
            var claims = payload.RootElement;
            var (issued, expires) = (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64());
            var (seconds, skew) = (now.ToUnixTimeSeconds(), (long)ApprovalEvidence.AllowedSkew.TotalSeconds);
            // RFC 7519 4.1.1, 4.1.3, 4.1.6, 4.1.4, in this order.
            ApprovalRefusal? refusal =
                claims.GetProperty("iss").GetString() != issuer ? ApprovalRefusal.WrongIssuer
                : claims.GetProperty("aud").GetString() != audience ? ApprovalRefusal.WrongAudience
                : issued > seconds + skew || issued > expires ? ApprovalRefusal.IssuedInTheFuture
                : seconds >= expires + skew ? ApprovalRefusal.Expired
                : claims.GetProperty("key_sha256").GetString() != keyHash ? ApprovalRefusal.UnknownKey
                : null;
            if (refusal is { } reason)
                return new StatementVerification.Refused(reason);
            var person = claims.GetProperty("person");
            var (id, client) = (Text(claims, "jti"), Text(claims, "client_id"));
            return StrictBase64Url.Decode(id) is { Length: 16 }
                ? new StatementVerification.Verified(id, new ApprovedPerson(Text(person, "identifier"), Text(person, "given_name"), Text(person, "family_name")), client)
                : new StatementVerification.Refused(ApprovalRefusal.Malformed);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new StatementVerification.Refused(ApprovalRefusal.Malformed);
        }
    }

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() is { Length: > 0 and <= 200 } text ? text : throw new FormatException(name);
}
