using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.X509;

/// <summary>What a certificate will state. Extensions are written in the order given: see <see cref="CertificateExtensions"/>.</summary>
public sealed record CertificateContent(
    BigInteger SerialNumber,
    DistinguishedName Issuer,
    DistinguishedName Subject,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    SubjectPublicKey PublicKey,
    IReadOnlyList<Extension> Extensions);

/// <summary>Writes version 3 certificates (RFC 5280 4.1) in DER. Decides nothing: profiles and lint rules are the authority's.</summary>
public static class CertificateBuilder
{
    /// <summary>Octets of a serial number at most (RFC 5280 4.1.2.2).</summary>
    public const int MaxSerialOctets = 20;

    public static ToBeSigned Build(CertificateContent content, SignatureAlgorithm algorithm)
    {
        if (content.SerialNumber.Sign <= 0 || content.SerialNumber.GetByteCount() > MaxSerialOctets)
            throw new ArgumentException("A serial number is positive and has at most 20 octets.", nameof(content));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true))) writer.WriteInteger(2);
            writer.WriteInteger(content.SerialNumber);
            algorithm.Identifier.Write(writer);
            writer.WriteEncodedValue(content.Issuer.Raw.Span);
            using (writer.PushSequence())
            {
                Times.Write(writer, content.NotBefore);
                Times.Write(writer, content.NotAfter);
            }
            writer.WriteEncodedValue(content.Subject.Raw.Span);
            writer.WriteEncodedValue(content.PublicKey.Raw.Span);
            if (content.Extensions.Count > 0)
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3, true))) Extension.WriteAll(writer, content.Extensions);
        }
        return Signed.Wrap(writer.Encode(), algorithm);
    }

    /// <summary>The first phase again, from octets that <see cref="Build"/> gave and that were stored; the algorithm must be the one that they name.</summary>
    public static ToBeSigned Restore(ReadOnlyMemory<byte> toBeSigned, SignatureAlgorithm algorithm) => Signed.Wrap(toBeSigned.ToArray(), algorithm);
}
