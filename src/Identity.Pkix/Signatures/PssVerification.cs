using System.Security.Cryptography;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

/// <summary>
/// EMSA-PSS-VERIFY (RFC 8017 8.1.2, 9.1.2) for the parameters that the framework does not verify: a salt of another length than the hash, or
/// another hash in MGF1. Public values only, so nothing here need take the same time for each.
/// </summary>
internal static class PssVerification
{
    private const byte Trailer = 0xBC;

    /// <param name="rsaPublicKey">RSAPublicKey, whose sizes the caller has checked.</param>
    public static bool Verify(ReadOnlyMemory<byte> rsaPublicKey, HashAlgorithmName name, HashAlgorithmName mask, int saltLength, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (RsaPublicOperation.Apply(rsaPublicKey, signature) is not { } message)
            return false;
        // 8.1.2 (2c): the encoded message has one bit less than the modulus.
        var bits = message.ModulusBits;
        var length = (bits - 1 + 7) / 8;
        var encoded = new byte[length];
        var written = message.Value.ToByteArray(isUnsigned: true, isBigEndian: true);
        if (written.Length > length)
            return false;
        written.CopyTo(encoded, length - written.Length);
        return IsConsistent(encoded, (8 * length) - (bits - 1), name, mask, saltLength, hash);
    }

    private static bool IsConsistent(byte[] encoded, int unusedBits, HashAlgorithmName name, HashAlgorithmName mask, int saltLength, ReadOnlySpan<byte> hash)
    {
        // 9.1.2 (3), (4), (6).
        if (saltLength < 0 || encoded.Length < hash.Length + saltLength + 2 || encoded[^1] != Trailer)
            return false;
        var block = encoded.AsSpan(0, encoded.Length - hash.Length - 1);
        var stated = encoded.AsSpan(block.Length, hash.Length);
        if (block[0] >> (8 - unusedBits) != 0)
            return false;
        // 9.1.2 (7) to (9).
        Unmask(block, stated, mask);
        block[0] &= (byte)(0xFF >> unusedBits);
        // 9.1.2 (10).
        var padding = block[..^(saltLength + 1)];
        if (padding.ContainsAnyExcept((byte)0) || block[padding.Length] != 1)
            return false;
        // 9.1.2 (12) to (14).
        byte[] second = [0, 0, 0, 0, 0, 0, 0, 0, .. hash, .. block[(padding.Length + 1)..]];
        return Digests.Compute(name, second).AsSpan().SequenceEqual(stated);
    }

    // MGF1 (appendix B.2.1).
    private static void Unmask(Span<byte> block, ReadOnlySpan<byte> seed, HashAlgorithmName mask)
    {
        var at = 0;
        for (var counter = 0; at < block.Length; counter++)
        {
            byte[] input = [.. seed, (byte)(counter >> 24), (byte)(counter >> 16), (byte)(counter >> 8), (byte)counter];
            foreach (var value in Digests.Compute(mask, input))
            {
                if (at == block.Length)
                    break;
                block[at++] ^= value;
            }
        }
    }
}
