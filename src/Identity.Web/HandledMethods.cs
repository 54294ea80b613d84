using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Identity.Web;

/// <summary>
/// RFC 9110 15.5.6: a page answers the methods that it has a handler for. The framework draws the page for any other that antiforgery lets pass (TRACE,
/// OPTIONS), without having run the handler that decides who may see what.
/// </summary>
sealed class HandledMethods : IPageFilter
{
    public void OnPageHandlerSelected(PageHandlerSelectedContext context)
    {
        // Decided below, where an answer can be given.
    }

    public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
    {
        // A page without any handler is text alone, for those who read.
        var method = context.HttpContext.Request.Method;
        if (context.HandlerMethod is null && !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
            context.Result = new StatusCodeResult(StatusCodes.Status405MethodNotAllowed);
    }

    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
        // Nothing to undo.
    }
}
