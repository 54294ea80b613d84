using System.Security.Cryptography;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

/// <summary>
/// The first phase of everything signed here: the exact octets that the issuer's key has to sign, and how the finished structure is put together
/// once the signature value is there. Holds no key. Safe to share between threads.
/// </summary>
public sealed class ToBeSigned
{
    private readonly Func<ReadOnlyMemory<byte>, byte[]> complete;

    internal ToBeSigned(byte[] bytes, SignatureAlgorithm algorithm, Func<ReadOnlyMemory<byte>, byte[]> complete)
    {
        Bytes = bytes;
        Algorithm = algorithm;
        this.complete = complete;
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    public SignatureAlgorithm Algorithm { get; }

    /// <summary>Digest of <see cref="Bytes"/> by the hash of <see cref="Algorithm"/>.</summary>
    public byte[] Hash() =>
        Digests.Compute(Algorithm.Hash ?? throw new InvalidOperationException("This algorithm signs the octets, not their digest."), Bytes.Span);

    /// <summary>
    /// DER of the finished structure. The value is taken as given (ECDSA: DER SEQUENCE(r,s)); who wants to know that it verifies asks
    /// <see cref="SignatureVerification"/>.
    /// </summary>
    public byte[] Complete(ReadOnlyMemory<byte> signatureValue) => complete(signatureValue);
}
