using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes;

/// <summary>
/// Objects that have a rule of their own: pages, annotations, fields, structure elements, catalog. The walk that allows no change stops at them, for half
/// of a document refers to its pages; their own rule reaches each of them from the catalog.
/// </summary>
public sealed class Landmarks
{
    // Reading a page or field costs about as much as comparing so many values.
    private const int StepsPerNode = 4;
    private readonly HashSet<ObjectId> owned = [];
    private readonly HashSet<int> ownedNumbers = [];
    private readonly StructureElements? structure;
    private readonly HashSet<ObjectId> ownParents = [];
    private readonly HashSet<ObjectId> aboveOwnParents = [];
    private readonly HashSet<ObjectId> annotations = [];
    private readonly Dictionary<ObjectId, int> pages = [];
    private readonly Dictionary<ObjectId, FormField> fieldsBefore = [];
    private readonly Dictionary<ObjectId, FormField> fieldsAfter = [];
    private readonly HashSet<string> namesBefore = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> namesAfter = new(StringComparer.Ordinal);

    public Landmarks(RevisionView before, RevisionView after, ComparisonMemory memory, ComparisonBudget budget)
    {
        // Nothing is owned then, and nothing will be compared.
        if (budget.IsSpent)
            return;
        owned.Add(before.CatalogId);
        foreach (var page in before.Pages.Pages)
            AddPage(before, page);
        foreach (var page in after.Pages.Pages)
        {
            if (page.Id is { } id)
                pages.TryAdd(id, page.Number);
        }
        AddFields(before, fieldsBefore);
        AddFields(after, fieldsAfter);
        foreach (var id in fieldsBefore.Keys)
            owned.Add(id);
        namesBefore.UnionWith(before.Form.Fields.Select(field => field.FullName));
        foreach (var field in after.Form.Fields)
            namesAfter[field.FullName] = namesAfter.GetValueOrDefault(field.FullName) + 1;
        structure = memory.Structure(before, budget);
        ownedNumbers.UnionWith(owned.Select(id => id.Number));
        budget.Spend((StepsPerNode * (before.Pages.Pages.Count + before.Form.Fields.Count)) + owned.Count + annotations.Count);
    }

    public bool IsOwned(ObjectId id) => owned.Contains(id) || structure?.Contains(id) == true;

    /// <summary>Some generation of the object is one.</summary>
    public bool IsOwned(int number) => ownedNumbers.Contains(number) || structure?.Contains(number) == true;

    /// <summary>Left to its own rule only where annotations are named: elsewhere it is what it is used as.</summary>
    public bool IsAnnotation(ObjectId id) => annotations.Contains(id);

    /// <summary>The parent that a page or node of the page tree names is not the one that has it as a kid.</summary>
    public bool HasOtherParent(ObjectId id) => ownParents.Contains(id);

    /// <summary>It, or something below it, is such a page or node: it is no part of the tree that can be left out.</summary>
    public bool LeadsToOtherParent(ObjectId id) => aboveOwnParents.Contains(id);

    public int? PageNumber(ObjectId id) => pages.TryGetValue(id, out var number) ? number : null;

    /// <summary>The field that an object is, is a widget of, or is an ancestor of, in the revision before.</summary>
    public FormField? FieldBefore(ObjectId id) => fieldsBefore.GetValueOrDefault(id);

    public FormField? FieldAfter(ObjectId id) => fieldsAfter.GetValueOrDefault(id);

    /// <summary>
    /// The full name of a field, or of what is above fields, in the revision before; null for another object, which a widget is too. Where part of it cannot be
    /// known it is that of something further above.
    /// </summary>
    public string? NameBefore(RevisionView before, ObjectId id)
    {
        if (FieldBefore(id) is not { } field || field.Id == id)
            return FieldBefore(id)?.FullName;
        if (!field.Path.Contains(id))
            return null;
        var parts = field.Path.TakeWhile(node => node != id).Append(id)
            .Select(node => before.Resolve(node) is PdfDictionary dictionary ? before.Get<PdfString>(dictionary, "T")?.GetText() : null);
        var name = string.Join('.', parts.Where(part => !string.IsNullOrEmpty(part)));
        return IsAtOrBelow(field.FullName, name) ? name : "";
    }

    /// <summary>Whether a full name is that of a field or of one below it.</summary>
    public static bool IsAtOrBelow(string name, string field) =>
        name.StartsWith(field, StringComparison.Ordinal) && (name.Length == field.Length || name[field.Length] == '.');

    /// <summary>One field has this full name, and none had it before.</summary>
    public bool IsNewName(string fullName) => !namesBefore.Contains(fullName) && namesAfter.GetValueOrDefault(fullName) == 1;

    /// <summary>The page of a field's first widget.</summary>
    public static int? PageOf(FormField? field) => field?.Widgets is [var first, ..] ? first.Page?.Number : null;

    private void AddPage(RevisionView view, Page page)
    {
        if (page.Id is { } id)
        {
            owned.Add(id);
            pages.TryAdd(id, page.Number);
        }
        for (var at = 0; at < page.Path.Count; at++)
        {
            if (owned.Add(page.Path[at]) && view.Resolve(page.Path[at]) is PdfDictionary node)
                AddParent(page.Path[at], node, page.Path, at);
        }
        if (page.Id is { } own)
            AddParent(own, page.Dictionary, page.Path, page.Path.Count);
        if (view.Get<PdfArray>(page.Dictionary, "Annots") is not { } listed)
            return;
        foreach (var item in listed.Items)
        {
            if (item is PdfReference annotation)
                annotations.Add(annotation.Target);
        }
    }

    // 7.7.3.3: Parent is the node that has it among its Kids. One that names another node leads elsewhere when it is asked for what is inherited.
    private void AddParent(ObjectId id, PdfDictionary dictionary, IReadOnlyList<ObjectId> path, int depth)
    {
        if (!dictionary.Has("Parent") || (depth > 0 && dictionary["Parent"] is PdfReference parent && parent.Target == path[depth - 1]))
            return;
        ownParents.Add(id);
        aboveOwnParents.UnionWith(path.Take(depth).Append(id));
    }

    private static void AddFields(RevisionView view, Dictionary<ObjectId, FormField> fields)
    {
        foreach (var field in view.Form.Fields)
        {
            if (field.Id is { } id)
                fields.TryAdd(id, field);
            foreach (var ancestor in field.Path)
                fields.TryAdd(ancestor, field);
            foreach (var widget in field.Widgets)
            {
                if (widget.Id is { } widgetId)
                    fields.TryAdd(widgetId, field);
            }
        }
    }
}
