using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One `startxref offset %%EOF` (ISO 32000-2 7.5.5).</summary>
/// <param name="Start">Of the word startxref.</param>
/// <param name="Marker">Behind %%EOF; behind the offset when there is no %%EOF.</param>
/// <param name="End">Behind the end-of-line that follows, when there is one.</param>
internal readonly record struct EndMarker(long Start, long PointsAt, long Marker, long End, bool HasEndOfFile);

/// <summary>Every startxref of the file; those inside streams do no harm, because nothing they point at is looked for.</summary>
internal sealed class EndMarkers
{
    private const int Most = 100_000;
    private const int MostDigits = 18;
    private readonly List<EndMarker> markers = [];

    public EndMarkers(FileView file)
    {
        file.Find("startxref"u8, 0, found =>
        {
            if (markers.Count == Most)
                throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the file has more than {Most} startxref");
            if (Read(file, found) is { } marker)
                markers.Add(marker);
            else
                LastIsUnreadable = found;
            return found + "startxref".Length;
        });
        if (LastIsUnreadable is { } unreadable && markers.Count > 0 && markers[^1].Start > unreadable)
            LastIsUnreadable = null;
    }

    /// <summary>The last startxref has no number: no reader can start there.</summary>
    public long? LastIsUnreadable { get; private set; }

    public EndMarker? Last => markers.Count == 0 ? null : markers[^1];

    /// <summary>A revision ends before <paramref name="position"/>; offset 0 stands in the first part of linearized files and ends nothing.</summary>
    public bool IsOneBefore(long position) => markers.Exists(marker => marker.Start < position && marker.PointsAt != 0);

    /// <summary>Ends of what may be earlier states of the file, latest first.</summary>
    public IEnumerable<long> EarlierEnds() => markers.SkipLast(1).Where(marker => marker.HasEndOfFile).Select(marker => marker.End).Reverse();

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
    public static EndMarker? DirectlyBehind(FileView file, long from)
    {
        var start = file.SkipWhiteSpaceAndComments(from, file.Length);
        return file.Peek(start, "startxref".Length).SequenceEqual("startxref"u8) ? Read(file, start) : null;
    }

    private static EndMarker? Read(FileView file, long start)
    {
        var digits = file.SkipWhiteSpace(start + "startxref".Length, file.Length);
        long value = 0;
        var at = digits;
        foreach (var digit in file.Peek(digits, MostDigits))
        {
            if (!Characters.IsDigit(digit))
                break;
            (value, at) = (value * 10 + (digit - '0'), at + 1);
        }
        if (at == digits)
            return null;
        var marker = file.SkipWhiteSpace(at, file.Length);
        var hasMarker = file.Peek(marker, "%%EOF".Length).SequenceEqual("%%EOF"u8);
        marker = hasMarker ? marker + "%%EOF".Length : at;
        return new EndMarker(start, value, marker, BehindEndOfLine(file, marker), hasMarker);
    }

    private static long BehindEndOfLine(FileView file, long at) => file.Peek(at, 2) switch
    {
        [(byte)'\r', (byte)'\n'] => at + 2,
        [(byte)'\r' or (byte)'\n', ..] => at + 1,
        _ => at,
    };
}
