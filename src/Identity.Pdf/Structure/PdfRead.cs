using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>What became of reading a file: a document, or a refusal. There is no third.</summary>
public abstract record PdfRead
{
    private PdfRead() { }

    public sealed record Document(PdfDocument Value) : PdfRead;

    public sealed record Refused(PdfRefusal Refusal) : PdfRead;
}

/// <summary>Something that breaks the letter of ISO 32000 but can be read in one way only.</summary>
/// <param name="Kind">Machine word, for instance `header-after-garbage`.</param>
/// <param name="Offset">Where, in bytes from the start of the file; null when not at one place.</param>
/// <param name="ObjectNumber">The object concerned; null when none.</param>
/// <param name="Text">English, holds nothing of the document's text.</param>
public sealed record Deviation(string Kind, long? Offset, int? ObjectNumber, string Text);

/// <summary>Bytes from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
public readonly record struct ByteSpan(long Start, long End)
{
    public long Length => End - Start;
}

/// <summary>What decoding a stream gave.</summary>
public abstract record StreamData
{
    private StreamData() { }

    public sealed record Decoded(ReadOnlyMemory<byte> Bytes) : StreamData;

    public sealed record Failed(PdfRefusal Refusal) : StreamData;
}
