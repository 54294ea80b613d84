using System.Collections.Frozen;
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

/// <summary>Keys of this family that have at least so many bits (for ML-DSA the number of the parameter set) are acceptable until then; the entry with the most bits that fits decides.</summary>
public sealed record SignatureSunset(string Family, int Bits, DateTimeOffset? Until);

/// <summary>
/// Until when algorithms may be relied on. What the table does not list is not acceptable (EN 319 102-1 5.1.4.2: cryptographic constraints).
/// </summary>
public sealed class AlgorithmSunset
{
    /// <summary>Digests that have a name here; those that only a name is known of are named so that a report can say what was used.</summary>
    private static readonly FrozenDictionary<string, string> DigestNames = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Oids.Sha224] = "SHA-224",
        [Oids.Sha512With224] = "SHA-512/224",
        [Oids.Sha512With256] = "SHA-512/256",
        [Oids.Sha3With224] = "SHA3-224",
        [Oids.Shake128] = "SHAKE128",
        [Oids.Shake256] = "SHAKE256",
        [Oids.Sha256] = "SHA-256",
        [Oids.Sha384] = "SHA-384",
        [Oids.Sha512] = "SHA-512",
        [Oids.Sha3With256] = "SHA3-256",
        [Oids.Sha3With384] = "SHA3-384",
        [Oids.Sha3With512] = "SHA3-512",
        [Oids.Sha1] = "SHA-1",
        [Oids.RipeMd160] = "RIPEMD-160",
        [Oids.Whirlpool] = "WHIRLPOOL",
        [Oids.Md5] = "MD5",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, DateTimeOffset?> digests;
    private readonly IReadOnlyList<SignatureSunset> signatures;

    /// <param name="digests">By name, see <see cref="KnownDigests"/>; null = no end.</param>
    /// <param name="signatures">Families as in <see cref="KnownFamilies"/>.</param>
    public AlgorithmSunset(IReadOnlyDictionary<string, DateTimeOffset?> digests, IReadOnlyList<SignatureSunset> signatures) =>
        (this.digests, this.signatures) = (digests.ToFrozenDictionary(StringComparer.Ordinal), signatures);

    public static IEnumerable<string> KnownDigests => DigestNames.Values;

    public static IReadOnlyList<string> KnownFamilies { get; } = ["RSA", "RSA-PSS", "ECDSA", "DSA", "Ed25519", "Ed448", "ML-DSA"];

    /// <summary>TS 119 312 v1.5.1, as far as signatures in PDF use it. It lists no EdDSA and no ML-DSA.</summary>
    public static AlgorithmSunset Ts119312 { get; } = new(
        new Dictionary<string, DateTimeOffset?>
        {
            ["SHA-256"] = null,
            ["SHA-384"] = null,
            ["SHA-512"] = null,
            ["SHA3-256"] = null,
            ["SHA3-384"] = null,
            ["SHA3-512"] = null,
            ["SHA-224"] = Day(2029, 1, 1),
            ["SHA-1"] = Day(2012, 8, 1),
            ["RIPEMD-160"] = Day(2014, 8, 1),
            ["WHIRLPOOL"] = Day(2020, 12, 1),
            ["MD5"] = Day(2004, 8, 1),
        },
        [
            new("RSA", 1024, Day(2019, 10, 1)),
            new("RSA", 1900, Day(2029, 1, 1)),
            new("RSA-PSS", 1024, Day(2019, 10, 1)),
            new("RSA-PSS", 1900, Day(2029, 1, 1)),
            new("RSA-PSS", 3000, null),
            new("ECDSA", 224, Day(2021, 10, 1)),
            new("ECDSA", 256, null),
            new("DSA", 1024, Day(2019, 10, 1)),
            new("DSA", 1900, Day(2029, 1, 1)),
            new("DSA", 3000, null),
        ]);

    /// <summary>All entries: digests as a family without bits.</summary>
    public IEnumerable<SignatureSunset> Entries => digests.Select(one => new SignatureSunset(one.Key, 0, one.Value)).OrderBy(one => one.Family, StringComparer.Ordinal).Concat(signatures);

    /// <summary>What a digest is called: its object identifier when it has no name here.</summary>
    public static string NameOfDigest(string oid) => DigestNames.GetValueOrDefault(oid, oid);

    /// <summary>What a signature algorithm with its key is called, without the digest.</summary>
    public static string NameOfSignature(SignatureAlgorithm algorithm, SubjectPublicKey key) => Family(algorithm) switch
    {
        null => algorithm.Identifier.Oid,
        "Ed25519" or "Ed448" => Family(algorithm)!,
        "ML-DSA" => $"ML-DSA-{key.Size}",
        var family => $"{family} {key.Size}",
    };

    public AlgorithmUse ForDigest(string oid) =>
        DigestNames.TryGetValue(oid, out var name) && digests.TryGetValue(name, out var until)
            ? new AlgorithmUse(name, until, IsListed: true)
            : new AlgorithmUse(NameOfDigest(oid), null, IsListed: false);

    /// <summary>The signature algorithm with its key: the digest inside it is judged separately.</summary>
    public AlgorithmUse ForSignature(SignatureAlgorithm algorithm, SubjectPublicKey key)
    {
        var entry = signatures.Where(one => one.Family == Family(algorithm) && one.Bits <= key.Size).MaxBy(one => one.Bits);
        return new AlgorithmUse(NameOfSignature(algorithm, key), entry?.Until, entry is not null);
    }

    /// <summary>Both judgements of one signature: the algorithm with its key, and the digest.</summary>
    public IEnumerable<AlgorithmUse> Of(SignatureAlgorithm algorithm, SubjectPublicKey key)
    {
        yield return ForSignature(algorithm, key);
        if (algorithm.Hash is { } hash)
            yield return ForDigest(Digests.Oid(hash));
    }

    private static string? Family(SignatureAlgorithm algorithm) => algorithm.Family switch
    {
        SignatureFamily.RsaPkcs1 => "RSA",
        SignatureFamily.RsaPss => "RSA-PSS",
        SignatureFamily.Ecdsa => "ECDSA",
        SignatureFamily.Dsa => "DSA",
        SignatureFamily.Ed25519 => "Ed25519",
        SignatureFamily.Ed448 => "Ed448",
        SignatureFamily.MlDsa => "ML-DSA",
        _ => null,
    };

    private static DateTimeOffset Day(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);
}
