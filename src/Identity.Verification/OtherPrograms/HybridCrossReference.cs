using Identity.Pdf.Structure;
using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>A table with a stream beside it (ISO 32000-2 7.5.8.4): some signers refuse such files, some readers see only the table.</summary>
internal static class HybridCrossReference
{
    public static ValidationMessage? Of(Examined examined) => examined.Judged is { } judged
        && judged.Data.Document.Revisions.Any(revision => revision.Sections.Any(section => section.Kind == CrossReferenceKind.Hybrid))
        ? ValidationMessage.Information("other-hybrid")
        : null;
}
