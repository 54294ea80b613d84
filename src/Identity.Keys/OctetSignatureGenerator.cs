using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Keys;

/// <summary>Signs PKCS#10 requests with a key whose algorithm the framework lacks and which signs octets: Ed25519.</summary>
internal sealed class OctetSignatureGenerator(SigningKey key) : X509SignatureGenerator
{
    // RFC 8410 3: without parameters.
    private static readonly byte[] Ed25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Ed25519;

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(SignatureScheme.Ed25519, data);

    protected override PublicKey BuildPublicKey() => PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
}
