using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.1.2.4: the issuer is the subject of the authority's certificate, octet for octet (name chaining of simple software).</summary>
internal static class IssuerLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.Issuer.IsEmpty) return "empty";
        if (context.Issuer is null) return certificate.Issuer.Raw.Span.SequenceEqual(certificate.Subject.Raw.Span) ? null : "not its own subject";
        if (!certificate.Issuer.Raw.Span.SequenceEqual(context.Issuer.Subject.Raw.Span)) return "not the subject of the authority";
        return context.Issuer.IsValidAt(context.Now) ? null : "the authority's certificate is not valid now";
    }
}
