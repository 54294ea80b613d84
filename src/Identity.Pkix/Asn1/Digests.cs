using System.Security.Cryptography;

namespace Identity.Pkix.Asn1;

/// <summary>Digest algorithms by object identifier. MD5 and older are not computed at all; SHA-1 is, for identifiers and for reporting.</summary>
public static class Digests
{
    private sealed record Entry(string Oid, HashAlgorithmName Name, int Length);

    private static readonly Entry[] Known =
    [
        new(Oids.Sha256, HashAlgorithmName.SHA256, 32),
        new(Oids.Sha384, HashAlgorithmName.SHA384, 48),
        new(Oids.Sha512, HashAlgorithmName.SHA512, 64),
        new(Oids.Sha1, HashAlgorithmName.SHA1, 20),
        new(Oids.Sha3With256, HashAlgorithmName.SHA3_256, 32),
        new(Oids.Sha3With384, HashAlgorithmName.SHA3_384, 48),
        new(Oids.Sha3With512, HashAlgorithmName.SHA3_512, 64),
    ];

    /// <summary>Null when the algorithm is unknown or this machine's cryptographic library lacks it.</summary>
    public static HashAlgorithmName? FromOid(string oid)
    {
        var entry = Array.Find(Known, e => e.Oid == oid);
        if (entry is null) return null;
        var isSha3 = entry.Name == HashAlgorithmName.SHA3_256 || entry.Name == HashAlgorithmName.SHA3_384 || entry.Name == HashAlgorithmName.SHA3_512;
        return isSha3 && !SHA3_256.IsSupported ? null : entry.Name;
    }

    public static string Oid(HashAlgorithmName name) => Find(name).Oid;

    /// <summary>Octets of the digest.</summary>
    public static int Length(HashAlgorithmName name) => Find(name).Length;

    public static byte[] Compute(HashAlgorithmName name, ReadOnlySpan<byte> data) => CryptographicOperations.HashData(name, data);

    private static Entry Find(HashAlgorithmName name) =>
        Array.Find(Known, e => e.Name == name) ?? throw new ArgumentOutOfRangeException(nameof(name), name.Name, "Not a digest of this project.");
}
