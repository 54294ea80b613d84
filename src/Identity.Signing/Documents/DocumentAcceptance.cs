using System.Security.Cryptography;
using Identity.Pdf.Appearances;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Signing.Lint;
using Identity.Signing.Lint.Rules;
using Identity.Signing.Pades;
using Identity.Signing.Requests;

namespace Identity.Signing.Documents;

/// <summary>Why a document cannot be signed, in words that have a text in each language.</summary>
public enum DocumentRefusal
{
    NotAPdf,
    Broken,
    Ambiguous,
    Encrypted,
    TooComplex,
    Unsupported,
    XfaForm,
    CertifiedNoChanges,
    NoPages,

    /// <summary>Some of it is in other files: signing it would say nothing of that.</summary>
    ExternalContent,

    /// <summary>Encrypted, and its permissions forbid the signature to who opens it with this password.</summary>
    NotPermitted,

    /// <summary>The document does not take a signature of the form that was asked for; the detail says why.</summary>
    Form,
}

/// <summary>
/// Tries the whole preparation of a signature on the received bytes, so that a document which cannot be signed is refused when
/// it arrives and not after the person approved.
/// </summary>
internal static class DocumentAcceptance
{
    private const int TrialContentsBytes = 1024;

    private static ReadOnlySpan<byte> Header => "%PDF-"u8;

    /// <param name="digest">Which the signer's key goes with; SHA-256 when null.</param>
    /// <summary>Null when the document can be signed. The text is for the operator and holds nothing of the document.</summary>
    public static (DocumentRefusal Reason, string Detail)? Check(DocumentBytes file, PdfLimits limits, PadesLevel level, DateTimeOffset now, RequestedForm? form = null, HashAlgorithmName? digest = null)
    {
        // ISO 32000-1 7.5.2: the header is the first line. Elsewhere, offsets mean different things to different readers.
        if (file.Length < Header.Length || !file.Slice(0, Header.Length).AsSpan().SequenceEqual(Header))
            return (DocumentRefusal.NotAPdf, "no %PDF- at byte 0");
        switch (PdfDocument.Read(file, limits))
        {
            case PdfRead.Refused refused:
                return (Of(refused.Refusal.Code), refused.Refusal.Message);
            case PdfRead.Document document when level > PadesLevel.T && SecurityStoreUpdate.Refusal(document.Value) is { } broken:
                return (Of(broken.Reason), broken.Message);
            case PdfRead.Document document when ExternalReferences.AreEssential(document.Value):
                return (DocumentRefusal.ExternalContent, "a stream has its data in another file");
            case PdfRead.Document document:
                return SignatureUpdate.Prepare(document.Value, Trial(form, now, digest ?? HashAlgorithmName.SHA256)) is SignaturePreparation.Refused unsuitable ? Of(unsuitable) : null;
            default:
                throw new InvalidOperationException("Reading a PDF has two outcomes.");
        }
    }

    /// <summary>Of a document that was accepted.</summary>
    public static DocumentExamination Examine(DocumentBytes file, CancellationToken cancellation, RequestedForm? form = null) =>
        PdfDocument.Read(file, new PdfLimits { FileBytes = file.Length }) is PdfRead.Document document ? DocumentExamination.Of(document.Value, cancellation, form is { Field: null } ? form.Visible : null) : throw new InvalidOperationException("An accepted document can be read.");

    /// <summary>What the field of this name locks once it is signed; null when nothing. Of a document that was accepted with a form for this field.</summary>
    public static FieldLock? LockOf(DocumentBytes file, string field) =>
        PdfDocument.Read(file, new PdfLimits { FileBytes = file.Length }) is PdfRead.Document document ? SignatureUpdate.LockOf(document.Value, field) : null;

    private static SignatureRequest Trial(RequestedForm? asked, DateTimeOffset now, HashAlgorithmName digest)
    {
        var form = asked?.ToSignatureForm() ?? SignatureForm.Approval;
        return new SignatureRequest
        {
            ContentsBytes = TrialContentsBytes,
            SigningTime = now,
            ExistingField = form.ExistingField,
            Certification = form.Certification,
            AcceptsNoChangesBehind = form.AcceptsNoChangesBehind,
            Lock = form.Lock,
            Location = form.Location,
            ContactInfo = form.ContactInfo,
            // The place alone: what is written there fits any.
            Appearance = asked?.Visible is { } visible ? new SignatureAppearance { Place = visible.Place, Texts = [], Fonts = [] } : null,
            DigestMethod = digest.Name,
        };
    }

    private static (DocumentRefusal, string) Of(SignaturePreparation.Refused refused) => refused.Reason switch
    {
        SignatureRefusal.SeedValue => (DocumentRefusal.Form, $"{SnakeCase.Of(refused.Reason)}: {SnakeCase.Of(refused.Seed!.Value)}"),
        SignatureRefusal.FieldMissing or SignatureRefusal.FieldSigned or SignatureRefusal.FieldLocked or SignatureRefusal.LockUnusable or SignatureRefusal.LockPermitsNoChanges
            or SignatureRefusal.AlreadySigned
            or SignatureRefusal.PageMissing or SignatureRefusal.NoRoomOnPage or SignatureRefusal.PlaceTooLarge or SignatureRefusal.CertifiedNothingShown => (DocumentRefusal.Form, SnakeCase.Of(refused.Reason)),
        _ => (Of(refused.Reason), refused.Message),
    };

    private static DocumentRefusal Of(PdfRefusalCode code) => code switch
    {
        PdfRefusalCode.Malformed => DocumentRefusal.Broken,
        PdfRefusalCode.Ambiguous => DocumentRefusal.Ambiguous,
        PdfRefusalCode.Encrypted => DocumentRefusal.Encrypted,
        PdfRefusalCode.TooLarge => DocumentRefusal.TooComplex,
        PdfRefusalCode.Unsupported => DocumentRefusal.Unsupported,
        _ => throw new InvalidOperationException($"no answer to {code}"),
    };

    private static DocumentRefusal Of(SignatureRefusal reason) => reason switch
    {
        SignatureRefusal.XfaForm => DocumentRefusal.XfaForm,
        SignatureRefusal.AmbiguousStructure => DocumentRefusal.Ambiguous,
        SignatureRefusal.CertifiedNoChanges => DocumentRefusal.CertifiedNoChanges,
        SignatureRefusal.NoPages => DocumentRefusal.NoPages,
        SignatureRefusal.NotPermitted => DocumentRefusal.NotPermitted,
        SignatureRefusal.BrokenPagesOrForm or SignatureRefusal.BrokenSecurityStore => DocumentRefusal.Broken,
        SignatureRefusal.TooLarge => DocumentRefusal.TooComplex,
        _ => throw new InvalidOperationException($"no answer to {reason}"),
    };
}
