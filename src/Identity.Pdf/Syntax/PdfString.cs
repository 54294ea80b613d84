namespace Identity.Pdf.Syntax;

/// <summary>A string object, literal or hexadecimal (ISO 32000-2 7.3.4).</summary>
public sealed class PdfString : PdfObject
{
    internal PdfString(PdfSource source, int start, int length, bool isHexadecimal) : base(source, start, length) =>
        IsHexadecimal = isHexadecimal;

    /// <summary>Written between angle brackets.</summary>
    public bool IsHexadecimal { get; }

    /// <summary>The bytes of the string, escapes resolved, decrypted. Decoded at each call: keep the result.</summary>
    public byte[] GetBytes() => Source.Decryption is { } encrypted ? Decrypted(encrypted) : GetStoredBytes();

    /// <summary>The bytes as they are stored, also in an encrypted document.</summary>
    internal byte[] GetStoredBytes() => StringEncoding.Decode(Raw.Span, IsHexadecimal);

    /// <summary>The same text for a reader; what cannot be decrypted is the same only where it stands as it stood.</summary>
    internal bool ReadsAs(PdfString other)
    {
        if (IsReadAlike(other) && Raw.Span.SequenceEqual(other.Raw.Span))
            return true;
        return TryGetBytes() is { } own && other.TryGetBytes() is { } others && own.AsSpan().SequenceEqual(others);
    }

    private byte[]? TryGetBytes() => Source.Decryption is { } encrypted ? TryDecrypt(encrypted) : GetStoredBytes();

    // Not encrypted as the document says: no text that anybody could read.
    private byte[] Decrypted(Encryption.Decryption encrypted) => TryDecrypt(encrypted) ?? [];

    private byte[]? TryDecrypt(Encryption.Decryption encrypted)
    {
        try
        {
            return encrypted.Handler.DecryptString(encrypted.Id, GetStoredBytes());
        }
        catch (PdfRefusedException)
        {
            return null;
        }
    }

    /// <summary>The string read as a text string (7.9.2.2): UTF-16BE or UTF-8 by byte order mark, otherwise PDFDocEncoding.</summary>
    public string GetText() => TextString.Read(GetBytes());
}
