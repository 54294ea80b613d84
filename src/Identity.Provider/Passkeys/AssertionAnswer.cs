using System.Buffers.Text;
using System.Text.Json;

namespace Identity.Provider.Passkeys;

/// <summary>
/// The parts of a WebAuthn assertion, read once from the browser's JSON. What is verified is written again from these parts, so that verified
/// bytes and kept bytes cannot differ, however the JSON was shaped.
/// </summary>
public sealed record AssertionAnswer(byte[] CredentialId, byte[] ClientDataJson, byte[] AuthenticatorData, byte[] Signature, byte[]? UserHandle)
{
    private const int FlagsOffset = 32;
    private const byte UserVerified = 0x04;
    private const byte BackupEligible = 0x08;
    private const int LongestPart = 8 * 1024;

    /// <summary>WebAuthn 6.1: bit 2 of the flags, in THIS assertion.</summary>
    public bool UserWasVerified => AuthenticatorData.Length > FlagsOffset && (AuthenticatorData[FlagsOffset] & UserVerified) != 0;

    /// <summary>WebAuthn 6.1.3: bit 3. Unset is a promise that the passkey stays in its device, so what is too short to hold the flags makes none.</summary>
    public bool IsBackupEligible => AuthenticatorData.Length <= FlagsOffset || (AuthenticatorData[FlagsOffset] & BackupEligible) != 0;

    public static AssertionAnswer? TryRead(string json)
    {
        if (json.Length > PasskeyCeremonies.MaxCredentialCharacters)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object)
                return null;
            var credentialId = Part(root, "rawId") ?? Part(root, "id");
            return credentialId is not null && Part(response, "clientDataJSON") is { } clientData
                && Part(response, "authenticatorData") is { } authenticatorData && Part(response, "signature") is { } signature
                ? new AssertionAnswer(credentialId, clientData, authenticatorData, signature, Part(response, "userHandle"))
                : null;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(new
    {
        id = Base64Url.EncodeToString(CredentialId),
        rawId = Base64Url.EncodeToString(CredentialId),
        type = "public-key",
        clientExtensionResults = new { },
        response = new
        {
            clientDataJSON = Base64Url.EncodeToString(ClientDataJson),
            authenticatorData = Base64Url.EncodeToString(AuthenticatorData),
            signature = Base64Url.EncodeToString(Signature),
            userHandle = UserHandle is null ? null : Base64Url.EncodeToString(UserHandle),
        },
    });

    private static byte[]? Part(JsonElement owner, string member)
    {
        if (!owner.TryGetProperty(member, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        var text = value.GetString()!;
        if (text.Length > LongestPart)
            throw new FormatException();
        return Base64Url.DecodeFromChars(text);
    }
}
