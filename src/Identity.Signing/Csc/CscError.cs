using System.Text.Json.Serialization;

namespace Identity.Signing.Csc;

/// <summary>CSC API v2 10.2: the two members of every refusal. The descriptions are those of the tables of 11.</summary>
internal sealed record CscError([property: JsonIgnore] int Status, [property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("error_description")] string Description)
{
    public static CscError InvalidRequest(string description) => new(StatusCodes.Status400BadRequest, "invalid_request", description);

    public static CscError MissingString(string parameter) => InvalidRequest($"Missing (or invalid type) string parameter {parameter}");

    public static CscError Invalid(string parameter) => InvalidRequest($"Invalid parameter {parameter}");

    /// <summary>11.10: its key is gone, or at another copy of the service.</summary>
    public static CscError Disabled { get; } = InvalidRequest("The credential identified by credentialID is disabled");

    public static CscError InvalidToken { get; } = new(StatusCodes.Status401Unauthorized, "invalid_token", "The access token is not valid");

    public static CscError InvalidProof { get; } = new(StatusCodes.Status401Unauthorized, "invalid_dpop_proof", "The proof of possession is missing or not valid");

    public static CscError AccessDenied { get; } = new(StatusCodes.Status403Forbidden, "access_denied", "The access token does not allow this method");

    /// <summary>10.1: of a method that this service does not have.</summary>
    public static CscError NotImplemented { get; } = new(StatusCodes.Status501NotImplemented, "invalid_request", "The method is not implemented");

    /// <summary>11.6: not for credentials whose auth/mode is oauth2code.</summary>
    public static CscError OAuthOnly { get; } = new(StatusCodes.Status400BadRequest, "unauthorized_client", "The credential is authorized by OAuth 2.0 only");

    public static CscError ServerError { get; } = new(StatusCodes.Status500InternalServerError, "server_error", "The signatures could not be made");

    /// <summary>11.12: of an asynchronous call.</summary>
    public static CscError NotYet { get; } = new(StatusCodes.Status202Accepted, "accepted_request", "The previous async request has been accepted but not yet completed");

    public static CscError TooSlow { get; } = new(StatusCodes.Status408RequestTimeout, "invalid_request", "The request came too slowly");

    public static CscError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, "invalid_request", "The request is too large");

    public static CscError Unavailable { get; } = new(StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "Try again later");

    public IResult ToResult() => Results.Json(this, statusCode: Status);
}

/// <summary>Ends a call with a refusal; becomes the answer in <see cref="CscEndpoints"/>, and nothing else catches it.</summary>
internal sealed class CscRefusedException(CscError error) : Exception
{
    public CscError Error { get; } = error;
}
