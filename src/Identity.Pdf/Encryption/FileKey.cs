using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Encryption;

/// <summary>What the standard security handler needs of the encryption dictionary (ISO 32000-2 table 21).</summary>
internal sealed record PasswordEntries(int Revision, int KeyBytes, byte[] Owner, byte[] User, byte[] OwnerKey, byte[] UserKey, byte[] Perms, int Permissions,
    bool EncryptMetadata, byte[] FileIdentifier);

/// <summary>The key of the file from a password (ISO 32000-2 7.6.4).</summary>
#pragma warning disable CA5351, RS0030 // MD5 is what the format derives its old keys with.
internal static class FileKey
{
    private const int LongestPassword = 127;

    private static ReadOnlySpan<byte> Padding =>
    [
        0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
        0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
    ];

    /// <summary>Null when it is neither the user's nor the owner's password.</summary>
    public static (byte[] Key, bool IsOwner)? From(string password, PasswordEntries entries)
    {
        if (entries.Revision >= 5)
            return FromUnicode(password, entries);
        var padded = Pad(TextString.Write(password));
        // As owner first: with one password for both, all is permitted.
        var user = UserPassword(padded, entries);
        if (UserKey(user, entries) is { } byOwner)
            return (byOwner, true);
        return UserKey(padded, entries) is { } byUser ? (byUser, false) : null;
    }

    private static byte[] Pad(ReadOnlySpan<byte> password)
    {
        var padded = new byte[32];
        var own = Math.Min(password.Length, 32);
        password[..own].CopyTo(padded);
        Padding[..(32 - own)].CopyTo(padded.AsSpan(own));
        return padded;
    }

    // Algorithm 2, and 4 or 5 to check what it gives.
    private static byte[]? UserKey(byte[] padded, PasswordEntries entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(padded);
        hash.AppendData(entries.Owner.AsSpan(0, 32));
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, entries.Permissions);
        hash.AppendData(number);
        hash.AppendData(entries.FileIdentifier);
        if (entries.Revision >= 4 && !entries.EncryptMetadata)
            hash.AppendData([0xFF, 0xFF, 0xFF, 0xFF]);
        var digest = hash.GetHashAndReset();
        if (entries.Revision >= 3)
        {
            for (var round = 0; round < 50; round++)
                digest = MD5.HashData(digest.AsSpan(0, entries.KeyBytes));
        }
        var key = digest[..entries.KeyBytes];
        if (entries.Revision == 2)
            return CryptographicOperations.FixedTimeEquals(Rc4.Apply(key, Padding), entries.User.AsSpan(0, 32)) ? key : null;
        byte[] check = MD5.HashData([.. Padding, .. entries.FileIdentifier]);
        for (var round = 0; round < 20; round++)
            check = Rc4.Apply(Xor(key, round), check);
        return CryptographicOperations.FixedTimeEquals(check, entries.User.AsSpan(0, 16)) ? key : null;
    }

    // Algorithm 7: what the owner's password encrypts is the user's.
    private static byte[] UserPassword(byte[] padded, PasswordEntries entries)
    {
        var digest = MD5.HashData(padded);
        for (var round = 0; round < 50 && entries.Revision >= 3; round++)
            digest = MD5.HashData(digest);
        var key = digest[..entries.KeyBytes];
        var user = entries.Owner[..32];
        for (var round = entries.Revision == 2 ? 0 : 19; round >= 0; round--)
            user = Rc4.Apply(Xor(key, round), user);
        return user;
    }

    private static byte[] Xor(byte[] key, int round)
    {
        var result = new byte[key.Length];
        for (var at = 0; at < key.Length; at++)
            result[at] = (byte)(key[at] ^ round);
        return result;
    }

    // Algorithm 2.A: in Unicode, as SASLprep leaves it.
    private static (byte[] Key, bool IsOwner)? FromUnicode(string text, PasswordEntries entries)
    {
        if (Normalized(text) is not { } password)
            return null;
        if (password.Length > LongestPassword)
            password = password[..LongestPassword];
        var user = entries.User.AsSpan(0, 48);
        foreach (var (stored, wrapped, isOwner) in new[] { (entries.Owner, entries.OwnerKey, true), (entries.User, entries.UserKey, false) })
        {
            var more = isOwner ? user : [];
            if (!CryptographicOperations.FixedTimeEquals(Hash(password, stored.AsSpan(32, 8), more, entries.Revision), stored.AsSpan(0, 32)))
                continue;
            using var aes = Aes.Create();
            aes.Key = Hash(password, stored.AsSpan(40, 8), more, entries.Revision);
            var key = aes.DecryptCbc(wrapped.AsSpan(0, 32), new byte[16], PaddingMode.None);
            return PermissionsHold(key, entries) ? (key, isOwner) : null;
        }
        return null;
    }

    // Null: not Unicode, so no document has it for a password.
    private static byte[]? Normalized(string text)
    {
        try
        {
            return Encoding.UTF8.GetBytes(text.Normalize(NormalizationForm.FormKC));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Algorithm 13: what is permitted has not been changed since.
    private static bool PermissionsHold(byte[] key, PasswordEntries entries)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        var perms = aes.DecryptEcb(entries.Perms.AsSpan(0, 16), PaddingMode.None);
        return perms.AsSpan(9, 3).SequenceEqual("adb"u8) && BinaryPrimitives.ReadInt32LittleEndian(perms) == entries.Permissions
            && perms[8] == (entries.EncryptMetadata ? 'T' : 'F');
    }

    // Algorithm 2.B.
    private static byte[] Hash(byte[] password, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> user, int revision)
    {
        byte[] hash = SHA256.HashData([.. password, .. salt, .. user]);
        if (revision == 5)
            return hash;
        using var aes = Aes.Create();
        for (var round = 0; ; round++)
        {
            byte[] once = [.. password, .. hash, .. user];
            var repeated = new byte[once.Length * 64];
            for (var copy = 0; copy < 64; copy++)
                once.CopyTo(repeated, copy * once.Length);
            aes.Key = hash[..16];
            var encrypted = aes.EncryptCbc(repeated, hash.AsSpan(16, 16), PaddingMode.None);
            // The first sixteen bytes as a number modulo 3: 256 leaves 1, so their sum does.
            var remainder = 0;
            foreach (var value in encrypted.AsSpan(0, 16))
                remainder += value;
            hash = (remainder % 3) switch { 0 => SHA256.HashData(encrypted), 1 => SHA384.HashData(encrypted), _ => SHA512.HashData(encrypted) };
            if (round >= 63 && encrypted[^1] <= round - 31)
                return hash[..32];
        }
    }
}
#pragma warning restore CA5351, RS0030
