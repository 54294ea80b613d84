using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.Cms;

/// <summary>
/// SignaturePolicyIdentifier (EN 319 122-1 5.2.9): the policy that the signer names, by the digest of its document.
/// <see cref="Policy"/> null = implied by other means; <see cref="DigestAlgorithm"/> null with it.
/// </summary>
public sealed record SignaturePolicyIdentifier(string? Policy, AlgorithmIdentifier? DigestAlgorithm, ReadOnlyMemory<byte> Digest)
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Reads the value of the attribute. Throws <see cref="MalformedException"/>.</summary>
    public static SignaturePolicyIdentifier Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "SignaturePolicyIdentifier", MaxLength, reader =>
    {
        if (reader.PeekTag().HasSameClassAndValue(Asn1Tag.Null))
        {
            reader.ReadNull();
            return new SignaturePolicyIdentifier(null, null, default);
        }
        var sequence = reader.ReadSequence();
        var policy = sequence.ReadObjectIdentifier();
        var hash = sequence.ReadSequence();
        var algorithm = AlgorithmIdentifier.Read(hash);
        var digest = hash.ReadOctetString();
        hash.ThrowIfNotEmpty();
        // sigPolicyQualifiers: where to find the document and what to tell the user. Neither decides anything.
        if (sequence.HasData)
            sequence.ReadSequence();
        sequence.ThrowIfNotEmpty();
        return new SignaturePolicyIdentifier(policy, algorithm, digest);
    });
}
