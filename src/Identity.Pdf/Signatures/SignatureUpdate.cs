using System.Globalization;
using System.Text;
using Identity.Pdf.Appearances;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

public enum SignatureRefusal
{
    /// <summary>Viewers show the XFA form and ignore what is added to the form beside it.</summary>
    XfaForm,

    /// <summary>Cross-references, objects or bytes that other readers read otherwise.</summary>
    AmbiguousStructure,

    /// <summary>Bytes stand before the header.</summary>
    HeaderNotAtStart,

    /// <summary>An earlier certification forbids any change (DocMDP, P 1).</summary>
    CertifiedNoChanges,

    FieldNameTaken,

    /// <summary>Empty, with a dot, or too long.</summary>
    FieldNameUnusable,

    NoPages,

    /// <summary>Page tree or form cannot be read whole.</summary>
    BrokenPagesOrForm,

    /// <summary>There is no signature field of that name, or it is no object of its own.</summary>
    FieldMissing,
    FieldSigned,

    /// <summary>Read-only, or locked by an earlier signature.</summary>
    FieldLocked,

    /// <summary>The field demands something of its signature that is not given: <see cref="SignaturePreparation.Refused.Seed"/> says what.</summary>
    SeedValue,

    /// <summary>The field has a lock that cannot be understood.</summary>
    LockUnusable,

    /// <summary>The field's lock permits no changes behind its signature, and nobody has accepted that.</summary>
    LockPermitsNoChanges,

    /// <summary>Only the first signature of a document certifies it.</summary>
    AlreadySigned,

    /// <summary>The document is encrypted, and who opens it with this password may not do this.</summary>
    NotPermitted,

    /// <summary>The document security store is not what it must be, so nothing can be added to it.</summary>
    BrokenSecurityStore,

    /// <summary>The document has no page of that number, or one whose size cannot be understood.</summary>
    PageMissing,

    /// <summary>The page has no room there that is free of fields.</summary>
    NoRoomOnPage,

    /// <summary>The place takes more of the page than <see cref="AppearancePlace.LargestShare"/>.</summary>
    PlaceTooLarge,

    /// <summary>A certification permits forms to be filled in, but nothing new to be shown (DocMDP, P 2): see an existing field for that.</summary>
    CertifiedNothingShown,

    TooLarge,
}

public abstract record SignaturePreparation
{
    private SignaturePreparation() { }

    public sealed record Prepared(PreparedSignature Signature) : SignaturePreparation;

    /// <param name="Message">English, holds nothing of the document's text.</param>
    public sealed record Refused(SignatureRefusal Reason, string Message) : SignaturePreparation
    {
        /// <summary>Set exactly for <see cref="SignatureRefusal.SeedValue"/>.</summary>
        public SeedConstraint? Seed { get; init; }
    }
}

/// <summary>Appends an empty signature (ISO 32000-2 12.8.1, EN 319 142-1 5.3). In an encrypted document all but Contents is encrypted like the rest of it.</summary>
public static class SignatureUpdate
{
    /// <summary>Largest <see cref="SignatureRequest.ContentsBytes"/>.</summary>
    public const int MaxContentsBytes = 1024 * 1024;

    // 12.7.3 table 224: SignaturesExist and AppendOnly.
    private const int SignatureFlags = 3;

    // 12.5.3 table 167: Print and Locked. Not hidden: PDF/A forbids that.
    private const int WidgetFlags = 132;

    // 7.5.4: ten digits in a cross-reference table, and in ByteRange here.
    private const long LargestOffset = 9_999_999_999;

    // What an update writes beside Contents is far less.
    private const long LargestTail = 64 * 1024 * 1024;

    // What a signature dictionary takes beside Contents, as a rule: more only makes the writer grow.
    private const int RoomBesideContents = 1024;

    // Room for four numbers of ten digits, the same length for every file.
    private static readonly int ByteRangeLength = "[0 ".Length + 3 * 11;

