using Identity.Verification.Evidence;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;

namespace Identity.Verification.Engine;

/// <summary>What one validation works with: facts, rules and times (EN 319 102-1 5.2.4, validation context initialisation).</summary>
/// <param name="ControlTime">The moment as of which is validated.</param>
/// <param name="Now">The clock.</param>
public sealed record ValidationContext(DiagnosticData Data, ValidationPolicy Policy, DateTimeOffset ControlTime, DateTimeOffset Now, OnlineRevocation.Session Online,
    CancellationToken Cancellation)
{
    public RevocationChecking Revocation { get; } = new(Data.Revocation, Data.Certificates, new RevocationTimes(ControlTime, Now, Policy));

    public required ContentDigests Digests { get; init; }

    /// <summary>Grows while document time-stamps are validated, the newest first.</summary>
    public ProofsOfExistence Proofs { get; } = new();
}
