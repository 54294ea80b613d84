using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Validators after EN 319 102-1 call a signature in the format of ISO 32000 that is no PAdES NOT-ETSI or PKCS7; Acrobat makes no difference.</summary>
internal static class NotBaseline
{
    public static ValidationMessage? Of(Examined examined) => examined.Signatures.Any(signature => signature.Format == "PKCS7") ? ValidationMessage.Information("other-not-pades") : null;
}
