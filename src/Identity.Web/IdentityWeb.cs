using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Web;

/// <summary>
/// What every page shares. A service calls <see cref="AddIdentityWeb"/> once, <see cref="UseIdentityWeb"/> first of all middleware, then maps its routes.
/// </summary>
public static class IdentityWeb
{
    /// <summary>Largest request body; an endpoint that takes documents raises it for itself.</summary>
    public const int LargestRequestBody = 1024 * 1024;

    /// <summary>
    /// Razor Pages in feature folders, texts in three languages, cookie names, limits of the server, health checks.
    /// </summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="service">The service in lower-case letters: part of its cookies' names.</param>
    /// <param name="publicAddress">The address that browsers know the service by. Scheme and host of every request are taken from it.</param>
    public static IMvcBuilder AddIdentityWeb(this WebApplicationBuilder builder, string service, Uri publicAddress)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = new WebSettings(service, publicAddress);
        var secure = settings.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        builder.Services.AddSingleton(settings);
        builder.Services.AddProxies(Proxies.Read(builder.Configuration));
        builder.Services.AddLocalization();
        builder.Services.AddHealthChecks();
        builder.Services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = settings.CookieName("antiforgery");
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = secure;
            antiforgery.Cookie.Path = "/";
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        builder.Services.Configure<CookieTempDataProviderOptions>(temporary =>
        {
            temporary.Cookie.Name = settings.CookieName("notice");
            temporary.Cookie.SecurePolicy = secure;
            temporary.Cookie.Path = "/";
        });
        builder.Services.Configure<FormOptions>(form =>
        {
            form.ValueCountLimit = 256;
            form.ValueLengthLimit = 256 * 1024;
        });
        // It writes whole addresses: a callback's holds the authorization code, ours name waiting requests. Code, because a settings file forgets it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequestBody;
            kestrel.Limits.MaxRequestLineSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        return builder.Services.AddRazorPages(pages =>
        {
            pages.RootDirectory = "/";
            pages.Conventions.ConfigureFilter(new HandledMethods());
        }).AddViewLocalization();
    }

    /// <summary>
    /// In this order: proxies, public address, security headers, error pages, assets, language, <paramref name="early"/>, routing, authentication,
    /// authorization. So a store that fails while a session is read is answered with 503, and an unknown address with a page.
    /// </summary>
    /// <param name="app">The service.</param>
    /// <param name="early">Middleware of the service that must come before authentication: what it answers has headers, language and error page too.</param>
    public static WebApplication UseIdentityWeb(this WebApplication app, Action<WebApplication>? early = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var settings = app.Services.GetRequiredService<WebSettings>();
        app.UseForwardedHeaders();
        app.UsePublicAddress(settings.PublicAddress);
        app.UseSecurityHeaders(settings.PublicAddress);
        app.UsePlainProblems();
        app.UseLanguages(settings);
        app.UseAssets();
        app.UseStatusCodePages(context => PlainProblem.Write(context.HttpContext, context.HttpContext.Response.StatusCode));
        early?.Invoke(app);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        return app;
    }

    /// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: every health check that the service registered passes.</summary>
    public static WebApplication MapHealth(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapHealthChecks("/health/live", Options(static _ => false)).AllowAnonymous();
        app.MapHealthChecks("/health/ready", Options(static _ => true)).AllowAnonymous();
        return app;

        static HealthCheckOptions Options(Func<HealthCheckRegistration, bool> which) => new()
        {
            Predicate = which,
            ResponseWriter = static (context, report) =>
            {
                context.Response.ContentType = "text/plain; charset=utf-8";
                return context.Response.WriteAsync(report.Status == HealthStatus.Unhealthy ? "unavailable" : "ok");
            },
        };
    }

    // The address is a setting, not what a request claims: Host and X-Forwarded-* from outside change no link, redirect, issuer or cookie.
    static void UsePublicAddress(this WebApplication app, Uri publicAddress)
    {
        var host = HostString.FromUriComponent(publicAddress);
        app.Use((context, next) =>
        {
            context.Request.Scheme = publicAddress.Scheme;
            context.Request.Host = host;
            return next(context);
        });
    }
}
