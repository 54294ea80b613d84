using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>TPMS_ATTEST (TPM 2.0 Library, part 2, 10.12.12) of a certification, as far as WebAuthn 8.3 looks at it.</summary>
internal sealed record TpmAttest(uint Magic, ushort Type, byte[] ExtraData, byte[] Name)
{
    /// <summary>TPM_GENERATED_VALUE.</summary>
    public const uint GeneratedValue = 0xFF544347;

    /// <summary>TPM_ST_ATTEST_CERTIFY.</summary>
    public const ushort Certify = 0x8017;

    // clock 8, resetCount 4, restartCount 4, safe 1; firmwareVersion 8.
    private const int ClockAndFirmware = 25;

    public static TpmAttest Read(byte[] encoded)
    {
        var reader = new TpmReader(encoded);
        var (magic, type) = (reader.UInt32(), reader.UInt16());
        reader.Sized();
        var extraData = reader.Sized();
        reader.Bytes(ClockAndFirmware);
        var name = reader.Sized();
        reader.Sized();
        reader.End();
        return new TpmAttest(magic, type, extraData, name);
    }
}

/// <summary>TPMT_PUBLIC (part 2, 12.2.4) of an RSA or P-256 key.</summary>
internal sealed record TpmPublicArea(byte[] Encoded, ushort NameAlgorithm, uint Attributes, byte[]? Modulus, byte[]? Exponent, byte[]? X, byte[]? Y)
{
    private const ushort Rsa = 0x0001;
    private const ushort Ecc = 0x0023;
    private const ushort Null = 0x0010;
    private const ushort NistP256 = 0x0003;
    private const uint FixedTpm = 1 << 1;
    private const uint FixedParent = 1 << 4;
    private const uint SensitiveDataOrigin = 1 << 5;

    /// <summary>Part 2, 8.3: made in this TPM, under this parent, and never to leave either.</summary>
    public bool StaysHere => (Attributes & (FixedTpm | FixedParent | SensitiveDataOrigin)) == (FixedTpm | FixedParent | SensitiveDataOrigin);

    public static TpmPublicArea Read(byte[] encoded)
    {
        var reader = new TpmReader(encoded);
        var type = reader.UInt16();
        var nameAlgorithm = reader.UInt16();
        var attributes = reader.UInt32();
        reader.Sized();
        // symmetric: algorithm, and key bits and mode unless null; scheme: algorithm, and its hash unless null.
        if (reader.UInt16() != Null)
            reader.Bytes(4);
        if (reader.UInt16() != Null)
            reader.UInt16();
        switch (type)
        {
            case Rsa:
                reader.UInt16();
                var exponent = reader.UInt32();
                var modulus = reader.Sized();
                reader.End();
                var encodedExponent = new byte[4];
                // Part 2, 12.2.3.5: zero is the default, 2^16 + 1.
                BinaryPrimitives.WriteUInt32BigEndian(encodedExponent, exponent == 0 ? 65537 : exponent);
                return new TpmPublicArea(encoded, nameAlgorithm, attributes, modulus, encodedExponent, null, null);
            case Ecc:
                var curve = reader.UInt16();
                if (reader.UInt16() != Null)
                    reader.UInt16();
                var (x, y) = (reader.Sized(), reader.Sized());
                reader.End();
                return curve == NistP256 ? new TpmPublicArea(encoded, nameAlgorithm, attributes, null, null, x, y) : throw new FormatException("curve");
            default:
                throw new FormatException("type of key");
        }
    }

    public bool IsOf(CredentialKey key) => Modulus is not null ? key.IsRsaOf(Modulus, Exponent!) : key.IsPoint(X!, Y!);

    /// <summary>Part 1, 16: the algorithm of the name, and that hash of the area.</summary>
    public byte[] Name()
    {
        var hash = NameAlgorithm switch
        {
            0x000B => HashAlgorithmName.SHA256,
            0x000C => HashAlgorithmName.SHA384,
            0x000D => HashAlgorithmName.SHA512,
            _ => throw new FormatException("name algorithm"),
        };
        return [(byte)(NameAlgorithm >> 8), (byte)NameAlgorithm, .. CryptographicOperations.HashData(hash, Encoded)];
    }
}

/// <summary>Big-endian fields, each within what is there.</summary>
internal ref struct TpmReader(ReadOnlySpan<byte> encoded)
{
    private ReadOnlySpan<byte> left = encoded;

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public byte[] Sized() => Bytes(UInt16()).ToArray();

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > left.Length)
            throw new FormatException("too short");
        var taken = left[..count];
        left = left[count..];
        return taken;
    }

    public readonly void End()
    {
        if (!left.IsEmpty)
            throw new FormatException("too long");
    }
}
