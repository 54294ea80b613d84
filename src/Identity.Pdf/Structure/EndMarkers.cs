using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One `startxref offset %%EOF` (ISO 32000-2 7.5.5).</summary>
/// <param name="Start">Of the word startxref.</param>
/// <param name="Marker">Behind %%EOF; behind the offset when there is no %%EOF.</param>
/// <param name="End">Behind the end-of-line that follows, when there is one.</param>
internal readonly record struct EndMarker(int Start, long PointsAt, int Marker, int End, bool HasEndOfFile);

/// <summary>Every startxref of the file; those inside streams do no harm, because nothing they point at is looked for.</summary>
internal sealed class EndMarkers
{
    private const int Most = 100_000;
    private readonly List<EndMarker> markers = [];

    public EndMarkers(ReadOnlySpan<byte> file)
    {
        for (var at = 0; file[at..].IndexOf("startxref"u8) is >= 0 and var found; at += found + "startxref".Length)
        {
            if (markers.Count == Most)
                throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the file has more than {Most} startxref");
            if (Read(file, at + found) is { } marker)
                markers.Add(marker);
            else
                LastIsUnreadable = at + found;
        }
        if (LastIsUnreadable is { } unreadable && markers.Count > 0 && markers[^1].Start > unreadable)
            LastIsUnreadable = null;
    }

    /// <summary>The last startxref has no number: no reader can start there.</summary>
    public int? LastIsUnreadable { get; }

    public EndMarker? Last => markers.Count == 0 ? null : markers[^1];

    /// <summary>A revision ends before <paramref name="position"/>; offset 0 stands in the first part of linearized files and ends nothing.</summary>
    public bool IsOneBefore(long position) => markers.Exists(marker => marker.Start < position && marker.PointsAt != 0);

    /// <summary>Ends of what may be earlier states of the file, latest first.</summary>
    public IEnumerable<int> EarlierEnds() => markers.SkipLast(1).Where(marker => marker.HasEndOfFile).Select(marker => marker.End).Reverse();

    /// <summary>The first behind <paramref name="from"/> that points at <paramref name="section"/>.</summary>
    public EndMarker? FirstAfter(long from, long section)
    {
        int low = 0, high = markers.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (markers[middle].Start < from)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < markers.Count; low++)
        {
            if (markers[low].PointsAt == section)
                return markers[low];
        }
        return null;
    }

    /// <summary>The one that directly follows, with nothing but white space and comments between.</summary>
    public static EndMarker? DirectlyBehind(ReadOnlySpan<byte> file, long from, PdfLimits limits)
    {
        var lexer = new PdfLexer(file, (int)from, limits);
        lexer.SkipWhiteSpaceAndComments();
        return file[lexer.Position..].StartsWith("startxref"u8) ? Read(file, lexer.Position) : null;
    }

    private static EndMarker? Read(ReadOnlySpan<byte> file, int start)
    {
        var at = SkipSpace(file, start + "startxref".Length);
        long value = 0;
        var digits = at;
        for (; at < file.Length && Characters.IsDigit(file[at]) && at - digits < 18; at++)
            value = value * 10 + (file[at] - '0');
        if (at == digits)
            return null;
        var marker = SkipSpace(file, at);
        var hasMarker = file[marker..].StartsWith("%%EOF"u8);
        marker = hasMarker ? marker + "%%EOF".Length : at;
        return new EndMarker(start, value, marker, BehindEndOfLine(file, marker), hasMarker);
    }

    private static int SkipSpace(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length && Characters.IsWhiteSpace(file[at]))
            at++;
        return at;
    }

    private static int BehindEndOfLine(ReadOnlySpan<byte> file, int at) => file[at..] switch
    {
        [(byte)'\r', (byte)'\n', ..] => at + 2,
        [(byte)'\r' or (byte)'\n', ..] => at + 1,
        _ => at,
    };
}
