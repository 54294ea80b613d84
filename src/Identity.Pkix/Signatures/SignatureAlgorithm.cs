using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

public enum SignatureFamily { Ecdsa, RsaPkcs1, RsaPss, Dsa, Ed25519, Ed448, MlDsa, Unknown }

/// <summary>
/// A signature algorithm as its identifier states it. <see cref="Hash"/> is null when the hash is unknown, or built in (Ed25519, Ed448, ML-DSA).
/// <see cref="SaltLength"/> in octets, for RSASSA-PSS only. <see cref="Identifier"/> is kept as found.
/// </summary>
public sealed record SignatureAlgorithm(SignatureFamily Family, HashAlgorithmName? Hash, int? SaltLength, AlgorithmIdentifier Identifier)
{
    /// <summary>Octets of a PSS salt: no more fit into the largest modulus that is verified.</summary>
    public const int MaxSaltLength = SignatureVerification.MaxRsaBits / 8;

    private static readonly byte[] NullParameters = [0x05, 0x00];

    /// <summary>The hash in MGF1, for RSASSA-PSS as read; null stands for <see cref="Hash"/>.</summary>
    public HashAlgorithmName? MaskHash { get; init; }

    private static readonly (string Oid, SignatureFamily Family, HashAlgorithmName Hash)[] Fixed =
    [
        (Oids.EcdsaSha256, SignatureFamily.Ecdsa, HashAlgorithmName.SHA256),
        (Oids.EcdsaSha384, SignatureFamily.Ecdsa, HashAlgorithmName.SHA384),
        (Oids.EcdsaSha512, SignatureFamily.Ecdsa, HashAlgorithmName.SHA512),
        (Oids.EcdsaSha1, SignatureFamily.Ecdsa, HashAlgorithmName.SHA1),
        (Oids.EcdsaSha3With256, SignatureFamily.Ecdsa, HashAlgorithmName.SHA3_256),
        (Oids.EcdsaSha3With384, SignatureFamily.Ecdsa, HashAlgorithmName.SHA3_384),
        (Oids.EcdsaSha3With512, SignatureFamily.Ecdsa, HashAlgorithmName.SHA3_512),
        (Oids.RsaSha256, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA256),
        (Oids.RsaSha384, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA384),
        (Oids.RsaSha512, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA512),
        (Oids.RsaSha1, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA1),
        (Oids.RsaSha3With256, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA3_256),
        (Oids.RsaSha3With384, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA3_384),
        (Oids.RsaSha3With512, SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA3_512),
        (Oids.DsaSha1, SignatureFamily.Dsa, HashAlgorithmName.SHA1),
        (Oids.DsaSha256, SignatureFamily.Dsa, HashAlgorithmName.SHA256),
        (Oids.DsaSha384, SignatureFamily.Dsa, HashAlgorithmName.SHA384),
        (Oids.DsaSha512, SignatureFamily.Dsa, HashAlgorithmName.SHA512),
        .. VerifiedOnly(),
    ];

    public static SignatureAlgorithm EcdsaSha256 { get; } = Ecdsa(Oids.EcdsaSha256, HashAlgorithmName.SHA256);
    public static SignatureAlgorithm EcdsaSha384 { get; } = Ecdsa(Oids.EcdsaSha384, HashAlgorithmName.SHA384);
    public static SignatureAlgorithm EcdsaSha512 { get; } = Ecdsa(Oids.EcdsaSha512, HashAlgorithmName.SHA512);

    /// <summary>RFC 8410 3: without parameters.</summary>
    public static SignatureAlgorithm Ed25519 { get; } = new(SignatureFamily.Ed25519, null, null, new AlgorithmIdentifier(Oids.Ed25519, ReadOnlyMemory<byte>.Empty));

    /// <summary>RFC 9881 2: without parameters.</summary>
    public static SignatureAlgorithm MlDsa65 { get; } = new(SignatureFamily.MlDsa, null, null, new AlgorithmIdentifier(Oids.MlDsa65, ReadOnlyMemory<byte>.Empty));
    public static SignatureAlgorithm RsaPkcs1Sha256 { get; } =
        new(SignatureFamily.RsaPkcs1, HashAlgorithmName.SHA256, null, new AlgorithmIdentifier(Oids.RsaSha256, NullParameters));
    public static SignatureAlgorithm RsaPssSha256 { get; } = Pss(HashAlgorithmName.SHA256);
    public static SignatureAlgorithm RsaPssSha384 { get; } = Pss(HashAlgorithmName.SHA384);

