using Identity.Verification.Evidence;

namespace Identity.Verification.Engine.Blocks;

/// <summary>Identification of the signing certificate (EN 319 102-1 5.2.3).</summary>
public static class SigningCertificateIdentification
{
    public static BlockConclusion Check(SignatureFacts facts, ValidationContext context) => facts.SigningCertificateMatch switch
    {
        SigningCertificateMatch.BySignedReference => BlockConclusion.Passed(),
        // 5.2.3.4 (1): without the signed reference the certificate found by issuer and serial is taken; PKCS #7 knows no better.
        SigningCertificateMatch.ByIssuerAndSerial => BlockConclusion.Passed(ValidationMessage.Warning("signing-certificate-not-signed")),
        SigningCertificateMatch.ReferenceDiffers => Missing("signing-certificate-differs"),
        SigningCertificateMatch.ReferenceNotComputed => BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe,
            CryptographicVerification.NotVerified(context.Policy.Algorithms.ForDigest(facts.Attributes!.SigningCertificates![0].HashAlgorithm))),
        SigningCertificateMatch.NotFound => Missing("signing-certificate-missing"),
        _ => throw new InvalidOperationException($"no outcome for {facts.SigningCertificateMatch}"),
    };

    private static BlockConclusion Missing(string key) => BlockConclusion.Indeterminate(SubIndication.NoSigningCertificateFound, ValidationMessage.Error(key));
}
