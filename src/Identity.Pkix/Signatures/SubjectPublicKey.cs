using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

public enum PublicKeyKind { Rsa, EllipticCurve, Dsa, Ed25519, Ed448, MlDsa, Other }

/// <summary>
/// A SubjectPublicKeyInfo (RFC 5280 4.1.2.7) as facts. Reading makes no key object and does no arithmetic: a hostile modulus costs nothing until
/// somebody verifies with it, and <see cref="SignatureVerification"/> refuses it by its size first.
/// </summary>
public sealed record SubjectPublicKey
{
    /// <summary>Octets. An RSA key of 16384 bits has 2 kB; ML-DSA-87 2.6 kB.</summary>
    public const int MaxLength = 16 * 1024;

    private SubjectPublicKey(ReadOnlyMemory<byte> raw, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> keyBits)
    {
        Raw = raw;
        Algorithm = algorithm;
        KeyBits = keyBits;
    }

    /// <summary>The whole SubjectPublicKeyInfo as found.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    public AlgorithmIdentifier Algorithm { get; }

    /// <summary>Content of the BIT STRING: what key identifiers are hashed over (RFC 5280 4.2.1.2 (1), RFC 6960 4.1.1).</summary>
    public ReadOnlyMemory<byte> KeyBits { get; }

    public PublicKeyKind Kind { get; private init; }

    /// <summary>Bits of the RSA modulus, the DSA prime or the curve's field; the number of the parameter set for ML-DSA; 0 when unknown.</summary>
    public int Size { get; private init; }

    /// <summary>Object identifier of the named curve; null for other kinds and for explicit parameters.</summary>
    public string? Curve { get; private init; }

    /// <summary>RSA public exponent when it fits 32 bits, else null.</summary>
    public long? Exponent { get; private init; }

    /// <summary>Of exactly these octets: a key with other parameters is parsed anew.</summary>
    internal OpenedKey Opened { get; } = new();

    /// <summary>SHA-1 of <see cref="KeyBits"/>: the customary subject key identifier and the key hash of an OCSP responder.</summary>
    public byte[] KeyIdentifier() => Digests.Compute(HashAlgorithmName.SHA1, KeyBits.Span);

    public static SubjectPublicKey Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "SubjectPublicKeyInfo", MaxLength, reader =>
    {
        var sequence = reader.ReadSequence();
        var algorithm = AlgorithmIdentifier.Read(sequence);
        var bits = sequence.ReadBitString(out var unused);
        sequence.ThrowIfNotEmpty();
        if (unused != 0) throw new MalformedException("SubjectPublicKeyInfo: key is not whole octets");
        var key = new SubjectPublicKey(raw, algorithm, bits);
        return algorithm.Oid switch
        {
            Oids.RsaEncryption or Oids.RsaPss => key.AsRsa(),
            Oids.EcPublicKey => key.AsCurve(),
            Oids.Dsa => key.AsDsa(),
            Oids.Ed25519 when bits.Length == 32 => key with { Kind = PublicKeyKind.Ed25519, Size = 256 },
            Oids.Ed448 when bits.Length == 57 => key with { Kind = PublicKeyKind.Ed448, Size = 456 },
            // FIPS 204 table 2.
            Oids.MlDsa44 when bits.Length == 1312 => key with { Kind = PublicKeyKind.MlDsa, Size = 44 },
            Oids.MlDsa65 when bits.Length == 1952 => key with { Kind = PublicKeyKind.MlDsa, Size = 65 },
            Oids.MlDsa87 when bits.Length == 2592 => key with { Kind = PublicKeyKind.MlDsa, Size = 87 },
            _ => key with { Kind = PublicKeyKind.Other },
        };
    });

    private SubjectPublicKey AsRsa() => Ber.Read(KeyBits, "RSAPublicKey", MaxLength, reader =>
    {
        var sequence = reader.ReadSequence();
        var modulus = sequence.ReadIntegerBytes().Span.TrimStart((byte)0);
        var exponent = sequence.ReadIntegerBytes().Span.TrimStart((byte)0);
        sequence.ThrowIfNotEmpty();
        return this with
        {
            Kind = PublicKeyKind.Rsa,
            Size = BitLength(modulus),
            Exponent = exponent.Length > 4 ? null : (long)new BigInteger(exponent, isUnsigned: true, isBigEndian: true),
        };
    });

    private SubjectPublicKey AsDsa()
    {
        // RFC 3279 2.3.2: without parameters they are inherited from the issuer, and the key alone verifies nothing.
        if (Algorithm.HasNoParameters) return this with { Kind = PublicKeyKind.Dsa };
        var prime = new AsnReader(Algorithm.Parameters, AsnEncodingRules.BER).ReadSequence().ReadIntegerBytes().Span.TrimStart((byte)0);
        return this with { Kind = PublicKeyKind.Dsa, Size = BitLength(prime) };
    }

    /// <summary>The same key with the parameters of its issuer's key, for DSA certificates that inherit them (RFC 3279 2.3.2); else unchanged.</summary>
    public SubjectPublicKey InheritParameters(SubjectPublicKey issuer)
    {
        if (Kind != PublicKeyKind.Dsa || issuer.Kind != PublicKeyKind.Dsa || !Algorithm.HasNoParameters || issuer.Algorithm.HasNoParameters) return this;
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            issuer.Algorithm.Write(writer);
            writer.WriteBitString(KeyBits.Span);
        }
        return Parse(writer.Encode());
    }

    private static int BitLength(ReadOnlySpan<byte> unsigned) =>
        unsigned.IsEmpty ? 0 : (unsigned.Length * 8) - BitOperations.LeadingZeroCount((uint)unsigned[0]) + 24;

    private SubjectPublicKey AsCurve()
    {
        // RFC 5480 2.1.1: only named curves; explicit parameters are kept as a fact without a curve and verify nothing.
        var parameters = Algorithm.Parameters;
        if (parameters.IsEmpty || parameters.Span[0] != 0x06) return this with { Kind = PublicKeyKind.EllipticCurve };
        var curve = new AsnReader(parameters, AsnEncodingRules.BER).ReadObjectIdentifier();
        var size = curve switch
        {
            Oids.P256 or Oids.BrainpoolP256r1 => 256,
            Oids.P384 or Oids.BrainpoolP384r1 => 384,
            Oids.BrainpoolP512r1 => 512,
            Oids.P521 => 521,
            _ => 0,
        };
        return this with { Kind = PublicKeyKind.EllipticCurve, Curve = curve, Size = size };
    }
}
