using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Identity.Provider.MutualTls;

/// <summary>
/// A distinguished name as text (RFC 4514), to be compared with a certificate's subject (RFC 8705 2.1.2). Values are compared as they are, letter for
/// letter: a name that is only alike is another.
/// </summary>
internal static class SubjectName
{
    private const int MostAttributes = 16;

    // RFC 4514 3, and what authorities put into names of organizations and devices.
    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["CN"] = "2.5.4.3", ["L"] = "2.5.4.7", ["ST"] = "2.5.4.8", ["O"] = "2.5.4.10", ["OU"] = "2.5.4.11", ["C"] = "2.5.4.6", ["STREET"] = "2.5.4.9",
        ["DC"] = "0.9.2342.19200300.100.1.25", ["UID"] = "0.9.2342.19200300.100.1.1", ["serialNumber"] = "2.5.4.5", ["organizationIdentifier"] = "2.5.4.97",
        ["emailAddress"] = "1.2.840.113549.1.9.1",
    };

    /// <summary>Type (dotted) and value of each attribute, first as written. Null: not such a text, or one with a multi-valued attribute.</summary>
    public static IReadOnlyList<(string Type, string Value)>? Parse(string text)
    {
        var attributes = new List<(string, string)>();
        for (var at = 0; ; at++)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0 || attributes.Count == MostAttributes || TypeOf(text[at..equals].Trim(' ')) is not { } type)
                return null;
            at = equals + 1;
            if (Value(text, ref at) is not { Length: > 0 } value)
                return null;
            attributes.Add((type, value));
            if (at == text.Length)
                return attributes;
        }
    }

    public static bool Is(X500DistinguishedName subject, string expected)
    {
        try
        {
            // RFC 4514 2.1: written from the last to the first.
            return Parse(expected) is { } attributes
                && subject.EnumerateRelativeDistinguishedNames(reversed: true).Select(Attribute).SequenceEqual(attributes.Select(attribute => ((string, string)?)attribute));
        }
        catch (Exception malformed) when (malformed is System.Security.Cryptography.CryptographicException or AsnContentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static (string, string)? Attribute(X500RelativeDistinguishedName name) =>
        name is { HasMultipleElements: false } && name.GetSingleElementType().Value is { } type && name.GetSingleElementValue() is { } value ? (type, value) : null;

    private static string? TypeOf(string name) =>
        Types.TryGetValue(name, out var known) ? known : name.Length is > 2 and < 64 && char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiDigit(c) || c == '.') ? name : null;

    // RFC 4514 2.4: to the next comma that is not escaped; the position is then at the comma or at the end.
    private static string? Value(string text, ref int at)
    {
        var bytes = new List<byte>();
        while (at < text.Length && text[at] == ' ')
            at++;
        if (at < text.Length && text[at] == '#')
            return null;
        var end = 0;
        for (; at < text.Length && text[at] != ','; at++)
        {
            var character = text[at];
            if (character is '"' or '+' or ';' or '<' or '>' or '\0')
                return null;
            if (character != '\\')
            {
                // A surrogate pair is one character of several octets.
                var length = char.IsHighSurrogate(character) && at + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(at, length)));
                at += length - 1;
                end = character == ' ' ? end : bytes.Count;
                continue;
            }

            if (at + 1 < text.Length && text[at + 1] is ' ' or '"' or '#' or '+' or ',' or ';' or '<' or '=' or '>' or '\\')
                bytes.Add((byte)text[++at]);
            else if (at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                bytes.Add(Convert.ToByte(text.Substring(at + 1, 2), 16));
                at += 2;
            }
            else
                return null;
            end = bytes.Count;
        }

        return Encoding.UTF8.GetString([.. bytes[..end]]);
    }
}
