using Identity.Pdf.Appearances;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>On which page a new field stands and what it shows there: found before anything is written.</summary>
internal sealed class ShownSignature
{
    private readonly SignatureAppearance? appearance;
    private readonly ShownPage? shown;
    private readonly ShownRectangle place;

    private ShownSignature(Page page, SignatureAppearance? appearance, ShownPage? shown, ShownRectangle place) =>
        (Page, this.appearance, this.shown, this.place) = (page, appearance, shown, place);

    public Page Page { get; }

    /// <summary>Null for an existing field, which has its place.</summary>
    public static (ShownSignature? Signature, SignaturePreparation.Refused? Refusal) Of(RevisionView view, SignatureRequest request)
    {
        if (request.ExistingField is not null)
            return (null, null);
        var pages = view.Pages.Pages;
        if (request.Appearance is not { Place: { } wanted } appearance)
            return (new ShownSignature(pages[0], null, null, default), null);
        // 12.8.2.2 table 257: what is new on a page is more than filling in a form, and looks like content where notes are permitted.
        if (view.Document.Signatures.SelectMany(signature => signature.References).Any(reference => reference is SignatureReference.DocMdp))
            return Refuse(SignatureRefusal.CertifiedNothingShown, "the document is certified, and its certification permits nothing new to be shown");
        var number = wanted.Page == AppearancePlace.LastPage ? pages.Count : wanted.Page;
        if (number < 1 || number > pages.Count || pages[number - 1] is not { Id: { } id } page || view.Resolve(id) is not PdfDictionary || ShownPage.Of(view, page) is not { } shown)
            return Refuse(SignatureRefusal.PageMissing, "the document has no such page, or one whose size cannot be understood");
        if (wanted is AppearancePlace.Within { Rectangle: var asked } && shown.Holds(asked) && asked.Width * asked.Height > shown.Width * shown.Height * AppearancePlace.LargestShare)
            return Refuse(SignatureRefusal.PlaceTooLarge, "the place takes too much of the page");
        return wanted.Find(view, page, shown) is { } place
            ? (new ShownSignature(page, appearance, shown, place), null) : Refuse(SignatureRefusal.NoRoomOnPage, "the page has no room there that is free of fields");
    }

    /// <summary>The entries of the widget that say where it is and what it shows.</summary>
    public void Write(IncrementalUpdate update, SyntaxWriter widget, ObjectId field)
    {
        if (appearance is null || shown is null)
        {
            // 12.7.5.5: without width and height it is not shown.
            widget.Name("Rect").BeginArray().Integer(0).Integer(0).Integer(0).Integer(0).EndArray();
            // ISO 19005-1 6.9: each field has an appearance, one that is not shown too; later parts except it.
            widget.Name("AP").BeginDictionary().Name("N").Reference(ExistingSignatureField.Empty(update, 0, 0)).EndDictionary();
            return;
        }
        var (left, bottom, right, top) = shown.ToUserSpace(place);
        widget.Name("Rect").Verbatim(AppearanceStream.Numbers([left, bottom, right, top]).Span)
            .Name("AP").BeginDictionary().Name("N").Reference(AppearanceStream.Add(update, appearance, shown, place.Width, place.Height)).EndDictionary();
        if (appearance.Description is { } description)
            widget.Name("TU").Text(description);
        if (StructureTag.Add(update, Page.Id!.Value, field, appearance.Description) is { } key)
            widget.Name("StructParent").Integer(key);
    }

    private static (ShownSignature?, SignaturePreparation.Refused) Refuse(SignatureRefusal reason, string message) => (null, new(reason, message));
}
