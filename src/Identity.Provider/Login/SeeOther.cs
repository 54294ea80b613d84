using Microsoft.AspNetCore.Mvc;

namespace Identity.Provider.Login;

/// <summary>After a post, on to another page of ours by GET. RFC 9700 4.12: 303, so that no browser repeats the post's body elsewhere.</summary>
/// <param name="localPath">Path and query on this Provider.</param>
public sealed class SeeOther(string localPath) : IActionResult
{
    public Task ExecuteResultAsync(ActionContext context)
    {
        if (localPath is not ['/', ..] || localPath is ['/', '/' or '\\', ..])
            throw new InvalidOperationException("A redirect between our pages needs a local path.");
        context.HttpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.HttpContext.Response.Headers.Location = localPath;
        return Task.CompletedTask;
    }

    /// <summary>Asks for a login, and comes back to the waiting request.</summary>
    public static SeeOther Login(PendingRequest request) => new("/login" + QueryString.Create("returnUrl", request.ReturnUrl));
}
