using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// Stands in the place of values that were read and checked and let go, because the document has very many: most of what a file of so many objects
/// holds is never asked for, and a value takes ten times the room of its bytes. Safe for use by several threads.
/// </summary>
internal sealed class UnkeptObjects(DocumentBytes bytes, PdfSource? whole, PdfLimits limits) : PdfObject(PdfSource.None, 0, 0)
{
    /// <summary>A document with more objects outside of object streams lets arrays and dictionaries go.</summary>
    public const int MostKept = 50_000;

    /// <summary>Whether nothing needs the value before it is asked for: streams are closed later, and signatures are looked for among all objects.</summary>
    public static bool CanGo(PdfObject value) => value is PdfArray || value is PdfDictionary dictionary && !dictionary.Has("ByteRange");

    /// <summary>The value again, as it was read before.</summary>
    public PdfObject Read(ByteSpan span)
    {
        var source = whole ?? new PdfSource(bytes.Slice(span.Start, (int)span.Length), bytes, span.Start, isPartial: false);
        var parser = new ObjectParser(source, (int)(span.Start - source.Offset), new ParseBudget(limits));
        // Its number, generation, and the word obj.
        parser.Lexer.Next();
        parser.Lexer.Next();
        parser.Lexer.Next();
        return parser.Value();
    }
}
