using System.Security.Cryptography;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Encryption;

internal enum CryptMethod
{
    Identity,
    Rc4,
    AesV2,
    AesV3,
}

/// <summary>The standard security handler of an encrypted document, opened with a password (ISO 32000-2 7.6).</summary>
internal sealed class SecurityHandler
{
    // 7.6.3.1: an initialization vector of sixteen bytes before the data.
    private const int Block = 16;
    private readonly byte[] key;
    private readonly CryptMethod strings;
    private readonly CryptMethod streams;
    private readonly bool encryptMetadata;
    private readonly int permissions;
    private readonly int revision;

    private SecurityHandler(byte[] key, CryptMethod strings, CryptMethod streams, PasswordEntries entries, bool isOwner)
    {
        (this.key, this.strings, this.streams, encryptMetadata) = (key, strings, streams, entries.EncryptMetadata);
        (permissions, revision, IsOwner) = (entries.Permissions, entries.Revision, isOwner);
    }

    /// <summary>Opened with the owner's password: all is permitted.</summary>
    public bool IsOwner { get; }

    /// <summary>Table 22: bit 6, or bit 9, lets existing fields be filled in and signed.</summary>
    public bool MayFillFields => IsOwner || Has(6) || (revision >= 3 && Has(9));

    /// <summary>Table 22: bits 4 and 6 together let fields be made.</summary>
    public bool MayAddFields => IsOwner || (Has(4) && Has(6));

    /// <exception cref="PdfRefusedException">Encrypted in a way that is not read here, or with another password.</exception>
    public static SecurityHandler Open(PdfDictionary dictionary, byte[] fileIdentifier, string password)
    {
        if (dictionary["Filter"] is not PdfName { Value: "Standard" })
            throw Unread("the document is encrypted for the holders of certificates, or by a handler that is not read here");
        // ISO/TS 32004: a MAC over the document would have to be made anew.
        if (dictionary.Has("KDFSalt"))
            throw Unread("the document is encrypted and protected by a MAC");
        var version = Number(dictionary, "V", 0);
        var revision = Number(dictionary, "R", 0);
        var (strings, streams) = version switch
        {
            1 or 2 => (CryptMethod.Rc4, CryptMethod.Rc4),
            4 or 5 => (Method(dictionary, "StrF", version), Method(dictionary, "StmF", version)),
            _ => throw Unread("the document is encrypted by an algorithm that is not read here"),
        };
        var agree = (version, revision) is (1, 2) or (2, 3) or (1, 3) or (4, 4) or (5, 5) or (5, 6);
        var bits = version switch { 1 => 40, 2 => Number(dictionary, "Length", 40), 4 => 128, _ => 256 };
        if (!agree || bits is < 40 or > 256 || bits % 8 != 0 || (version == 2 && bits > 128))
            throw Unread("the encryption dictionary is not one of the standard security handler");
        var isUnicode = revision >= 5;
        var entries = new PasswordEntries(revision, bits / 8, Bytes(dictionary, "O", isUnicode ? 48 : 32), Bytes(dictionary, "U", isUnicode ? 48 : 32),
            isUnicode ? Bytes(dictionary, "OE", 32) : [], isUnicode ? Bytes(dictionary, "UE", 32) : [], isUnicode ? Bytes(dictionary, "Perms", 16) : [],
            Permissions(dictionary), dictionary["EncryptMetadata"] is not PdfBoolean { Value: false }, fileIdentifier);
        return FileKey.From(password, entries) is { } opened
            ? new SecurityHandler(opened.Key, strings, streams, entries, opened.IsOwner)
            : throw new PdfRefusedException(password.Length == 0
                ? new PdfRefusal(PdfRefusalCode.Encrypted, "the document is encrypted and opens with a password") { Password = PasswordRefusal.Needed }
                : new PdfRefusal(PdfRefusalCode.Encrypted, "the document is encrypted and opens with another password") { Password = PasswordRefusal.Wrong });
    }

    public byte[] DecryptString(ObjectId id, byte[] data) => Decrypt(strings, id, data);

    public byte[] EncryptString(ObjectId id, ReadOnlySpan<byte> data) => Encrypt(strings, id, data);

    public byte[] EncryptStream(ObjectId id, ReadOnlySpan<byte> data) => Encrypt(streams, id, data);

