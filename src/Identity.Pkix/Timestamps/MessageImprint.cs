using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.Timestamps;

/// <summary>RFC 3161 2.4.1: the digest that is time-stamped. Algorithm and length are as found: see <see cref="IsWellFormed"/>.</summary>
public sealed record MessageImprint(AlgorithmIdentifier HashAlgorithm, ReadOnlyMemory<byte> Digest)
{
    /// <summary>The algorithm is known, has no parameters, and the digest has its length.</summary>
    public bool IsWellFormed =>
        HashAlgorithm.HasNoParameters && Digests.ToVerify(HashAlgorithm.Oid) is { } name && Digest.Length == Digests.Length(name);

    public bool SameAs(MessageImprint other) => HashAlgorithm.SameAs(other.HashAlgorithm) && Digest.Span.SequenceEqual(other.Digest.Span);

    internal static MessageImprint Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var imprint = new MessageImprint(AlgorithmIdentifier.Read(sequence), sequence.ReadOctetString());
        sequence.ThrowIfNotEmpty();
        return imprint;
    }

    internal void Write(AsnWriter writer)
    {
        using var scope = writer.PushSequence();
        HashAlgorithm.Write(writer);
        writer.WriteOctetString(Digest.Span);
    }
}
