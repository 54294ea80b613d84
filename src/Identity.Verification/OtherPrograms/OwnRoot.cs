using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Acrobat, Foxit and the validators of the European Union trust lists of their own: an issuer that is trusted here only is unknown there.</summary>
internal static class OwnRoot
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature.Certificates.Any(certificate => certificate.IsTrustAnchor))
        ? ValidationMessage.Information("other-own-root")
        : null;
}
