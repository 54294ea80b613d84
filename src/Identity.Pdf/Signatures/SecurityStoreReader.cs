using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>Reads the document security store (ISO 32000-2 12.8.4.3); each stream is decoded once.</summary>
internal sealed class SecurityStoreReader
{
    private const int MostDefects = 50;

    // A date has 23 characters; written in octal escapes and UTF-16 eight times as many bytes.
    private const int LongestDate = 200;
    private readonly RevisionView view;
    private readonly Dictionary<ObjectId, SecurityStoreStream?> streams = [];
    private readonly List<string> defects = [];
    private int namedLeft;

    private SecurityStoreReader(RevisionView view)
    {
        this.view = view;
        namedLeft = view.Document.Limits.SecurityStoreStreams;
    }

    public static SecurityStore? Read(RevisionView view)
    {
        if (view.Resolve(view.Catalog["DSS"]) is not PdfDictionary dictionary)
            return null;
        var reader = new SecurityStoreReader(view);
        var certificates = reader.Streams(dictionary, "Certs");
        var responses = reader.Streams(dictionary, "OCSPs");
        var crls = reader.Streams(dictionary, "CRLs");
        return new SecurityStore(dictionary, certificates, responses, crls, reader.Entries(dictionary), reader.defects);
    }

    private List<SecurityStoreEntry> Entries(PdfDictionary store)
    {
        var entries = new List<SecurityStoreEntry>();
        if (view.Resolve(store["VRI"]) is not PdfDictionary validation)
        {
            if (store.Has("VRI"))
                Defect("VRI is no dictionary");
            return entries;
        }
        foreach (var (key, value) in validation.Entries)
        {
            if (view.Resolve(value) is not PdfDictionary entry)
            {
                // Some producers put Type beside the signatures.
                if (key.Value != "Type")
                    Defect("an entry of VRI is no dictionary");
                continue;
            }
            if (--namedLeft < 0)
            {
                Defect("the security store has too many entries");
                break;
            }
            // 12.8.4.4: the names are in the singular here.
            entries.Add(new SecurityStoreEntry(key.Value, Streams(entry, "Cert"), Streams(entry, "OCSP"), Streams(entry, "CRL"),
                view.Get<PdfString>(entry, "TU") is { Length: <= LongestDate } created ? created.GetText() : null, entry["TS"] is PdfReference timestamp ? Stream(timestamp.Target) : null));
        }
        return entries;
    }

    private List<SecurityStoreStream> Streams(PdfDictionary dictionary, string key)
    {
        var found = new List<SecurityStoreStream>();
        if (view.Resolve(dictionary[key]) is not PdfArray array)
        {
            if (view.Resolve(dictionary[key]) is not PdfNull)
                Defect($"{key} is no array");
            return found;
        }
        foreach (var item in array.Items)
        {
            if (--namedLeft < 0)
            {
                Defect("the security store has too many entries");
                break;
            }
            if (item is not PdfReference reference)
                Defect($"{key} holds something else than references to streams");
            else if (Stream(reference.Target) is { } stream)
                found.Add(stream);
        }
        return found;
    }

    private SecurityStoreStream? Stream(ObjectId id)
    {
        if (streams.TryGetValue(id, out var known))
            return known;
        SecurityStoreStream? result = null;
        if (view.Resolve(id) is not PdfStream stream)
            Defect($"object {id.Number} of the security store is no stream");
        else if (view.Document.StoreStreams.Decode(view, stream) is { } bytes)
            result = new SecurityStoreStream(id, bytes);
        else
            Defect($"object {id.Number} of the security store cannot be decoded, or decodes to too many bytes");
        return streams[id] = result;
    }

    private void Defect(string text)
    {
        if (defects.Count < MostDefects)
            defects.Add(text);
    }
}

/// <summary>Decodes each stream of the security stores of a document once, within what all of them may cost together.</summary>
internal sealed class SecurityStoreStreams(PdfLimits limits)
{
    // A stream that is found too large or damaged has been decoded all the same.
    private const int ShareOfFailed = 8;
    private readonly Lock gate = new();
    private readonly Dictionary<PdfStream, ReadOnlyMemory<byte>?> known = [];
    private long left = limits.SecurityStoreBytes;

    public ReadOnlyMemory<byte>? Decode(RevisionView view, PdfStream stream)
    {
        lock (gate)
        {
            if (known.TryGetValue(stream, out var found))
                return found;
            if (left <= 0)
                return null;
            var bytes = (view.Decode(stream) as StreamData.Decoded)?.Bytes;
            left -= bytes?.Length ?? limits.SecurityStoreBytes / ShareOfFailed;
            return known[stream] = left >= 0 ? bytes : null;
        }
    }
}
