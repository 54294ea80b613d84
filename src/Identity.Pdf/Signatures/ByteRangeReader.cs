using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>The checks of a ByteRange, in the order of <see cref="ByteRangeDefect"/> (ISO 32000-2 12.8.1, EN 319 142-1 5.5).</summary>
internal static class ByteRangeReader
{
    public static ByteRangeCheck Check(PdfDocument document, PdfDictionary signature, SignatureContents contents, int revision)
    {
        var (numbers, defect) = Numbers(signature);
        if (numbers is not { } range)
            return Unsound(defect, null);
        if (signature.DuplicateKeys.Any(key => key is "ByteRange" or "Contents"))
            return Unsound(ByteRangeDefect.DuplicateKey, null);
        if (defect == ByteRangeDefect.Negative)
            return Unsound(ByteRangeDefect.Negative, null);
        if (range.FirstStart != 0)
            return Unsound(ByteRangeDefect.DoesNotStartAtZero, range);
        // Each number has at most 18 digits, so the sums fit in 64 bits.
        if (range.FirstEnd > document.Bytes.Length || range.End > document.Bytes.Length)
            return Unsound(ByteRangeDefect.BeyondEndOfFile, range);
        if (range.SecondStart < range.FirstEnd)
            return Unsound(ByteRangeDefect.Overlapping, range);
        if (ContentsDefect(contents) is { } unusable)
            return Unsound(unusable, range);
        if (((SignatureContents.Present)contents).Span is not { } span)
            return Unsound(ByteRangeDefect.ContentsNotInFile, range);
        if (range.FirstEnd != span.Start || range.SecondStart != span.End)
            return Unsound(ByteRangeDefect.GapIsNotContents, range);

        var covered = document.Revisions.FirstOrDefault(candidate => range.End >= candidate.EndOfFileMarker && range.End <= candidate.End);
        return new ByteRangeCheck.Sound(range, covered?.Number, covered is not null && covered.Number >= revision, range.End == document.Bytes.Length);
    }

    private static (ByteRange? Range, ByteRangeDefect Defect) Numbers(PdfDictionary signature)
    {
        switch (signature["ByteRange"])
        {
            case null or PdfNull: return (null, ByteRangeDefect.Missing);
            case PdfReference: return (null, ByteRangeDefect.Indirect);
            case PdfArray { Count: 4 } array when array.Items.All(item => item is PdfInteger):
                var range = new ByteRange(Value(array, 0), Value(array, 1), Value(array, 2), Value(array, 3));
                var negative = array.Items.Any(item => ((PdfInteger)item).Value < 0);
                return (range, negative ? ByteRangeDefect.Negative : default);
            case PdfArray: return (null, ByteRangeDefect.NotFourIntegers);
            default: return (null, ByteRangeDefect.NotAnArray);
        }
    }

    private static long Value(PdfArray array, int at) => ((PdfInteger)array[at]).Value;

    private static ByteRangeDefect? ContentsDefect(SignatureContents contents) => contents switch
    {
        SignatureContents.Missing => ByteRangeDefect.ContentsMissing,
        SignatureContents.Present { Indirect: true } => ByteRangeDefect.ContentsIndirect,
        SignatureContents.Present { Hexadecimal: false } => ByteRangeDefect.ContentsLiteralString,
        SignatureContents.Present { Bytes.Length: 0 } => ByteRangeDefect.ContentsEmpty,
        SignatureContents.Present => null,
        _ => ByteRangeDefect.ContentsNotAString,
    };

    private static ByteRangeCheck.Unsound Unsound(ByteRangeDefect defect, ByteRange? range) => new(defect, range, defect switch
    {
        ByteRangeDefect.Missing => "the signature has no ByteRange",
        ByteRangeDefect.Indirect => "ByteRange is an indirect object",
        ByteRangeDefect.NotAnArray => "ByteRange is no array",
        ByteRangeDefect.NotFourIntegers => "ByteRange is not four integers",
        ByteRangeDefect.DuplicateKey => "the signature has ByteRange or Contents twice",
        ByteRangeDefect.Negative => "ByteRange has a negative number",
        ByteRangeDefect.DoesNotStartAtZero => "ByteRange does not start at byte 0",
        ByteRangeDefect.BeyondEndOfFile => "ByteRange reaches beyond the end of the file",
        ByteRangeDefect.Overlapping => "the two ranges of ByteRange overlap",
        ByteRangeDefect.ContentsMissing => "the signature has no Contents",
        ByteRangeDefect.ContentsIndirect => "Contents is an indirect object",
        ByteRangeDefect.ContentsNotAString => "Contents is no string",
        ByteRangeDefect.ContentsLiteralString => "Contents is a literal string",
        ByteRangeDefect.ContentsEmpty => "Contents is empty",
        ByteRangeDefect.ContentsNotInFile => "the signature stands in an object stream",
        ByteRangeDefect.GapIsNotContents => "the gap of ByteRange is not exactly Contents",
        _ => throw new InvalidOperationException($"no text for {defect}"),
    });
}
