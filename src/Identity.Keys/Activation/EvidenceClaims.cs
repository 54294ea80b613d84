using System.Text.Json;

namespace Identity.Keys.Activation;

/// <summary>The members of the evidence's payload, present and of the right kind; what they say is not judged here.</summary>
internal sealed record EvidenceClaims
{
    private const int MaximumNameLength = 200;
    private const long LatestTime = 253402300799; // 9999-12-31T23:59:59Z

    public required string Issuer { get; init; }
    public required string Audience { get; init; }
    public required string Subject { get; init; }
    public required string TokenId { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required DateTimeOffset Expires { get; init; }
    public required byte[] Approval { get; init; }
    public required ApprovedPerson Person { get; init; }
    public required string RelyingPartyId { get; init; }
    public required string Origin { get; init; }
    public required string CredentialId { get; init; }
    public required byte[] PublicKey { get; init; }
    public required byte[] ClientDataJson { get; init; }
    public required byte[] AuthenticatorData { get; init; }
    public required byte[] Signature { get; init; }

    public static EvidenceClaims? Read(JsonElement payload)
    {
        try
        {
            var person = payload.GetProperty("person");
            var webauthn = payload.GetProperty("webauthn");
            return new EvidenceClaims
            {
                Issuer = Text(payload, "iss"),
                Audience = Text(payload, "aud"),
                Subject = Text(payload, "sub"),
                TokenId = Text(payload, "jti"),
                IssuedAt = Time(payload, "iat"),
                Expires = Time(payload, "exp"),
                Approval = Bytes(payload, "approval"),
                Person = new ApprovedPerson(Text(person, "identifier"), Name(person, "given_name"), Name(person, "family_name")),
                RelyingPartyId = Text(payload, "rp_id"),
                Origin = Text(payload, "origin"),
                CredentialId = Text(webauthn, "credential_id"),
                PublicKey = Bytes(webauthn, "public_key"),
                ClientDataJson = Bytes(webauthn, "client_data_json"),
                AuthenticatorData = Bytes(webauthn, "authenticator_data"),
                Signature = Bytes(webauthn, "signature"),
            };
        }
        catch (Exception problem) when (problem is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>A JSON string, or null when its escapes make no Unicode text.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(JsonElement parent, string name) => TextOf(parent.GetProperty(name)) ?? throw new FormatException(name);

    private static string Name(JsonElement parent, string name) =>
        Text(parent, name) is { Length: > 0 and <= MaximumNameLength } text ? text : throw new FormatException(name);

    private static byte[] Bytes(JsonElement parent, string name) => StrictBase64Url.Decode(Text(parent, name)) ?? throw new FormatException(name);

    private static DateTimeOffset Time(JsonElement parent, string name) =>
        parent.GetProperty(name).GetInt64() is >= 0 and <= LatestTime and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : throw new FormatException(name);
}
