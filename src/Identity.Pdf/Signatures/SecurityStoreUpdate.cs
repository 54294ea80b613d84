using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>What a validator needs besides the signatures, each item as one DER value: X.509 certificates, whole OCSPResponse structures, CRLs.</summary>
public sealed record ValidationData(
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates, IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses, IReadOnlyList<ReadOnlyMemory<byte>> Crls)
{
    public static ValidationData None { get; } = new([], [], []);
}

public abstract record SecurityStoreAddition
{
    private SecurityStoreAddition() { }

    /// <param name="Tail">One revision, to be appended to the file.</param>
    public sealed record Appended(ReadOnlyMemory<byte> Tail) : SecurityStoreAddition;

    /// <summary>The store has it all already: a revision would say nothing.</summary>
    public sealed record NothingNew : SecurityStoreAddition;

    /// <param name="Message">English, holds nothing of the document's text.</param>
    public sealed record Refused(SignatureRefusal Reason, string Message) : SecurityStoreAddition;
}

/// <summary>
/// Adds validation data to the document security store (ISO 32000-2 12.8.4.3, EN 319 142-1 5.4.2). Nothing that is there is rewritten or taken
/// away, and what is there already is not stored twice. No VRI is written: it is optional, and nobody needs it to find the data; entries of
/// others stay as they are.
/// </summary>
public static class SecurityStoreUpdate
{
    private static readonly string[] Keys = ["Certs", "OCSPs", "CRLs"];

    /// <summary>Null when the store, if there is one, can be added to.</summary>
    public static SecurityStoreAddition.Refused? Refusal(PdfDocument document)
    {
        var view = document.Latest;
        if (document.Security is { MayFillFields: false })
            return new(SignatureRefusal.NotPermitted, "the document is encrypted, and its permissions forbid this addition without the owner's password");
        if (view.SecurityStore is { Defects: [var defect, ..] })
            return new(SignatureRefusal.BrokenSecurityStore, defect);
        return view.SecurityStore is null && view.Resolve(view.Catalog["DSS"]) is not PdfNull ? new(SignatureRefusal.BrokenSecurityStore, "DSS is no dictionary") : null;
    }

    public static SecurityStoreAddition Prepare(PdfDocument document, ValidationData data)
    {
        if (Refusal(document) is { } broken)
            return broken;
        var existing = document.Latest.SecurityStore;
        switch (IncrementalUpdate.Begin(document))
        {
            case UpdateStart.Refused refused:
                return new SecurityStoreAddition.Refused(SignatureUpdate.ReasonOf(refused), refused.Message);
            case UpdateStart.Started { Update: var update }:
                var added = Streams(update, existing, data);
                if (added.Values.All(references => references.Count == 0))
                    return new SecurityStoreAddition.NothingNew();
                SetStore(update, existing, added);
                // EN 319 142-1 5.6, ISO 32000-1 annex E: before 2.0 the store is an extension of ETSI's, and to be declared as one.
                if (string.CompareOrdinal(document.Latest.Version, "2.0") < 0)
                    DeveloperExtension.SecurityStore.Declare(update);
                return new SecurityStoreAddition.Appended(update.WriteTail());
            default:
                throw new InvalidOperationException("an update begins or is refused");
        }
    }

    /// <summary>For each array of the store, the references that it lacks; a stream that the store has elsewhere is named, not written again.</summary>
    private static Dictionary<string, List<ObjectId>> Streams(IncrementalUpdate update, SecurityStore? existing, ValidationData data)
    {
        var written = new Dictionary<string, ObjectId>(StringComparer.Ordinal);
        foreach (var stream in existing?.AllStreams() ?? [])
            written.TryAdd(Digest(stream.Bytes), stream.Id);
        var added = new Dictionary<string, List<ObjectId>>(StringComparer.Ordinal);
        foreach (var (key, items, present) in new[]
        {
            (Keys[0], data.Certificates, existing?.Certificates), (Keys[1], data.OcspResponses, existing?.OcspResponses), (Keys[2], data.Crls, existing?.Crls),
        })
        {
            var listed = present?.Select(stream => stream.Id).ToHashSet() ?? [];
            added[key] = [];
            foreach (var item in items)
            {
                var digest = Digest(item);
                if (!written.TryGetValue(digest, out var id))
                    written.Add(digest, id = update.AddStream([], item));
                if (listed.Add(id))
                    added[key].Add(id);
            }
        }
        return added;
    }

    private static void SetStore(IncrementalUpdate update, SecurityStore? existing, Dictionary<string, List<ObjectId>> added)
    {
        var view = update.Document.Latest;
        if (existing is null)
        {
            var writer = new SyntaxWriter().BeginDictionary().Name("Type").Name("DSS");
            foreach (var key in Keys.Where(key => added[key].Count > 0))
                writer.Name(key).Verbatim(WithItems(null, added[key]).Span);
            update.SetEntries(view.CatalogId, Entry("DSS", new SyntaxWriter().Reference(update.Add(writer.EndDictionary().Written)).Written));
            return;
        }
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (var key in Keys.Where(key => added[key].Count > 0))
        {
            var value = existing.Dictionary[key];
            // The smallest object that holds the array is the one to be rewritten.
            if (value is PdfReference reference && view.Resolve(reference.Target) is PdfArray indirect)
                update.Replace(reference.Target, WithItems(indirect, added[key]));
            else
                changes[key] = WithItems(view.Resolve(value) as PdfArray, added[key]);
        }
        if (changes.Count == 0)
            return;
        if (view.Catalog["DSS"] is PdfReference store && view.Resolve(store.Target) is PdfDictionary)
            update.SetEntries(store.Target, [.. changes]);
        else
            update.SetEntries(view.CatalogId, Entry("DSS", SyntaxEdit.WithEntries(existing.Dictionary, changes)));
    }

    private static ReadOnlyMemory<byte> WithItems(PdfArray? array, List<ObjectId> added)
    {
        var items = new SyntaxWriter();
        foreach (var id in added)
            items.Reference(id);
        return array is null
            ? new SyntaxWriter().BeginArray().Verbatim(items.Written.Span).EndArray().Written
            : SyntaxEdit.WithItem(array, items.Written.Span);
    }

    private static string Digest(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.Span));

    private static KeyValuePair<string, ReadOnlyMemory<byte>?> Entry(string key, ReadOnlyMemory<byte> value) => new(key, value);
}
