using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>A certificate that says that it is never revoked (RFC 9608, EN 319 412-1): programs that do not know the extension complain that revocation could not be checked.</summary>
internal static class ShortLivedCertificate
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature.Certificates is [{ Revocation.Status: "not-needed" }, ..])
        ? ValidationMessage.Information("other-short-lived")
        : null;
}
