using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>
/// Adds a field to the form and its widget to a page by rewriting the smallest indirect object that holds the array: needless
/// rewrites of a page or catalog make viewers call earlier signatures changed.
/// </summary>
internal static class FormEdit
{
    /// <summary>False when Annots is something else than an array.</summary>
    public static bool TryAddAnnotation(IncrementalUpdate update, Page page, ObjectId annotation)
    {
        var view = update.Document.Latest;
        var item = Reference(annotation);
        switch (page.Dictionary["Annots"])
        {
            case PdfReference reference when view.Resolve(reference.Target) is PdfArray array && !IsShared(view, page, reference.Target):
                update.Replace(reference.Target, SyntaxEdit.WithItem(array, item.Span));
                return true;
            // Shared with another page, which must not get the widget; or behind another reference.
            case { } value when view.Resolve(value) is PdfArray array:
                update.SetEntries(page.Id!.Value, Entry("Annots", SyntaxEdit.WithItem(array, item.Span)));
                return true;
            case var value when view.Resolve(value) is PdfNull:
                update.SetEntries(page.Id!.Value, Entry("Annots", ArrayOf(item)));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Adds the field at the root of the form and the flags to SigFlags; false when the form is not what it must be.</summary>
    public static bool TryAddField(IncrementalUpdate update, ObjectId field, int flags)
    {
        var view = update.Document.Latest;
        var item = Reference(field);
        var value = view.Catalog["AcroForm"];
        if (view.Resolve(value) is PdfNull)
        {
            var form = new SyntaxWriter().BeginDictionary().Name("Fields").BeginArray().Verbatim(item.Span).EndArray().Name("SigFlags").Integer(flags).EndDictionary();
            update.SetEntries(view.CatalogId, Entry("AcroForm", Reference(update.Add(form.Written))));
            return true;
        }
        if (view.Resolve(value) is not PdfDictionary dictionary)
            return false;
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        switch (dictionary["Fields"])
        {
            case PdfReference reference when view.Resolve(reference.Target) is PdfArray array && view.Closure.UsesOf(reference.Target).Count == 1:
                update.Replace(reference.Target, SyntaxEdit.WithItem(array, item.Span));
                break;
            // What else names the array must not change with it.
            case { } fields when view.Resolve(fields) is PdfArray array:
                changes["Fields"] = SyntaxEdit.WithItem(array, item.Span);
                break;
            case var fields when view.Resolve(fields) is PdfNull:
                changes["Fields"] = ArrayOf(item);
                break;
            default:
                return false;
        }
        AddFlags(view, dictionary, flags, changes);
        if (changes.Count > 0)
            SetFormEntries(update, value!, dictionary, changes);
        return true;
    }

    /// <summary>Adds the flags to SigFlags of the form that there is; false when there is none.</summary>
    public static bool TrySetFlags(IncrementalUpdate update, int flags)
    {
        var view = update.Document.Latest;
        var value = view.Catalog["AcroForm"];
        if (view.Resolve(value) is not PdfDictionary dictionary)
            return false;
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        AddFlags(view, dictionary, flags, changes);
        if (changes.Count > 0)
            SetFormEntries(update, value!, dictionary, changes);
        return true;
    }

    private static void AddFlags(RevisionView view, PdfDictionary form, int flags, Dictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        var before = (view.Resolve(form["SigFlags"]) as PdfInteger)?.Value ?? 0;
        if ((before & flags) != flags)
            changes["SigFlags"] = new SyntaxWriter().Integer(before | (uint)flags).Written;
    }

    private static void SetFormEntries(IncrementalUpdate update, PdfObject value, PdfDictionary dictionary, Dictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        var view = update.Document.Latest;
        if (value is PdfReference reference && view.Resolve(reference.Target) is PdfDictionary)
            update.SetEntries(reference.Target, [.. changes]);
        else
            update.SetEntries(view.CatalogId, Entry("AcroForm", SyntaxEdit.WithEntries(dictionary, changes)));
    }

    private static bool IsShared(RevisionView view, Page page, ObjectId annotations) =>
        view.Pages.Pages.Any(other => other.Number != page.Number && other.Dictionary["Annots"] is PdfReference reference && reference.Target == annotations);

    private static ReadOnlyMemory<byte> Reference(ObjectId id) => new SyntaxWriter().Reference(id).Written;

    private static ReadOnlyMemory<byte> ArrayOf(ReadOnlyMemory<byte> item) => new SyntaxWriter().BeginArray().Verbatim(item.Span).EndArray().Written;

    private static KeyValuePair<string, ReadOnlyMemory<byte>?> Entry(string key, ReadOnlyMemory<byte> value) => new(key, value);
}
