using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Comparing two values as they stand; references are compared by number, not followed.</summary>
public static class ObjectComparison
{
    /// <summary>The same bytes as they stand; for streams the same dictionary bytes and the same encoded data.</summary>
    public static bool SameBytes(PdfObject left, PdfObject right) => left is PdfStream first
        ? right is PdfStream second && SameBytes(first.Dictionary, second.Dictionary) && first.RawData.Span.SequenceEqual(second.RawData.Span)
        : right is not PdfStream && left.Raw.Span.SequenceEqual(right.Raw.Span);

    /// <summary>
    /// The same encoded data, in an encrypted document once they are decrypted: what is written again is encrypted anew, and the same bytes under
    /// another key are other data. What cannot be decrypted is the same only where it stands as it stood.
    /// </summary>
    public static bool SameData(PdfStream left, PdfStream right)
    {
        if (left.IsReadAlike(right) && left.RawData.Span.SequenceEqual(right.RawData.Span))
            return true;
        return (left.Source.Decryption ?? right.Source.Decryption) is not null && Plain(left) is { } one && Plain(right) is { } other && one.Span.SequenceEqual(other.Span);
    }

    /// <summary>The data as the filters take them; null when they cannot be decrypted.</summary>
    internal static ReadOnlyMemory<byte>? Plain(PdfStream stream)
    {
        try
        {
            return stream.Source.Decryption is { } encrypted ? encrypted.Handler.DecryptStream(encrypted.Id, stream.Dictionary, stream.RawData) : stream.RawData;
        }
        catch (PdfRefusedException)
        {
            return null;
        }
    }

    /// <summary>
    /// The same value whatever its writing: dictionaries without order, entries that are null count as absent, 1.50 equals 1.5,
    /// (A) equals &lt;41&gt;. Streams: dictionaries as above, but for Length, and the same encoded data.
    /// </summary>
    public static bool SameValue(PdfObject left, PdfObject right)
    {
        // The depth is bounded by the parser.
        switch (left, right)
        {
            case (PdfNull, PdfNull): return true;
            case (PdfBoolean one, PdfBoolean other): return one.Value == other.Value;
            case (PdfInteger or PdfReal, PdfInteger or PdfReal): return Number(left).Equals(Number(right));
            case (PdfName one, PdfName other): return one.Value == other.Value;
            case (PdfString one, PdfString other): return one.ReadsAs(other);
            case (PdfReference one, PdfReference other): return one.Target == other.Target;
            case (PdfArray one, PdfArray other): return SameItems(one, other);
            case (PdfDictionary one, PdfDictionary other): return SameEntries(one, other, "");
            case (PdfStream one, PdfStream other):
                return SameEntries(one.Dictionary, other.Dictionary, "Length") && SameData(one, other);
            default: return false;
        }
    }

    private static double Number(PdfObject value) => value is PdfInteger integer ? integer.Value : ((PdfReal)value).Value;

    private static bool SameItems(PdfArray left, PdfArray right)
    {
        if (left.Count != right.Count)
            return false;
        for (var at = 0; at < left.Count; at++)
        {
            if (!SameValue(left[at], right[at]))
                return false;
        }
        return true;
    }

    private static bool SameEntries(PdfDictionary left, PdfDictionary right, string except)
    {
        // Which of two entries with one key counts is not defined, so nothing can be said of them.
        if (left.DuplicateKeys.Count > 0 || right.DuplicateKeys.Count > 0)
            return left.IsReadAlike(right) && left.Raw.Span.SequenceEqual(right.Raw.Span);
        return Count(left, except) == Count(right, except) && Contains(left, right, except);
    }

    private static int Count(PdfDictionary dictionary, string except)
    {
        var count = 0;
        foreach (var (key, value) in dictionary.Entries)
            count += value is not PdfNull && key.Value != except && dictionary[key.Value] == value ? 1 : 0;
        return count;
    }

    private static bool Contains(PdfDictionary whole, PdfDictionary part, string except)
    {
        foreach (var (key, value) in part.Entries)
        {
            if (value is not PdfNull && key.Value != except && (whole[key.Value] is not { } other || !SameValue(value, other)))
                return false;
        }
        return true;
    }
}
