using System.Security.Claims;
using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Identity.Signing.SignIn;

/// <summary>How people sign in here: Microsoft's handler as any agency would use it (code, PKCE, pushed request, private_key_jwt), and a cookie.</summary>
internal static class SignInSchemes
{
    public const string Session = "session";
    public const string SignIn = "oidc";
    private const string IdTokenHint = "id_token_hint";
    private const string ClientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(15);

    public static AuthenticationBuilder AddSignIn(this IServiceCollection services, SigningSettings settings) => services
        .AddAuthentication(schemes =>
        {
            schemes.DefaultScheme = Session;
            schemes.DefaultChallengeScheme = SignIn;
        })
        .AddCookie(Session, cookie =>
        {
            cookie.Cookie.Name = CookieNames.For(settings.PublicAddress, "signing", "session");
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.Path = "/";
            // Lax: the person comes back from the Provider by a cross-site navigation.
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = Secure(settings);
            // An end that use does not move; before it, sign-out ends the session for every copy of the cookie.
            cookie.ExpireTimeSpan = settings.SessionLifetime;
            cookie.SlidingExpiration = false;
            cookie.Events.OnSigningIn = static context => Sessions(context.HttpContext).Begin(context);
            cookie.Events.OnValidatePrincipal = static context => Sessions(context.HttpContext).Check(context);
            cookie.Events.OnSigningOut = static context => Sessions(context.HttpContext).End(context.HttpContext);
        })
        .AddOpenIdConnect(SignIn, oidc =>
        {
            UseProvider(oidc, settings, "sign-in");
            oidc.CallbackPath = "/signin-oidc";
            oidc.GetClaimsFromUserInfoEndpoint = true;
            oidc.ClaimActions.MapJsonKey(SignedInPerson.IdentifierClaim, SignedInPerson.IdentifierClaim);
            oidc.ClaimActions.MapJsonKey(SignedInPerson.NameClaim, SignedInPerson.NameClaim);
            oidc.Events.OnTokenValidated = KeepSession;
            oidc.Events.OnTicketReceived = KeepWhoAlone;
            oidc.Events.OnRedirectToIdentityProviderForSignOut = static context =>
            {
                context.ProtocolMessage.IdTokenHint = context.Properties.GetParameter<string>(IdTokenHint);
                context.ProtocolMessage.UiLocales = Languages.Current.Tag;
                return Task.CompletedTask;
            };
            // Where it leads is no matter of what came back.
            oidc.Events.OnSignedOutCallbackRedirect = static context =>
            {
                context.HandleResponse();
                context.Response.Redirect("/");
                return Task.CompletedTask;
            };
        });

    /// <summary>
    /// Ends the session here, then at the Provider, which tells the agencies (OpenID Connect RP-Initiated Logout 1.0, 2). When the Provider does not answer,
    /// here alone.
    /// </summary>
    public static async Task SignOut(HttpContext context)
    {
        // Before the session ends: the token is in it.
        var idToken = await Sessions(context).IdTokenOf(context);
        await context.SignOutAsync(Session);
        if (idToken is null)
        {
            context.Response.Redirect("/");
            return;
        }

        try
        {
            var properties = new AuthenticationProperties { RedirectUri = "/" };
            properties.SetParameter(IdTokenHint, idToken);
            await context.SignOutAsync(SignIn, properties);
        }
        catch (InvalidOperationException exception)
        {
            // No metadata, or metadata without the endpoint.
            Logger(context).LogWarning(exception, "The Provider could not be told of a sign-out");
            context.Response.Redirect("/");
        }
    }

