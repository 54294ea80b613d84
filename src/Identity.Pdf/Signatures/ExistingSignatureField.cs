using Identity.Pdf.Appearances;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>An empty signature field that the author of the form put there, with what it asks of its signature.</summary>
internal static class ExistingSignatureField
{
    // 12.7.4.1 table 227.
    private const long ReadOnly = 1;

    public static (FormField? Field, SignaturePreparation.Refused? Refusal) Find(PdfDocument document, SignatureRequest request)
    {
        var view = document.Latest;
        var named = view.Form.Fields.Where(field => field.FullName == request.ExistingField && field.FieldType == "Sig").ToList();
        if (named is not [{ Id: { } id } field] || view.Resolve(id) is not PdfDictionary)
            return Refuse(SignatureRefusal.FieldMissing, "there is no signature field of this name that is an object of its own");
        if (view.Resolve(field.Value) is not PdfNull)
            return Refuse(SignatureRefusal.FieldSigned, "the field has been signed");
        if ((field.Flags & ReadOnly) != 0 || IsLocked(document, field.FullName))
            return Refuse(SignatureRefusal.FieldLocked, "the field is read-only, or locked by an earlier signature");
        var locks = view.Resolve(field.Dictionary["Lock"]);
        if (locks is not PdfNull && LockOf(view, field) is null)
            return Refuse(SignatureRefusal.LockUnusable, "the lock of the field cannot be understood");
        // Table 236: 1 permits no changes to the document.
        if (locks is PdfDictionary { } dictionary && view.Resolve(dictionary["P"]) is not (PdfNull or PdfInteger { Value: 2 or 3 }) && !request.AcceptsNoChangesBehind)
            return Refuse(SignatureRefusal.LockPermitsNoChanges, "the lock of the field permits no changes behind its signature");
        if (SeedValues.Unmet(view, field.Dictionary, request) is { } seed)
            return (null, new SignaturePreparation.Refused(SignatureRefusal.SeedValue, "the field demands what this signature does not have") { Seed = seed });
        return (field, null);
    }

    /// <summary>Null when the field has no lock, or none that can be understood.</summary>
    public static FieldLock? LockOf(RevisionView view, FormField field)
    {
        if (view.Resolve(field.Dictionary["Lock"]) is not PdfDictionary dictionary)
            return null;
        var names = view.Get<PdfArray>(dictionary, "Fields")?.Items.Select(item => view.Resolve(item)).ToList() ?? [];
        if (names.Any(name => name is not PdfString))
            return null;
        IReadOnlyList<string> texts = [.. names.Cast<PdfString>().Select(name => name.GetText())];
        return view.Get<PdfName>(dictionary, "Action")?.Value switch
        {
            "All" => new FieldLock(LockAction.All, []),
            "Include" when texts.Count > 0 => new FieldLock(LockAction.Include, texts),
            "Exclude" when texts.Count > 0 => new FieldLock(LockAction.Exclude, texts),
            _ => null,
        };
    }

    /// <summary>
    /// Makes the signature the value of the field. A field that shows gets the appearance, which fills it; without one, it keeps what it has, or shows nothing.
    /// </summary>
    public static bool TrySign(IncrementalUpdate update, FormField field, ObjectId signature, SignatureAppearance? appearance)
    {
        var view = update.Document.Latest;
        update.SetEntries(field.Id!.Value, new KeyValuePair<string, ReadOnlyMemory<byte>?>("V", new SyntaxWriter().Reference(signature).Written));
        foreach (var widget in field.Widgets)
        {
            if (ShownPage.Box(view, widget.Dictionary["Rect"]) is not { } rectangle || rectangle.Left == rectangle.Right || rectangle.Bottom == rectangle.Top)
                continue;
            if (appearance is null && view.Resolve(widget.Dictionary["AP"]) is not PdfNull)
                continue;
            if (widget.Id is not { } id)
                return false;
            var stream = appearance is not null && widget.Page is { } page && ShownPage.Of(view, page) is { } shown
                ? Filled(update, appearance, shown, rectangle) : Empty(update, rectangle.Right - rectangle.Left, rectangle.Top - rectangle.Bottom);
            update.SetEntries(id, new KeyValuePair<string, ReadOnlyMemory<byte>?>("AP", new SyntaxWriter().BeginDictionary().Name("N").Reference(stream).EndDictionary().Written));
        }
        return true;
    }

    private static ObjectId Filled(IncrementalUpdate update, SignatureAppearance appearance, ShownPage page, (double, double, double, double) rectangle)
    {
        var place = page.ToShown(rectangle);
        return AppearanceStream.Add(update, appearance, page, place.Width, place.Height);
    }

    // 12.5.5: what a widget shows is its appearance; without one, viewers make something up.
    internal static ObjectId Empty(IncrementalUpdate update, double width, double height) => update.AddStream(
    [
        new("Type", new SyntaxWriter().Name("XObject").Written), new("Subtype", new SyntaxWriter().Name("Form").Written),
        new("BBox", AppearanceStream.Numbers([0, 0, Math.Ceiling(width), Math.Ceiling(height)])),
    ], ReadOnlyMemory<byte>.Empty);

    // 12.8.2.4 table 258: a name stands for the field and all below it.
    private static bool IsLocked(PdfDocument document, string field) => document.Signatures.SelectMany(signature => signature.References).Any(reference => reference switch
    {
        SignatureReference.FieldMdp { Action: "Include" } mdp => Names(mdp, field),
        SignatureReference.FieldMdp { Action: "Exclude" } mdp => !Names(mdp, field),
        SignatureReference.FieldMdp => true,
        // What is meant to lock and cannot be understood, locks.
        SignatureReference.Other { TransformMethod: "FieldMDP" } => true,
        _ => false,
    });

    private static bool Names(SignatureReference.FieldMdp mdp, string field) => mdp.Fields.Any(name => field == name || field.StartsWith(name + ".", StringComparison.Ordinal));

    private static (FormField?, SignaturePreparation.Refused) Refuse(SignatureRefusal reason, string message) => (null, new(reason, message));
}
