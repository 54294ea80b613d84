using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Ocsp;

/// <summary>CertID (RFC 6960 4.1.1): names a certificate by digests of its issuer's name and key, and its serial.</summary>
public sealed record CertificateId(AlgorithmIdentifier HashAlgorithm, ReadOnlyMemory<byte> IssuerNameHash, ReadOnlyMemory<byte> IssuerKeyHash, BigInteger SerialNumber)
{
    /// <summary>With SHA-1, as RFC 5019 2.1.1 asks and every responder understands: an identifier, not a protection.</summary>
    public static CertificateId For(Certificate issuer, BigInteger serial) => For(HashAlgorithmName.SHA1, issuer, serial);

    public static CertificateId For(HashAlgorithmName hash, Certificate issuer, BigInteger serial) =>
        new(new AlgorithmIdentifier(Digests.Oid(hash), new byte[] { 0x05, 0x00 }), Digests.Compute(hash, issuer.Subject.Raw.Span),
            Digests.Compute(hash, issuer.PublicKey.KeyBits.Span), serial);

    /// <summary>True when both issuer digests are this issuer's. False too for a digest algorithm that is not known.</summary>
    public bool IsIssuedBy(Certificate issuer) =>
        Digests.ToVerify(HashAlgorithm.Oid) is { } hash
        && Digests.Compute(hash, issuer.Subject.Raw.Span).AsSpan().SequenceEqual(IssuerNameHash.Span)
        && Digests.Compute(hash, issuer.PublicKey.KeyBits.Span).AsSpan().SequenceEqual(IssuerKeyHash.Span);

    internal static CertificateId Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var id = new CertificateId(AlgorithmIdentifier.Read(sequence), sequence.ReadOctetString(), sequence.ReadOctetString(), SerialNumbers.Read(sequence));
        sequence.ThrowIfNotEmpty();
        return id;
    }

    internal void Write(AsnWriter writer)
    {
        using var scope = writer.PushSequence();
        HashAlgorithm.Write(writer);
        writer.WriteOctetString(IssuerNameHash.Span);
        writer.WriteOctetString(IssuerKeyHash.Span);
        writer.WriteInteger(SerialNumber);
    }
}
