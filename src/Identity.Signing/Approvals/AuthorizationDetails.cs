using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Signing.Requests;
using Identity.Web;

namespace Identity.Signing.Approvals;

/// <summary>RFC 9396 authorization_details of type `credential` (CSC API v2): what is asked, and the evidence in the answer.</summary>
internal static class AuthorizationDetails
{
    public const string Parameter = "authorization_details";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    /// <param name="requests">one, or the documents of one batch, which share requester, purpose and form</param>
    /// <param name="location">this service</param>
    public static string Ask(IReadOnlyList<SigningRequest> requests, Uri location) => new JsonArray(new JsonObject
    {
        ["type"] = "credential",
        ["numSignatures"] = requests.Count,
        ["documentDigests"] = new JsonArray([.. requests.Select(request => new JsonObject
        {
            ["hash"] = Convert.ToBase64String(request.DocumentSha256),
            ["label"] = request.FileName,
        })]),
        ["hashAlgorithmOID"] = Sha256,
        ["locations"] = new JsonArray(location.AbsoluteUri),
        ["requester"] = requests[0].Requester,
        ["purpose"] = SignatureStatement.ApprovedPurpose(requests[0].Purpose, RequestedForm.Stored(requests[0].Form), Languages.Current.Culture),
    }).ToJsonString();

    /// <summary>The evidence in the token answer's authorization_details; null when there is none, or not one of usable size.</summary>
    public static string? ReadEvidence(string? answer)
    {
        if (answer is null || answer.Length > 2 * StoredEvidence.LongestEvidence)
            return null;
        try
        {
            using var json = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 8 });
            return json.RootElement is { ValueKind: JsonValueKind.Array } details && details.GetArrayLength() == 1
                && details[0] is { ValueKind: JsonValueKind.Object } detail
                && detail.TryGetProperty("approval_evidence", out var evidence) && evidence.ValueKind == JsonValueKind.String
                && evidence.GetString() is { Length: > 0 and <= StoredEvidence.LongestEvidence } text
                    ? text
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The approval's identifier as the evidence itself claims it: the name to store it under, believed in nothing else.</summary>
    public static string? ClaimedApprovalId(string evidence)
    {
        try
        {
            var payload = System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Split('.') is [_, var middle, _] ? middle : "");
            using var json = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 8 });
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("jti", out var identifier) && identifier.ValueKind == JsonValueKind.String
                && RequestId.IsOne(identifier.GetString()) ? identifier.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }
}
