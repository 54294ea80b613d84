namespace Identity.Provider.Sessions;

/// <summary>A login session as Redis holds it, sealed.</summary>
/// <param name="SecretHash">SHA-256 of the secret in the one cookie that opens it.</param>
/// <param name="Device">Browser and system, from a closed list of names; empty when unknown.</param>
/// <param name="Created">First login of this session; a person may have authenticated again since.</param>
/// <param name="End">Absolute: whatever happens, it is over then.</param>
internal sealed record SessionRecord(
    string SecretHash, string PersonId, DateTimeOffset AuthenticatedAt, IReadOnlyList<string> Methods, string Assurance, string Device,
    DateTimeOffset Created, DateTimeOffset End)
{
    internal PersonSession ToSession(string sid) => new(PersonId, sid, AuthenticatedAt, Methods, Assurance);
}

/// <summary>An agency that got an answer in a session.</summary>
/// <param name="Subject">Pairwise: the name that the agency knows the person by.</param>
/// <param name="AuthorizationId">Ties the tokens of one answer together.</param>
public sealed record SessionClient(string ClientId, string Subject, string AuthorizationId);

/// <summary>A session as its person sees it in the list.</summary>
/// <param name="LastSeen">To the minute.</param>
/// <param name="ClientIds">Agencies that it was used for.</param>
public sealed record LiveSession(
    string SessionId, string Device, DateTimeOffset Created, DateTimeOffset LastSeen, DateTimeOffset End, IReadOnlyList<string> ClientIds);
