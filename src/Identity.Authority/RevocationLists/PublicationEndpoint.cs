using Identity.Authority.Issuers;

namespace Identity.Authority.RevocationLists;

/// <summary>GET /crl/NAME.crl, /crl/NAME/SHARD.crl and /ca/NAME.cer (RFC 2585): what anybody may fetch.</summary>
public sealed class PublicationEndpoint(RevocationListPublisher lists, AuthorityKeys keys)
{
    // Short: a revocation is seen within a minute also behind a cache.
    private const string ListCaching = "public, max-age=30";
    private const string CertificateCaching = "public, max-age=3600";

    /// <param name="name">the issuer's, with the shard's number behind a slash for one of its parts</param>
    public IResult RevocationList(HttpContext context, string name)
    {
        if (!lists.Names.Contains(name)) return Results.NotFound();
        if (lists.Current(name) is not { } list)
        {
            context.Response.Headers.RetryAfter = "5";
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
        context.Response.Headers.CacheControl = ListCaching;
        return Results.Bytes(list.Der, "application/pkix-crl", lastModified: list.ThisUpdate);
    }

    public IResult IssuerCertificate(HttpContext context, string issuer)
    {
        if (keys.IssuerCertificate(issuer) is not { } certificate) return Results.NotFound();
        context.Response.Headers.CacheControl = CertificateCaching;
        return Results.Bytes(certificate.Raw.ToArray(), "application/pkix-cert");
    }
}
