using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Identity.Provider.Encryption;

/// <summary>RFC 3394 2.2.1 with the initial value of 2.2.3.1. The framework offers the variant with padding (RFC 5649) alone, which is another algorithm.</summary>
internal static class AesKeyWrap
{
    private const int HalfBlock = 8;
    private const int Rounds = 6;

    /// <param name="wrappingKey">16, 24 or 32 bytes.</param>
    /// <param name="key">A multiple of 8 bytes, 16 at least.</param>
    internal static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> key)
    {
        if (key.Length % HalfBlock != 0 || key.Length < 2 * HalfBlock)
            throw new ArgumentException("A key to wrap has a multiple of 8 bytes, 16 at least.", nameof(key));
        using var aes = Aes.Create();
        aes.SetKey(wrappingKey);
        var wrapped = new byte[key.Length + HalfBlock];
        key.CopyTo(wrapped.AsSpan(HalfBlock));
        Span<byte> block = stackalloc byte[2 * HalfBlock];
        block[..HalfBlock].Fill(0xA6);
        var count = key.Length / HalfBlock;
        for (var round = 0; round < Rounds; round++)
        {
            for (var index = 1; index <= count; index++)
            {
                var register = wrapped.AsSpan(index * HalfBlock, HalfBlock);
                register.CopyTo(block[HalfBlock..]);
                aes.EncryptEcb(block, block, PaddingMode.None);
                block[HalfBlock..].CopyTo(register);
                // A = MSB(64, B) ^ t
                var counter = BinaryPrimitives.ReadUInt64BigEndian(block) ^ (ulong)((count * round) + index);
                BinaryPrimitives.WriteUInt64BigEndian(block, counter);
            }
        }

        block[..HalfBlock].CopyTo(wrapped);
        CryptographicOperations.ZeroMemory(block);
        return wrapped;
    }
}
