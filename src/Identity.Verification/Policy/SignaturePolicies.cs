namespace Identity.Verification.Policy;

/// <summary>The documents of signature policies that are at hand.</summary>
/// <param name="Documents">By object identifier: what the digest in a signature must be of.</param>
/// <param name="DemandKnown">A signature that names another policy, or implies one, is not accepted; otherwise that is only said.</param>
public sealed record SignaturePolicies(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Documents, bool DemandKnown)
{
    public static SignaturePolicies None { get; } = new(new Dictionary<string, ReadOnlyMemory<byte>>(), DemandKnown: false);
}
