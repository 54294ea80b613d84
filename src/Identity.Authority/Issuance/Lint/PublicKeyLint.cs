using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>TS 119 312: a kind of key that the profile has, and nobody else's; RFC 5480 2.2: the point is not compressed.</summary>
internal static class PublicKeyLint
{
    private const byte UncompressedPoint = 4;

    public static string? Check(Certificate certificate, LintContext context)
    {
        var key = certificate.PublicKey;
        if (AlgorithmOf(key) is not { } algorithm || !context.Profile.Keys.Contains(algorithm)) return "not of a kind that the profile has";
        // RFC 8410 3, RFC 9881 2: no parameters, not even NULL.
        if (key.Kind is PublicKeyKind.Ed25519 or PublicKeyKind.MlDsa && !key.Algorithm.Parameters.IsEmpty) return "parameters where none may be";
        if (key.Kind == PublicKeyKind.EllipticCurve && (key.KeyBits.Length != 1 + (key.Size / 4) || key.KeyBits.Span[0] != UncompressedPoint)) return "point not in its plain form";
        return context.Issuer is { } issuer && key.KeyBits.Span.SequenceEqual(issuer.PublicKey.KeyBits.Span) ? "the authority's own key" : null;
    }

    /// <summary>Null for what is never certified here.</summary>
    public static KeyAlgorithm? AlgorithmOf(SubjectPublicKey key) => (key.Kind, key.Curve, key.Size) switch
    {
        (PublicKeyKind.EllipticCurve, Oids.P256, _) => KeyAlgorithm.EcdsaP256,
        (PublicKeyKind.EllipticCurve, Oids.P384, _) => KeyAlgorithm.EcdsaP384,
        (PublicKeyKind.Rsa, _, 3072) => KeyAlgorithm.Rsa3072,
        (PublicKeyKind.Ed25519, _, _) => KeyAlgorithm.Ed25519,
        (PublicKeyKind.MlDsa, _, 65) => KeyAlgorithm.MlDsa65,
        _ => null,
    };
}
