using System.Formats.Cbor;

namespace Identity.Keys.Activation;

/// <summary>Authenticator data of an assertion (WebAuthn 6.1): hash of the relying party's identifier, flags, counter, perhaps extensions; nothing after them.</summary>
internal sealed record AssertionData(byte[] RelyingPartyIdHash, bool UserPresent, bool UserVerified)
{
    private const int HeaderLength = 37;
    private const int MaximumLength = 1024;
    private const byte UserPresentBit = 0x01;
    private const byte UserVerifiedBit = 0x04;
    private const byte BackupEligibleBit = 0x08;
    private const byte BackedUpBit = 0x10;
    private const byte AttestedCredentialBit = 0x40;
    private const byte ExtensionsBit = 0x80;

    public static AssertionData? Read(byte[] data)
    {
        if (data.Length is < HeaderLength or > MaximumLength)
            return null;
        var flags = data[32];
        // WebAuthn 6.1: attested credential data belong to a registration; 6.1.3: backed up implies eligible.
        if ((flags & AttestedCredentialBit) != 0 || (flags & (BackupEligibleBit | BackedUpBit)) == BackedUpBit)
            return null;
        var extensions = data.AsMemory(HeaderLength);
        if ((flags & ExtensionsBit) == 0 ? extensions.Length != 0 : !IsOneMap(extensions))
            return null;
        return new AssertionData(data[..32], (flags & UserPresentBit) != 0, (flags & UserVerifiedBit) != 0);
    }

    private static bool IsOneMap(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            var cbor = new CborReader(encoded, CborConformanceMode.Ctap2Canonical);
            if (cbor.PeekState() != CborReaderState.StartMap)
                return false;
            cbor.SkipValue();
            return cbor.BytesRemaining == 0;
        }
        catch (Exception problem) when (problem is CborContentException or InvalidOperationException)
        {
            return false;
        }
    }
}