    /// <summary>The data of a stream as its filters take them.</summary>
    public ReadOnlyMemory<byte> DecryptStream(ObjectId id, PdfDictionary dictionary, ReadOnlyMemory<byte> data)
    {
        // 7.5.8.2: a cross-reference stream is not encrypted; table 21: metadata need not be.
        if (dictionary["Type"] is PdfName { Value: "XRef" } || (dictionary["Type"] is PdfName { Value: "Metadata" } && !encryptMetadata))
            return data;
        // 7.4.10: a crypt filter of its own; another than Identity is refused where filters are read.
        if (dictionary["Filter"] is PdfName { Value: "Crypt" } or PdfArray { Count: > 0 } and [PdfName { Value: "Crypt" }, ..])
            return data;
        return streams == CryptMethod.Identity ? data : Decrypt(streams, id, data.ToArray());
    }

    private bool Has(int bit) => (permissions >> (bit - 1) & 1) != 0;

    private byte[] Decrypt(CryptMethod method, ObjectId id, byte[] data)
    {
        switch (method)
        {
            case CryptMethod.Identity:
                return data;
            case CryptMethod.Rc4:
                return Rc4.Apply(ObjectKey(id, isAes: false), data);
            default:
                // An empty string has no vector in some files.
                if (data.Length == 0)
                    return data;
                using (var aes = Aes.Create())
                {
                    aes.Key = method == CryptMethod.AesV3 ? key : ObjectKey(id, isAes: true);
                    try
                    {
                        return data.Length < 2 * Block ? throw Damaged() : aes.DecryptCbc(data.AsSpan(Block), data.AsSpan(0, Block));
                    }
                    catch (CryptographicException)
                    {
                        throw Damaged();
                    }
                }
        }
    }

    private byte[] Encrypt(CryptMethod method, ObjectId id, ReadOnlySpan<byte> data)
    {
        switch (method)
        {
            case CryptMethod.Identity:
                return data.ToArray();
            case CryptMethod.Rc4:
                return Rc4.Apply(ObjectKey(id, isAes: false), data);
            default:
                using (var aes = Aes.Create())
                {
                    aes.Key = method == CryptMethod.AesV3 ? key : ObjectKey(id, isAes: true);
                    var vector = RandomNumberGenerator.GetBytes(Block);
                    return [.. vector, .. aes.EncryptCbc(data, vector)];
                }
        }
    }

    // Algorithm 1.
#pragma warning disable CA5351, RS0030 // MD5 is what the format derives these keys with.
    private byte[] ObjectKey(ObjectId id, bool isAes)
    {
        byte[] salted = [.. key, (byte)id.Number, (byte)(id.Number >> 8), (byte)(id.Number >> 16), (byte)id.Generation, (byte)(id.Generation >> 8), .. isAes ? "sAlT"u8 : []];
        return MD5.HashData(salted)[..Math.Min(key.Length + 5, 16)];
    }
#pragma warning restore CA5351, RS0030

    // Table 25 and 7.6.6.
    private static CryptMethod Method(PdfDictionary dictionary, string use, int version)
    {
        var name = (dictionary[use] as PdfName)?.Value ?? "Identity";
        if (name == "Identity")
            return CryptMethod.Identity;
        var method = dictionary["CF"] is PdfDictionary filters && filters[name] is PdfDictionary filter ? (filter["CFM"] as PdfName)?.Value : null;
        return (method, version) switch
        {
            ("V2", 4) => CryptMethod.Rc4,
            ("AESV2", 4) => CryptMethod.AesV2,
            ("AESV3", 5) => CryptMethod.AesV3,
            _ => throw Unread("the document is encrypted by a crypt filter that is not read here"),
        };
    }

    private static int Number(PdfDictionary dictionary, string key, int absent) => dictionary[key] is PdfInteger { Value: >= 0 and <= 256 } number ? (int)number.Value : absent;

    // 7.6.4.2: 32 bits, which some write as a number without a sign.
    private static int Permissions(PdfDictionary dictionary) =>
        dictionary["P"] is PdfInteger { Value: >= int.MinValue and <= uint.MaxValue } number ? unchecked((int)number.Value) : throw Unread("the encryption dictionary has no permissions");

    private static byte[] Bytes(PdfDictionary dictionary, string key, int least) =>
        dictionary[key] is PdfString text && text.GetBytes() is var bytes && bytes.Length >= least && bytes.Length <= 127
            ? bytes : throw Unread($"the encryption dictionary has no usable {key}");

    private static PdfRefusedException Unread(string message) => new(PdfRefusalCode.Encrypted, message);

    private static PdfRefusedException Damaged() => new(PdfRefusalCode.Malformed, "encrypted data cannot be decrypted");
}

/// <summary>How the strings and streams of one object of the file are read.</summary>
internal sealed record Decryption(SecurityHandler Handler, ObjectId Id);
