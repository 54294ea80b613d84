using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Identity.Provider.Encryption;

/// <summary>RFC 7518 4.6.2: the one-step key derivation of NIST SP 800-56A with SHA-256.</summary>
internal static class ConcatKdf
{
    /// <param name="secret">Z, the shared secret of the key agreement.</param>
    /// <param name="algorithmId">The <c>alg</c> of the agreement, or the <c>enc</c> where it is direct.</param>
    /// <param name="bytes">Length of the derived key: one hash at most.</param>
    /// <param name="partyU">Of the header <c>apu</c>; empty when there is none.</param>
    /// <param name="partyV">Of the header <c>apv</c>; empty when there is none.</param>
    internal static byte[] Derive(ReadOnlySpan<byte> secret, string algorithmId, int bytes, ReadOnlySpan<byte> partyU = default, ReadOnlySpan<byte> partyV = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, SHA256.HashSizeInBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // The number of the round; there is one.
        hash.AppendData(Number(1));
        hash.AppendData(secret);
        foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.ASCII.GetBytes(algorithmId), partyU.ToArray(), partyV.ToArray()])
        {
            hash.AppendData(Number(part.Length));
            hash.AppendData(part);
        }

        // SuppPubInfo: the length in bits. SuppPrivInfo is empty.
        hash.AppendData(Number(bytes * 8));
        var derived = hash.GetHashAndReset();
        return bytes == derived.Length ? derived : derived[..bytes];
    }

    private static byte[] Number(int value)
    {
        var octets = new byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(octets, value);
        return octets;
    }
}
