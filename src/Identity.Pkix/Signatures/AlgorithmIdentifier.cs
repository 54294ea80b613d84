using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

/// <summary>RFC 5280 4.1.1.2: an object identifier and its parameters as found (empty = absent).</summary>
public sealed record AlgorithmIdentifier(string Oid, ReadOnlyMemory<byte> Parameters)
{
    private static readonly byte[] Null = [0x05, 0x00];

    /// <summary>True when parameters are absent or NULL: both occur for digests and RSA, and mean the same.</summary>
    public bool HasNoParameters => Parameters.IsEmpty || Parameters.Span.SequenceEqual(Null);

    public static AlgorithmIdentifier ForDigest(System.Security.Cryptography.HashAlgorithmName hash) => new(Digests.Oid(hash), ReadOnlyMemory<byte>.Empty);

    /// <summary>Equal as RFC 6211 compares them: absent and NULL parameters of digests are the same.</summary>
    public bool SameAs(AlgorithmIdentifier other) =>
        Oid == other.Oid && ((HasNoParameters && other.HasNoParameters) || Parameters.Span.SequenceEqual(other.Parameters.Span));

    internal static AlgorithmIdentifier Read(AsnReader reader, Asn1Tag? tag = null)
    {
        var sequence = reader.ReadSequence(tag);
        var oid = sequence.ReadObjectIdentifier();
        var parameters = sequence.HasData ? sequence.ReadEncodedValue() : ReadOnlyMemory<byte>.Empty;
        sequence.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(oid, parameters);
    }

    internal void Write(AsnWriter writer, Asn1Tag? tag = null)
    {
        using var scope = writer.PushSequence(tag);
        writer.WriteObjectIdentifier(Oid);
        if (!Parameters.IsEmpty) writer.WriteEncodedValue(Parameters.Span);
    }
}
