using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Walks the fields of the interactive form (ISO 32000-2 12.7) without recursion; each node is visited once.</summary>
internal sealed class FormReader
{
    private const int MostDepth = 100;
    private const int MostDefects = 20;
    private const int MostBytesOfACharacter = 4;

    private readonly RevisionView view;
    private readonly List<FormField> fields = [];
    private readonly List<string> defects = [];
    private readonly HashSet<ObjectId> visited = [];
    private readonly Stack<Node> stack = new();
    private readonly Lazy<Dictionary<ObjectId, Page>> pageOfAnnotation;
    private int nodes;
    private long charactersLeft;

    private FormReader(RevisionView view)
    {
        this.view = view;
        pageOfAnnotation = new(PagesOfAnnotations);
        charactersLeft = view.Document.Limits.FieldNameCharacters;
    }

    /// <param name="Inherited">Values of FT, Ff and V in force above.</param>
    private sealed record Node(PdfObject Value, string Name, IReadOnlyList<ObjectId> Path, Inheritance Inherited);

    private readonly record struct Inheritance(PdfObject? FieldType, PdfObject? Flags, PdfObject? Value);

    public static FormTree Read(RevisionView view)
    {
        if (view.Get<PdfDictionary>(view.Catalog, "AcroForm") is not { } dictionary)
            return new FormTree(null, [], view.Resolve(view.Catalog["AcroForm"]) is PdfNull ? [] : ["AcroForm is no dictionary"]);
        var reader = new FormReader(view);
        reader.Walk(dictionary);
        return new FormTree(dictionary, reader.fields, reader.defects);
    }

    private void Walk(PdfDictionary form)
    {
        if (view.Resolve(form["Fields"]) is not PdfArray roots)
        {
            if (form.Has("Fields"))
                Defect("Fields of the form is no array");
            return;
        }
        Push(roots.Items, "", [], default);
        while (stack.TryPop(out var node))
        {
            var id = (node.Value as PdfReference)?.Target;
            if (id is { } known && !visited.Add(known))
                Defect($"object {known.Number} stands in the form twice");
            else if (view.Resolve(node.Value) is PdfDictionary dictionary)
                Visit(node, id, dictionary);
            else
                Defect(id is { } missing ? $"field object {missing.Number} is no dictionary" : "a field is no dictionary");
        }
    }

    private void Push(IReadOnlyList<PdfObject> kids, string name, IReadOnlyList<ObjectId> path, Inheritance inherited)
    {
        nodes += kids.Count;
        if (nodes > view.Document.Limits.Fields)
        {
            Defect($"the form has more than {view.Document.Limits.Fields} fields");
            return;
        }
        for (var at = kids.Count - 1; at >= 0; at--)
            stack.Push(new Node(kids[at], name, path, inherited));
    }

    private void Visit(Node node, ObjectId? id, PdfDictionary dictionary)
    {
        var inherited = new Inheritance(dictionary["FT"] ?? node.Inherited.FieldType, dictionary["Ff"] ?? node.Inherited.Flags,
            dictionary["V"] ?? node.Inherited.Value);
        var own = view.Get<PdfString>(dictionary, "T");
        // Before it is decoded, for many fields can name one long string; an octal escape takes four bytes for one.
        if (own?.Length > MostBytesOfACharacter * view.Document.Limits.NameBytes)
        {
            Defect("the full name of a field is too long");
            return;
        }
        var partial = own?.GetText();
        // 12.7.4.2: a node without a partial name adds nothing to the full name.
        var name = partial is null ? node.Name : node.Name.Length == 0 ? partial : node.Name + "." + partial;
        if (name.Length > view.Document.Limits.NameBytes)
        {
            Defect("the full name of a field is too long");
            return;
        }
        charactersLeft -= name.Length + (own?.Length ?? 0);
        if (charactersLeft < 0)
        {
            Defect("the names of all fields together are too long");
            stack.Clear();
            return;
        }
        IReadOnlyList<ObjectId> path = id is { } self ? [.. node.Path, self] : node.Path;
        if (node.Path.Count >= MostDepth)
        {
            Defect("the form is nested too deep");
            return;
        }
        var widgets = new List<Widget>();
        var fieldKids = Kids(dictionary, widgets);
        if (fieldKids.Count > 0)
        {
            if (widgets.Count > 0)
                Defect("a node of the form has both fields and widgets below");
            Push(fieldKids, name, path, inherited);
            return;
        }
        // With kids it ought to be none, but where a page names it a viewer shows it.
        if (view.Get<PdfName>(dictionary, "Subtype") is { Value: "Widget" } && (widgets.Count == 0 || PageOf(id) is not null))
            widgets.Add(new Widget(id, dictionary, PageOf(id)));
        fields.Add(new FormField(name, id, dictionary, (view.Resolve(inherited.FieldType) as PdfName)?.Value, inherited.Value,
            (view.Resolve(inherited.Flags) as PdfInteger)?.Value ?? 0, widgets, path));
    }

    // 12.7.4.1: a kid with a partial name is a field, another one a widget of this field.
    private List<PdfObject> Kids(PdfDictionary dictionary, List<Widget> widgets)
    {
        var fieldKids = new List<PdfObject>();
        if (view.Get<PdfArray>(dictionary, "Kids") is not { } kids)
        {
            if (view.Resolve(dictionary["Kids"]) is not PdfNull)
                Defect("Kids of a field is no array");
            return fieldKids;
        }
        foreach (var kid in kids.Items)
        {
            if (++nodes > view.Document.Limits.Fields)
            {
                Defect($"the form has more than {view.Document.Limits.Fields} fields");
                return fieldKids;
            }
            var id = (kid as PdfReference)?.Target;
            if (view.Resolve(kid) is not PdfDictionary child)
                Defect(id is { } missing ? $"field object {missing.Number} is no dictionary" : "a field is no dictionary");
            else if (child.Has("T") || child.Has("Kids"))
                fieldKids.Add(kid);
            else
                widgets.Add(new Widget(id, child, PageOf(id)));
        }
        return fieldKids;
    }

    private Page? PageOf(ObjectId? annotation) => annotation is { } id ? pageOfAnnotation.Value.GetValueOrDefault(id) : null;

    private Dictionary<ObjectId, Page> PagesOfAnnotations()
    {
        var result = new Dictionary<ObjectId, Page>();
        foreach (var page in view.Pages.Pages)
        {
            if (view.Get<PdfArray>(page.Dictionary, "Annots") is not { } annotations)
                continue;
            foreach (var item in annotations.Items)
            {
                if (item is PdfReference reference)
                    result.TryAdd(reference.Target, page);
            }
        }
        return result;
    }

    private void Defect(string text)
    {
        if (defects.Count < MostDefects)
            defects.Add(text);
    }
}
