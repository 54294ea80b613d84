using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;

namespace Identity.Pkix.Asn1;

/// <summary>
/// Digest algorithms by object identifier. <see cref="FromOid"/> knows those that this project also makes something with, and SHA-1;
/// <see cref="ToVerify"/> further ones that signatures of others have, so that a weak signature can be told from a false one.
/// </summary>
public static class Digests
{
    /// <param name="Other">Set for what System.Security.Cryptography lacks.</param>
    private sealed record Entry(string Oid, HashAlgorithmName Name, int Length, bool VerifiedOnly = false, Func<IDigest>? Other = null);

    private static readonly Entry[] Known =
    [
        new(Oids.Sha256, HashAlgorithmName.SHA256, 32),
        new(Oids.Sha384, HashAlgorithmName.SHA384, 48),
        new(Oids.Sha512, HashAlgorithmName.SHA512, 64),
        new(Oids.Sha1, HashAlgorithmName.SHA1, 20),
        new(Oids.Sha3With256, HashAlgorithmName.SHA3_256, 32),
        new(Oids.Sha3With384, HashAlgorithmName.SHA3_384, 48),
        new(Oids.Sha3With512, HashAlgorithmName.SHA3_512, 64),
        new(Oids.Md5, HashAlgorithmName.MD5, 16, VerifiedOnly: true),
        Verified(Oids.Sha224, "SHA224", 28, () => new Sha224Digest()),
        Verified(Oids.Sha512With224, "SHA512/224", 28, () => new Sha512tDigest(224)),
        Verified(Oids.Sha512With256, "SHA512/256", 32, () => new Sha512tDigest(256)),
        Verified(Oids.Sha3With224, "SHA3-224", 28, () => new Sha3Digest(224)),
        Verified(Oids.RipeMd160, "RIPEMD160", 20, () => new RipeMD160Digest()),
        Verified(Oids.Whirlpool, "WHIRLPOOL", 64, () => new WhirlpoolDigest()),
        // RFC 8702 2: as digests they have 256 and 512 bits; RFC 8419 2.3 has another identifier for the latter.
        Verified(Oids.Shake128, "SHAKE128", 32, () => new ShakeDigest(128)),
        Verified(Oids.Shake256, "SHAKE256", 64, () => new ShakeDigest(256)),
        Verified(Oids.Shake256WithLength, "SHAKE256", 64, () => new ShakeDigest(256)),
    ];

    /// <summary>Null when the algorithm is unknown or this machine's cryptographic library lacks it.</summary>
    public static HashAlgorithmName? FromOid(string oid)
    {
        var entry = Array.Find(Known, e => e.Oid == oid);
        if (entry is null or { VerifiedOnly: true }) return null;
        var isSha3 = entry.Name == HashAlgorithmName.SHA3_256 || entry.Name == HashAlgorithmName.SHA3_384 || entry.Name == HashAlgorithmName.SHA3_512;
        return isSha3 && !SHA3_256.IsSupported ? null : entry.Name;
    }

    /// <summary>
    /// As <see cref="FromOid"/>, and those that are computed only to check what others made. What a digest is worth is the caller's to judge:
    /// MD5 and RIPEMD-160 are among them.
    /// </summary>
    public static HashAlgorithmName? ToVerify(string oid) => Array.Find(Known, e => e.Oid == oid) is { VerifiedOnly: true } entry ? entry.Name : FromOid(oid);

    public static string Oid(HashAlgorithmName name) => Find(name).Oid;

    /// <summary>Octets of the digest.</summary>
    public static int Length(HashAlgorithmName name) => Find(name).Length;

    public static byte[] Compute(HashAlgorithmName name, ReadOnlySpan<byte> data)
    {
        if (Start(name) is not { } running) return CryptographicOperations.HashData(name, data);
        running.Append(data);
        return running.Finish();
    }

    /// <summary>The computation of what System.Security.Cryptography lacks; null when it has the algorithm.</summary>
    public static RunningDigest? Start(HashAlgorithmName name) => Find(name).Other is { } other ? new RunningDigest(other()) : null;

    private static Entry Verified(string oid, string name, int length, Func<IDigest> other) => new(oid, new HashAlgorithmName(name), length, VerifiedOnly: true, other);

    private static Entry Find(HashAlgorithmName name) =>
        Array.Find(Known, e => e.Name == name) ?? throw new ArgumentOutOfRangeException(nameof(name), name.Name, "Not a digest of this project.");
}
