using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Signing.Pades;

/// <summary>How a key signs documents: one way for each kind of key, so that nobody can choose a weaker one.</summary>
/// <param name="Algorithm">As CMS names it.</param>
/// <param name="Scheme">As the key is asked.</param>
/// <param name="LongestSignature">Bytes.</param>
internal sealed record SigningScheme(SignatureAlgorithm Algorithm, SignatureScheme Scheme, int LongestSignature)
{
    /// <summary>RFC 3279 2.2.3: SEQUENCE of two INTEGERs, each up to one byte longer than the order of the curve.</summary>
    private static readonly SigningScheme P256 = new(SignatureAlgorithm.EcdsaSha256, SignatureScheme.EcdsaSha256, 72);
    private static readonly SigningScheme P384 = new(SignatureAlgorithm.EcdsaSha384, SignatureScheme.EcdsaSha384, 104);

    /// <summary>RFC 8032 5.1.6: two values of 32 octets. The document goes with SHA-512 (RFC 8419 3.1).</summary>
    private static readonly SigningScheme Edwards = new(SignatureAlgorithm.Ed25519, SignatureScheme.Ed25519, 64) { Extension = DeveloperExtension.EllipticCurves };

    /// <summary>FIPS 204 table 2: 3309 octets. RFC 9882 3.3: the document goes with SHA-512. No standard of PDF or ETSI has it.</summary>
    private static readonly SigningScheme Lattice = new(SignatureAlgorithm.MlDsa65, SignatureScheme.MlDsa65, 3309) { IsExperimental = true };

    /// <summary>Outside EN 319 142-1 and TS 119 312: made beside another signature only, and only where it is allowed and asked for.</summary>
    public bool IsExperimental { get; private init; }

    /// <summary>What a PDF has to declare that is signed so.</summary>
    public DeveloperExtension? Extension { get; private init; }

    /// <summary>Null for a key that signs no documents here: other curves, RSA below 3072 bits (TS 119 312: not beyond 2028).</summary>
    public static SigningScheme? For(Certificate signer) => signer.PublicKey switch
    {
        { Kind: PublicKeyKind.EllipticCurve, Curve: Pkix.Asn1.Oids.P256 } => P256,
        { Kind: PublicKeyKind.EllipticCurve, Curve: Pkix.Asn1.Oids.P384 } => P384,
        { Kind: PublicKeyKind.Rsa, Size: >= 3072 and var bits } => new(SignatureAlgorithm.RsaPssSha256, SignatureScheme.RsaPssSha256, (bits + 7) / 8),
        { Kind: PublicKeyKind.Ed25519 } => Edwards,
        { Kind: PublicKeyKind.MlDsa, Size: 65 } => Lattice,
        _ => null,
    };
}
