using System.Buffers.Text;
using System.Globalization;

namespace Identity.Pdf.Syntax;

internal enum TokenKind
{
    EndOfInput,
    Integer,
    Real,
    LiteralString,
    HexadecimalString,
    Name,
    ArrayOpen,
    ArrayClose,
    DictionaryOpen,
    DictionaryClose,
    Keyword,
}

/// <summary>Splits bytes into tokens (ISO 32000-2 7.2). Allocates nothing; a copy of it is a look ahead.</summary>
/// <param name="bytes">Up to where is read.</param>
/// <param name="position">Where to begin.</param>
/// <param name="limits">Caps of names and strings.</param>
/// <param name="offset">Where in the file the bytes begin, for messages.</param>
/// <param name="isPartial">The file goes on behind them: reaching their end throws <see cref="MoreBytesNeededException"/>.</param>
internal ref struct PdfLexer(ReadOnlySpan<byte> bytes, int position, PdfLimits limits, long offset = 0, bool isPartial = false)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly PdfLimits limits = limits;
    private readonly long offset = offset;
    private readonly bool isPartial = isPartial;

    public PdfLexer(PdfSource source, int position, PdfLimits limits) : this(source.Bytes.Span, position, limits, source.Offset, source.IsPartial) { }

    /// <summary>The bytes end here.</summary>
    public readonly void CheckEnd()
    {
        if (isPartial)
            throw new MoreBytesNeededException();
    }

    /// <summary>Behind the current token.</summary>
    public int Position { get; private set; } = position;

    public TokenKind Kind { get; private set; }

    /// <summary>Start of the current token; its end is <see cref="Position"/>.</summary>
    public int Start { get; private set; }

    public long Integer { get; private set; }

    public double Real { get; private set; }

    public readonly ReadOnlySpan<byte> Token => bytes[Start..Position];

    public readonly bool IsKeyword(ReadOnlySpan<byte> word) => Kind == TokenKind.Keyword && Token.SequenceEqual(word);

    public void Next()
    {
        SkipWhiteSpaceAndComments();
        Start = Position;
        if (Position >= bytes.Length)
        {
            Kind = TokenKind.EndOfInput;
            return;
        }
        switch (bytes[Position])
        {
            case (byte)'/': ReadName(); break;
            case (byte)'(': ReadLiteralString(); break;
            case (byte)'[': Take(TokenKind.ArrayOpen, 1); break;
            case (byte)']': Take(TokenKind.ArrayClose, 1); break;
            case (byte)'<' when IsAt(Position + 1, (byte)'<'): Take(TokenKind.DictionaryOpen, 2); break;
            case (byte)'<': ReadHexadecimalString(); break;
            case (byte)'>' when IsAt(Position + 1, (byte)'>'): Take(TokenKind.DictionaryClose, 2); break;
            case (byte)')' or (byte)'>' or (byte)'{' or (byte)'}': throw Malformed("a delimiter that opens nothing stands");
            default: ReadRegular(); break;
        }
    }

    public void SkipWhiteSpaceAndComments()
    {
        var at = Position;
        while (at < bytes.Length)
        {
            var current = bytes[at];
            if (Characters.IsWhiteSpace(current))
            {
                at++;
            }
            else if (current == '%')
            {
                var length = bytes[at..].IndexOfAny(Characters.EndOfLine);
                at = length < 0 ? bytes.Length : at + length;
            }
            else
            {
                break;
            }
        }
        if (at >= bytes.Length)
            CheckEnd();
        Position = at;
    }

    private readonly bool IsAt(int at, byte value)
    {
        if (at >= bytes.Length)
            CheckEnd();
        return at < bytes.Length && bytes[at] == value;
    }

    private void Take(TokenKind kind, int length) => (Kind, Position) = (kind, Position + length);

    private void ReadName()
    {
        var length = RegularLength(Position + 1);
        if (length > limits.NameBytes)
            throw TooLarge($"a name is longer than {limits.NameBytes} bytes");
        Take(TokenKind.Name, 1 + length);
    }

    private readonly int RegularLength(int from)
    {
        var length = bytes[from..].IndexOfAny(Characters.NotRegular);
        if (length < 0)
            CheckEnd();
        return length < 0 ? bytes.Length - from : length;
    }

    private void ReadLiteralString()
    {
        var at = Position + 1;
        for (var depth = 1; depth > 0;)
        {
            var skip = bytes[at..].IndexOfAny(Characters.LiteralStringSpecial);
            if (skip < 0)
                CheckEnd();
            if (skip < 0)
                throw Malformed("a string does not end; it starts");
            at += skip;
            switch (bytes[at])
            {
                case (byte)'(': depth++; at++; break;
                case (byte)')': depth--; at++; break;
                default: at += 2; break;
            }
            if (at > bytes.Length)
                CheckEnd();
            if (at > bytes.Length)
                throw Malformed("a string does not end; it starts");
        }
        FinishString(TokenKind.LiteralString, at);
    }

    private void ReadHexadecimalString()
    {
        var length = bytes[(Position + 1)..].IndexOf((byte)'>');
        if (length < 0)
            CheckEnd();
        if (length < 0)
            throw Malformed("a hexadecimal string does not end; it starts");
        foreach (var digit in bytes.Slice(Position + 1, length))
        {
            if (Characters.HexValue(digit) < 0 && !Characters.IsWhiteSpace(digit))
                throw Malformed("a hexadecimal string has other characters than digits; it starts");
        }
        FinishString(TokenKind.HexadecimalString, Position + length + 2);
    }

    private void FinishString(TokenKind kind, int end)
    {
        if (end - Position - 2 > limits.StringBytes)
            throw TooLarge($"a string is longer than {limits.StringBytes} bytes");
        Take(kind, end - Position);
    }

    private void ReadRegular()
    {
        var length = RegularLength(Position);
        var first = bytes[Position];
        Take(TokenKind.Keyword, length);
        if (Characters.IsDigit(first) || first is (byte)'+' or (byte)'-' or (byte)'.')
            ReadNumber(Token);
    }

    // 7.3.3: sign, digits, at most one point. No exponent, no other base.
    private void ReadNumber(ReadOnlySpan<byte> token)
    {
        var digits = token[0] is (byte)'+' or (byte)'-' ? token[1..] : token;
        var point = digits.IndexOf((byte)'.');
        var count = 0;
        foreach (var digit in digits)
        {
            if (Characters.IsDigit(digit))
                count++;
        }
        if (count == 0 || count != digits.Length - (point < 0 ? 0 : 1))
            throw Malformed("a number has other characters than digits; it starts");
        if (point < 0 && count <= 18)
        {
            Kind = TokenKind.Integer;
            // At most 18 digits, so it fits.
            long value = 0;
            foreach (var digit in digits)
                value = value * 10 + (digit - '0');
            Integer = token[0] == '-' ? -value : value;
            return;
        }
        Kind = TokenKind.Real;
        Real = ParseReal(digits, token[0] == '-');
    }

    private static double ParseReal(ReadOnlySpan<byte> digits, bool negative)
    {
        if (!Utf8Parser.TryParse(digits, out double value, out var used) || used != digits.Length)
            _ = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        return negative ? -value : value;
    }

    private readonly PdfRefusedException Malformed(string what) => new(PdfRefusalCode.Malformed, $"{what} at byte {offset + Position}");

    private readonly PdfRefusedException TooLarge(string what) => new(PdfRefusalCode.TooLarge, $"{what}, at byte {offset + Position}");
}
