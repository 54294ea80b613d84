using System.Text.Json.Serialization;

namespace Identity.Audit;

/// <summary>
/// Something that happened and must stay known. Members are text, numbers, truth values and times; people appear as pseudonyms only
/// (internal random id or pairwise subject), never by name, birth date or national identifier. All events stand in AuditEvents.cs.
/// </summary>
/// <param name="Name">stable name in the log, such as <c>authority.certificate-issue</c></param>
public abstract record AuditEvent([property: JsonIgnore] string Name);

/// <summary>How an operation ended.</summary>
public enum AuditOutcome
{
    Succeeded,
    Refused,
    Failed,
}
