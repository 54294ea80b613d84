using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Identity.Web;

/// <summary>A language that pages are written in.</summary>
/// <param name="Tag">BCP 47 tag, also the name of the .NET culture.</param>
/// <param name="OwnName">The language's name in the language itself.</param>
public sealed record Language(string Tag, string OwnName)
{
    /// <summary>Which texts are taken.</summary>
    public CultureInfo Culture => CultureInfo.GetCultureInfo(Tag);

    /// <summary>How dates and numbers are written: English without a country would be American, with the month before the day.</summary>
    public CultureInfo Formats => CultureInfo.GetCultureInfo(Tag == "en" ? "en-GB" : Tag);
}

/// <summary>
/// Which language a page is shown in, in this order: what the person chose (<c>?culture=et</c>, kept in a cookie), what the agency asked for
/// (<see cref="Choose"/>), what the browser prefers (Accept-Language), English.
/// </summary>
public static class Languages
{
    public const string QueryParameter = "culture";
    // RFC 9110 12.5.4 sets no limit; browsers send a handful.
    const int MostPreferences = 20;
    const char AskedForByAgency = '~';

    public static IReadOnlyList<Language> Supported { get; } =
        [new("en", "English"), new("et", "Eesti"), new("zh-Hans", "简体中文")];

    /// <summary>The language of the request at hand.</summary>
    public static Language Current =>
        Supported.FirstOrDefault(l => l.Tag == CultureInfo.CurrentUICulture.Name) ?? Supported[0];

    /// <summary>
    /// OpenID Connect Core 3.1.2.1 <c>ui_locales</c>: language tags separated by spaces, most wanted first. The first that we have is used for this
    /// request and the person's next ones in this browser session, unless the person has chosen another.
    /// </summary>
    public static void Choose(HttpContext context, string? uiLocales)
    {
        ArgumentNullException.ThrowIfNull(context);
        var settings = context.RequestServices.GetService(typeof(WebSettings)) as WebSettings
            ?? throw new InvalidOperationException("AddIdentityWeb has not been called.");
        if (uiLocales is null || FromCookie(context, settings) is { Chosen: true })
            return;
        foreach (var tag in uiLocales.Split(' ', MostPreferences + 1, StringSplitOptions.RemoveEmptyEntries).Take(MostPreferences))
        {
            if (Match(tag) is not { } language)
                continue;
            Apply(context, language);
            context.Response.Cookies.Append(settings.LanguageCookie, AskedForByAgency + language.Tag, settings.CookieOptions(maxAge: null));
            return;
        }
    }

    /// <summary>The address of the page at hand in another language: local by construction.</summary>
    public static string Link(HttpContext context, Language language)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(language);
        return QueryHelpers.AddQueryString(LocalAddress(context.Request), QueryParameter, language.Tag);
    }

    /// <summary>The supported language that serves a reader of <paramref name="tag"/>, if any (RFC 4647 3.4 lookup).</summary>
    internal static Language? Match(string tag)
    {
        if (Supported.FirstOrDefault(l => l.Tag.Equals(tag, StringComparison.OrdinalIgnoreCase)) is { } exact)
            return exact;
        var parts = tag.Split('-');
        if (parts[0].Equals("zh", StringComparison.OrdinalIgnoreCase))
        {
            // Readers of the traditional script are better served by their next preference.
            string[] traditional = ["Hant", "TW", "HK", "MO"];
            return parts.Skip(1).Any(p => traditional.Contains(p, StringComparer.OrdinalIgnoreCase)) ? null : Supported[2];
        }
        return Supported.FirstOrDefault(l => l.Tag.Equals(parts[0], StringComparison.OrdinalIgnoreCase));
    }

    internal static void UseLanguages(this IApplicationBuilder app, WebSettings settings) => app.Use((context, next) =>
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Query.TryGetValue(QueryParameter, out var wanted))
        {
            if (Supported.FirstOrDefault(l => l.Tag.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } chosen)
                context.Response.Cookies.Append(settings.LanguageCookie, chosen.Tag, settings.CookieOptions(TimeSpan.FromDays(365)));
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = LocalAddress(context.Request);
            return Task.CompletedTask;
        }
        Apply(context, FromCookie(context, settings)?.Language ?? FromBrowser(context.Request) ?? Supported[0]);
        return next(context);
    });

    static void Apply(HttpContext context, Language language)
    {
        CultureInfo.CurrentCulture = language.Formats;
        CultureInfo.CurrentUICulture = language.Culture;
        context.Features.Set<IRequestCultureFeature>(new RequestCultureFeature(new RequestCulture(language.Formats, language.Culture), provider: null));
    }

    static (Language Language, bool Chosen)? FromCookie(HttpContext context, WebSettings settings)
    {
        if (context.Request.Cookies[settings.LanguageCookie] is not { Length: > 0 } value)
            return null;
        var chosen = value[0] != AskedForByAgency;
        var tag = chosen ? value : value[1..];
        return Supported.FirstOrDefault(l => l.Tag == tag) is { } language ? (language, chosen) : null;
    }

    static Language? FromBrowser(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var preferences))
            return null;
        return preferences.Take(MostPreferences)
            .Where(p => p.Quality is not 0)
            .OrderByDescending(p => p.Quality ?? 1)
            .Select(p => Match(p.Value.ToString()))
            .FirstOrDefault(l => l is not null);
    }

    // The path is what the browser asked for, and "//host/" or "/\host" read as a redirect target is another site: leading slashes are made one.
    static string LocalAddress(HttpRequest request)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != QueryParameter));
        return "/" + (request.PathBase + request.Path).ToUriComponent().TrimStart('/', '\\') + query.ToQueryString().ToUriComponent();
    }
}
