using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Acrobat and many libraries accept SHA-1 and MD5 without a word; TS 119 312 does not.</summary>
internal static class OutdatedDigest
{
    public static ValidationMessage? Of(Examined examined) =>
        examined.Signatures.FirstOrDefault(signature => signature.DigestAlgorithm is "SHA-1" or "MD5" or "RIPEMD-160") is { } outdated
        ? ValidationMessage.Information("other-outdated-digest", outdated.DigestAlgorithm!)
        : null;
}
