namespace Identity.Pdf.Syntax;

/// <summary>
/// What reading one document may cost at most. Each is a cap: the value itself is still accepted, one more is refused with
/// <see cref="PdfRefusalCode.TooLarge"/>. The defaults are for a server that reads strangers' files.
/// </summary>
public sealed record PdfLimits
{
    public static PdfLimits Default { get; } = new();

    /// <summary>Bytes of the file.</summary>
    public long FileBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary>Highest object number, and the highest Size of a trailer less one (ISO 32000-1 annex C).</summary>
    public int ObjectNumber { get; init; } = 8_388_607;

    /// <summary>Cross-reference entries of all sections together.</summary>
    public int Entries { get; init; } = 1_000_000;

    /// <summary>Incremental updates and the original together.</summary>
    public int Revisions { get; init; } = 512;

    /// <summary>Arrays and dictionaries inside each other.</summary>
    public int NestingDepth { get; init; } = 100;

    /// <summary>Values (numbers, names, arrays ...) of one object.</summary>
    public int ValuesPerObject { get; init; } = 1_000_000;

    /// <summary>Values of all objects of all revisions together; an array or dictionary counts twice. Each takes about fifty bytes.</summary>
    public long Values { get; init; } = 6_000_000;

    /// <summary>
    /// Bytes of one object without its stream, or of one cross-reference table, when the file is read from disk: what of it must be in memory
    /// at once.
    /// </summary>
    public int ObjectBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes between the delimiters of one string. Signature containers are strings, so this is not small.</summary>
    public int StringBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes between the slash and the end of one name.</summary>
    public int NameBytes { get; init; } = 4096;

    /// <summary>Bytes of one decoded stream, after each of its filters.</summary>
    public int DecodedStreamBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of all object streams and cross-reference streams of a document together, decoded.</summary>
    public long DecodedBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>Bytes of all streams of the security stores of all revisions together, decoded; what is beyond is left aside.</summary>
    public long SecurityStoreBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>Filters of one stream.</summary>
    public int Filters { get; init; } = 4;

    /// <summary>Pages of one revision.</summary>
    public int Pages { get; init; } = 50_000;

    /// <summary>Fields and widgets of one revision.</summary>
    public int Fields { get; init; } = 50_000;

    /// <summary>Signature dictionaries of the document.</summary>
    public int Signatures { get; init; } = 256;

    /// <summary>Bytes between the delimiters of the Contents of all signatures together; one string that many name counts for each.</summary>
    public long ContentsBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Bytes of reasons, places, names, contacts and times of all signatures together, and of the names of fields that they lock.</summary>
    public long SignatureTextBytes { get; init; } = 1024 * 1024;

    /// <summary>Items of the arrays Reference and Fields of all signatures together.</summary>
    public int SignatureReferences { get; init; } = 50_000;

    /// <summary>Characters of the full names of all fields of one revision together, and bytes of their parts.</summary>
    public int FieldNameCharacters { get; init; } = 4 * 1024 * 1024;

    /// <summary>Streams of a document security store.</summary>
    public int SecurityStoreStreams { get; init; } = 4096;

    /// <summary>Deviations that are listed; the rest is only counted. Never a reason to refuse.</summary>
    public int ListedDeviations { get; init; } = 200;

    // A value takes two bytes at least and an entry twenty, before compression; object streams shrink to a fifth or a tenth. What every file gets is
    // more than most hold, however small, and costs some dozen MB.
    private const int EntriesOfAnyFile = 100_000, BytesOfAnEntry = 8;
    private const long ValuesOfAnyFile = 1_500_000;
    private const long DecodedBytesOfAnyFile = 16L * 1024 * 1024, DecodedBytesOfAByte = 64;

    /// <summary>
    /// These for a file of so many bytes: what is compressed may be as much as honest files of that size hold, so that some kB do not cost what
    /// a hundred MB may.
    /// </summary>
    internal PdfLimits For(long length)
    {
        var decoded = Math.Min(DecodedBytes, DecodedBytesOfAnyFile + DecodedBytesOfAByte * length);
        return this with
        {
            Entries = (int)Math.Min(Entries, EntriesOfAnyFile + length / BytesOfAnEntry),
            Values = Math.Min(Values, ValuesOfAnyFile + length),
            DecodedBytes = decoded,
            DecodedStreamBytes = (int)Math.Min(DecodedStreamBytes, decoded),
        };
    }
}
