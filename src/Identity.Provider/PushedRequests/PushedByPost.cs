using Microsoft.AspNetCore;
using Microsoft.Net.Http.Headers;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>RFC 9126 2.3: another method than POST is answered by 405. The engine answers 400.</summary>
internal sealed class PushedByPost : IOpenIddictServerHandler<ApplyPushedAuthorizationResponseContext>
{
    public ValueTask HandleAsync(ApplyPushedAuthorizationResponseContext context)
    {
        if (context.Transaction.GetHttpRequest()?.HttpContext is { } http && !HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers[HeaderNames.Allow] = HttpMethods.Post;
        }

        return ValueTask.CompletedTask;
    }
}
