using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.Policy;

/// <summary>
/// The constraints that a validation applies beyond the standard's own (EN 319 102-1 5.1.4), by default or from a file (<see cref="PolicyFile"/>).
/// Name and version go into every report, because the same file under another policy may be judged otherwise.
/// </summary>
public sealed record ValidationPolicy
{
    public static ValidationPolicy Default { get; } = new();

    public string Name { get; init; } = "identity-pades";

    public string Version { get; init; } = "1";

    public string Description { get; init; } =
        "Signatures in PDF against configured trust anchors; algorithms as in TS 119 312 v1.5.1; later changes only as far as the signatures permit.";

    /// <summary>
    /// How old revocation information may at least be, even if its own period is shorter. EN 319 102-1 5.2.5 leaves it to the policy.
    /// </summary>
    public TimeSpan RevocationFreshness { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Until when algorithms may be relied on.</summary>
    public AlgorithmSunset Algorithms { get; init; } = AlgorithmSunset.Ts119312;

    /// <summary>What is asked of the paths of signers; those of time-stamps and revocation data are not restricted to policies.</summary>
    public PathInputs SignerPaths { get; init; } = PathInputs.Default;

    /// <summary>Signature policies, which signers may name (EN 319 102-1 5.2.4).</summary>
    public SignaturePolicies SignaturePolicies { get; init; } = SignaturePolicies.None;

    /// <summary>Anchors, by the lower-case hexadecimal SHA-256 of the certificate, and the first moment at which they are no longer trusted.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> AnchorsUntil { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>Extensions of certificates that name the documents a key was made for; such a key signs no other document.</summary>
    public IReadOnlyCollection<string> ApprovedDocumentsExtensions { get; init; } = [ApprovedDocuments.ExampleOid];

    /// <summary>The development Authority's extension is the only one known: whom a real one certifies could sign any document unnoticed.</summary>
    public bool KnowsExampleExtensionAlone => ApprovedDocumentsExtensions is { Count: > 0 } known && known.All(one => one == ApprovedDocuments.ExampleOid);

    /// <summary>A signature must be proven to have existed at some moment: one that only claims a time does not pass.</summary>
    public bool DemandProvenTime { get; init; }

    /// <summary>How far a responder's clock may be ahead of ours.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A claimed signing time this much behind the time-stamp is only remarked on: it is what the signer says.</summary>
    public TimeSpan ClaimedTimeTolerance { get; init; } = TimeSpan.FromHours(24);
}
