using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>What a PAdES signature states beside its value (EN 319 142-1 6.3).</summary>
/// <param name="DocumentDigest">Digest of the ByteRange by <see cref="PadesSignature.DocumentDigestAlgorithm"/>.</param>
/// <param name="Signer">The signing certificate.</param>
/// <param name="Chain">Its issuers; the root may be among them.</param>
public sealed record PadesContent(ReadOnlyMemory<byte> DocumentDigest, Certificate Signer, IReadOnlyList<Certificate> Chain)
{
    /// <summary>What the signer commits to, as object identifier: see <see cref="CommitmentTypes"/>. With it the dictionary has no Reason.</summary>
    public string? CommitmentType { get; init; }

    /// <summary>The rules under which the signature is made. With it the dictionary has no Reason.</summary>
    public SignaturePolicy? Policy { get; init; }

    /// <summary>In which roles the signer claims to act (EN 319 122-1 5.2.6.1): nobody has certified them.</summary>
    public IReadOnlyList<string> ClaimedRoles { get; init; } = [];
}

/// <summary>Commitment types of EN 319 122-1 5.2.3 (annex B of CAdES).</summary>
public static class CommitmentTypes
{
    public const string ProofOfOrigin = "1.2.840.113549.1.9.16.6.1";
    public const string ProofOfReceipt = "1.2.840.113549.1.9.16.6.2";
    public const string ProofOfDelivery = "1.2.840.113549.1.9.16.6.3";
    public const string ProofOfSender = "1.2.840.113549.1.9.16.6.4";
    public const string ProofOfApproval = "1.2.840.113549.1.9.16.6.5";
    public const string ProofOfCreation = "1.2.840.113549.1.9.16.6.6";
}

/// <summary>A signature policy by its identifier and the digest of its document (EN 319 122-1 5.2.9.1).</summary>
/// <param name="Uri">Where the document is found; ASCII, or null.</param>
public sealed record SignaturePolicy(string Oid, HashAlgorithmName DigestAlgorithm, ReadOnlyMemory<byte> Digest, string? Uri)
{
    /// <summary>Characters of <see cref="Uri"/>.</summary>
    public const int MaxUriLength = 2000;
}

/// <summary>The optional signed attributes, each at most once and with one value.</summary>
internal static class PadesAttributes
{
    public static IReadOnlyList<(string Oid, Action<AsnWriter> Write)> Of(PadesContent content)
    {
        var attributes = new List<(string, Action<AsnWriter>)>();
        if (content.CommitmentType is { } commitment) attributes.Add((Oids.CommitmentType, writer => WriteCommitment(writer, commitment)));
        if (content.Policy is { } policy) attributes.Add((Oids.SignaturePolicy, writer => WritePolicy(writer, policy)));
        if (content.ClaimedRoles is { Count: > 0 } roles) attributes.Add((Oids.SignerAttributesV2, writer => SignerRoles.Write(writer, roles)));
        return attributes;
    }

    // EN 319 122-1 5.2.3: CommitmentTypeIndication without qualifiers.
    private static void WriteCommitment(AsnWriter writer, string commitment)
    {
        using var indication = writer.PushSequence();
        writer.WriteObjectIdentifier(commitment);
    }

    // EN 319 122-1 5.2.9.1: SignaturePolicyId, with its address as SPuri (5.2.9.2).
    private static void WritePolicy(AsnWriter writer, SignaturePolicy policy)
    {
        if (policy.Digest.Length != Digests.Length(policy.DigestAlgorithm)) throw new ArgumentException("The policy's digest has not the length of its algorithm.", nameof(policy));
        if (policy.Uri?.Length > SignaturePolicy.MaxUriLength) throw new ArgumentException("The policy's address is too long.", nameof(policy));
        using var identifier = writer.PushSequence();
        writer.WriteObjectIdentifier(policy.Oid);
        using (writer.PushSequence())
        {
            AlgorithmIdentifier.ForDigest(policy.DigestAlgorithm).Write(writer);
            writer.WriteOctetString(policy.Digest.Span);
        }
        if (policy.Uri is null) return;
        using var qualifiers = writer.PushSequence();
        using var qualifier = writer.PushSequence();
        writer.WriteObjectIdentifier(Oids.SignaturePolicyUri);
        writer.WriteCharacterString(UniversalTagNumber.IA5String, policy.Uri);
    }
}
