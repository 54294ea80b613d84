using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.1: version 3, DER, and not a bit else than what was stored.</summary>
internal static class EncodingLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.Version != 3) return "not version 3";
        if (!Ber.ToDer(certificate.Raw, "Certificate", Certificate.MaxLength).AsSpan().SequenceEqual(certificate.Raw.Span)) return "not DER";
        return certificate.ToBeSigned.Span.SequenceEqual(context.Intended.Bytes.Span) ? null : "not the octets that were stored";
    }
}
