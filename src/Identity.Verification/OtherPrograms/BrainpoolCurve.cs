using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Curves of RFC 5639 are missing from the libraries of browsers, from Java since version 16 and from several viewers.</summary>
internal static class BrainpoolCurve
{
    public static ValidationMessage? Of(Examined examined) => examined.Judged is { } judged
        && judged.Data.Signatures.Any(facts => facts.SigningCertificate?.PublicKey.Curve?.StartsWith(Brainpool, StringComparison.Ordinal) == true)
        ? ValidationMessage.Information("other-brainpool")
        : null;

    // RFC 5639 4.1: versionOne of ecStdCurvesAndGeneration.
    private const string Brainpool = "1.3.36.3.3.2.8.1.1.";
}