    /// <summary>
    /// Appends a signature field with an empty Contents and a finished ByteRange.
    /// Throws <see cref="ArgumentException"/> when the request breaks its own rules.
    /// </summary>
    public static SignaturePreparation Prepare(PdfDocument document, SignatureRequest request)
    {
        request.Check();
        if (Refusal(document, request) is { } refused)
            return refused;
        if (request.Certification is not null && document.Signatures.Count > 0)
            return new SignaturePreparation.Refused(SignatureRefusal.AlreadySigned, "only the first signature of a document certifies it");
        FormField? existing = null;
        if (request.ExistingField is not null)
        {
            var (found, unusable) = ExistingSignatureField.Find(document, request);
            if (unusable is not null)
                return unusable;
            existing = found;
        }
        var (shown, placeRefusal) = ShownSignature.Of(document.Latest, request);
        if (placeRefusal is not null)
            return placeRefusal;
        var (name, nameRefusal) = existing is not null ? (existing.FullName, null) : FieldName(document.Latest.Form, request);
        if (nameRefusal is not null)
            return nameRefusal;
        var start = IncrementalUpdate.Begin(document);
        if (start is not UpdateStart.Started { Update: var update })
            return new SignaturePreparation.Refused(ReasonOf((UpdateStart.Refused)start), ((UpdateStart.Refused)start).Message);
        if (document.Bytes.Length + 2L * request.ContentsBytes + LargestTail > LargestOffset)
            return new SignaturePreparation.Refused(SignatureRefusal.TooLarge, "the signed document would be too large");

        var signature = update.Reserve();
        var protection = SignatureProtection.Of(document.Latest, request, existing);
        var (dictionary, byteRangeAt, contentsAt) = SignatureValue(request, protection);
        update.Define(signature, dictionary);
        var added = existing is not null
            ? ExistingSignatureField.TrySign(update, existing, signature, request.Appearance) && FormEdit.TrySetFlags(update, SignatureFlags)
            : TryAddField(update, request, name, signature, shown!);
        if (!added)
            return new SignaturePreparation.Refused(SignatureRefusal.BrokenPagesOrForm, "Annots or Fields is not an array");
        if (request.Certification is not null)
            SignatureProtection.SetPermissions(update, signature);
        request.Extension?.Declare(update);

        var (tail, offsets) = update.Compose();
        return new SignaturePreparation.Prepared(Finish(document, request, name, tail, offsets[signature] + byteRangeAt, offsets[signature] + contentsAt));
    }

    /// <summary>
    /// 12.8.2.2.2: with P 1 any change to the document invalidates the certification; table 236: so it is behind a lock with P 1. What is meant to
    /// restrict and cannot be understood, permits nothing.
    /// </summary>
    public static bool PermitsNoChanges(PdfDocument document) => document.Signatures.Any(signature => signature.LockPermission == 1
        || signature.References.Any(reference => reference is SignatureReference.DocMdp { Permission: 1 } or SignatureReference.Other { TransformMethod: "DocMDP" }));

    /// <summary>What the signature field of this name locks once it is signed (table 236); null when there is no such field, or no lock that can be understood.</summary>
    public static FieldLock? LockOf(PdfDocument document, string field) =>
        document.Latest.Form.Fields.Where(one => one.FullName == field && one.FieldType == "Sig").ToList() is [var only] ? ExistingSignatureField.LockOf(document.Latest, only) : null;

    private static SignaturePreparation.Refused? Refusal(PdfDocument document, SignatureRequest request)
    {
        var view = document.Latest;
        // Table 22: a time-stamp is an addition to what may be signed, not a field that somebody fills in.
        var fills = request.Kind == SignatureKind.DocumentTimestamp || request.ExistingField is not null;
        if (document.Security is { } security && !(fills ? security.MayFillFields : security.MayAddFields))
            return new(SignatureRefusal.NotPermitted, "the document is encrypted, and its permissions forbid this signature without the owner's password");
        if (view.Form.Dictionary is { } form && view.Resolve(form["XFA"]) is not PdfNull)
            return new(SignatureRefusal.XfaForm, "the document has an XFA form");
        if (!request.DespiteCertification && PermitsNoChanges(document))
            return new(SignatureRefusal.CertifiedNoChanges, "the document is certified, and its certification forbids further signatures");
        if (view.Pages.Defects.Count > 0 || view.Form.Defects.Count > 0)
            return new(SignatureRefusal.BrokenPagesOrForm, view.Pages.Defects.Concat(view.Form.Defects).First());
        if (view.Pages.Pages.Count == 0)
            return new(SignatureRefusal.NoPages, "the document has no pages");
        return view.Pages.Pages[0].Id is { } first && view.Resolve(first) is PdfDictionary
            ? null : new(SignatureRefusal.BrokenPagesOrForm, "the first page is no indirect dictionary");
    }

    internal static SignatureRefusal ReasonOf(UpdateStart.Refused refused) => refused.Reason switch
    {
        UpdateRefusal.AmbiguousStructure => SignatureRefusal.AmbiguousStructure,
        UpdateRefusal.HeaderNotAtStart => SignatureRefusal.HeaderNotAtStart,
        UpdateRefusal.TooLarge => SignatureRefusal.TooLarge,
        _ => throw new InvalidOperationException($"no refusal for {refused.Reason}"),
    };

