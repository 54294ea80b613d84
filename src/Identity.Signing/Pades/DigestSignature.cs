using Identity.Keys;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Signing.Certificates;

namespace Identity.Signing.Pades;

/// <summary>The CMS over a digest that was computed elsewhere: of a PDF's ByteRange, whoever has it puts it in; of any content, it stands beside that.</summary>
internal static class DigestSignature
{
    /// <summary>PAdES-BASELINE-B.</summary>
    /// <param name="digest">Over the ByteRange, by the digest of the key's scheme.</param>
    /// <param name="key">Used for its one signature.</param>
    /// <param name="certificate">That key's.</param>
    public static ReadOnlyMemory<byte> Make(byte[] digest, SigningKey key, PersonCertificate certificate)
    {
        var (toBeSigned, scheme) = Prepare(digest, certificate);
        return Complete(toBeSigned, certificate, key.SignHash(scheme, toBeSigned.Hash()));
    }

    /// <summary>CAdES-BASELINE-B, detached.</summary>
    /// <param name="digest">Over the content, by the digest of the key's scheme.</param>
    /// <param name="key">Used for its one signature.</param>
    /// <param name="certificate">That key's.</param>
    /// <param name="signingTime">Claimed; whole seconds.</param>
    public static ReadOnlyMemory<byte> MakeDetached(byte[] digest, SigningKey key, PersonCertificate certificate, DateTimeOffset signingTime)
    {
        var scheme = SchemeOf(certificate);
        var toBeSigned = CadesSignature.Build(new PadesContent(digest, certificate.Leaf, certificate.Chain), signingTime, scheme.Algorithm);
        return Complete(toBeSigned, certificate, key.SignHash(scheme.Scheme, toBeSigned.Hash()));
    }

    /// <summary>What a PAdES signature signs: the digest and the certificate alone decide it, so that it can be known, and approved, before.</summary>
    public static (ToBeSigned ToBeSigned, SignatureScheme Scheme) Prepare(byte[] digest, PersonCertificate certificate)
    {
        var scheme = SchemeOf(certificate);
        return (PadesSignature.Build(new PadesContent(digest, certificate.Leaf, certificate.Chain), scheme.Algorithm), scheme.Scheme);
    }

    /// <summary>With a signature value that must be good.</summary>
    public static ReadOnlyMemory<byte> Complete(ToBeSigned toBeSigned, PersonCertificate certificate, byte[] value) =>
        SignatureVerification.VerifyData(certificate.Leaf.PublicKey, toBeSigned.Algorithm, toBeSigned.Bytes.Span, value) == SignatureCheck.Valid
            ? toBeSigned.Complete(value)
            : throw new InvalidOperationException("The signature does not verify with the certificate.");

    private static SigningScheme SchemeOf(PersonCertificate certificate) =>
        SigningScheme.For(certificate.Leaf) ?? throw new InvalidOperationException("A person's key signs no documents.");
}
