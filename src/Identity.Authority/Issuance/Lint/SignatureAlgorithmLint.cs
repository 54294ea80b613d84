using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.1.1.2 and 4.1.2.3: both identifiers equal; TS 119 312: no SHA-1; and it is the algorithm that really signs.</summary>
internal static class SignatureAlgorithmLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (!certificate.SignatureAlgorithmsAgree) return "inner and outer identifier differ";
        if (certificate.SignatureAlgorithm.Hash?.Name is not ("SHA256" or "SHA384" or "SHA512")) return "weak or unknown hash";
        return certificate.VerifySignature(context.ThrowAwayKey) == SignatureCheck.Valid ? null : "does not fit the signature";
    }
}
