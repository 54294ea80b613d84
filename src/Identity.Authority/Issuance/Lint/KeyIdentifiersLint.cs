using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.2.1.1 and 4.2.1.2: both present, the authority's equal to its own identifier.</summary>
internal static class KeyIdentifiersLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.Facts.SubjectKeyIdentifier is not { } subject || !subject.Span.SequenceEqual(certificate.PublicKey.KeyIdentifier()))
            return "subject key identifier is not the key's";
        if (context.Issuer is null) return null;
        if (certificate.Facts.AuthorityKeyIdentifier?.KeyIdentifier is not { } authority) return "no authority key identifier";
        return context.Issuer.Facts.SubjectKeyIdentifier is { } issuer && issuer.Span.SequenceEqual(authority.Span) ? null : "authority key identifier is not the authority's";
    }
}
