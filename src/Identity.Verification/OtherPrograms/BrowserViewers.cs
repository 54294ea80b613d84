using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Viewers in browsers and on phones show the page and no word about its signature.</summary>
internal static class BrowserViewers
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any() ? ValidationMessage.Information("other-browsers") : null;
}
