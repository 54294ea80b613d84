using Identity.Pdf.Signatures;
using Identity.Verification.Changes;
using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>A certification that permits no changes, and validation data or a document time-stamp after it: ISO 32000-2 12.8.2.2 leaves those out of account, Acrobat and Foxit do not.</summary>
internal static class CertificationClosedToArchive
{
    public static ValidationMessage? Of(Examined examined) => examined.Judged is { } judged
        && judged.Data.Document.Signatures.Any(signature => signature.References.OfType<SignatureReference.DocMdp>().Any(reference => reference.Permission == 1)
            && judged.Data.Revisions.Any(revision => revision.Number > signature.Revision && revision.Kind == ChangeKind.Archival))
        ? ValidationMessage.Information("other-certified-closed")
        : null;
}
