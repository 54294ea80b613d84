using System.Security.Cryptography;
using Identity.Keys.Activation;

namespace Identity.Keys.Software;

/// <summary>A credential's key in this process's memory: for development. What it may sign is counted by <see cref="SessionKey"/>.</summary>
internal sealed class SoftwareSessionKey(AsymmetricAlgorithm key) : SessionKey.Half
{
    public static SessionKey Make(KeyAlgorithm algorithm)
    {
        var name = ApprovalStructure.NewRandom();
        var key = SoftwarePersonKey.New(algorithm);
        return new SessionKey(name, algorithm, new SoftwareSessionKey(key), SoftwareSigningKey.PublicKeyOf(key), SoftwarePersonKey.CertificationRequestOf(key, name));
    }

    public override void Enable(IReadOnlyList<byte[]> hashes)
    {
    }

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) => SoftwareSigningKey.SignWith(key, scheme, hash, format);

    public override void Dispose() => key.Dispose();
}
