using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Programs that check the signed bytes only (pdfsig, mutool, viewers in browsers) call a file valid whose later revision shows something else.</summary>
internal static class ValidElsewhereThoughChanged
{
    public static ValidationMessage? Of(Examined examined) => examined.Report.Signatures.Any(signature => signature is { CryptographicallyIntact: true, Integrity: "changed" })
        ? ValidationMessage.Warning("other-valid-though-changed")
        : null;
}
