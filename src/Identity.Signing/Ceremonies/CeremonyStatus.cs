using System.Text.Json.Serialization;
using Identity.Signing.Pades;
using Identity.Signing.Requests;

namespace Identity.Signing.Ceremonies;

/// <summary>How a ceremony stands, for the agency: the answer to POST /ceremonies and GET /ceremonies/{id}.</summary>
public sealed record CeremonyStatus(
    string Id,
    string Status,
    string Level,
    DateTimeOffset Deadline,
    [property: JsonPropertyName("document_sha256")] string DocumentSha256,
    IReadOnlyList<SignerStatus> Signers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    [property: JsonPropertyName("signed_sha256"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SignedSha256,
    [property: JsonPropertyName("ended_at"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EndedAt)
{
    public static CeremonyStatus Of(CeremonyWithPlaces found, Uri service)
    {
        var ceremony = found.Ceremony;
        return new CeremonyStatus(
            ceremony.Id, SnakeCase.Of(ceremony.State), ceremony.Level.Word(), ceremony.Deadline, Convert.ToHexStringLower(ceremony.DocumentSha256),
            [.. found.Places.Select(place => SignerStatus.Of(place, service))],
            ceremony is { State: CeremonyState.Archiving or CeremonyState.Failed, Failure: { } failure } ? SnakeCase.Of(failure) : null,
            ceremony.State == CeremonyState.Completed ? Convert.ToHexStringLower(ceremony.SignedSha256!) : null,
            ceremony.EndedAt);
    }
}

public sealed record SignerStatus(
    string Id,
    int Order,
    string Identifier,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Label,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role,
    string Status,
    [property: JsonPropertyName("review_url")] string ReviewUrl,
    [property: JsonPropertyName("ended_at"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EndedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static SignerStatus Of(SignerPlace place, Uri service) => new(
        place.Id, place.Order, place.Identifier, place.Label, RequestedForm.Stored(place.Form)?.Role, SnakeCase.Of(place.State),
        new Uri(service, $"places/{place.Id}").AbsoluteUri, place.EndedAt, place.Reason);
}
