using System.Globalization;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Identity.Web;

/// <summary>
/// The answer when there is nothing else to answer: constant text and a reference that finds the operator's log entry. Written without view engine,
/// session or store, so that it works when they do not. A browser's navigation gets a page, everything else JSON as of RFC 6749 5.2.
/// </summary>
public static class PlainProblem
{
    const int ReferenceLength = 10;
    const int RetryAfterSeconds = 5;
    const string ReferenceAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>Ten characters without look-alikes (49 bits), to be read out over the telephone.</summary>
    public static string NewReference() => RandomNumberGenerator.GetString(ReferenceAlphabet, ReferenceLength);

    /// <summary>Answers with a new reference, which is logged.</summary>
    public static Task Write(HttpContext context, int status)
    {
        ArgumentNullException.ThrowIfNull(context);
        var reference = NewReference();
        Logger(context).LogInformation("Answered {Status}, error reference {Reference}, trace {Trace}", status, reference, context.TraceIdentifier);
        return Write(context, status, reference);
    }

    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="status">400 and above.</param>
    /// <param name="reference">What the caller has written to the log.</param>
    public static async Task Write(HttpContext context, int status, string reference)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests && !response.Headers.ContainsKey(HeaderNames.RetryAfter))
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        var page = WantsPage(context.Request);
        var body = page ? Page(context, status, reference) : JsonSerializer.SerializeToUtf8Bytes(new { error = ErrorCode(status), reference });
        response.ContentType = page ? "text/html; charset=utf-8" : MediaTypeNames.Application.Json;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }

    internal static void UsePlainProblems(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        // The catch at the edge: nothing is hidden, the log has the whole exception, the public a reference.
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await WriteFor(context, exception);
        }
    });

    static Task WriteFor(HttpContext context, Exception exception)
    {
        var reference = NewReference();
        var status = StoreOutages.Find(exception, static _ => null) is not null ? StatusCodes.Status503ServiceUnavailable
            // What Kestrel refuses while a body is read: too large, too slow, malformed.
            : exception is BadHttpRequestException bad ? bad.StatusCode
            : StatusCodes.Status500InternalServerError;
        if (status >= 500)
            Logger(context).LogError(exception, "Answered {Status}, error reference {Reference}, trace {Trace}", status, reference, context.TraceIdentifier);
        else
            Logger(context).LogInformation(exception, "Answered {Status}, error reference {Reference}, trace {Trace}", status, reference, context.TraceIdentifier);
        context.Response.Clear();
        return Write(context, status, reference);
    }

    // A navigation says text/html; scripts and servers say application/json, */* or nothing.
    static bool WantsPage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(a => a.Quality is not 0 && a.MediaType.Equals(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase));

    static string ErrorCode(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "unauthorized",
        StatusCodes.Status403Forbidden => "access_denied",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status409Conflict => "conflict",
        StatusCodes.Status413PayloadTooLarge => "too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        StatusCodes.Status503ServiceUnavailable => "temporarily_unavailable",
        < 500 => "invalid_request",
        _ => "server_error",
    };

    static byte[] Page(HttpContext context, int status, string reference)
    {
        var texts = context.RequestServices.GetRequiredService<IStringLocalizer<WebTexts>>();
        var kind = status switch
        {
            StatusCodes.Status403Forbidden => "403",
            StatusCodes.Status404NotFound => "404",
            StatusCodes.Status413PayloadTooLarge => "413",
            StatusCodes.Status429TooManyRequests => "429",
            StatusCodes.Status503ServiceUnavailable => "503",
            < 500 => "400",
            _ => "500",
        };
        var encode = HtmlEncoder.Default;
        string Text(string key) => encode.Encode(texts[key].Value);
        return Encoding.UTF8.GetBytes($"""
            <!doctype html>
            <html lang="{Languages.Current.Tag}" dir="ltr">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="robots" content="noindex">
              <title>{Text($"Problem{kind}Title")}</title>
              <link rel="icon" href="{Assets.Url("mark.svg")}" type="image/svg+xml">
              <link rel="stylesheet" href="{Assets.Url("uswds.css")}">
              <link rel="stylesheet" href="{Assets.Url("identity.css")}">
            </head>
            <body>
              <header class="id-header"><div class="id-header__inner"><span class="id-brand">
                <img class="id-brand__mark" src="{Assets.Url("mark.svg")}" alt="" width="40" height="40">
                <span class="id-brand__name">Identity</span></span></div></header>
              <main id="main" class="id-main">
                <h1>{Text($"Problem{kind}Title")}</h1>
                <p class="id-lead">{Text($"Problem{kind}Text")}</p>
                <dl class="id-summary">
                  <div class="id-summary__row"><dt>{Text("ProblemReference")}</dt><dd><code>{encode.Encode(reference)}</code></dd></div>
                  <div class="id-summary__row"><dt>{Text("ProblemStatus")}</dt><dd>{status} {encode.Encode(ReasonPhrases.GetReasonPhrase(status))}</dd></div>
                </dl>
                <p><a href="/">{Text("ProblemHome")}</a></p>
              </main>
            </body>
            </html>

            """);
    }

    static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Identity.Web.PlainProblem");
}
