using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Walks the page tree (ISO 32000-2 7.7.3) without recursion; each node is visited once.</summary>
internal sealed class PageTreeReader
{
    private const int MostDepth = 200;
    private const int MostDefects = 20;
    private static readonly string[] Inheritable = ["Resources", "MediaBox", "CropBox", "Rotate"];

    private readonly RevisionView view;
    private readonly List<Page> pages = [];
    private readonly List<string> defects = [];
    private readonly HashSet<ObjectId> visited = [];
    private readonly Stack<Node> stack = new();

    private PageTreeReader(RevisionView view) => this.view = view;

    private sealed record Node(PdfObject Value, IReadOnlyList<ObjectId> Path, IReadOnlyDictionary<string, PdfObject> Inherited);

    public static PageTree Read(RevisionView view)
    {
        var reader = new PageTreeReader(view);
        reader.Walk();
        return new PageTree(reader.pages, reader.defects);
    }

    private void Walk()
    {
        if (view.Catalog["Pages"] is not { } root)
        {
            Defect("the catalog has no page tree");
            return;
        }
        stack.Push(new Node(root, [], new Dictionary<string, PdfObject>(StringComparer.Ordinal)));
        while (stack.TryPop(out var node))
        {
            var id = (node.Value as PdfReference)?.Target;
            if (id is { } known && !visited.Add(known))
                Defect($"object {known.Number} stands in the page tree twice");
            else if (view.Resolve(node.Value) is PdfDictionary dictionary)
                Visit(node, id, dictionary);
            else
                Defect(id is { } missing ? $"object {missing.Number} of the page tree is no dictionary" : "a node of the page tree is no dictionary");
            if (pages.Count + stack.Count > view.Document.Limits.Pages)
            {
                Defect($"the document has more than {view.Document.Limits.Pages} pages");
                return;
            }
        }
    }

    private void Visit(Node node, ObjectId? id, PdfDictionary dictionary)
    {
        if (id is null)
            Defect("a node of the page tree is a direct object");
        var inherited = Inherit(node.Inherited, dictionary);
        var type = view.Get<PdfName>(dictionary, "Type")?.Value;
        var kids = view.Get<PdfArray>(dictionary, "Kids");
        if (type is null)
            Defect("a node of the page tree has no Type");
        if (type == "Page" || type is null && kids is null)
        {
            pages.Add(new Page(pages.Count + 1, id, dictionary, inherited, node.Path));
            return;
        }
        if (type is not ("Pages" or null) || kids is null)
        {
            Defect("a node of the page tree is neither a page nor has it Kids");
            return;
        }
        if (node.Path.Count >= MostDepth || kids.Count > view.Document.Limits.Pages)
        {
            Defect("the page tree is too deep or too wide");
            return;
        }
        IReadOnlyList<ObjectId> path = id is { } own ? [.. node.Path, own] : node.Path;
        for (var at = kids.Count - 1; at >= 0; at--)
            stack.Push(new Node(kids[at], path, inherited));
    }

    private static IReadOnlyDictionary<string, PdfObject> Inherit(IReadOnlyDictionary<string, PdfObject> above, PdfDictionary dictionary)
    {
        Dictionary<string, PdfObject>? own = null;
        foreach (var key in Inheritable)
        {
            if (dictionary[key] is { } value)
                (own ??= new Dictionary<string, PdfObject>(above, StringComparer.Ordinal))[key] = value;
        }
        return own ?? above;
    }

    private void Defect(string text)
    {
        if (defects.Count < MostDefects)
            defects.Add(text);
    }
}
