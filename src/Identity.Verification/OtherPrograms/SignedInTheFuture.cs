using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Viewers compare the time that the signer states with their own clock, and call a signature from a clock that ran ahead one of the future.</summary>
internal static class SignedInTheFuture
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature is { ClaimedSigningTime: { } claimed, BestSignatureTime: { } proven }
            && string.CompareOrdinal(claimed, proven) > 0)
        ? ValidationMessage.Information("other-future-time")
        : null;
}
