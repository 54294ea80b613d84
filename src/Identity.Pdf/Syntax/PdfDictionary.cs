namespace Identity.Pdf.Syntax;

public readonly record struct PdfEntry(PdfName Key, PdfObject Value);

/// <summary>A dictionary (ISO 32000-2 7.3.7); its entries keep the order of the file.</summary>
public sealed class PdfDictionary : PdfObject
{
    private const int LargestScan = 12;
    private readonly PdfEntry[] entries;
    private Dictionary<string, PdfObject>? index;

    internal PdfDictionary(PdfSource source, int start, int length, PdfEntry[] entries, string[] duplicateKeys) : base(source, start, length)
    {
        this.entries = entries;
        DuplicateKeys = duplicateKeys;
    }

    public IReadOnlyList<PdfEntry> Entries => entries;

    /// <summary>
    /// Keys that occur more than once. Their value is undefined by the standard; here the first counts. A document with
    /// duplicates whose values differ is refused as ambiguous, except in a signature dictionary, where the caller decides.
    /// </summary>
    public IReadOnlyList<string> DuplicateKeys { get; }

    /// <summary>The value as it stands (a reference stays a reference); null when there is none.</summary>
    public PdfObject? this[string key]
    {
        get
        {
            if (entries.Length > LargestScan)
                return Index().GetValueOrDefault(key);
            foreach (var entry in entries)
            {
                if (entry.Key.Value == key)
                    return entry.Value;
            }
            return null;
        }
    }

    public bool Has(string key) => this[key] is not null;

    private Dictionary<string, PdfObject> Index()
    {
        if (index is { } made)
            return made;
        var fresh = new Dictionary<string, PdfObject>(entries.Length, StringComparer.Ordinal);
        foreach (var entry in entries)
            fresh.TryAdd(entry.Key.Value, entry.Value);
        return index = fresh;
    }
}

/// <summary>A stream (ISO 32000-2 7.3.8). <see cref="PdfObject.Raw"/> runs from the dictionary to the word endstream.</summary>
public sealed class PdfStream : PdfObject
{
    internal PdfStream(PdfDictionary dictionary, long length, long dataStart, long dataLength) : base(dictionary.Source, dictionary.StartInSource, 0) =>
        (Dictionary, Length, DataStart, DataLength) = (dictionary, length, dataStart, dataLength);

    public override long Length { get; }

    public override ReadOnlyMemory<byte> Raw => Source.Slice(Start, checked((int)Length));

    public PdfDictionary Dictionary { get; }

    /// <summary>Offset in the file of the first byte of the encoded data.</summary>
    public long DataStart { get; }

    /// <summary>Number of bytes of the encoded data.</summary>
    public long DataLength { get; }

    /// <summary>The data as they stand, still encoded. Read again at each call when the file is not in memory.</summary>
    public ReadOnlyMemory<byte> RawData => Source.Slice(DataStart, checked((int)DataLength));
}
