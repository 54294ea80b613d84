using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.TestKit;

/// <summary>What one ceremony does other than an honest browser and authenticator would. Everything null or false: honest.</summary>
public sealed record Dishonesty
{
    public string? Origin { get; init; }
    public string? RpId { get; init; }
    public string? Type { get; init; }
    public byte[]? Challenge { get; init; }
    public bool? UserVerified { get; init; }
    public bool? UserPresent { get; init; }
    public bool? BackupEligible { get; init; }
    public bool CrossOrigin { get; init; }
    public bool TamperedSignature { get; init; }
    public bool OmitUserHandle { get; init; }
    public byte[]? UserHandle { get; init; }
    public uint? SignCount { get; init; }
    public byte[]? CredentialId { get; init; }
    public int PaddingBytes { get; init; }

    /// <summary>After the attestation object's own bytes.</summary>
    public byte[] TrailingAttestation { get; init; } = [];
}

/// <summary>
/// A browser and its authenticator in software (WebAuthn level 3, CTAP2's CBOR written by hand): discoverable ES256 credentials,
/// attestation "none" or packed self attestation, assertions. Answers are the JSON that <c>PublicKeyCredential.toJSON()</c> gives.
/// </summary>
public sealed class VirtualAuthenticator(string origin) : IDisposable
{
    private readonly List<Passkey> passkeys = [];

    /// <summary>False plays a synced passkey: its counter stays 0.</summary>
    public bool CountsSignatures { get; init; } = true;

    public bool BackupEligible { get; init; }

    /// <summary>Packed self attestation in place of "none".</summary>
    public bool SelfAttestation { get; init; }

    /// <summary>Another statement, as <see cref="AttestationMaker"/> makes them: format and CBOR map.</summary>
    public Func<AttestationInput, (string Format, byte[] Statement)>? Attestation { get; init; }

    /// <summary>Model of the authenticator.</summary>
    public Guid Aaguid { get; init; }

    public IReadOnlyList<Passkey> Passkeys => passkeys;

    /// <summary>Answers <c>navigator.credentials.create</c>.</summary>
    /// <param name="optionsJson">PublicKeyCredentialCreationOptionsJSON.</param>
    /// <param name="dishonesty">How to deviate.</param>
    public string Register(string optionsJson, Dishonesty? dishonesty = null)
    {
        var lie = dishonesty ?? new Dishonesty();
        var options = JsonNode.Parse(optionsJson)!;
        var passkey = new Passkey(
            lie.CredentialId ?? RandomNumberGenerator.GetBytes(32),
            ECDsa.Create(ECCurve.NamedCurves.nistP256),
            Base64Url(options["user"]!["id"]!.GetValue<string>()),
            options["rp"]!["id"]!.GetValue<string>());
        var clientData = ClientData("webauthn.create", options, lie);
        var authenticatorData = AuthenticatorData(passkey, lie, attested: true);
        var (format, statement) = Attestation?.Invoke(new AttestationInput(passkey, authenticatorData, SHA256.HashData(clientData), Aaguid.ToByteArray(bigEndian: true)))
            ?? (SelfAttestation ? ("packed", PackedSelf(passkey, authenticatorData, clientData, lie)) : ("none", [0xA0]));
        byte[] attestation =
        [
            0xA3,
            .. Text("fmt"), .. Text(format),
            .. Text("attStmt"), .. statement,
            .. Text("authData"), .. Bytes(authenticatorData),
            .. lie.TrailingAttestation,
        ];
        passkeys.Add(passkey);
        return Credential(passkey, new JsonObject
        {
            ["clientDataJSON"] = Base64Url(clientData),
            ["attestationObject"] = Base64Url(attestation),
            ["transports"] = new JsonArray("internal"),
        }, lie);
    }

    /// <summary>Answers <c>navigator.credentials.get</c> with the first fitting passkey, or with <paramref name="with"/>.</summary>
    public string Assert(string optionsJson, Dishonesty? dishonesty = null, Passkey? with = null)
    {
        var lie = dishonesty ?? new Dishonesty();
        var options = JsonNode.Parse(optionsJson)!;
        var passkey = with ?? Choose(options);
        if (CountsSignatures)
            passkey.SignCount++;
        var clientData = ClientData("webauthn.get", options, lie);
        var authenticatorData = AuthenticatorData(passkey, lie, attested: false);
        var signature = Sign(passkey, authenticatorData, clientData);
        if (lie.TamperedSignature)
            signature[^1] ^= 1;
        var response = new JsonObject
        {
            ["clientDataJSON"] = Base64Url(clientData),
            ["authenticatorData"] = Base64Url(authenticatorData),
            ["signature"] = Base64Url(signature),
        };
        if (!lie.OmitUserHandle)
            response["userHandle"] = Base64Url(lie.UserHandle ?? passkey.UserHandle);
        return Credential(passkey, response, lie);
    }

