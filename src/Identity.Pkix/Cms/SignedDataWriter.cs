using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>Shared by signatures and time-stamp tokens: SignedData (RFC 5652 5) in DER with one signer named by issuer and serial.</summary>
internal static class SignedDataWriter
{
    internal sealed record Parts(string ContentType, byte[]? Content, Certificate Signer, IReadOnlyList<Certificate> Certificates, SignatureAlgorithm Algorithm);

    /// <summary>RFC 8419 3.1: Ed25519 goes with SHA-512; the others digest with the hash that they sign.</summary>
    public static HashAlgorithmName DigestFor(SignatureAlgorithm algorithm) => algorithm.Hash ?? HashAlgorithmName.SHA512;

    /// <summary>
    /// The attributes as SET OF in DER: what is signed (RFC 5652 5.4). No signing-time: PAdES forbids it (EN 319 142-1 6.3) and a TSTInfo has its own.
    /// </summary>
    public static byte[] SignedAttributes(string contentType, ReadOnlyMemory<byte> digest, Certificate signer, SignatureAlgorithm algorithm, bool withProtection,
        IReadOnlyList<(string Oid, Action<AsnWriter> Write)>? more = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf())
        {
            WriteAttribute(writer, Oids.ContentType, w => w.WriteObjectIdentifier(contentType));
            WriteAttribute(writer, Oids.MessageDigest, w => w.WriteOctetString(digest.Span));
            WriteAttribute(writer, Oids.SigningCertificateV2, w => WriteSigningCertificate(w, signer));
            // RFC 6211 2: digest and signature algorithm, the latter under [1].
            if (withProtection) WriteAttribute(writer, Oids.AlgorithmProtection, w =>
            {
                using var scope = w.PushSequence();
                AlgorithmIdentifier.ForDigest(DigestFor(algorithm)).Write(w);
                algorithm.Identifier.Write(w, new Asn1Tag(TagClass.ContextSpecific, 1, true));
            });
            foreach (var (oid, write) in more ?? []) WriteAttribute(writer, oid, write);
        }
        return writer.Encode();
    }

    public static ToBeSigned Build(Parts parts, byte[] signedAttributes) =>
        new(signedAttributes, parts.Algorithm, value => Assemble(parts, signedAttributes, value.Span));

    private static byte[] Assemble(Parts parts, byte[] signedAttributes, ReadOnlySpan<byte> signature)
    {
        var digest = AlgorithmIdentifier.ForDigest(DigestFor(parts.Algorithm));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.CmsSignedData);
            using (writer.PushSequence(Context(0)))
            using (writer.PushSequence())
            {
                // RFC 5652 5.1: version 3 when the content is not id-data.
                writer.WriteInteger(parts.ContentType == Oids.CmsData ? 1 : 3);
                using (writer.PushSetOf()) digest.Write(writer);
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(parts.ContentType);
                    if (parts.Content is { } content)
                        using (writer.PushSequence(Context(0))) writer.WriteOctetString(content);
                }
                if (parts.Certificates.Count > 0)
                {
                    using var certificates = writer.PushSetOf(Context(0));
                    foreach (var certificate in parts.Certificates) writer.WriteEncodedValue(certificate.Raw.Span);
                }
                using (writer.PushSetOf()) WriteSigner(writer, parts, digest, signedAttributes, signature);
            }
        }
        return writer.Encode();
    }

    private static void WriteSigner(AsnWriter writer, Parts parts, AlgorithmIdentifier digest, byte[] signedAttributes, ReadOnlySpan<byte> signature)
    {
        using var scope = writer.PushSequence();
        writer.WriteInteger(1);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(parts.Signer.Issuer.Raw.Span);
            writer.WriteInteger(parts.Signer.SerialNumber);
        }
        digest.Write(writer);
        // RFC 5652 5.4: hashed as SET OF, sent under [0]: the same octets but for the tag.
        var implicitlyTagged = signedAttributes.ToArray();
        implicitlyTagged[0] = 0xA0;
        writer.WriteEncodedValue(implicitlyTagged);
        parts.Algorithm.Identifier.Write(writer);
        writer.WriteOctetString(signature);
    }

    // RFC 5035 4: the hash algorithm is omitted because SHA-256 is its default.
    private static void WriteSigningCertificate(AsnWriter writer, Certificate signer)
    {
        using var attribute = writer.PushSequence();
        using var list = writer.PushSequence();
        using var id = writer.PushSequence();
        writer.WriteOctetString(signer.Sha256());
        using var issuerSerial = writer.PushSequence();
        using (writer.PushSequence())
        using (writer.PushSequence(Context(4))) writer.WriteEncodedValue(signer.Issuer.Raw.Span);
        writer.WriteInteger(signer.SerialNumber);
    }

    private static void WriteAttribute(AsnWriter writer, string oid, Action<AsnWriter> write)
    {
        using var attribute = writer.PushSequence();
        writer.WriteObjectIdentifier(oid);
        using var values = writer.PushSetOf();
        write(writer);
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, true);
}
