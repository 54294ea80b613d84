using System.Text;
using Identity.Web;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// Reads the form of a request before anybody asks for it: with the size of what programs send to /par, /token and /userinfo, with a refusal
/// where the framework throws on NUL characters and on too many or too long values, and with every parameter once.
/// </summary>
internal static class FormBody
{
    /// <summary>Octets of what programs send, but for pushed requests.</summary>
    internal const int LargestBody = 64 * 1024;

    /// <summary>Octets: a pushed request with 100 documents under labels of any script, an assertion and all parameters stays below it.</summary>
    internal const int LargestPushedBody = 320 * 1024;

    private const string Pushed = "/par";

    private static readonly string[] Paths = [Pushed, "/authorize", "/token", "/userinfo", "/revoke", "/introspect", "/device_authorization", Logout.EndSessionEndpoint.Path];

    public static async Task Read(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value?.TrimEnd('/');
        var endpoint = Paths.Contains(path, StringComparer.OrdinalIgnoreCase);
        if (endpoint && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Pushed.Equals(path, StringComparison.OrdinalIgnoreCase) ? LargestPushedBody : LargestBody;

        // OpenID Connect Core 5.3.1: userinfo by POST with the token in the header has no body, and so no type of one.
        if (endpoint && HttpMethods.IsPost(context.Request.Method) && context.Request is { ContentType: null, ContentLength: 0 })
            context.Request.ContentType = "application/x-www-form-urlencoded";
        if (context.Request.HasFormContentType)
        {
            // RFC 6749 3.2, appendix B: one encoding, of UTF-8. No page here posts anything else either.
            if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
                || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
                || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
            {
                await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
                return;
            }

            try
            {
                if (endpoint && !FormText.IsUtf8(await Bytes(context)))
                {
                    await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
                    return;
                }

                await context.Request.ReadFormAsync(context.RequestAborted);
            }
            catch (InvalidDataException)
            {
                await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
                return;
            }
            catch (BadHttpRequestException refused)
            {
                await PlainProblem.Write(context, refused.StatusCode);
                return;
            }
        }

        if (endpoint && !FormText.IsUtf8(Encoding.UTF8.GetBytes(context.Request.QueryString.Value ?? "")))
        {
            await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
            return;
        }

        // RFC 6749 3.1, 3.2: no parameter more than once; RFC 8707 2 lets resource repeat.
        if (endpoint && (Repeats(context.Request.Query) || (context.Request.HasFormContentType && Repeats(context.Request.Form))))
        {
            await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
            return;
        }

        await next(context);
    }

    // Small enough to be held; what reads the form afterwards reads it from here.
    private static async Task<ReadOnlyMemory<byte>> Bytes(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static bool Repeats(IEnumerable<KeyValuePair<string, StringValues>> parameters) =>
        parameters.Any(parameter => parameter.Value.Count > 1 && parameter.Key != "resource");
}