    public void Dispose()
    {
        foreach (var passkey in passkeys)
            passkey.Key.Dispose();
    }

    private Passkey Choose(JsonNode options)
    {
        var rpId = options["rpId"]!.GetValue<string>();
        var allowed = options["allowCredentials"] is JsonArray { Count: > 0 } list
            ? list.Select(item => item!["id"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal)
            : null;
        return passkeys.LastOrDefault(p => p.RpId == rpId && (allowed is null || allowed.Contains(Base64Url(p.CredentialId))))
            ?? throw new InvalidOperationException("NotAllowedError: no passkey of this authenticator fits.");
    }

    private byte[] ClientData(string type, JsonNode options, Dishonesty lie) => Encoding.UTF8.GetBytes(
        $$"""{"type":"{{lie.Type ?? type}}","challenge":"{{(lie.Challenge is { } other ? Base64Url(other) : options["challenge"]!.GetValue<string>())}}","origin":"{{lie.Origin ?? origin}}","crossOrigin":{{(lie.CrossOrigin ? "true" : "false")}}}""");

    // WebAuthn 6.1: rpIdHash 32, flags 1, signCount 4, then attestedCredentialData when bit 6 is set.
    private byte[] AuthenticatorData(Passkey passkey, Dishonesty lie, bool attested)
    {
        var flags = (byte)(
            ((lie.UserPresent ?? true) ? 0x01 : 0)
            | ((lie.UserVerified ?? true) ? 0x04 : 0)
            | ((lie.BackupEligible ?? BackupEligible) ? 0x08 : 0)
            | (attested ? 0x40 : 0));
        var count = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(count, lie.SignCount ?? passkey.SignCount);
        byte[] head = [.. SHA256.HashData(Encoding.UTF8.GetBytes(lie.RpId ?? passkey.RpId)), flags, .. count];
        if (!attested)
            return head;
        var length = (ushort)passkey.CredentialId.Length;
        return [.. head, .. Aaguid.ToByteArray(bigEndian: true), (byte)(length >> 8), (byte)length, .. passkey.CredentialId, .. passkey.CoseKey()];
    }

    private static byte[] Sign(Passkey passkey, byte[] authenticatorData, byte[] clientData) =>
        passkey.Key.SignData([.. authenticatorData, .. SHA256.HashData(clientData)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    // WebAuthn 8.2: {"alg": -7, "sig": bytes}; the credential's own key signs.
    private static byte[] PackedSelf(Passkey passkey, byte[] authenticatorData, byte[] clientData, Dishonesty lie)
    {
        var signature = Sign(passkey, authenticatorData, clientData);
        if (lie.TamperedSignature)
            signature[^1] ^= 1;
        return [0xA2, .. Text("alg"), 0x26, .. Text("sig"), .. Bytes(signature)];
    }

    private static string Credential(Passkey passkey, JsonObject response, Dishonesty lie)
    {
        var credential = new JsonObject
        {
            ["id"] = Base64Url(passkey.CredentialId),
            ["rawId"] = Base64Url(passkey.CredentialId),
            ["type"] = "public-key",
            ["authenticatorAttachment"] = "platform",
            ["clientExtensionResults"] = new JsonObject(),
            ["response"] = response,
        };
        if (lie.PaddingBytes > 0)
            credential["padding"] = new string('x', lie.PaddingBytes);
        return credential.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
    }

    // RFC 8949 3: major type 3 (text) and 2 (bytes) with the shortest length.
    internal static byte[] Text(string text) => [.. Head(0x60, Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    internal static byte[] Bytes(byte[] bytes) => [.. Head(0x40, bytes.Length), .. bytes];

    private static byte[] Head(int major, int length) => length switch
    {
        < 24 => [(byte)(major | length)],
        < 256 => [(byte)(major | 24), (byte)length],
        < 65536 => [(byte)(major | 25), (byte)(length >> 8), (byte)length],
        _ => throw new ArgumentOutOfRangeException(nameof(length)),
    };

    internal static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Base64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    /// <summary>One discoverable credential.</summary>
    public sealed class Passkey(byte[] credentialId, ECDsa key, byte[] userHandle, string rpId)
    {
        public byte[] CredentialId => credentialId;
        public ECDsa Key => key;
        public byte[] UserHandle => userHandle;
        public string RpId => rpId;
        public uint SignCount { get; set; }

        // RFC 9053 7.1.1: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}.
        public byte[] CoseKey()
        {
            var point = key.ExportParameters(false).Q;
            return [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, .. Bytes(point.X!), 0x22, .. Bytes(point.Y!)];
        }
    }
}
