using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint;

/// <summary>
/// The newest state of a document with what several rules need, found once, and one budget for all of them: values, drawing operators and bytes of content
/// are all paid from it, whoever looks at them and however often.
/// </summary>
public sealed class LintedDocument
{
    /// <summary>Values and drawing operators that are looked at in all.</summary>
    public const long DefaultSteps = 3_000_000;

    /// <summary>Bytes of content, stored and decoded, that cost as much as one value.</summary>
    public const int BytesPerStep = 32;

    /// <summary>Bytes of one content stream, and of the content of one page, decoded.</summary>
    public const int MostContentBytes = 8 * 1024 * 1024;

    /// <summary>Bytes of decoded content that are kept for the next who asks; what is beyond is decoded, and paid, again.</summary>
    private const int MostKeptBytes = 32 * 1024 * 1024;

    private const int MostPagesScanned = 500;

    // RFC 1951 makes at most so many bytes of one.
    private const long LargestRatio = 1032;

    private readonly CancellationToken cancellation;
    private readonly List<(ObjectId? Holder, PdfDictionary Dictionary)> dictionaries = [];
    private readonly Dictionary<int, PageMarks> marks = [];
    private readonly Dictionary<PdfStream, ReadOnlyMemory<byte>?> contents = new(ReferenceEqualityComparer.Instance);
    private long left;
    private long kept;

    public LintedDocument(PdfDocument document, CancellationToken cancellation, long steps = DefaultSteps)
    {
        (View, this.cancellation, left) = (document.Latest, cancellation, steps);
        foreach (var id in View.Objects)
        {
            if (!Spend())
                break;
            if (View.Closure.Contains(id))
                Collect(id, View.Resolve(id));
        }
    }

    public RevisionView View { get; }

    public bool IsSpent => left <= 0;

    /// <summary>Something was left aside: the budget is spent, or a content is larger than what is looked at.</summary>
    public bool IsUnfinished => IsSpent || LeftAside;

    /// <summary>Bytes that were decoded, each time that they were.</summary>
    public long DecodedBytes { get; private set; }

    /// <summary>Every dictionary that the document uses, those inside others and of streams too.</summary>
    public IReadOnlyList<(ObjectId? Holder, PdfDictionary Dictionary)> Dictionaries => dictionaries;

    internal bool LeftAside { get; set; }

    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public bool Spend(long steps = 1)
    {
        cancellation.ThrowIfCancellationRequested();
        return (left -= steps) > 0;
    }

    public int? PageOf(ObjectId id) => View.Closure.FirstPageOf(id);

    /// <summary>
    /// What a content stream says, paid at each call, for the caller looks through it; null when it cannot be decoded, is larger than what is looked at, or
    /// nothing is left to pay with.
    /// </summary>
    public ReadOnlyMemory<byte>? ContentOf(PdfStream stream)
    {
        if (IsSpent)
            return null;
        if (contents.TryGetValue(stream, out var known))
            return Spend(1 + (known?.Length ?? 0) / BytesPerStep) ? known : null;
        var answer = View.Decode(stream, MostContentBytes);
        var content = (answer as StreamData.Decoded)?.Bytes;
        LeftAside |= answer is StreamData.Failed { Refusal.Code: PdfRefusalCode.TooLarge };
        // What failed may have been decoded as far as the cap before it did.
        var decoded = content?.Length ?? (View.Resolve(stream.Dictionary["Filter"]) is PdfArray { Count: > 1 } ? MostContentBytes : Math.Min(MostContentBytes, stream.DataLength * LargestRatio));
        DecodedBytes += decoded;
        if (kept + (content?.Length ?? 0) <= MostKeptBytes)
        {
            kept += content?.Length ?? 0;
            contents.Add(stream, content);
        }
        return Spend(1 + (stream.DataLength + decoded) / BytesPerStep) ? content : null;
    }

    public string? Name(PdfDictionary dictionary, string key) => View.Get<PdfName>(dictionary, key)?.Value;

    /// <summary>Annotations that are dictionaries, with the object that each is.</summary>
    public IEnumerable<(ObjectId? Id, PdfDictionary Annotation)> Annotations(Page page) =>
        (View.Get<PdfArray>(page.Dictionary, "Annots")?.Items ?? []).TakeWhile(_ => Spend())
            .Select(item => ((item as PdfReference)?.Target, View.Resolve(item) as PdfDictionary)).Where(found => found.Item2 is not null).Select(found => (found.Target, found.Item2!));

    /// <summary>What the page's own content draws; null when it is not looked at.</summary>
    public PageMarks? MarksOf(Page page)
    {
        if (marks.TryGetValue(page.Number, out var known))
            return known;
        LeftAside |= page.Number > MostPagesScanned;
        if (page.Number > MostPagesScanned || IsSpent)
            return null;
        return marks[page.Number] = PageMarks.OfPage(this, page);
    }

    private void Collect(ObjectId? holder, PdfObject value)
    {
        var waiting = new Stack<PdfObject>([value]);
        while (waiting.TryPop(out var next) && Spend())
        {
            switch (next)
            {
                case PdfStream stream:
                    waiting.Push(stream.Dictionary);
                    break;
                case PdfDictionary dictionary:
                    dictionaries.Add((holder, dictionary));
                    foreach (var (_, item) in dictionary.Entries)
                        Push(waiting, item);
                    break;
                case PdfArray array:
                    foreach (var item in array.Items)
                        Push(waiting, item);
                    break;
            }
        }
    }

    private static void Push(Stack<PdfObject> waiting, PdfObject item)
    {
        if (item is PdfDictionary or PdfArray)
            waiting.Push(item);
    }
}
