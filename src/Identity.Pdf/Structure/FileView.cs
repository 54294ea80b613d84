using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// What reading sees of a document's bytes: all of them when they are in memory, otherwise a window that is moved and grows. What is read of a
/// window and stays has to be kept (<see cref="PdfSource.Keep"/>). Not for use by several threads.
/// </summary>
internal sealed class FileView
{
    /// <summary>Most objects are smaller; a page with its annotations fits.</summary>
    private const int FirstWindow = 8 * 1024;

    // Behind an object that begins so near the end of the window, its end is probably not in it.
    private const int ProbableObject = 2 * 1024;
    private readonly DocumentBytes bytes;
    private readonly PdfLimits limits;
    private readonly PdfSource? whole;
    private bool isSplit;
    private byte[] window = [];
    private long windowStart;
    private int windowLength;

    public FileView(DocumentBytes bytes, long length, PdfLimits limits)
    {
        (this.bytes, Length, this.limits) = (bytes, length, limits);
        if (bytes.InMemory is { } memory)
            whole = new PdfSource(memory[..(int)length], null);
    }

    /// <summary>The source of all objects; null when each has one of its own.</summary>
    public PdfSource? Whole => isSplit ? null : whole;

    /// <summary>Bytes that are looked at: the whole document, or a beginning of it.</summary>
    public long Length { get; }

    /// <summary>A source that holds the byte at the offset, and where in it that is. Called again with what it gave as <paramref name="size"/>, it shows more.</summary>
    public (PdfSource Source, int Position) At(long offset, ref int size)
    {
        if (whole is not null)
            return (isSplit ? new PdfSource(whole.Bytes, null) : whole, (int)Math.Min(offset, Length));
        if (offset > Length)
            offset = Length;
        var inWindow = offset >= windowStart && offset <= windowStart + windowLength;
        var isFirst = size == 0;
        if (!isFirst && size >= limits.ObjectBytes)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"something is longer than {limits.ObjectBytes} bytes, at byte {offset}");
        size = isFirst ? FirstWindow : (int)Math.Min(4L * size, limits.ObjectBytes);
        var enough = isFirst ? ProbableObject : size;
        if (!inWindow || windowStart + windowLength - offset < Math.Min(enough, Length - offset))
            Move(offset, size);
        var start = (int)(offset - windowStart);
        var isPartial = windowStart + windowLength < Length;
        return (new PdfSource(window.AsMemory(start, windowLength - start), bytes, offset, isPartial), 0);
    }

    /// <summary>From here on every object has a source of its own: each is encrypted with its own key.</summary>
    public void Split() => isSplit = true;

    /// <summary>The window is needed no longer.</summary>
    public void Release() => (window, windowStart, windowLength) = ([], 0, 0);

    /// <summary>Few bytes at an offset, fewer at the end of the file.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        var length = (int)Math.Clamp(Length - offset, 0, count);
        return whole is not null ? whole.Bytes.Span.Slice((int)Math.Min(offset, Length), length) : bytes.Slice(offset, length);
    }

    /// <summary>Many bytes at an offset.</summary>
    public void Read(long offset, Span<byte> target)
    {
        if (whole is not null)
            whole.Bytes.Span.Slice((int)offset, target.Length).CopyTo(target);
        else
            bytes.Read(offset, target);
    }

    /// <summary>Where white space ends, at the latest at <paramref name="end"/>.</summary>
    public long SkipWhiteSpace(long at, long end) => Skip(at, end, comments: false);

    /// <summary>Where white space and comments end, at the latest at <paramref name="end"/>.</summary>
    public long SkipWhiteSpaceAndComments(long at, long end) => Skip(at, end, comments: true);

    private long Skip(long at, long end, bool comments)
    {
        var inComment = false;
        for (var size = 256; at < end; size = 64 * 1024)
        {
            var part = Peek(at, (int)Math.Min(size, end - at));
            for (var index = 0; index < part.Length; index++)
            {
                if (inComment)
                {
                    var length = part[index..].IndexOfAny(Characters.EndOfLine);
                    if (length < 0)
                        break;
                    (index, inComment) = (index + length, false);
                }
                else if (comments && part[index] == '%')
                {
                    inComment = true;
                }
                else if (!Characters.IsWhiteSpace(part[index]))
                {
                    return at + index;
                }
            }
            at += part.Length;
        }
        return end;
    }

    /// <summary>Every place of a word, in order, until <paramref name="found"/> says where to go on; it gives the offset behind which to look.</summary>
    public void Find(ReadOnlySpan<byte> word, long from, Func<long, long> found)
    {
        if (whole is not null)
        {
            for (var at = (int)from; whole.Bytes.Span[at..].IndexOf(word) is >= 0 and var index;)
                at = (int)found(at + index);
            return;
        }
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(SearchBytes);
        try
        {
            for (var at = from; at < Length;)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(SearchBytes, Length - at));
                bytes.Read(at, part);
                var next = 0;
                while (next <= part.Length && part[next..].IndexOf(word) is >= 0 and var index)
                    next = (int)Math.Min(found(at + next + index) - at, int.MaxValue);
                // A word may lie across the end of the part.
                at = at + part.Length == Length ? Length : Math.Max(at + next, at + part.Length - word.Length + 1);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private const int SearchBytes = 128 * 1024;

    private void Move(long offset, int size)
    {
        var length = (int)Math.Min(size, Length - offset);
        if (window.Length < length)
            window = new byte[size];
        bytes.Read(offset, window.AsSpan(0, length));
        (windowStart, windowLength) = (offset, length);
    }
}
