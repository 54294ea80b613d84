using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Keys;

/// <summary>Signs PKCS#10 requests with a key that the framework has no type for: Ed25519, which it lacks, and keys that stay in a token.</summary>
/// <param name="subjectPublicKeyInfo">DER</param>
/// <param name="algorithm">DER AlgorithmIdentifier of the signature</param>
/// <param name="sign">the octets to be signed, to the signature as X.509 has it</param>
internal sealed class OctetSignatureGenerator(ReadOnlyMemory<byte> subjectPublicKeyInfo, byte[] algorithm, Func<byte[], byte[]> sign) : X509SignatureGenerator
{
    // RFC 8410 3: without parameters.
    private static readonly byte[] Ed25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

    public OctetSignatureGenerator(SigningKey key) : this(key.SubjectPublicKeyInfo, Ed25519, octets => key.SignData(SignatureScheme.Ed25519, octets))
    {
    }

    public OctetSignatureGenerator(ReadOnlyMemory<byte> subjectPublicKeyInfo, Func<byte[], byte[]> sign) : this(subjectPublicKeyInfo, Ed25519, sign)
    {
    }

    /// <summary>DER PKCS#10 (RFC 2986) of this key.</summary>
    public byte[] Request(X500DistinguishedName subject) => new CertificateRequest(subject, PublicKey, HashAlgorithmName.SHA512).CreateSigningRequest(this);

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => algorithm;

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => sign(data);

    protected override PublicKey BuildPublicKey() => PublicKey.CreateFromSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
}
