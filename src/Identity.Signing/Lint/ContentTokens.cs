using System.Globalization;
using System.Text;

namespace Identity.Signing.Lint;

internal enum ContentTokenKind { Number, Name, Literal, Other, Operator }

/// <param name="Text">Of a literal string its bytes as Latin-1, escapes resolved.</param>
internal readonly record struct ContentToken(ContentTokenKind Kind, double Number, string Text);

/// <summary>
/// The tokens of a content stream (ISO 32000-2 7.8.2), only as well as looking for what covers what needs: hexadecimal strings, arrays and dictionaries are
/// passed over but for the literal strings and numbers in them, inline images (8.9.7) skipped.
/// </summary>
internal ref struct ContentTokens(ReadOnlySpan<byte> content)
{
    private const int LongestToken = 256;
    private readonly ReadOnlySpan<byte> content = content;
    private int at;

    public bool Next(out ContentToken token)
    {
        while (at < content.Length)
        {
            var value = content[at];
            if (IsSpace(value) || value is (byte)'[' or (byte)']' or (byte)'{' or (byte)'}' or (byte)'>' or (byte)')')
                at++;
            else if (value == '%')
                SkipTo((byte)'\n', (byte)'\r');
            else if (value == '<')
            {
                at++;
                if (at < content.Length && content[at] == '<')
                    at++;
                else
                {
                    SkipTo((byte)'>', (byte)'>');
                    token = new ContentToken(ContentTokenKind.Other, 0, "");
                    return true;
                }
            }
            else
            {
                token = value == '(' ? Literal() : Word();
                if (token is { Kind: ContentTokenKind.Operator, Text: "ID" })
                    SkipInlineImage();
                return true;
            }
        }
        token = default;
        return false;
    }

    private ContentToken Word()
    {
        var start = at++;
        while (at < content.Length && !IsSpace(content[at]) && content[at] is not ((byte)'(' or (byte)')' or (byte)'<' or (byte)'>' or (byte)'[' or (byte)']' or (byte)'/' or (byte)'%' or (byte)'{' or (byte)'}'))
            at++;
        var text = Encoding.Latin1.GetString(content[start..Math.Min(at, start + LongestToken)]);
        if (text[0] == '/')
            return new ContentToken(ContentTokenKind.Name, 0, text[1..]);
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? new ContentToken(ContentTokenKind.Number, number, "") : new ContentToken(ContentTokenKind.Operator, 0, text);
    }

    private ContentToken Literal()
    {
        var text = new StringBuilder();
        var depth = 1;
        for (at++; at < content.Length && depth > 0; at++)
        {
            var value = content[at];
            depth += value == '(' ? 1 : value == ')' ? -1 : 0;
            if (value == '\\' && ++at < content.Length)
                value = content[at];
            if (depth > 0 && text.Length < LongestToken)
                text.Append((char)value);
        }
        return new ContentToken(ContentTokenKind.Literal, 0, text.ToString());
    }

    private void SkipInlineImage()
    {
        while (at + 2 < content.Length && !(IsSpace(content[at]) && content[at + 1] == 'E' && content[at + 2] == 'I' && (at + 3 == content.Length || IsSpace(content[at + 3]))))
            at++;
        at = Math.Min(content.Length, at + 3);
    }

    private void SkipTo(byte one, byte other)
    {
        while (at < content.Length && content[at] != one && content[at] != other)
            at++;
        at++;
    }

    private static bool IsSpace(byte value) => value is 0 or 9 or 10 or 12 or 13 or 32;
}
