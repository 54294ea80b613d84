using System.Security.Cryptography;
using Identity.Pdf.Structure;

namespace Identity.Pdf.Signatures;

/// <summary>The two ranges of bytes that a signature covers (ISO 32000-2 12.8.1), in bytes from the start of the file.</summary>
public readonly record struct ByteRange(long FirstStart, long FirstLength, long SecondStart, long SecondLength)
{
    public long FirstEnd => checked(FirstStart + FirstLength);

    public long End => checked(SecondStart + SecondLength);
}

/// <summary>Why a ByteRange proves nothing, in the order in which it is checked.</summary>
public enum ByteRangeDefect
{
    Missing,
    Indirect,
    NotAnArray,
    NotFourIntegers,
    DuplicateKey,
    Negative,
    DoesNotStartAtZero,
    BeyondEndOfFile,
    Overlapping,
    ContentsMissing,
    ContentsIndirect,
    ContentsNotAString,
    ContentsLiteralString,
    ContentsEmpty,

    /// <summary>The signature dictionary stands in an object stream, so its Contents has no place in the file.</summary>
    ContentsNotInFile,

    /// <summary>The gap is not exactly the hexadecimal string of Contents with its brackets.</summary>
    GapIsNotContents,
}

/// <summary>What the checks of a ByteRange gave.</summary>
public abstract record ByteRangeCheck
{
    private ByteRangeCheck() { }

    /// <summary>Four sound numbers, and the gap is exactly Contents.</summary>
    /// <param name="CoveredRevision">
    /// The revision that ends where the range ends (with or without the end-of-line behind %%EOF); null when the range ends elsewhere.
    /// </param>
    /// <param name="CoversWholeRevision">The range ends where a revision ends, and the signature stands in that revision.</param>
    /// <param name="CoversWholeDocument">The range ends at the end of the file.</param>
    public sealed record Sound(ByteRange Range, int? CoveredRevision, bool CoversWholeRevision, bool CoversWholeDocument) : ByteRangeCheck;

    /// <param name="Range">The numbers, when there are four integers that do not overflow; they may still be hashed for the report.</param>
    public sealed record Unsound(ByteRangeDefect Defect, ByteRange? Range, string Message) : ByteRangeCheck;
}

/// <summary>Hashing of the bytes that a signature covers.</summary>
public static class ByteRangeDigest
{
    /// <summary>Digest of both ranges; null when a range is not inside the file.</summary>
    public static byte[]? Compute(PdfDocument document, ByteRange range, HashAlgorithmName algorithm)
    {
        if (!IsInside(document, range.FirstStart, range.FirstLength) || !IsInside(document, range.SecondStart, range.SecondLength))
            return null;
        using var hash = range.FirstStart == 0 ? document.Bytes.HashOfPrefix(algorithm, range.FirstLength) : IncrementalHash.CreateHash(algorithm);
        if (range.FirstStart != 0)
            document.Bytes.AddTo(hash, range.FirstStart, range.FirstLength);
        document.Bytes.AddTo(hash, range.SecondStart, range.SecondLength);
        return hash.GetHashAndReset();
    }

    private static bool IsInside(PdfDocument document, long start, long length) =>
        start >= 0 && length >= 0 && start <= document.Bytes.Length && length <= document.Bytes.Length - start;
}
