using Identity.Audit;
using Identity.Signing.Requests;

namespace Identity.Signing.Ceremonies;

/// <summary>What is written down about the end of ceremonies, for auditors and for the operator, and the clock it is written by.</summary>
public sealed class CeremonyAudit(AuditLog audit, TimeProvider time, ILogger<CeremonyAudit> log)
{
    public TimeProvider Time => time;

    public AuditOperation Begin(Ceremony ceremony) => audit.Begin(new CeremonyArchiving(ceremony.Id, Convert.ToHexStringLower(ceremony.DocumentSha256)));

    public void Ended(string id, CeremonyState state) => audit.Append(new CeremonyEnded(id, SnakeCase.Of(state)));

    public void BrokeOff(Ceremony ceremony, Exception e) => log.LogError(e, "The archive pass of ceremony {Ceremony} broke off", ceremony.Id);

    public void Obstacle(Ceremony ceremony, FailureReason obstacle, string detail, bool waits) =>
        log.LogWarning("The archive pass of ceremony {Ceremony} {Outcome}: {Reason} ({Detail})", ceremony.Id, waits ? "waits" : "failed", obstacle, detail);
}
