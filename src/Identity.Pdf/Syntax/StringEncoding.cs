namespace Identity.Pdf.Syntax;

/// <summary>Strings as bytes (ISO 32000-2 7.3.4).</summary>
internal static class StringEncoding
{
    /// <summary>The bytes of a string token that the lexer has accepted, delimiters included.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> token, bool hexadecimal) => hexadecimal ? Hexadecimal(token[1..^1]) : Literal(token[1..^1]);

    private static byte[] Hexadecimal(ReadOnlySpan<byte> digits)
    {
        var bytes = new byte[(digits.Length + 1) / 2];
        var count = 0;
        var high = -1;
        foreach (var digit in digits)
        {
            var value = Characters.HexValue(digit);
            if (value < 0)
                continue;
            if (high < 0)
            {
                high = value;
            }
            else
            {
                bytes[count++] = (byte)(high << 4 | value);
                high = -1;
            }
        }
        // 7.3.4.3: a missing last digit counts as 0.
        if (high >= 0)
            bytes[count++] = (byte)(high << 4);
        return count == bytes.Length ? bytes : bytes[..count];
    }

    private static byte[] Literal(ReadOnlySpan<byte> body)
    {
        var bytes = new byte[body.Length];
        var count = 0;
        for (var at = 0; at < body.Length; at++)
        {
            var current = body[at];
            if (current == '\r')
            {
                // 7.3.4.2: an end-of-line inside a string is a line feed, however it is written.
                if (at + 1 < body.Length && body[at + 1] == '\n')
                    at++;
                bytes[count++] = (byte)'\n';
            }
            else if (current != '\\')
            {
                bytes[count++] = current;
            }
            else if (++at < body.Length)
            {
                at = Escape(body, at, bytes, ref count);
            }
        }
        return count == bytes.Length ? bytes : bytes[..count];
    }

    /// <summary>Resolves the escape whose letter is at <paramref name="at"/>; gives back the last position used.</summary>
    private static int Escape(ReadOnlySpan<byte> body, int at, byte[] bytes, ref int count)
    {
        switch (body[at])
        {
            case (byte)'n': bytes[count++] = (byte)'\n'; return at;
            case (byte)'r': bytes[count++] = (byte)'\r'; return at;
            case (byte)'t': bytes[count++] = (byte)'\t'; return at;
            case (byte)'b': bytes[count++] = (byte)'\b'; return at;
            case (byte)'f': bytes[count++] = (byte)'\f'; return at;
            case (byte)'\n': return at;
            case (byte)'\r': return at + 1 < body.Length && body[at + 1] == '\n' ? at + 1 : at;
            case >= (byte)'0' and <= (byte)'7':
                var value = 0;
                var end = Math.Min(at + 3, body.Length);
                for (; at < end && body[at] is >= (byte)'0' and <= (byte)'7'; at++)
                    value = value * 8 + (body[at] - '0');
                bytes[count++] = (byte)value; // 7.3.4.2: high-order overflow is ignored.
                return at - 1;
            default: bytes[count++] = body[at]; return at; // 7.3.4.2: the backslash of an unknown escape is ignored.
        }
    }
}
