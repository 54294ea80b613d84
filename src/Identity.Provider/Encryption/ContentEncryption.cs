using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Identity.Provider.Encryption;

/// <summary>RFC 7518 5: how the content is encrypted and authenticated, under a key that is made for it alone.</summary>
internal sealed record ContentEncryption
{
    internal const string A256Gcm = "A256GCM";
    internal const string A128CbcHs256 = "A128CBC-HS256";

    private const int TagBytes = 16;

    private ContentEncryption(string name, int ivBytes) => (Name, IvBytes) = (name, ivBytes);

    /// <summary>All that exist here.</summary>
    internal static IReadOnlyList<ContentEncryption> All { get; } = [new(A128CbcHs256, 16), new(A256Gcm, 12)];

    internal string Name { get; }

    internal int IvBytes { get; }

    /// <summary>Both take 256 bits: one AES-256 key, or a MAC key and an AES-128 key.</summary>
    internal static int KeyBytes => 32;

    internal static ContentEncryption Named(string name) => All.Single(one => one.Name == name);

    internal (byte[] Ciphertext, byte[] Tag) Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated) =>
        Name == A256Gcm ? Gcm(key, iv, plaintext, associated) : CbcHmac(key, iv, plaintext, associated);

    // RFC 7518 5.3.
    private static (byte[] Ciphertext, byte[] Tag) Gcm(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated)
    {
        var ciphertext = new byte[plaintext.Length];
        var tag = new byte[TagBytes];
        using var gcm = new AesGcm(key, TagBytes);
        gcm.Encrypt(iv, plaintext, ciphertext, tag, associated);
        return (ciphertext, tag);
    }

    // RFC 7518 5.2.2.1: the MAC covers associated data, initialization vector, ciphertext and the length of the first in bits; half of it is the tag.
    private static (byte[] Ciphertext, byte[] Tag) CbcHmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated)
    {
        using var aes = Aes.Create();
        aes.SetKey(key[16..]);
        var ciphertext = aes.EncryptCbc(plaintext, iv);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)associated.Length * 8);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key[..16]);
        mac.AppendData(associated);
        mac.AppendData(iv);
        mac.AppendData(ciphertext);
        mac.AppendData(length);
        return (ciphertext, mac.GetHashAndReset()[..TagBytes]);
    }
}
