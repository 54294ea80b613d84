using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Provider.Sessions;

namespace Identity.Provider.Logout;

/// <summary>
/// The logout endpoint (OpenID Connect RP-Initiated Logout 1.0, 2). A valid hint of this browser's session signs it out at once; for anything else the person
/// is asked, because anybody can send them here.
/// </summary>
internal sealed class EndSessionEndpoint(LogoutRequest.Checks checks, SealedValues values)
{
    internal const string Path = "/logout";
    internal const string ConfirmPath = "/logout/confirm";
    internal const string DonePath = "/logout/done";

    /// <summary>How long a person may think about it.</summary>
    private static readonly TimeSpan Waits = TimeSpan.FromMinutes(20);

    private const int KeyBytes = 16;
    private const int LongestKey = 64;

    public static async Task<IResult> Handle(HttpContext context, EndSessionEndpoint endpoint) =>
        HttpMethods.IsPost(context.Request.Method) ? await endpoint.Post(context) : await endpoint.Get(context);

    /// <summary>The request that a page of ours was opened for, checked anew; one without any parameter when it is gone.</summary>
    public async Task<LogoutRequest> Waiting(string? key, CancellationToken cancellation) =>
        await checks.Check(await Stored(key) ?? LogoutParameters.From(_ => null), cancellation);

    /// <summary>Where a person goes who is signed out.</summary>
    public static string After(LogoutRequest request) => request is { Flawed: false, ReturnTo: { } address } ? address.AbsoluteUri : DonePath;

    // Another site's post comes without the session's cookie (SameSite=Lax); the redirect to our own address brings it. What was posted stays out of addresses.
    private async Task<IResult> Post(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
            return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        var form = context.Request.Form;
        return new SeeOtherResult($"{Path}?request={await Store(LogoutParameters.From(name => (string?)form[name]))}");
    }

    private async Task<IResult> Get(HttpContext context)
    {
        var query = context.Request.Query;
        var parameters = await Stored(query["request"]) ?? LogoutParameters.From(name => (string?)query[name]);
        var request = await checks.Check(parameters, context.RequestAborted);
        var session = await PersonSession.Read(context);
        if (session is not null && (request.Flawed || !request.IsOf(session)))
            return new SeeOtherResult($"{ConfirmPath}?request={await Store(parameters)}");
        if (session is not null)
            await SessionCookie.SignOut(context, SessionEndReason.ClientInitiated);
        return new SeeOtherResult(After(request));
    }

    private async Task<string> Store(LogoutParameters parameters)
    {
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        await values.Put(RedisKey(key), parameters, Waits);
        return key;
    }

    private async Task<LogoutParameters?> Stored(string? key) => key is { Length: > 0 and <= LongestKey } ? await values.Get<LogoutParameters>(RedisKey(key)) : null;

    private static string RedisKey(string key) => "logout-request:" + key;

    // RFC 9700 4.12: 303.
    private sealed class SeeOtherResult(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            return Task.CompletedTask;
        }
    }
}
