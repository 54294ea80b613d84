using System.Buffers;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Writes PDF syntax; whatever text it is given, what comes out is one token (ISO 32000-2 7.3).</summary>
public sealed class SyntaxWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public int Length => buffer.WrittenCount;

    public ReadOnlyMemory<byte> Written => buffer.WrittenMemory;

    /// <summary>Bytes as they are: a value read elsewhere.</summary>
    public SyntaxWriter Verbatim(ReadOnlySpan<byte> syntax) => throw new NotImplementedException();

    public SyntaxWriter Name(string name) => throw new NotImplementedException();

    public SyntaxWriter Integer(long value) => throw new NotImplementedException();

    public SyntaxWriter Reference(ObjectId id) => throw new NotImplementedException();

    /// <summary>A text string: PDFDocEncoding when it can say it, otherwise UTF-16BE.</summary>
    public SyntaxWriter Text(string text) => throw new NotImplementedException();

    public SyntaxWriter Hexadecimal(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();

    /// <summary>A date with seconds and time zone (7.9.4).</summary>
    public SyntaxWriter Date(DateTimeOffset time) => throw new NotImplementedException();

    public SyntaxWriter BeginDictionary() => throw new NotImplementedException();

    public SyntaxWriter EndDictionary() => throw new NotImplementedException();

    public SyntaxWriter BeginArray() => throw new NotImplementedException();

    public SyntaxWriter EndArray() => throw new NotImplementedException();
}