    /// <summary>
    /// Reads an identifier. In CMS the bare key algorithm (rsaEncryption, id-ecPublicKey, id-dsa) takes its hash from <paramref name="digest"/> (RFC 3370 3.2).
    /// Never throws for an unknown algorithm: the family is then <see cref="SignatureFamily.Unknown"/>.
    /// </summary>
    public static SignatureAlgorithm From(AlgorithmIdentifier identifier, AlgorithmIdentifier? digest = null)
    {
        var named = Array.Find(Fixed, f => f.Oid == identifier.Oid);
        if (named.Oid is not null) return new(named.Family, named.Hash, null, identifier);
        return identifier.Oid switch
        {
            Oids.RsaEncryption when digest is not null => new(SignatureFamily.RsaPkcs1, Digests.ToVerify(digest.Oid), null, identifier),
            // X9.62 names no algorithm by the arc of its signature types, yet signers do, and mean the digest beside it.
            Oids.EcPublicKey or Oids.EcdsaArc when digest is not null => new(SignatureFamily.Ecdsa, Digests.ToVerify(digest.Oid), null, identifier),
            Oids.Dsa when digest is not null => new(SignatureFamily.Dsa, Digests.ToVerify(digest.Oid), null, identifier),
            Oids.RsaPss => ReadPss(identifier),
            Oids.Ed25519 => new(SignatureFamily.Ed25519, null, null, identifier),
            Oids.Ed448 => new(SignatureFamily.Ed448, null, null, identifier),
            Oids.MlDsa44 or Oids.MlDsa65 or Oids.MlDsa87 => new(SignatureFamily.MlDsa, null, null, identifier),
            _ => new(SignatureFamily.Unknown, null, null, identifier),
        };
    }

    private static IEnumerable<(string Oid, SignatureFamily Family, HashAlgorithmName Hash)> VerifiedOnly() =>
        from one in ((string Oid, SignatureFamily Family, string Digest)[])
        [
            (Oids.RsaMd5, SignatureFamily.RsaPkcs1, Oids.Md5),
            (Oids.RsaSha224, SignatureFamily.RsaPkcs1, Oids.Sha224),
            (Oids.RsaSha512With224, SignatureFamily.RsaPkcs1, Oids.Sha512With224),
            (Oids.RsaSha512With256, SignatureFamily.RsaPkcs1, Oids.Sha512With256),
            (Oids.RsaSha3With224, SignatureFamily.RsaPkcs1, Oids.Sha3With224),
            (Oids.RsaRipeMd160, SignatureFamily.RsaPkcs1, Oids.RipeMd160),
            (Oids.EcdsaSha224, SignatureFamily.Ecdsa, Oids.Sha224),
            (Oids.EcdsaSha3With224, SignatureFamily.Ecdsa, Oids.Sha3With224),
            (Oids.EcdsaShake128, SignatureFamily.Ecdsa, Oids.Shake128),
            (Oids.EcdsaShake256, SignatureFamily.Ecdsa, Oids.Shake256),
            (Oids.DsaSha224, SignatureFamily.Dsa, Oids.Sha224),
        ]
        select (one.Oid, one.Family, Digests.ToVerify(one.Digest)!.Value);

    private static SignatureAlgorithm Ecdsa(string oid, HashAlgorithmName hash) =>
        new(SignatureFamily.Ecdsa, hash, null, new AlgorithmIdentifier(oid, ReadOnlyMemory<byte>.Empty));

    // RFC 4055 3.1: same hash in MGF1, salt as long as the hash, all stated.
    private static SignatureAlgorithm Pss(HashAlgorithmName hash)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            var digest = new AlgorithmIdentifier(Digests.Oid(hash), NullParameters);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true))) digest.Write(writer);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1, true)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.Mgf1);
                digest.Write(writer);
            }
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2, true))) writer.WriteInteger(Digests.Length(hash));
        }
        return new(SignatureFamily.RsaPss, hash, Digests.Length(hash), new AlgorithmIdentifier(Oids.RsaPss, writer.Encode()));
    }

    private static SignatureAlgorithm ReadPss(AlgorithmIdentifier identifier)
    {
        var unknown = new SignatureAlgorithm(SignatureFamily.Unknown, null, null, identifier);
        try
        {
            // RFC 4055 3.1: the defaults are SHA-1, MGF1 with SHA-1, 20 octets of salt, trailer 1.
            string hash = Oids.Sha1, maskHash = Oids.Sha1;
            int salt = 20, trailer = 1;
            var parameters = new AsnReader(identifier.Parameters, AsnEncodingRules.BER).ReadSequence();
            while (parameters.HasData)
            {
                var tag = parameters.PeekTag();
                var value = parameters.ReadSequence(tag);
                if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))) hash = AlgorithmIdentifier.Read(value).Oid;
                else if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 1)))
                {
                    var mask = AlgorithmIdentifier.Read(value);
                    if (mask.Oid != Oids.Mgf1) return unknown;
                    maskHash = AlgorithmIdentifier.Read(new AsnReader(mask.Parameters, AsnEncodingRules.BER)).Oid;
                }
                else if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 2)) && value.TryReadInt32(out var s)) salt = s;
                else if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 3)) && value.TryReadInt32(out var t)) trailer = t;
                else return unknown;
            }
            return Digests.ToVerify(hash) is { } name && Digests.ToVerify(maskHash) is { } inMask && trailer == 1 && salt is >= 0 and <= MaxSaltLength
                ? new(SignatureFamily.RsaPss, name, salt, identifier) { MaskHash = inMask }
                : unknown;
        }
        catch (AsnContentException)
        {
            return unknown;
        }
    }
}
