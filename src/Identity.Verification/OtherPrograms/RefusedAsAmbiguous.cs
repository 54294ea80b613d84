using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Most programs show one of the readings of a file that has two, and say nothing.</summary>
internal static class RefusedAsAmbiguous
{
    public static ValidationMessage? Of(Examined examined) =>
        examined.Report.Error?.Code == "ambiguous" ? ValidationMessage.Information("other-ambiguous") : null;
}
