using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint;

/// <summary>The newest state of a document with what several rules need, found once, and one budget for all of them.</summary>
public sealed class LintedDocument
{
    /// <summary>Values and drawing operators that are looked at in all.</summary>
    public const long DefaultSteps = 3_000_000;

    private const int MostPagesScanned = 500;
    private readonly List<(ObjectId? Holder, PdfDictionary Dictionary)> dictionaries = [];
    private readonly Dictionary<int, PageMarks> marks = [];
    private readonly Dictionary<ObjectId, int> pageOfObject = [];
    private long left;

    public LintedDocument(PdfDocument document, long steps = DefaultSteps)
    {
        (View, left) = (document.Latest, steps);
        foreach (var page in View.Pages.Pages)
        {
            if (page.Id is { } id)
                pageOfObject.TryAdd(id, page.Number);
            foreach (var item in (View.Get<PdfArray>(page.Dictionary, "Annots")?.Items ?? []).OfType<PdfReference>())
                pageOfObject.TryAdd(item.Target, page.Number);
        }
        foreach (var id in View.Objects)
        {
            if (Spend() && View.Closure.Contains(id))
                Collect(id, View.Resolve(id));
        }
    }

    public RevisionView View { get; }

    public bool IsSpent => left <= 0;

    /// <summary>Every dictionary that the document uses, those inside others and of streams too.</summary>
    public IReadOnlyList<(ObjectId? Holder, PdfDictionary Dictionary)> Dictionaries => dictionaries;

    public bool Spend(long steps = 1) => (left -= steps) > 0;

    public int? PageOf(ObjectId id) => pageOfObject.TryGetValue(id, out var page) ? page : Spend(1000) && View.Closure.PagesOf(id) is [var first, ..] ? first : null;

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
