using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.1.2.2: positive, at most 20 octets; own policy: 128 random bits, so hardly ever shorter than 96.</summary>
internal static class SerialNumberLint
{
    private const int LeastBits = 96;

    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.SerialNumber.Sign <= 0) return "not positive";
        if (certificate.SerialNumber.GetByteCount() > CertificateBuilder.MaxSerialOctets) return "longer than 20 octets";
        return certificate.SerialNumber.GetBitLength() < LeastBits ? "not random enough" : null;
    }
}
