using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Comparing two values as they stand; references are compared by number, not followed.</summary>
public static class ObjectComparison
{
    /// <summary>The same bytes; for streams the same dictionary bytes and the same encoded data.</summary>
    public static bool SameBytes(PdfObject left, PdfObject right) => throw new NotImplementedException();

    /// <summary>
    /// The same value whatever its writing: dictionaries without order, entries that are null count as absent, 1.50 equals 1.5,
    /// (A) equals &lt;41&gt;. Streams: dictionaries as above and the same encoded data.
    /// </summary>
    public static bool SameValue(PdfObject left, PdfObject right) => throw new NotImplementedException();
}
