using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>
/// WebAuthn 6.5: format, statement and authenticator data of a registration. Read once, strictly: no key twice, nothing unknown, nothing after it.
/// </summary>
/// <param name="Format">Attestation statement format identifier.</param>
/// <param name="Statement">The statement as it came: one CBOR map.</param>
/// <param name="AuthenticatorData">The bytes that statements sign.</param>
/// <param name="Credential">The attested credential data in them.</param>
internal sealed record AttestationObject(string Format, byte[] Statement, byte[] AuthenticatorData, AttestedCredential Credential)
{
    /// <summary>A packed statement with three certificates takes about 4 kB, one of a TPM about 6 kB.</summary>
    internal const int MaximumLength = 16 * 1024;

    // WebAuthn 8.1: at most 32 octets.
    private const int LongestFormat = 32;

    /// <exception cref="CborContentException">malformed</exception>
    public static AttestationObject Read(byte[] encoded)
    {
        if (encoded.Length > MaximumLength)
            throw new CborContentException("too long");
        var cbor = new CborReader(encoded, CborConformanceMode.Strict);
        string? format = null;
        byte[]? statement = null, authenticatorData = null;
        var count = cbor.ReadStartMap();
        for (var index = 0; index < (count ?? throw new CborContentException("indefinite length")); index++)
        {
            switch (cbor.ReadTextString())
            {
                case "fmt":
                    format = cbor.ReadTextString();
                    break;
                case "attStmt":
                    if (cbor.PeekState() != CborReaderState.StartMap)
                        throw new CborContentException("a statement that is no map");
                    statement = cbor.ReadEncodedValue().ToArray();
                    break;
                case "authData":
                    authenticatorData = cbor.ReadByteString();
                    break;
                default:
                    throw new CborContentException("an unknown member");
            }
        }

        cbor.ReadEndMap();
        if (cbor.BytesRemaining != 0 || format is not { Length: > 0 and <= LongestFormat } || statement is null || authenticatorData is null)
            throw new CborContentException("not an attestation object");
        return new AttestationObject(format, statement, authenticatorData, AttestedCredential.Read(authenticatorData));
    }
}

/// <summary>WebAuthn 6.1 and 6.5.1: what the authenticator says about the credential that it has made.</summary>
internal sealed record AttestedCredential(bool BackupEligible, Guid Aaguid, byte[] AaguidBytes, byte[] CredentialId, byte[] CoseKey, CredentialKey? Key)
{
    private const int FlagsOffset = 32;
    private const int HeaderLength = 37;
    private const int AaguidLength = 16;
    private const int LongestCredentialId = 1023;
    private const byte BackupEligibleBit = 0x08;
    private const byte AttestedCredentialBit = 0x40;
    private const byte ExtensionsBit = 0x80;

    public static AttestedCredential Read(byte[] authenticatorData)
    {
        const int credential = HeaderLength + AaguidLength + 2;
        if (authenticatorData.Length < credential || (authenticatorData[FlagsOffset] & AttestedCredentialBit) == 0)
            throw new CborContentException("no attested credential data");
        var aaguid = authenticatorData[HeaderLength..(HeaderLength + AaguidLength)];
        var length = BinaryPrimitives.ReadUInt16BigEndian(authenticatorData.AsSpan(HeaderLength + AaguidLength));
        if (length is 0 or > LongestCredentialId || authenticatorData.Length <= credential + length)
            throw new CborContentException("credential id");
        var cbor = new CborReader(authenticatorData.AsMemory(credential + length), CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true);
        var key = cbor.ReadEncodedValue().ToArray();
        if ((authenticatorData[FlagsOffset] & ExtensionsBit) != 0)
        {
            if (cbor.PeekState() != CborReaderState.StartMap)
                throw new CborContentException("extensions");
            cbor.SkipValue();
        }

        if (cbor.BytesRemaining != 0)
            throw new CborContentException("bytes after the authenticator data");
        return new AttestedCredential(
            (authenticatorData[FlagsOffset] & BackupEligibleBit) != 0, new Guid(aaguid, bigEndian: true), aaguid,
            authenticatorData[credential..(credential + length)], key, CredentialKey.Read(key));
    }
}
