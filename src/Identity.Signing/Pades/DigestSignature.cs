using Identity.Keys;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Signing.Certificates;

namespace Identity.Signing.Pades;

/// <summary>The CMS of a PAdES-BASELINE-B signature over a digest that was computed elsewhere: whoever has the document puts it in.</summary>
internal static class DigestSignature
{
    /// <param name="digest">Over the ByteRange, by the digest of the key's scheme.</param>
    /// <param name="key">Used for its one signature.</param>
    /// <param name="certificate">That key's.</param>
    public static ReadOnlyMemory<byte> Make(byte[] digest, SigningKey key, PersonCertificate certificate)
    {
        var scheme = SigningScheme.For(certificate.Leaf) ?? throw new InvalidOperationException("A person's key signs no documents.");
        var toBeSigned = PadesSignature.Build(new PadesContent(digest, certificate.Leaf, certificate.Chain), scheme.Algorithm);
        var value = key.SignHash(scheme.Scheme, toBeSigned.Hash());
        return SignatureVerification.VerifyData(certificate.Leaf.PublicKey, toBeSigned.Algorithm, toBeSigned.Bytes.Span, value) == SignatureCheck.Valid
            ? toBeSigned.Complete(value)
            : throw new InvalidOperationException("The signature does not verify with the certificate.");
    }
}
