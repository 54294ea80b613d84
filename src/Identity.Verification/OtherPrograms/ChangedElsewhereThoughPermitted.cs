using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Viewers name every later revision a change, whatever it holds; validators with a stricter list of harmless changes refuse some that are permitted.</summary>
internal static class ChangedElsewhereThoughPermitted
{
    public static ValidationMessage? Of(Examined examined) => examined.Report.Integrity == "intact"
        && examined.Signatures.Any(signature => signature.ChangesAfter is "archival" or "signature" or "form" or "annotation")
        ? ValidationMessage.Information("other-changed-though-permitted")
        : null;
}
