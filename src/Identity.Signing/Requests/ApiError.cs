using System.Text.Json.Serialization;

namespace Identity.Signing.Requests;

/// <summary>Every refusal of the agency's API.</summary>
public sealed record ApiError(
    string Error,
    [property: JsonPropertyName("error_description")] string Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static IResult Result(int status, string error, string description, string? reason = null) =>
        Results.Json(new ApiError(error, description, reason), statusCode: status);
}