    /// <summary>What both schemes share: where the Provider is and how this client shows who it is.</summary>
    public static void UseProvider(OpenIdConnectOptions oidc, SigningSettings settings, string what)
    {
        oidc.Authority = settings.Provider.AbsoluteUri;
        oidc.RequireHttpsMetadata = settings.Provider.Scheme == Uri.UriSchemeHttps;
        oidc.ClientId = ClientKey.ClientId;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Require;
        oidc.MapInboundClaims = false;
        oidc.SaveTokens = false;
        oidc.DisableTelemetry = true;
        oidc.BackchannelTimeout = CallDeadline;
        oidc.SignInScheme = Session;
        // Front-channel logout: any page could send the person there. The Provider comes by the back channel (LogoutEndpoint).
        oidc.RemoteSignOutPath = PathString.Empty;
        oidc.TokenValidationParameters.ValidIssuer = settings.Provider.AbsoluteUri;
        oidc.TokenValidationParameters.NameClaimType = SignedInPerson.NameClaim;
        oidc.Scope.Clear();
        oidc.Scope.Add("openid");
        oidc.Scope.Add("profile");
        oidc.Scope.Add("person_identifier");
        // response_mode=query comes back as a top-level GET, for which Lax is enough; the default None needs TLS.
        oidc.CorrelationCookie.Name = CookieName(settings, what, "correlation");
        oidc.CorrelationCookie.SameSite = SameSiteMode.Lax;
        oidc.CorrelationCookie.SecurePolicy = Secure(settings);
        oidc.NonceCookie.Name = CookieName(settings, what, "nonce");
        oidc.NonceCookie.SameSite = SameSiteMode.Lax;
        oidc.NonceCookie.SecurePolicy = Secure(settings);
        oidc.Events.OnRedirectToIdentityProvider = context =>
        {
            context.ProtocolMessage.UiLocales = Languages.Current.Tag;
            return Task.CompletedTask;
        };
        // RFC 9126 2: the client authenticates at the pushed authorization request as at the token endpoint.
        oidc.Events.OnPushAuthorization = context =>
        {
            Authenticate(context.ProtocolMessage, context.HttpContext, settings);
            context.HandleClientAuthentication();
            return Task.CompletedTask;
        };
        oidc.Events.OnAuthorizationCodeReceived = context =>
        {
            Authenticate(context.TokenEndpointRequest!, context.HttpContext, settings);
            return Task.CompletedTask;
        };
        oidc.Events.OnRemoteFailure = context =>
        {
            // Wrong or replayed state, a missing correlation cookie, an error of the Provider: one plain page, the reason in the log.
            Logger(context.HttpContext).LogInformation(context.Failure, "Sign-in at the Provider did not succeed");
            context.HandleResponse();
            return PlainProblem.Write(context.HttpContext, StatusCodes.Status400BadRequest);
        };
        oidc.Events.OnAccessDenied = context =>
        {
            context.HandleResponse();
            context.Response.Redirect("/");
            return Task.CompletedTask;
        };
    }

    // Out of the ID token, which is the Provider's word on its session; in the database, not in the cookie.
    private static Task KeepSession(TokenValidatedContext context)
    {
        if (context.Principal?.FindFirstValue("sid") is { Length: > 0 } sid && context.TokenEndpointResponse?.IdToken is { } idToken)
            OpenSessions.Tell(context.Properties!, sid, idToken);
        else
            context.Fail("The Provider did not say in which session the person is.");
        return Task.CompletedTask;
    }

    private static Task KeepWhoAlone(TicketReceivedContext context)
    {
        if (SignedInPerson.Of(context.Principal) is not { } person)
            context.Fail("The Provider did not say who signed in.");
        else
            context.Principal = person.ToPrincipal(Session);
        return Task.CompletedTask;
    }

    private static void Authenticate(OpenIdConnectMessage message, HttpContext context, SigningSettings settings)
    {
        message.ClientId = ClientKey.ClientId;
        message.ClientAssertionType = ClientAssertionType;
        message.ClientAssertion = context.RequestServices.GetRequiredService<ClientKey>().Assertion(settings.Provider);
    }

    // These cookies have a path of their own, which __Host- does not allow; they carry no session.
    private static string CookieName(SigningSettings settings, string what, string kind) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"identity-signing-{what}-{kind}-{settings.PublicAddress.Port}.");

    private static CookieSecurePolicy Secure(SigningSettings settings) =>
        settings.PublicAddress.Scheme == Uri.UriSchemeHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;

    private static OpenSessions Sessions(HttpContext context) => context.RequestServices.GetRequiredService<OpenSessions>();

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SignInSchemes).FullName!);
}
