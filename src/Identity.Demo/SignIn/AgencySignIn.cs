using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Identity.Demo.SignIn;

/// <summary>Sign-in with Microsoft's handler: code, PKCE, pushed authorization request, <c>private_key_jwt</c>. What an agency in .NET writes.</summary>
public static class AgencySignIn
{
    public const string Session = "session";
    public const string Provider = "oidc";
    const string Low = "http://eidas.europa.eu/LoA/low";
    const string Substantial = "http://eidas.europa.eu/LoA/substantial";
    const string High = "http://eidas.europa.eu/LoA/high";
    internal static readonly TimeSpan SessionLifetime = TimeSpan.FromMinutes(30);

    internal static void AddAgencySignIn(this WebApplicationBuilder builder, DemoSettings settings)
    {
        builder.Services.AddSingleton<AgencyKey>();
        builder.Services.AddSingleton<EndedSessions>();
        builder.Services.AddSingleton<BackchannelLogout>();
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication(Session).AddCookie(Session, cookie =>
        {
            Configure(cookie.Cookie, settings, "session");
            cookie.ExpireTimeSpan = SessionLifetime;
            cookie.SlidingExpiration = false;
            cookie.LoginPath = "/sign-in";
            cookie.ReturnUrlParameter = "next";
            cookie.Events.OnValidatePrincipal = BackchannelLogout.Check;
        }).AddOpenIdConnect(Provider, oidc =>
        {
            oidc.Authority = settings.Authority.AbsoluteUri;
            oidc.RequireHttpsMetadata = settings.Authority.Scheme == Uri.UriSchemeHttps;
            oidc.ClientId = settings.ClientId;
            oidc.SignInScheme = Session;
            oidc.ResponseType = OpenIdConnectResponseType.Code;
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            oidc.UsePkce = true;
            oidc.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Require;
            oidc.GetClaimsFromUserInfoEndpoint = true;
            oidc.MapInboundClaims = false;
            oidc.SaveTokens = false;
            oidc.DisableTelemetry = true;
            oidc.TokenValidationParameters.NameClaimType = "name";
            oidc.BackchannelTimeout = TimeSpan.FromSeconds(10);
            oidc.AccessDeniedPath = "/cancelled";
            oidc.Scope.Clear();
            foreach (var scope in settings.Scopes)
                oidc.Scope.Add(scope);
            // The handler throws the level away unless told otherwise.
            oidc.ClaimActions.Remove("acr");
            oidc.ClaimActions.MapJsonKey("birthdate", "birthdate");
            oidc.ClaimActions.MapJsonKey("person_identifier", "person_identifier");
            Configure(oidc.CorrelationCookie, settings, "correlation");
            Configure(oidc.NonceCookie, settings, "nonce");
            oidc.Events = Events();
        });
    }

    /// <summary>GET /sign-in: to the Provider and back to <paramref name="next"/>, a page of this site, or the person's page.</summary>
    internal static async Task Begin(HttpContext context, string? next)
    {
        try
        {
            await context.ChallengeAsync(Provider, new AuthenticationProperties { RedirectUri = IsLocal(next) ? next : "/me" });
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            throw new StoreUnavailableException("the Provider", exception);
        }
    }

    /// <summary>Ends the session here and at the Provider, which tells the other agencies. When the Provider does not answer, here alone.</summary>
    internal static async Task End(HttpContext context)
    {
        await context.SignOutAsync(Session);
        try
        {
            await context.SignOutAsync(Provider, new AuthenticationProperties { RedirectUri = "/" });
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Log(context).LogWarning(exception, "The Provider could not be told of a sign-out");
            context.Response.Redirect("/");
        }
    }

    /// <summary>The level in words of eIDAS, from the <c>acr</c> value: <c>Low</c>, <c>Substantial</c>, <c>High</c>, or null for another.</summary>
    public static string? LevelName(string? acr) => acr switch
    {
        Low => nameof(Low),
        Substantial => nameof(Substantial),
        High => nameof(High),
        _ => null,
    };

    // "/\host" and "//host" are other sites to a browser.
    internal static bool IsLocal(string? address) =>
        address is ['/', ..] and not ['/', '/' or '\\', ..] && !address.Any(char.IsControl);

    static OpenIdConnectEvents Events() => new()
    {
        OnRedirectToIdentityProvider = context =>
        {
            context.ProtocolMessage.UiLocales = Languages.Current.Tag;
            context.ProtocolMessage.AcrValues = Substantial;
            return Task.CompletedTask;
        },
        OnPushAuthorization = context =>
        {
            Key(context.HttpContext).Authenticate(context.ProtocolMessage);
            context.HandleClientAuthentication();
            return Task.CompletedTask;
        },
        OnAuthorizationCodeReceived = context =>
        {
            Key(context.HttpContext).Authenticate(context.TokenEndpointRequest!);
            return Task.CompletedTask;
        },
        OnTokenValidated = context =>
        {
            // OpenID Connect Core 3.1.3.7 (12): acr_values is a wish, so the agency checks what it got.
            if (context.Principal?.FindFirst("acr")?.Value is not (Substantial or High))
                context.Fail("The sign-in has a lower level than was asked for.");
            // Kept in the session for one purpose: it says at sign-out which session is meant (OpenID Connect RP-Initiated Logout 2).
            else
                context.Properties!.StoreTokens([new AuthenticationToken { Name = "id_token", Value = context.TokenEndpointResponse!.IdToken }]);
            return Task.CompletedTask;
        },
        OnRemoteFailure = context =>
        {
            // A forged, replayed or outdated answer, or one without its cookie. The person sees a reference, the log the reason.
            context.HandleResponse();
            if (IsOutage(context.Failure))
                throw new StoreUnavailableException("the Provider", context.Failure);
            var reference = PlainProblem.NewReference();
            Log(context.HttpContext).LogWarning(context.Failure, "The sign-in failed, error reference {Reference}", reference);
            return PlainProblem.Write(context.HttpContext, StatusCodes.Status400BadRequest, reference);
        },
    };

    static void Configure(CookieBuilder cookie, DemoSettings settings, string what)
    {
        cookie.Name = CookieNames.For(settings.PublicAddress, settings.Service, what) + (what == "session" ? "" : ".");
        cookie.HttpOnly = true;
        cookie.Path = "/";
        // The answer comes back by response_mode query, a navigation to this site, with which Lax cookies are sent.
        cookie.SameSite = SameSiteMode.Lax;
        cookie.SecurePolicy = settings.PublicAddress.Scheme == Uri.UriSchemeHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }

    static bool IsOutage(Exception? exception)
    {
        const int Deepest = 16;
        for (var depth = 0; exception is not null && depth < Deepest; depth++, exception = exception.InnerException)
        {
            if (exception is HttpRequestException or TaskCanceledException or StoreUnavailableException)
                return true;
        }
        return false;
    }

    static AgencyKey Key(HttpContext context) => context.RequestServices.GetRequiredService<AgencyKey>();

    static ILogger Log(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AgencySignIn).FullName!);
}
