using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Keys;

/// <summary>Signs PKCS#10 requests with a key whose algorithm the framework lacks and which signs octets: Ed25519.</summary>
/// <param name="subjectPublicKeyInfo">DER</param>
/// <param name="sign">the octets</param>
internal sealed class OctetSignatureGenerator(ReadOnlyMemory<byte> subjectPublicKeyInfo, Func<byte[], byte[]> sign) : X509SignatureGenerator
{
    // RFC 8410 3: without parameters.
    private static readonly byte[] Ed25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

    public OctetSignatureGenerator(SigningKey key) : this(key.SubjectPublicKeyInfo, octets => key.SignData(SignatureScheme.Ed25519, octets))
    {
    }

    /// <summary>DER PKCS#10 (RFC 2986) of this key.</summary>
    public byte[] Request(X500DistinguishedName subject) => new CertificateRequest(subject, PublicKey, HashAlgorithmName.SHA512).CreateSigningRequest(this);

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Ed25519;

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => sign(data);

    protected override PublicKey BuildPublicKey() => PublicKey.CreateFromSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
}
