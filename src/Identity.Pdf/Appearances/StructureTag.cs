using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Appearances;

/// <summary>Hangs a new widget into the structure tree of a tagged document, in the revision that brings it (ISO 32000-2 14.7.5.3, 14.8.4.5 Form).</summary>
internal static class StructureTag
{
    /// <summary>Numbers of the parent tree that are looked through when the document does not say which comes next.</summary>
    private const int MostNumbers = 200_000;

    /// <summary>The number under which the parent tree knows the widget; null when the document is not tagged, or in a way to which nothing can be added safely.</summary>
    public static long? Add(IncrementalUpdate update, ObjectId page, ObjectId widget, string? description)
    {
        var view = update.Document.Latest;
        if (view.Catalog["StructTreeRoot"] is not PdfReference { Target: var rootId } || view.Resolve(rootId) is not PdfDictionary root)
            return null;
        if (root["ParentTree"] is not { } parentTree || view.Resolve(parentTree) is not PdfDictionary tree || NextKey(view, root, tree) is not { } key)
            return null;
        // The document's own element when it has exactly one, which an element must be an object of; otherwise the root.
        var only = view.Resolve(root["K"]) is PdfArray { Count: 1 } single ? single[0] : root["K"];
        var parent = only is PdfReference { Target: var id } && view.Resolve(id) is PdfDictionary top && top.Has("S") ? (Id: id, Dictionary: top) : (Id: rootId, Dictionary: root);
        var element = update.Reserve();
        if (WithChild(view, parent.Dictionary["K"], element) is not { } children || WithNumber(view, tree, key, element, update) is not { } numbers)
            return null;
        var value = new SyntaxWriter().BeginDictionary().Name("Type").Name("StructElem").Name("S").Name("Form").Name("P").Reference(parent.Id).Name("Pg").Reference(page)
            .Name("K").BeginDictionary().Name("Type").Name("OBJR").Name("Obj").Reference(widget).Name("Pg").Reference(page).EndDictionary();
        if (description is not null)
            value.Name("Alt").Text(description);
        update.Define(element, value.EndDictionary().Written);
        update.SetEntries(parent.Id, Entry("K", children));
        if (parentTree is PdfReference { Target: var treeId })
            update.SetEntries(treeId, numbers);
        else
            update.SetEntries(rootId, Entry("ParentTree", SyntaxEdit.WithEntries(tree, new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal) { [numbers.Key] = numbers.Value })));
        update.SetEntries(rootId, Entry("ParentTreeNextKey", new SyntaxWriter().Integer(key + 1).Written));
        return key;
    }

    private static ReadOnlyMemory<byte>? WithChild(RevisionView view, PdfObject? children, ObjectId element)
    {
        var item = new SyntaxWriter().Reference(element).Written;
        return view.Resolve(children) switch
        {
            PdfArray array => SyntaxEdit.WithItem(array, item.Span),
            PdfNull => new SyntaxWriter().BeginArray().Verbatim(item.Span).EndArray().Written,
            // 14.7.2 table 354: one child stands alone.
            _ => new SyntaxWriter().BeginArray().Verbatim(Encryption.EncryptedSyntax.Plain(children!).Raw.Span).Verbatim(item.Span).EndArray().Written,
        };
    }

    // 7.9.7: numbers stand in order, and the new one is behind all others.
    private static KeyValuePair<string, ReadOnlyMemory<byte>?>? WithNumber(RevisionView view, PdfDictionary tree, long key, ObjectId element, IncrementalUpdate update)
    {
        var pair = new SyntaxWriter().Integer(key).Reference(element).Written;
        if (view.Resolve(tree["Nums"]) is PdfArray numbers)
            return tree.Has("Limits") ? null : Entry("Nums", SyntaxEdit.WithItem(numbers, pair.Span));
        if (view.Resolve(tree["Kids"]) is not PdfArray kids)
            return tree.Has("Kids") ? null : Entry("Nums", new SyntaxWriter().BeginArray().Verbatim(pair.Span).EndArray().Written);
        var leaf = new SyntaxWriter().BeginDictionary().Name("Limits").BeginArray().Integer(key).Integer(key).EndArray().Name("Nums").BeginArray().Verbatim(pair.Span).EndArray().EndDictionary();
        return Entry("Kids", SyntaxEdit.WithItem(kids, new SyntaxWriter().Reference(update.Add(leaf.Written)).Written.Span));
    }

    private static long? NextKey(RevisionView view, PdfDictionary root, PdfDictionary tree)
    {
        var next = view.Get<PdfInteger>(root, "ParentTreeNextKey")?.Value ?? 0;
        var waiting = new Stack<PdfDictionary>([tree]);
        var seen = new HashSet<PdfDictionary> { tree };
        for (var looked = 0; waiting.TryPop(out var node);)
        {
            var numbers = view.Get<PdfArray>(node, "Nums");
            for (var at = 0; at + 1 < (numbers?.Count ?? 0); at += 2)
            {
                if (view.Resolve(numbers![at]) is not PdfInteger number)
                    return null;
                next = Math.Max(next, number.Value + 1);
            }
            var kids = view.Get<PdfArray>(node, "Kids");
            looked += (numbers?.Count ?? 0) + (kids?.Count ?? 0);
            if (looked > MostNumbers)
                return null;
            foreach (var kid in (kids?.Items ?? []).Select(view.Resolve).OfType<PdfDictionary>().Where(seen.Add))
                waiting.Push(kid);
        }
        return next is >= 0 and < int.MaxValue ? next : null;
    }

    private static KeyValuePair<string, ReadOnlyMemory<byte>?> Entry(string key, ReadOnlyMemory<byte> value) => new(key, value);
}
