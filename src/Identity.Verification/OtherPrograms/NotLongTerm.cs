using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Acrobat says that a signature is not LTV enabled unless the file holds revocation data for the whole chain of signer and time-stamp, and the root is on its list.</summary>
internal static class NotLongTerm
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature.Level is { } level
            && (level.EndsWith("-B", StringComparison.Ordinal) || level.EndsWith("-T", StringComparison.Ordinal)))
        ? ValidationMessage.Information("other-not-long-term")
        : null;
}
