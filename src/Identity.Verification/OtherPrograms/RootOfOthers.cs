using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>The reverse: the issuer is not trusted here, and a program with a list of its own may know it.</summary>
internal static class RootOfOthers
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature.SubIndication == "NO_CERTIFICATE_CHAIN_FOUND")
        ? ValidationMessage.Information("other-root-of-others")
        : null;
}
