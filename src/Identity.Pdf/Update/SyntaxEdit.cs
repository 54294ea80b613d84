using Identity.Pdf.Encryption;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Changes to a value that leave every byte but the changed ones as it stands.</summary>
public static class SyntaxEdit
{
    /// <summary>The dictionary with other values for these keys (null removes one); new keys come last.</summary>
    public static ReadOnlyMemory<byte> WithEntries(PdfDictionary dictionary, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        dictionary = EncryptedSyntax.Plain(dictionary);
        var raw = dictionary.Raw.Span;
        var writer = new SyntaxWriter();
        var copied = 0;
        var placed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Entries)
        {
            if (!changes.TryGetValue(key.Value, out var change))
                continue;
            // A key that stands twice is left with one value.
            var isFirst = placed.Add(key.Value);
            if (change is { } replacement && isFirst)
            {
                writer.Put(raw[copied..(int)(value.Start - dictionary.Start)]);
                writer.Verbatim(replacement.Span);
            }
            else
            {
                writer.Put(raw[copied..(int)(key.Start - dictionary.Start)]);
            }
            copied = (int)(value.End - dictionary.Start);
        }
        writer.Put(raw[copied..^2]);
        foreach (var (key, change) in changes)
        {
            if (change is { } added && !placed.Contains(key))
                writer.Name(key).Verbatim(added.Span);
        }
        return writer.EndDictionary().Written;
    }

    /// <summary>The array with one more item at its end.</summary>
    public static ReadOnlyMemory<byte> WithItem(PdfArray array, ReadOnlySpan<byte> item) =>
        new SyntaxWriter().Put(EncryptedSyntax.Plain(array).Raw.Span[..^1]).Verbatim(item).EndArray().Written;
}
