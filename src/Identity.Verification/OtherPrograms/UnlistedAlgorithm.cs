using Identity.Verification.Policy;
using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>TS 119 312 does not list the algorithm, so a validator that follows it does not pass the signature; libraries that only do arithmetic do.</summary>
internal static class UnlistedAlgorithm
{
    public static ValidationMessage? Of(Examined examined) => examined.Judged?.Data.Signatures
        .Where(facts => facts is { Signer: not null, SigningCertificate: not null })
        .SelectMany(facts => AlgorithmSunset.Ts119312.Of(facts.Signer!.SignatureAlgorithm, facts.SigningCertificate!.PublicKey))
        .FirstOrDefault(use => !use.IsListed) is { } unlisted
        ? ValidationMessage.Information("other-unlisted-algorithm", unlisted.Name)
        : null;
}
