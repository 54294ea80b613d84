using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Verification.Policy;

/// <summary>One use of an algorithm: what it is called, and until when it may be relied on.</summary>
/// <param name="Name">For people and reports: SHA-256, RSA-PSS 3072, ECDSA 256.</param>
/// <param name="Until">First moment at which it is no longer acceptable; null = no end stated.</param>
/// <param name="IsListed">False: the table does not know it, so it is never acceptable.</param>
public sealed record AlgorithmUse(string Name, DateTimeOffset? Until, bool IsListed)
{
    /// <summary>Acceptable at this time, by the letter of the table.</summary>
    public bool IsAcceptableAt(DateTimeOffset time) => IsListed && (Until is not { } end || time < end);
}

/// <summary>
/// Until when algorithms may be relied on: TS 119 312 v1.5.1 as far as signatures in PDF use it. What the table does not list is not
/// acceptable (EN 319 102-1 5.1.4.2: cryptographic constraints).
/// </summary>
public static class AlgorithmSunset
{
    private static readonly DateTimeOffset EndOf2028 = Day(2029, 1, 1);

    // Digests by object identifier. SHA-224, RIPEMD-160, WHIRLPOOL and MD5 are named so that a report can say what was used.
    private static readonly Dictionary<string, AlgorithmUse> Digest = new(StringComparer.Ordinal)
    {
        [Oids.Sha256] = new("SHA-256", null, true),
        [Oids.Sha384] = new("SHA-384", null, true),
        [Oids.Sha512] = new("SHA-512", null, true),
        [Oids.Sha3With256] = new("SHA3-256", null, true),
        [Oids.Sha3With384] = new("SHA3-384", null, true),
        [Oids.Sha3With512] = new("SHA3-512", null, true),
        [Oids.Sha224] = new("SHA-224", EndOf2028, true),
        [Oids.Sha1] = new("SHA-1", Day(2012, 8, 1), true),
        ["1.3.36.3.2.1"] = new("RIPEMD-160", Day(2014, 8, 1), true),
        ["1.0.10118.3.0.55"] = new("WHIRLPOOL", Day(2020, 12, 1), true),
        ["1.2.840.113549.2.5"] = new("MD5", Day(2004, 8, 1), true),
    };

    public static AlgorithmUse ForDigest(string oid) => Digest.GetValueOrDefault(oid) ?? new AlgorithmUse(oid, null, IsListed: false);

    public static AlgorithmUse ForDigest(HashAlgorithmName name) => ForDigest(Digests.Oid(name));

    /// <summary>The signature algorithm with its key: the digest inside it is judged separately.</summary>
    public static AlgorithmUse ForSignature(SignatureAlgorithm algorithm, SubjectPublicKey key) => algorithm.Family switch
    {
        SignatureFamily.RsaPkcs1 => new($"RSA {key.Size}", RsaPkcs1(key.Size), key.Size >= 1024),
        SignatureFamily.RsaPss => new($"RSA-PSS {key.Size}", key.Size >= 3000 ? null : RsaPkcs1(key.Size), key.Size >= 1024),
        SignatureFamily.Ecdsa => new($"ECDSA {key.Size}", key.Size >= 256 ? null : Day(2021, 10, 1), key.Size >= 224),
        SignatureFamily.Dsa => new($"DSA {key.Size}", key.Size >= 3000 ? null : key.Size >= 1900 ? EndOf2028 : Day(2019, 10, 1), key.Size >= 1024),
        SignatureFamily.Ed25519 => new("Ed25519", null, IsListed: false),
        SignatureFamily.Ed448 => new("Ed448", null, IsListed: false),
        SignatureFamily.Unknown => new(algorithm.Identifier.Oid, null, IsListed: false),
        _ => throw new InvalidOperationException($"no entry for {algorithm.Family}"),
    };

    /// <summary>Both judgements of one signature: the algorithm with its key, and the digest.</summary>
    public static IEnumerable<AlgorithmUse> Of(SignatureAlgorithm algorithm, SubjectPublicKey key)
    {
        yield return ForSignature(algorithm, key);
        if (algorithm.Hash is { } hash)
            yield return ForDigest(hash);
    }

    private static DateTimeOffset RsaPkcs1(int bits) => bits >= 1900 ? EndOf2028 : Day(2019, 10, 1);

    private static DateTimeOffset Day(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);
}
