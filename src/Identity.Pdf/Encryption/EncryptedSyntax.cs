using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Encryption;

/// <summary>
/// Syntax of an encrypted document: what is to be rewritten is first brought to plain strings, and all that is written is encrypted for the object
/// in which it comes to stand.
/// </summary>
internal static class EncryptedSyntax
{
    /// <summary>The same value with its strings in the clear; the value itself when it is not encrypted.</summary>
    public static T Plain<T>(T value) where T : PdfObject
    {
        if (value.Source.Decryption is null)
            return value;
        var writer = new SyntaxWriter();
        WritePlain(writer, value);
        // What was read once is read again, only that its strings are longer now.
        return (T)new ObjectParser(new PdfSource(writer.Written, null), 0, new ParseBudget(Reread)).Value();
    }

    /// <summary>
    /// Whether some string of the document, written again, would be longer than a string may be: it comes out in hexadecimal digits, and longer by a block
    /// and the initialization vector.
    /// </summary>
    public static bool HasUnwritableString(PdfDocument document)
    {
        var longest = document.Limits.StringBytes / 2;
        return document.Security is not null && document.Latest.Objects.Select(document.Latest.Resolve).Any(value => HasLonger(value is PdfStream stream ? stream.Dictionary : value, longest));
    }

    private static bool HasLonger(PdfObject value, int longest)
    {
        // A decoded byte takes at least one stored: most objects are too short to hold such a string.
        if (value.Length < longest - Overhead)
            return false;
        return value switch
        {
            PdfString text => text.GetStoredBytes().Length + (text.Source.Decryption is null ? Overhead : 0) > longest,
            PdfArray array => array.Items.Any(item => HasLonger(item, longest)),
            PdfDictionary dictionary => dictionary.Entries.Any(entry => HasLonger(entry.Value, longest)),
            _ => false,
        };
    }

    // 7.6.3.1: initialization vector and padding of AES, which what is encrypted has already.
    private const int Overhead = 32;

    private static readonly PdfLimits Reread = PdfLimits.Default with { StringBytes = int.MaxValue, ValuesPerObject = int.MaxValue, Values = long.MaxValue };

    /// <summary>The value with its strings in the clear. The depth is bounded by the parser.</summary>
    public static void WritePlain(SyntaxWriter writer, PdfObject value)
    {
        switch (value)
        {
            case PdfString text:
                writer.Hexadecimal(text.GetBytes());
                break;
            case PdfArray array:
                writer.BeginArray();
                foreach (var item in array.Items)
                    WritePlain(writer, item);
                writer.EndArray();
                break;
            case PdfDictionary dictionary:
                writer.BeginDictionary();
                foreach (var (key, item) in dictionary.Entries)
                {
                    writer.Verbatim(key.Raw.Span);
                    WritePlain(writer, item);
                }
                writer.EndDictionary();
                break;
            default:
                writer.Verbatim(value.Raw.Span);
                break;
        }
    }

    /// <summary>
    /// A value, or a stream whose data are encrypted already, with its strings encrypted. 7.6.2: but Contents of a signature dictionary.
    /// </summary>
    public static ReadOnlyMemory<byte> Encrypt(SecurityHandler handler, ObjectId id, ReadOnlyMemory<byte> value)
    {
        var bytes = value.Span;
        var isSignature = bytes.IndexOf("/ByteRange"u8) >= 0;
        var writer = new SyntaxWriter();
        var lexer = new PdfLexer(bytes, 0, PdfLimits.Default with { StringBytes = int.MaxValue });
        var copied = 0;
        var isContents = false;
        for (lexer.Next(); lexer.Kind != TokenKind.EndOfInput && !lexer.IsKeyword("stream"u8); lexer.Next())
        {
            if (lexer.Kind is TokenKind.LiteralString or TokenKind.HexadecimalString && !isContents)
            {
                writer.Put(bytes[copied..lexer.Start]);
                writer.Put("<"u8).Put(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(
                    handler.EncryptString(id, StringEncoding.Decode(lexer.Token, lexer.Kind == TokenKind.HexadecimalString))))).Put(">"u8);
                copied = lexer.Position;
            }
            isContents = isSignature && lexer.Kind == TokenKind.Name && lexer.Token.SequenceEqual("/Contents"u8);
        }
        return writer.Put(bytes[copied..]).Written;
    }
}
