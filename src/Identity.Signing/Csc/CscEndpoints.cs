using System.Text.Json.Nodes;
using Identity.Signing.SignIn;

namespace Identity.Signing.Csc;

/// <summary>CSC API v2, each call: read, authorize, do, answer; and the one place where a refusal becomes an answer (10.2).</summary>
internal static class CscEndpoints
{
    private const int LongestIdentifier = 100;

    public static Task<IResult> Info(HttpContext context, SigningSettings settings) =>
        Answer(context, CscBody.Largest, _ => Task.FromResult(ServiceInfo.Of(settings)));

    public static Task<IResult> CredentialsList(HttpContext context, CscToken tokens, SessionCredentials credentials, TimeProvider time) => Answer(context, CscBody.Largest, async body =>
    {
        var authorization = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope);
        // 11.4: whose credentials they are says the token.
        if (body.Find("userID") is not null)
            throw new CscRefusedException(CscError.InvalidRequest("userID parameter MUST be null"));
        var (withInfo, onlyValid, parts) = (body.Flag("credentialInfo"), body.Flag("onlyValid"), CredentialParts.Read(body));
        var listed = await credentials.List(authorization, context.RequestAborted);
        var answer = new JsonObject { ["credentialIDs"] = new JsonArray([.. listed.Select(credential => JsonValue.Create(credential.CredentialId))]) };
        if (withInfo)
            answer["credentialInfos"] = new JsonArray([.. listed.Select(credential => Named(credential.CredentialId, CredentialDescription.Of(credential, isAlive: true, parts, time.GetUtcNow())))]);
        if (onlyValid)
            answer["onlyValid"] = true;
        return answer;
    });

    public static Task<IResult> CredentialsInfo(HttpContext context, CscToken tokens, SessionCredentials credentials, CredentialRecords records, TimeProvider time) => Answer(context, CscBody.Largest, async body =>
    {
        var authorization = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        var credentialId = body.Required("credentialID", LongestIdentifier);
        var parts = CredentialParts.Read(body);
        return await records.Find(credentialId, authorization.Client, authorization.Subject, context.RequestAborted) is { } credential
            ? CredentialDescription.Of(credential, credentials.Find(credentialId) is not null, parts, time.GetUtcNow())
            : throw new CscRefusedException(CscError.Invalid("credentialID"));
    });

    public static Task<IResult> SignaturesSignHash(HttpContext context, SignHash signHash) =>
        Answer(context, CscBody.Largest, body => signHash.Run(context.Request, body, context.RequestAborted));

    private static JsonObject Named(string credentialId, JsonObject description)
    {
        description.Insert(0, "credentialID", credentialId);
        return description;
    }

    private static async Task<IResult> Answer(HttpContext context, long largest, Func<CscBody, Task<JsonObject>> answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            using var body = await CscBody.Read(context.Request, largest, context.RequestAborted);
            return Results.Json(await answer(body));
        }
        catch (CscRefusedException refused)
        {
            // RFC 6750 3, RFC 9449 7.1.
            if (refused.Error.Status == StatusCodes.Status401Unauthorized)
                context.Response.Headers.WWWAuthenticate = $"Bearer error=\"{refused.Error.Error}\", DPoP error=\"{refused.Error.Error}\", algs=\"ES256 PS256\"";
            if (refused.Error.Status == StatusCodes.Status503ServiceUnavailable)
                context.Response.Headers.RetryAfter = "5";
            return refused.Error.ToResult();
        }
        catch (ProviderUnavailableException)
        {
            context.Response.Headers.RetryAfter = "5";
            return CscError.Unavailable.ToResult();
        }
    }
}
