using System.Buffers;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// Looks for the words by which a program that repairs a file finds objects (`1 0 obj`, endobj, endstream, a trailer), wherever no object stands by the
/// cross-references: inside of the data of a stream, of a string, of a comment. Such a program shows what is hidden there in place of what was read here.
/// </summary>
internal sealed class HiddenObjects(FileView file, List<RevisionLayout> layouts, List<(ByteSpan Span, int Revision)> explained)
{
    private const int PartBytes = 64 * 1024;

    // What is looked at before and behind a word. A word that cannot be judged by that much counts as found.
    private const int Before = 1024;
    private const int Behind = 128;

    // From the number of an object to its word, and from the end of its data to its own end, as programs write them.
    private const int OwnHeader = 64;
    private const int OwnEnd = 64;

    private readonly long?[] first = new long?[layouts.Count];
    private int layoutAt;

    /// <summary>By revision, the offset of the first such word; null where there is none, and for the original, which is what it is.</summary>
    public long?[] FirstByRevision()
    {
        var end = layouts[^1].End;
        if (layouts.Count == 1)
            return first;
        var buffer = ArrayPool<byte>.Shared.Rent(Before + PartBytes + Behind);
        try
        {
            var places = new Cursor[3];
            for (var from = layouts[0].End; from < end; from += PartBytes)
            {
                var start = Math.Max(0, from - Before);
                var window = buffer.AsSpan(0, (int)(Math.Min(end, from + PartBytes + Behind) - start));
                file.Read(start, window);
                var (low, high) = ((int)(from - start), (int)(Math.Min(end, from + PartBytes) - start));
                Find("obj"u8, window, start, low, high, ref places[0], IsObject);
                Find("endstream"u8, window, start, low, high, ref places[1], IsEndOfStream);
                Find("trailer"u8, window, start, low, high, ref places[2], IsTrailer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return first;
    }

    /// <summary>How far the explained spans have been gone through for one word.</summary>
    private struct Cursor
    {
        public int Next;
    }

    private delegate bool Judge(ReadOnlySpan<byte> window, int at, long start, ByteSpan? own);

    private void Find(ReadOnlySpan<byte> word, ReadOnlySpan<byte> window, long start, int low, int high, ref Cursor cursor, Judge isHidden)
    {
        for (var at = low; at < high && window[at..].IndexOf(word) is >= 0 and var index; at++)
        {
            at += index;
            if (at >= high)
                return;
            var layout = LayoutOf(start + at);
            if (first[layout.Number - 1] is { } earlier && earlier <= start + at)
                continue;
            while (cursor.Next < explained.Count && explained[cursor.Next].Span.End <= start + at)
                cursor.Next++;
            // What only a later revision brings into use stands for nothing in this one.
            ByteSpan? own = cursor.Next < explained.Count && explained[cursor.Next] is var (span, revision) && span.Start <= start + at && revision <= layout.Number ? span : null;
            if (isHidden(window, at, start, own))
                first[layout.Number - 1] = start + at;
        }
    }

    private RevisionLayout LayoutOf(long offset)
    {
        if (offset < layouts[layoutAt].Start)
            layoutAt = 0;
        while (layouts[layoutAt].End <= offset)
            layoutAt++;
        return layouts[layoutAt];
    }

    private static bool IsObject(ReadOnlySpan<byte> window, int at, long start, ByteSpan? own)
    {
        if (window[..at].EndsWith("end"u8))
            return own?.End != start + at + "obj".Length;
        if (!FollowsNumbers(window, at, start))
            return false;
        return own is not { } span || start + at - span.Start > OwnHeader || span.Start < start
            || window[(int)(span.Start - start)..at].ContainsAnyExcept(HeaderBytes);
    }

    private static readonly SearchValues<byte> HeaderBytes = SearchValues.Create("0123456789 \r\n\t\f\0"u8);

    // Two numbers with white space between, or what a comment may hide of them.
    private static bool FollowsNumbers(ReadOnlySpan<byte> window, int at, long start)
    {
        var isWhole = start == 0;
        var before = SkipSpace(window, at);
        if (before < 0)
            return !isWhole;
        if (!Characters.IsDigit(window[before]))
            return before < at - 1 && EndsWithComment(window, before, at, isWhole);
        var digits = window[..(before + 1)].LastIndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0)
            return !isWhole;
        if (window[digits] is (byte)'+' or (byte)'-' && --digits < 0)
            return !isWhole;
        var gap = SkipSpace(window, digits + 1);
        if (gap < 0)
            return !isWhole;
        return gap < digits && (Characters.IsDigit(window[gap]) || EndsWithComment(window, gap, digits + 1, isWhole));
    }

    /// <summary>The last position before <paramref name="at"/> that is no white space.</summary>
    private static int SkipSpace(ReadOnlySpan<byte> window, int at)
    {
        for (at--; at >= 0 && Characters.IsWhiteSpace(window[at]);)
            at--;
        return at;
    }

    // The line before ends there, and has a percent sign with a number before it: on the line, or on those before when they are nothing but comments.
    private static bool EndsWithComment(ReadOnlySpan<byte> window, int last, int at, bool isWhole)
    {
        while (window[(last + 1)..at].IndexOfAny(Characters.EndOfLine) >= 0)
        {
            var line = window[..(last + 1)].LastIndexOfAny(Characters.EndOfLine) + 1;
            if (line == 0 && !isWhole)
                return true;
            var next = -1;
            for (var sign = line; sign <= last && window[sign..(last + 1)].IndexOf((byte)'%') is >= 0 and var more; sign++)
            {
                sign += more;
                var before = SkipSpace(window, sign);
                if (before < 0 ? !isWhole : Characters.IsDigit(window[before]))
                    return true;
                if (before >= 0 && before < line)
                    next = before;
            }
            if (next < 0)
                return false;
            (last, at) = (next, line);
        }
        return false;
    }

    // 7.3.8.1: only white space is between endstream and endobj.
    private static bool IsEndOfStream(ReadOnlySpan<byte> window, int at, long start, ByteSpan? own)
    {
        var behind = at + "endstream".Length;
        if (own is not { } span || span.End - start - behind is not (>= 0 and <= OwnEnd and var length))
            return true;
        var rest = window.Slice(behind, (int)length);
        if (rest.EndsWith("endobj"u8))
            rest = rest[..^"endobj".Length];
        return SkipSpace(rest, rest.Length) >= 0;
    }

    private bool IsTrailer(ReadOnlySpan<byte> window, int at, long start, ByteSpan? own)
    {
        var rest = start + at + "trailer".Length;
        var value = file.SkipWhiteSpaceAndComments(rest, Math.Min(layouts[^1].End, rest + Behind));
        if (value - rest < Behind && !file.Peek(value, 2).SequenceEqual("<<"u8))
            return false;
        return own is null || !layouts.Exists(layout => layout.Sections.Exists(section => section.Section.Trailer.Start == value));
    }
}