    private static (string Name, SignaturePreparation.Refused? Refusal) FieldName(FormTree form, SignatureRequest request)
    {
        // 12.7.4.2: the new field is a root, so its name must differ from the first part of every other.
        var taken = form.Fields.Select(field => field.FullName.Split('.')[0]).ToHashSet(StringComparer.Ordinal);
        if (request.FieldName is { } wanted)
        {
            if (wanted.Length is 0 or > 255 || wanted.Contains('.', StringComparison.Ordinal))
                return ("", new(SignatureRefusal.FieldNameUnusable, "the field name is empty, too long, or has a dot"));
            return taken.Contains(wanted) ? ("", new(SignatureRefusal.FieldNameTaken, "the field name is in use")) : (wanted, null);
        }
        var stem = request.Kind == SignatureKind.DocumentTimestamp ? "Timestamp" : "Signature";
        for (var number = 1; ; number++)
        {
            var name = stem + number.ToString(CultureInfo.InvariantCulture);
            if (!taken.Contains(name))
                return (name, null);
        }
    }

    /// <summary>The signature dictionary with ByteRange and Contents still to be filled, and where in it they start.</summary>
    private static (ReadOnlyMemory<byte> Value, int ByteRangeAt, int ContentsAt) SignatureValue(SignatureRequest request, ReadOnlyMemory<byte> references)
    {
        var writer = new SyntaxWriter(2 * request.ContentsBytes + RoomBesideContents).BeginDictionary();
        var isTimestamp = request.Kind == SignatureKind.DocumentTimestamp;
        writer.Name("Type").Name(isTimestamp ? "DocTimeStamp" : "Sig").Name("Filter").Name("Adobe.PPKLite");
        writer.Name("SubFilter").Name(isTimestamp ? "ETSI.RFC3161" : "ETSI.CAdES.detached").Name("ByteRange");
        var byteRangeAt = writer.Length;
        writer.Ascii("[".PadRight(ByteRangeLength - 1) + "]").Name("Contents");
        var contentsAt = writer.Length;
        writer.ZeroHexadecimal(request.ContentsBytes);
        if (request.SigningTime is { } time)
            writer.Name("M").Date(time);
        foreach (var (key, text) in new[] { ("Name", request.Name), ("Reason", request.Reason), ("Location", request.Location), ("ContactInfo", request.ContactInfo) })
        {
            if (text is not null)
                writer.Name(key).Text(text);
        }
        if (!references.IsEmpty)
            writer.Name("Reference").Verbatim(references.Span);
        return (writer.EndDictionary().Written, byteRangeAt, contentsAt);
    }

    private static bool TryAddField(IncrementalUpdate update, SignatureRequest request, string name, ObjectId signature, ShownSignature shown)
    {
        var (field, page) = (update.Reserve(), shown.Page.Id!.Value);
        var writer = new SyntaxWriter().BeginDictionary()
            .Name("Type").Name("Annot").Name("Subtype").Name("Widget").Name("FT").Name("Sig").Name("T").Text(name).Name("V").Reference(signature)
            .Name("F").Integer(WidgetFlags).Name("P").Reference(page);
        shown.Write(update, writer, field);
        // 12.7.5.5 table 235: an indirect object.
        if (request.Lock is { } fields)
            writer.Name("Lock").Reference(update.Add(SignatureProtection.LockValue(fields)));
        update.Define(field, writer.EndDictionary().Written);
        return FormEdit.TryAddAnnotation(update, shown.Page, field) && FormEdit.TryAddField(update, field, SignatureFlags);
    }

    private static PreparedSignature Finish(PdfDocument document, SignatureRequest request, string name, byte[] tail, int byteRangeAt, int contentsAt)
    {
        long contents = document.Bytes.Length + contentsAt, behind = contents + 2L * request.ContentsBytes + 2;
        var range = new ByteRange(0, contents, behind, document.Bytes.Length + tail.Length - behind);
        // Fixed width, so that filling it in moves nothing.
        var text = FormattableString.Invariant($"[0 {contents,-10} {behind,-10} {range.SecondLength,-10}]");
        Encoding.ASCII.GetBytes(text, tail.AsSpan(byteRangeAt, ByteRangeLength));
        return new PreparedSignature(name, document.Bytes, tail, range, request.ContentsBytes);
    }
}
