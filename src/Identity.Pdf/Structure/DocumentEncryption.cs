using Identity.Pdf.Encryption;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>The encryption dictionary as the trailers name it (ISO 32000-2 7.5.5, 7.6.1): one for the whole document, for all of its revisions.</summary>
internal sealed class DocumentEncryption
{
    private readonly PdfObject entry;
    private readonly byte[] identifier;

    private DocumentEncryption(PdfObject entry, byte[] identifier) => (this.entry, this.identifier) = (entry, identifier);

    /// <summary>Null until the document is open.</summary>
    public SecurityHandler? Handler { get; private set; }

    /// <summary>Null when the document is not encrypted.</summary>
    /// <exception cref="PdfRefusedException">Its trailers disagree.</exception>
    public static DocumentEncryption? Of(List<SectionRead> chain)
    {
        var trailers = chain.SelectMany(section => section.HybridPart is { } part ? new[] { section, part } : [section]).Select(section => section.Section.Trailer).ToList();
        if (trailers.TrueForAll(trailer => trailer["Encrypt"] is null or PdfNull))
            return null;
        var newest = trailers[0];
        foreach (var trailer in trailers)
        {
            if (trailer["Encrypt"] is not { } own || !ObjectComparison.SameValue(own, newest["Encrypt"] ?? PdfNull.Absent))
                throw new PdfRefusedException(PdfRefusalCode.Encrypted, "only a part of the document is encrypted, or by two dictionaries");
            // ISO/TS 32004: what is written without the MAC would be refused by its readers.
            if (trailer.Has("AuthCode"))
                throw new PdfRefusedException(PdfRefusalCode.Encrypted, "the document is encrypted and protected by a MAC");
        }
        // 14.4: the first element stays through all revisions; keys are derived from it.
        if (newest["ID"] is not PdfArray { Count: 2 } pair || pair[0] is not PdfString first)
            throw new PdfRefusedException(PdfRefusalCode.Encrypted, "the document is encrypted and has no file identifier");
        return new DocumentEncryption(newest["Encrypt"]!, first.GetStoredBytes());
    }

    /// <summary>Opens the document: from here on strings and streams of its objects are read in the clear.</summary>
    /// <exception cref="PdfRefusedException">Encrypted in a way that is not read here, or with another password.</exception>
    public void Open(ObjectTable table, string password)
    {
        var named = (entry as PdfReference)?.Target;
        var value = named is { } id ? table.At(id.Number, int.MaxValue)?.Value : entry;
        // Replaced by a later revision it would say other things of what is written already.
        if (value is not PdfDictionary dictionary || (named is { } reference && table.At(reference.Number, int.MaxValue) is not { Kind: EntryKind.InFile, Older: null }))
            throw new PdfRefusedException(PdfRefusalCode.Encrypted, "the document is encrypted and its encryption dictionary cannot be read");
        Handler = SecurityHandler.Open(dictionary, identifier, password);
        foreach (var definition in table.All)
        {
            // 7.6.2: the encryption dictionary itself is not encrypted, nor is what stands in an object stream, but with the stream.
            if (definition.Kind == EntryKind.InFile && definition.Defect is null && definition.Number != named?.Number && definition.Value is not PdfNull)
                definition.Value.Source.Decryption = new Decryption(Handler, definition.Id);
        }
    }
}
