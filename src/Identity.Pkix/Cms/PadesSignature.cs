using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>
/// The CMS of a PAdES baseline signature (EN 319 142-1 6.3): detached, one signer, content-type, message-digest, signing-certificate-v2 and
/// algorithm protection; no signing-time.
/// </summary>
public static class PadesSignature
{
    /// <summary>
    /// Octets by which <see cref="WithSignatureTimestamp"/> lengthens a CMS beside the token itself, at most: the identifier (13), three new headers of up to 5,
    /// and 4 more in the length of each of five structures around them.
    /// </summary>
    public const int MostBesideToken = 13 + 3 * 5 + 5 * 4;

    /// <summary>The digest with which <paramref name="algorithm"/> wants the document hashed.</summary>
    public static HashAlgorithmName DocumentDigestAlgorithm(SignatureAlgorithm algorithm) => SignedDataWriter.DigestFor(algorithm);

    /// <param name="algorithm">How the key signs.</param>
    public static ToBeSigned Build(PadesContent content, SignatureAlgorithm algorithm)
    {
        if (content.DocumentDigest.Length != Digests.Length(DocumentDigestAlgorithm(algorithm)))
            throw new ArgumentException("The document digest has not the length of its algorithm.", nameof(content));
        var signer = content.Signer;
        var attributes = SignedDataWriter.SignedAttributes(Oids.CmsData, content.DocumentDigest, signer, algorithm, withProtection: true, PadesAttributes.Of(content));
        IReadOnlyList<Certificate> certificates = [signer, .. content.Chain.Where(c => !c.Equals(signer)).Distinct()];
        return SignedDataWriter.Build(new SignedDataWriter.Parts(Oids.CmsData, null, signer, certificates, algorithm), attributes);
    }

    /// <summary>What a signature time-stamp is made over (EN 319 122-1 5.3): the signature value.</summary>
    public static ReadOnlyMemory<byte> TimestampedValue(ReadOnlyMemory<byte> cms) => OnlySigner(cms).SignatureValue;

    /// <summary>
    /// Adds a signature-time-stamp (EN 319 122-1 5.3) as a further unsigned attribute. All other octets, signed ones above all, stay as they are;
    /// a DER input gives DER.
    /// </summary>
    public static byte[] WithSignatureTimestamp(ReadOnlyMemory<byte> cms, ReadOnlyMemory<byte> token)
    {
        OnlySigner(cms);
        return Ber.Guard("SignedData", () => Rewrite(cms, token));
    }

    private static SignerInfo OnlySigner(ReadOnlyMemory<byte> cms)
    {
        var signers = SignedData.Parse(cms).Signers;
        return signers.Count == 1 ? signers[0] : throw new MalformedException("SignedData: not exactly one signer");
    }

    private static byte[] Rewrite(ReadOnlyMemory<byte> cms, ReadOnlyMemory<byte> token)
    {
        var outer = new AsnReader(cms, AsnEncodingRules.BER).ReadSequence();
        // BER on the writing side only so that values are taken over unjudged; lengths are written definite.
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(outer.ReadEncodedValue().Span);
            var tag = new Asn1Tag(TagClass.ContextSpecific, 0, true);
            var signedData = outer.ReadSequence(tag).ReadSequence();
            using (writer.PushSequence(tag))
            using (writer.PushSequence())
            {
                while (signedData.HasData)
                {
                    var member = signedData.ReadEncodedValue();
                    if (signedData.HasData) writer.WriteEncodedValue(member.Span);
                    else RewriteSigner(writer, new AsnReader(member, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true).ReadSequence(), token);
                }
            }
        }
        return writer.Encode();
    }

    private static void RewriteSigner(AsnWriter writer, AsnReader signer, ReadOnlyMemory<byte> token)
    {
        var unsignedTag = new Asn1Tag(TagClass.ContextSpecific, 1, true);
        var attributes = new List<byte[]> { TimestampAttribute(token) };
        using var set = writer.PushSetOf();
        using var sequence = writer.PushSequence();
        while (signer.HasData && !signer.PeekTag().HasSameClassAndValue(unsignedTag)) writer.WriteEncodedValue(signer.ReadEncodedValue().Span);
        if (signer.HasData)
        {
            var existing = signer.ReadSetOf(skipSortOrderValidation: true, unsignedTag);
            while (existing.HasData) attributes.Add(existing.ReadEncodedValue().ToArray());
        }
        // X.690 11.6: members of a SET OF in ascending order of their encodings.
        attributes.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        using (writer.PushSetOf(unsignedTag))
            foreach (var attribute in attributes) writer.WriteEncodedValue(attribute);
    }

    private static byte[] TimestampAttribute(ReadOnlyMemory<byte> token)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.SignatureTimestamp);
            using (writer.PushSetOf()) writer.WriteEncodedValue(token.Span);
        }
        return writer.Encode();
    }
}
