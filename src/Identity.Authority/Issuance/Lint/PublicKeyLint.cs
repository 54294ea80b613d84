using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>Own policy: people's keys are on P-256 and nobody else's; RFC 5480 2.2: the point is not compressed.</summary>
internal static class PublicKeyLint
{
    private const int UncompressedPointOctets = 65;
    private const byte UncompressedPoint = 4;

    public static string? Check(Certificate certificate, LintContext context)
    {
        var key = certificate.PublicKey;
        if (key.Kind != PublicKeyKind.EllipticCurve || key.Curve != Oids.P256) return "not on P-256";
        if (key.KeyBits.Length != UncompressedPointOctets || key.KeyBits.Span[0] != UncompressedPoint) return "point not in its plain form";
        return key.KeyBits.Span.SequenceEqual(context.Issuer.PublicKey.KeyBits.Span) ? "the authority's own key" : null;
    }
}
