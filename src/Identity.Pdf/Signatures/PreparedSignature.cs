using System.Security.Cryptography;
using Identity.Pdf.Structure;

namespace Identity.Pdf.Signatures;

/// <summary>What came of writing the CMS into its place.</summary>
public abstract record SignedPdf
{
    private SignedPdf() { }

    public sealed record Written(ReadOnlyMemory<byte> File) : SignedPdf;

    /// <summary>The CMS is larger than what was kept free: prepare again with at least <paramref name="Needed"/> bytes.</summary>
    public sealed record DoesNotFit(int Needed, int Reserved) : SignedPdf;
}

/// <summary>
/// Original and tail with room for the CMS; all that is left to do is to sign the digest. Made by <see cref="SignatureUpdate.Prepare"/>.
/// Does not change, so it may be signed again when signing failed.
/// </summary>
public sealed class PreparedSignature
{
    // A signature with all that an update writes beside it is far less.
    private const long LargestTail = 64 * 1024 * 1024;
    private readonly byte[] tail;

    internal PreparedSignature(string fieldName, DocumentBytes original, byte[] tail, ByteRange byteRange, int reservedBytes)
    {
        (FieldName, Original, this.tail, ByteRange, ReservedBytes) = (fieldName, original, tail, byteRange, reservedBytes);
    }

    /// <summary>
    /// The last signature of a document, its Contents to be written anew: for what becomes of a signature that was kept before it was finished.
    /// Null when it does not cover the document up to its end.
    /// </summary>
    public static PreparedSignature? Reopen(PdfDocument document, SignatureDictionary signature)
    {
        if (signature is not { FieldName: { } field, ByteRange: ByteRangeCheck.Sound { CoversWholeDocument: true } sound, Contents: SignatureContents.Present contents })
            return null;
        if (document.Bytes.Length - sound.Range.FirstLength > LargestTail)
            return null;
        var tail = document.Bytes.Slice(sound.Range.FirstLength, (int)(document.Bytes.Length - sound.Range.FirstLength));
        tail.AsSpan(1, (int)(sound.Range.SecondStart - sound.Range.FirstLength) - 2).Fill((byte)'0');
        return new PreparedSignature(field, document.Bytes.Prefix(sound.Range.FirstLength), tail, sound.Range, contents.Bytes.Length);
    }

    public string FieldName { get; }

    /// <summary>The document as it was given: a prefix of the result.</summary>
    public DocumentBytes Original { get; }

    /// <summary>What follows the original, Contents filled with zeros.</summary>
    public ReadOnlyMemory<byte> Tail => tail;

    public ByteRange ByteRange { get; }

    /// <summary>Offset in the whole file of the opening bracket of Contents.</summary>
    public long ContentsOffset => ByteRange.FirstLength;

    /// <summary>Bytes of CMS that fit.</summary>
    public int ReservedBytes { get; }

    /// <summary>Digest of the bytes that the signature covers.</summary>
    public byte[] ComputeDigest(HashAlgorithmName algorithm)
    {
        using var hash = Original.HashOfPrefix(algorithm, Original.Length);
        hash.AppendData(tail.AsSpan(0, TailContentsStart));
        hash.AppendData(tail.AsSpan(TailContentsEnd));
        return hash.GetHashAndReset();
    }

    /// <summary>The signed file as one array.</summary>
    public SignedPdf WriteSigned(ReadOnlySpan<byte> der)
    {
        if (der.Length > ReservedBytes)
            return new SignedPdf.DoesNotFit(der.Length, ReservedBytes);
        var original = checked((int)Original.Length);
        var file = new byte[checked(original + tail.Length)];
        Original.Read(0, file.AsSpan(0, original));
        tail.CopyTo(file, original);
        WriteHexadecimal(der, file.AsSpan(original + TailContentsStart + 1));
        return new SignedPdf.Written(file);
    }

    /// <summary>What follows the original in the signed file; null when <paramref name="der"/> is larger than <see cref="ReservedBytes"/>.</summary>
    public ReadOnlyMemory<byte>? SignedTail(ReadOnlySpan<byte> der)
    {
        if (der.Length > ReservedBytes)
            return null;
        var signed = (byte[])tail.Clone();
        WriteHexadecimal(der, signed.AsSpan(TailContentsStart + 1));
        return signed;
    }

    /// <summary>Writes the signed file; false, and nothing written, when <paramref name="der"/> is larger than <see cref="ReservedBytes"/>.</summary>
    public bool TryWriteSigned(Stream output, ReadOnlySpan<byte> der)
    {
        if (SignedTail(der) is not { } signed)
            return false;
        Original.CopyTo(output);
        output.Write(signed.Span);
        return true;
    }

    private int TailContentsStart => (int)(ContentsOffset - Original.Length);

    private int TailContentsEnd => (int)(ByteRange.SecondStart - Original.Length);

    private static void WriteHexadecimal(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            target[2 * at] = "0123456789abcdef"u8[bytes[at] >> 4];
            target[2 * at + 1] = "0123456789abcdef"u8[bytes[at] & 15];
        }
    }
}
