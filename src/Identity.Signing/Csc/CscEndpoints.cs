using System.Text.Json.Nodes;
using Identity.Signing.Pades;
using Identity.Signing.SignIn;

namespace Identity.Signing.Csc;

/// <summary>CSC API v2, each call: read, authorize, do, answer; and the one place where a refusal becomes an answer (10.2).</summary>
internal static class CscEndpoints
{
    private const int LongestIdentifier = 100;

    /// <summary>Bytes: a document of 12 MB in base64. Larger ones come as digests.</summary>
    public const int LargestDocumentCall = 16 * 1024 * 1024;

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

    /// <summary>11.6: the person approves at the Provider, with a passkey; there is nothing to be entered here.</summary>
    public static Task<IResult> CredentialsAuthorize(HttpContext context, CscToken tokens, CredentialRecords records) => Answer(context, CscBody.Largest, async body =>
    {
        var authorization = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        var credentialId = body.Required("credentialID", LongestIdentifier);
        throw new CscRefusedException(await records.Find(credentialId, authorization.Client, authorization.Subject, context.RequestAborted) is null
            ? CscError.Invalid("credentialID")
            : CscError.OAuthOnly);
    });

    public static Task<IResult> CredentialsExtendTransaction(HttpContext context, CscToken tokens, ExtendTransaction extendTransaction) => Answer(context, CscBody.Largest, async body =>
    {
        var authorized = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        // 11.9: unlike for signHash, required beside a token of the approval too.
        body.Required("SAD", CscToken.Longest);
        return await extendTransaction.Run(await tokens.AuthorizeCredential(authorized, body, context.RequestAborted), body, context.RequestAborted);
    });

    public static Task<IResult> NotImplemented(HttpContext context, CscToken tokens) => Answer(context, CscBody.Largest, async _ =>
    {
        await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        throw new CscRefusedException(CscError.NotImplemented);
    });

    public static Task<IResult> SignaturesSignHash(HttpContext context, CscToken tokens, SignHash signHash, AsynchronousResponses responses, SigningSettings settings) =>
        Answer(context, CscBody.Largest, async body =>
        {
            var authorized = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
            return await Sign(context, body, authorized, responses, settings, authorization => signHash.Take(authorization, body, context.RequestAborted));
        });

    /// <summary>Who asks is known before their documents are read, and there is room for them.</summary>
    public static Task<IResult> SignaturesSignDoc(
        HttpContext context, CscToken tokens, DocumentCalls calls, SignDoc signDoc, SignDocOfCredential ofCredential, AsynchronousResponses responses, SigningSettings settings) =>
        Refusing(context, async () =>
        {
            var authorized = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
            // Given back when the answer has been sent.
            context.Response.RegisterForDispose(calls.BeginTransfer(authorized));
            await using var received = await calls.Receive(context.Request, LargestDocumentCall, context.RequestAborted);
            using var place = calls.Enter(authorized);
            using var body = CscBody.Parse(received);
            return await calls.Keep(StatusCodes.Status200OK, await Sign(context, body, authorized, responses, settings, authorization =>
            {
                var asked = SignDocParameters.Read(body, CredentialAlgorithm.Of(settings.PersonKeyAlgorithm));
                if (!settings.StatusSources.Any && (asked.WantsValidationInfo || asked.Asked.Any(signature => signature.Level > PadesLevel.T)))
                    throw new CscRefusedException(CscError.Invalid(asked.WantsValidationInfo ? "returnValidationInfo" : "conformance_level"));
                // A key that is made for an approval is what the operator chose; programs ask for the one algorithm that info names.
                if (asked.CredentialId is null && Keys.PersonKeys.OfSession(settings.PersonKeyAlgorithm) != settings.PersonKeyAlgorithm)
                    throw new CscRefusedException(CscError.Invalid("signAlgo"));
                return asked.CredentialId is null ? signDoc.Take(authorization, asked, context.RequestAborted) : ofCredential.Take(authorization, asked, context.RequestAborted);
            }));
        });

    public static Task<IResult> SignaturesSignPolling(HttpContext context, CscToken tokens, DocumentCalls calls, AsynchronousResponses responses) => Refusing(context, async () =>
    {
        using var body = await CscBody.Read(context.Request, CscBody.Largest, context.RequestAborted);
        var authorization = await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        if (body.Find("userID") is not null)
            throw new CscRefusedException(CscError.InvalidRequest("userID parameter SHALL be null"));
        // 11.12 calls it requestID; the calls whose answer it is, and later versions, responseID.
        var id = body.Text("requestID", LongestIdentifier) ?? body.Text("responseID", LongestIdentifier) ?? throw new CscRefusedException(CscError.MissingString("requestID"));
        var found = await responses.Find(id, authorization, context.RequestAborted) ?? throw new CscRefusedException(CscError.Invalid("requestID"));
        if (found.Status is not { } status)
            return CscError.NotYet.ToResult();
        // An answer that holds documents takes the room of one.
        var isLarge = found.Length > CscBody.Largest;
        if (isLarge)
            context.Response.RegisterForDispose(calls.BeginTransfer(authorization));
        using var place = isLarge ? calls.Enter(authorization) : null;
        return await calls.Keep(status, await responses.Answer(id, context.RequestAborted) ?? throw new CscRefusedException(CscError.Invalid("requestID")));
    });

    public static Task<IResult> SignaturesTimestamp(HttpContext context, CscToken tokens, TimestampCall timestamp) => Answer(context, CscBody.Largest, async body =>
    {
        await tokens.Authorize(context.Request, context.RequestAborted, CscToken.ServiceScope, CscToken.CredentialScope);
        return await timestamp.Run(body, context.RequestAborted);
    });

    private static async Task<JsonObject> Sign(
        HttpContext context, CscBody body, CscAuthorization authorized, AsynchronousResponses responses, SigningSettings settings, Func<CscAuthorization, Task<TakenSigning>> take)
    {
        var authorization = await context.RequestServices.GetRequiredService<CscToken>().AuthorizeCredential(authorized, body, context.RequestAborted);
        var mode = OperationMode.Read(body, authorization.Client, settings.Programs);
        if (mode.IsAsynchronous)
        {
            // Before the approval is used: who finds no place comes again with it.
            var place = responses.Room.Enter();
            TakenSigning later;
            try
            {
                later = await take(authorization);
            }
            catch
            {
                place.Dispose();
                throw;
            }

            return await responses.Start(authorization, mode, later, place);
        }

        var taken = await take(authorization);
        using var deadline = new CancellationTokenSource(settings.SigningDeadline, context.RequestServices.GetRequiredService<TimeProvider>());
        return await taken(deadline.Token);
    }

    private static JsonObject Named(string credentialId, JsonObject description)
    {
        description.Insert(0, "credentialID", credentialId);
        return description;
    }

    private static Task<IResult> Answer(HttpContext context, long largest, Func<CscBody, Task<JsonObject>> answer) => Refusing(context, async () =>
    {
        using var body = await CscBody.Read(context.Request, largest, context.RequestAborted);
        return Results.Json(await answer(body));
    });

    private static async Task<IResult> Refusing(HttpContext context, Func<Task<IResult>> answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            return await answer();
        }
        catch (CscRefusedException refused)
        {
            // RFC 6750 3, RFC 9449 7.1.
            if (refused.Error.Status == StatusCodes.Status401Unauthorized)
                context.Response.Headers.WWWAuthenticate = $"Bearer error=\"{refused.Error.Error}\", DPoP error=\"{refused.Error.Error}\", algs=\"{ProofOfPossession.Algorithms}\"";
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
