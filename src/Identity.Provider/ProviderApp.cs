using Identity.Audit;
using Identity.Keys;
using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.DeviceAuthorization;
using Identity.Provider.Discovery;
using Identity.Provider.Dpop;
using Identity.Provider.Encryption;
using Identity.Provider.Introspection;
using Identity.Provider.Login;
using Identity.Provider.Logout;
using Identity.Provider.MutualTls;
using Identity.Web.Outgoing;
using Identity.Provider.People;
using Identity.Provider.PushedRequests;
using Identity.Provider.RateLimits;
using Identity.Provider.RefreshTokens;
using Identity.Provider.ResourceIndicators;
using Identity.Provider.Revocation;
using Identity.Provider.Registration;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Provider.Subjects;
using Identity.Provider.Token;
using Identity.Provider.TokenExchange;
using Identity.Provider.UserInfo;
using Identity.Web;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider;

/// <summary>The OpenID provider: what it is made of, and every route in the order in which a login meets them.</summary>
public static partial class ProviderApp
{
    /// <summary>RFC 9700 4.14.2: a rotated refresh token that comes again within this time is refused, and later ends the login: a client that asks twice is no thief.</summary>
    private static readonly TimeSpan RefreshTokenLeeway = TimeSpan.FromSeconds(30);

    /// <summary>Nothing is opened and nothing listens until the host is started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = Configured(args);
        var settings = ProviderSettings.Check(builder.Configuration.GetSection("Provider").Get<ProviderOptions>() ?? new(), builder.Environment);

        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(new GuardedHttp(settings.Outgoing));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => AuditLog.Open(settings.Audit, "provider", provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<ProviderStart>();
        var keys = KeyRing.Open(settings.Keys, settings.Production);
        // Given by a function, so that the container ends the processes of its tokens with the service.
        services.AddSingleton(_ => keys);
        AddStores(services, settings, keys);
        AddProtocol(services, settings, keys, builder.Environment.IsDevelopment());
        AddPeople(services, settings);
        builder.AddIdentityWeb("provider", settings.Issuer);
        MutualTlsListener.Configure(builder);

        var app = builder.Build();
        app.UseIdentityWeb(static early =>
        {
            early.UseStoreOutages(ProviderStores.StoreOf);
            early.Use(early.Services.GetRequiredService<BrowserClients>().Answer);
            early.Use(early.Services.GetRequiredService<PublishedDocuments>().Answer);
            early.Use(FormBody.Read);
            early.Use(RequestLimits.Hold);
        });
        app.MapHealth();
        // The routes, in the order in which a login meets them. Those marked so are answered by OpenIddict with the handlers below.
        //   GET       /.well-known/openid-configuration   OpenIddict
        //   GET       /.well-known/jwks                   OpenIddict
        app.MapPost("/register", RegistrationEndpoint.Handle);
        //   POST      /par                                OpenIddict
        app.MapMethods("/authorize", ["GET", "POST"], AuthorizeEndpoint.Handle);
        //   pages     /login /enrol /consent /approve / /passkeys   Razor Pages in their folders
        app.MapRazorPages();
        //   POST      /device_authorization               OpenIddict; page /device
        //   POST      /token                              OpenIddict
        //   GET, POST /userinfo                           OpenIddict
        //   POST      /introspect, /revoke                OpenIddict
        app.MapMethods(EndSessionEndpoint.Path, ["GET", "POST"], EndSessionEndpoint.Handle);
        //   pages     /logout/confirm /logout/done        Razor Pages
        return app;
    }

    /// <summary>Where the settings come from, for the service and its commands alike.</summary>
    internal static WebApplicationBuilder Configured(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            // Pages are found by this name: without it, another service hosting this one would serve its own.
            ApplicationName = "Identity.Provider",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("provider.json", optional: false).AddEnvironmentVariables().AddCommandLine(SeedDemoSwitch(args));
        return builder;
    }

    private static void AddProtocol(IServiceCollection services, ProviderSettings settings, KeyRing keys, bool development)
    {
        // Once to look whether they can be used at all: at the start, not at the first token.
        _ = new TokenKeys(keys, settings.TokenKeys, TokenKeys.KeptFor(settings), TimeProvider.System, audit: null, NullLogger.Instance);
        services.AddSingleton(provider => new TokenKeys(
            keys, settings.TokenKeys, TokenKeys.KeptFor(settings), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<AuditLog>(), provider.GetRequiredService<ILogger<TokenKeys>>()));
        // The engine asks for some to start with; what signs and verifies from moment to moment is said by TokenSignature.
        services.AddOptions<OpenIddictServerOptions>().Configure<TokenKeys>(
            static (options, tokenKeys) => options.SigningCredentials.AddRange(TokenKey.Algorithms.Select(algorithm => tokenKeys.Active(algorithm).Credentials)));
        services.AddScoped<ClientRegistry>();
        services.AddScoped<RegistrationEndpoint>();
        services.AddSingleton<AssertionUses>();
        services.AddScoped<ClientAssertion>();
        services.AddScoped<ClientCertificates>();
        services.AddSingleton<FetchedKeySets>();
        services.AddScoped<ClientKeySets>();
        services.AddSingleton<BrowserClients>();
        services.AddSingleton<PublishedDocuments>();
        services.AddScoped<PairwiseSubjects>();
        services.AddSingleton<RequestProgress>();
        services.AddSingleton<Refusals>();
        services.AddSingleton<RateCounter>();
        services.AddSingleton<RequestLimits>();
        services.AddScoped<AuthorizeParties>();
        services.AddScoped<AuthorizeEndpoint>();
        services.AddSingleton<EvidenceAnswer>();
        services.AddSingleton<SigningIntrospection>();
        services.AddScoped<RefreshGrant>();
        services.AddScoped<ExchangeGrant>();
        services.AddScoped<ClientEncryption>();
        services.AddSingleton<DpopNonces>();
        services.AddSingleton<DpopCheck>();
        services.AddSingleton<HandlerPlans>();
        services.AddOpenIddict().AddServer(server =>
        {
            server.SetIssuer(settings.Issuer)
                .SetConfigurationEndpointUris(".well-known/openid-configuration")
                .SetJsonWebKeySetEndpointUris(".well-known/jwks")
                .SetPushedAuthorizationEndpointUris("par")
                .SetAuthorizationEndpointUris("authorize")
                .SetTokenEndpointUris("token")
                .SetUserInfoEndpointUris("userinfo")
                .SetRevocationEndpointUris("revoke")
                .SetIntrospectionEndpointUris("introspect")
                .SetDeviceAuthorizationEndpointUris("device_authorization")
                .SetEndUserVerificationEndpointUris("device")
                .AllowAuthorizationCodeFlow()
                .AllowClientCredentialsFlow()
                .AllowRefreshTokenFlow()
                .AllowTokenExchangeFlow()
                .AllowDeviceAuthorizationFlow()
                .RegisterScopes([.. ClientRegistration.IdentityScopes, .. settings.Resources.Select(resource => resource.Scope)])
                .SetAuthorizationCodeLifetime(settings.CodeLifetime)
                .SetAccessTokenLifetime(settings.AccessTokenLifetime)
                .SetIdentityTokenLifetime(settings.AccessTokenLifetime)
                .SetRefreshTokenLifetime(settings.Sessions.Absolute)
                // One that takes another's place ends when the other would have. Which client's is replaced at all: RefreshGrant.
                .DisableSlidingRefreshTokenExpiration()
                .DisableRollingRefreshTokens()
                .SetRefreshTokenReuseLeeway(RefreshTokenLeeway)
                .AddEncryptionCertificate(keys.CertificateWithPrivateKey("token-encryption", KeyPurpose.TokenEncryption))
                // RFC 9068: resource servers read access tokens, so they are signed only; what must not be read is not in them (TokenClaims).
                .DisableAccessTokenEncryption()
                // The tokens of a login are tied together by a random identifier; for a client without refresh tokens, a login writes no row.
                .DisableAuthorizationStorage();
            // Codes and pushed requests are sealed by Data Protection: authenticated encryption, no RSA operation for each.
            server.UseDataProtection().PreferDefaultAccessTokenFormat();
            var host = server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().SuppressJsonResponseIndentation();
            // Outside development TLS may end at a proxy; the issuer is https there, and the public address is a setting (Identity.Web).
            if (development)
                host.DisableTransportSecurityRequirement();
            // Last, so that it takes away what the lines above offer by default.
            server.Configure(options =>
            {
                // RFC 9700 2.1.1: S256 alone.
                options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain);
                // A response mode is offered when a client is registered for it (ASVS 5.0 10.4.12): query so far.
                options.ResponseModes.IntersectWith([ResponseModes.Query]);
                options.ClientAuthenticationMethods.IntersectWith(
                    [ClientAuthenticationMethods.PrivateKeyJwt, ClientAuthenticationMethods.ClientSecretBasic, ClientAuthenticationMethods.ClientSecretPost]);
                options.PromptValues.IntersectWith([PromptValues.None, PromptValues.Login, PromptValues.Consent, PromptValues.SelectAccount]);
                // RFC 8707: which of them a client may name is said by the scopes that it is registered for.
                options.Resources.UnionWith([settings.Issuer, .. settings.Resources.Select(resource => resource.Address)]);
                options.IgnoreResourcePermissions = true;
                // RFC 8693: access tokens for access tokens.
                options.SubjectTokenTypes.IntersectWith([TokenTypeIdentifiers.AccessToken]);
                options.RequestedTokenTypes.IntersectWith([TokenTypeIdentifiers.AccessToken]);
                options.ActorTokenTypes.Clear();
                // OpenID Connect Core 11: never granted, so not offered (OfflineAccess).
                options.Scopes.Remove(Scopes.OfflineAccess);
                options.RequestTokenLifetime = settings.RequestLifetime + settings.InteractionLifetime;
                // A request that the browser brings itself is put away and waits under a request_uri like a pushed one: the pages know one kind.
                options.EnableAuthorizationRequestCaching = true;
            });
            AddHandlers(server);
        });
        services.Replace(ServiceDescriptor.Scoped<IOpenIddictServerDispatcher, HandlerDispatcher>());
        services.AddDeviceAuthorization();
    }

    /// <summary>Our handlers, in the order in which a login runs through them.</summary>
    private static void AddHandlers(OpenIddictServerBuilder server)
    {
        // Discovery
        After<HandleConfigurationRequestContext, DiscoveryDocument>(server, OpenIddictServerHandlers.Discovery.AttachAdditionalMetadata.Descriptor);
        After<HandleConfigurationRequestContext, MutualTlsMetadata>(server, OpenIddictServerHandlers.Discovery.AttachAdditionalMetadata.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Discovery.AttachSigningKeys.Descriptor);
        After<HandleJsonWebKeySetRequestContext, TokenSignature.KeySet>(server, OpenIddictServerHandlers.Discovery.AttachSigningKeys.Descriptor);
        After<ApplyConfigurationResponseContext, Cached.For<ApplyConfigurationResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachCacheControlHeader<ApplyConfigurationResponseContext>.Descriptor);
        After<ApplyJsonWebKeySetResponseContext, Cached.For<ApplyJsonWebKeySetResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachCacheControlHeader<ApplyJsonWebKeySetResponseContext>.Descriptor);

        // Any token that comes back
        After<ValidateTokenContext, TokenSignature.Verification>(server, OpenIddictServerHandlers.Protection.ResolveTokenValidationParameters.Descriptor);
        After<ValidateTokenContext, TokenSignature.HintsEnd>(server, OpenIddictServerHandlers.Protection.ValidateIdentityModelToken.Descriptor);

        // Pushed request and token request: who is the client?
        ReadCredentials<ExtractPushedAuthorizationRequestContext>(server);
        ReadCredentials<ExtractTokenRequestContext>(server);
        ReadCredentials<ExtractIntrospectionRequestContext>(server);
        ReadCredentials<ExtractRevocationRequestContext>(server);
        ReadCredentials<ExtractDeviceAuthorizationRequestContext>(server);
        foreach (var replaced in new[]
        {
            OpenIddictServerHandlers.ValidateClientAssertion.Descriptor, OpenIddictServerHandlers.ValidateClientAssertionWellknownClaims.Descriptor,
            OpenIddictServerHandlers.ValidateClientAssertionIssuer.Descriptor, OpenIddictServerHandlers.ValidateClientType.Descriptor,
            OpenIddictServerHandlers.ValidateClientSecret.Descriptor, OpenIddictServerHandlers.ValidateClientCertificate.Descriptor,
        })
        {
            server.RemoveEventHandler(replaced);
        }

        After<ProcessAuthenticationContext, ClientAuthentication>(server, OpenIddictServerHandlers.ValidateClientAssertion.Descriptor);

        // Pushed request: what may it hold?
        First<ValidatePushedAuthorizationRequestContext, OfflineAccess<ValidatePushedAuthorizationRequestContext>>(server);
        First<ValidateAuthorizationRequestContext, OfflineAccess<ValidateAuthorizationRequestContext>>(server);
        After<ValidatePushedAuthorizationRequestContext, PushedRequestLimits>(server, OpenIddictServerHandlers.Authentication.ValidatePushedAuthentication.Descriptor);
        After<ValidatePushedAuthorizationRequestContext, PushedAuthorizationDetails>(server, OpenIddictServerHandlers.Authentication.ValidatePushedAuthorizedParty.Descriptor);
        After<ValidatePushedAuthorizationRequestContext, DpopBinding.OfPushedRequest>(server, OpenIddictServerHandlers.Authentication.ValidatePushedAuthorizedParty.Descriptor);
        Before<ApplyPushedAuthorizationResponseContext, DpopBinding.OfPushedAnswer>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyPushedAuthorizationResponseContext>.Descriptor);
        Before<ApplyPushedAuthorizationResponseContext, ForeignRedirectUri>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyPushedAuthorizationResponseContext>.Descriptor);
        Before<ApplyPushedAuthorizationResponseContext, RequestUriLifetime>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyPushedAuthorizationResponseContext>.Descriptor);
        After<ApplyPushedAuthorizationResponseContext, PushedByPost>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyPushedAuthorizationResponseContext>.Descriptor);

        // A request that was not pushed: what may it hold?
        After<ValidateAuthorizationRequestContext, PushedRequestLimits.OfDirectRequest>(server, OpenIddictServerHandlers.Authentication.ValidateAuthorizedParty.Descriptor);

        // Resources: RFC 8707 2 has one error for all that is wrong with them.
        server.RemoveEventHandler(OpenIddictServerHandlers.Authentication.ValidatePushedResourceParameter.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Authentication.ValidateResourceParameter.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Exchange.ValidateResourceParameter.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Authentication.ValidatePushedScopePermissions.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Authentication.ValidateScopePermissions.Descriptor);
        Before<ValidatePushedAuthorizationRequestContext, PermittedScopes<ValidatePushedAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Authentication.ValidatePushedScopePermissions.Descriptor);
        Before<ValidateAuthorizationRequestContext, PermittedScopes<ValidateAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Authentication.ValidateScopePermissions.Descriptor);
        After<ValidatePushedAuthorizationRequestContext, AskedResources<ValidatePushedAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Authentication.ValidatePushedScopePermissions.Descriptor);
        After<ValidateAuthorizationRequestContext, AskedResources<ValidateAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Authentication.ValidateScopePermissions.Descriptor);

        // Authorization response: where do errors go?
        After<ApplyAuthorizationResponseContext, ErrorsToClient>(server, OpenIddictServerHandlers.Authentication.AttachRedirectUri.Descriptor);
        After<ApplyAuthorizationResponseContext, ErrorPage>(server, OpenIddictServerHandlers.Authentication.AttachIssuer.Descriptor);

        // Device authorization request, and its code
        server.AddDeviceAuthorization();

        // Token request
        First<ValidateTokenRequestContext, OfflineAccess<ValidateTokenRequestContext>>(server);
        After<ValidateTokenRequestContext, RefreshTokenPolicy.NoWidening>(server, OpenIddictServerHandlers.Exchange.ValidateAuthentication.Descriptor);
        After<ValidateTokenRequestContext, CodeVerifier>(server, OpenIddictServerHandlers.Exchange.ValidateAuthentication.Descriptor);
        After<ValidateTokenRequestContext, DpopBinding.OfTokenRequest>(server, OpenIddictServerHandlers.Exchange.ValidateCodeVerifier.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Exchange.ValidateAuthorizedParty.Descriptor);
        After<ValidateTokenRequestContext, GrantedParty>(server, OpenIddictServerHandlers.Exchange.ValidateAuthorizedParty.Descriptor);
        After<ValidateTokenRequestContext, AskedResource>(server, OpenIddictServerHandlers.Exchange.ValidateGrantedScopes.Descriptor);
        After<ValidateTokenRequestContext, CertificateBinding.OfTokenRequest>(server, OpenIddictServerHandlers.Exchange.ValidateCodeVerifier.Descriptor);
        After<HandleTokenRequestContext, TokenGrants>(server, OpenIddictServerHandlers.Exchange.AttachPrincipal.Descriptor);
        After<ProcessSignInContext, RefreshTokenPolicy>(server, OpenIddictServerHandlers.EvaluateGeneratedTokens.Descriptor);
        server.AddEventHandler<ProcessSignInContext>(handler => handler.AddFilter<OpenIddictServerHandlerFilters.RequireRefreshTokenGenerated>()
            .UseScopedHandler<RefreshTokenPolicy.Content>().SetOrder(OpenIddictServerHandlers.PrepareRefreshTokenPrincipal.Descriptor.Order + 200));
        server.AddEventHandler<ProcessSignInContext>(handler => handler.AddFilter<OpenIddictServerHandlerFilters.RequireRefreshTokenGenerated>()
            .UseScopedHandler<DpopBinding.OfRefreshToken>().SetOrder(OpenIddictServerHandlers.PrepareRefreshTokenPrincipal.Descriptor.Order + 250));
        server.AddEventHandler<ProcessSignInContext>(handler => handler.AddFilter<OpenIddictServerHandlerFilters.RequireAccessTokenGenerated>()
            .UseScopedHandler<AccessTokenResource>().SetOrder(OpenIddictServerHandlers.PrepareAccessTokenPrincipal.Descriptor.Order + 250));
        After<GenerateTokenContext, TokenSignature>(server, OpenIddictServerHandlers.Protection.AttachSecurityCredentials.Descriptor);
        Before<GenerateTokenContext, TokenClaims.NoIdentityTokenEntry>(server, OpenIddictServerHandlers.Protection.CreateTokenEntry.Descriptor);
        After<GenerateTokenContext, TokenClaims>(server, OpenIddictServerHandlers.Protection.AttachTokenSubject.Descriptor);
        After<GenerateTokenContext, DpopBinding.OfAccessToken>(server, OpenIddictServerHandlers.Protection.AttachTokenSubject.Descriptor);
        After<GenerateTokenContext, ClientEncryption.OfIdToken>(server, OpenIddictServerHandlers.Protection.GenerateIdentityModelToken.Descriptor);
        Before<ApplyTokenResponseContext, SubjectTokenErrors>(server, OpenIddictServerHandlers.Exchange.NormalizeErrorResponse.Descriptor);
        Before<ApplyTokenResponseContext, DpopBinding.OfTokenAnswer>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyTokenResponseContext>.Descriptor);

        // Every answer
        Before<ApplyPushedAuthorizationResponseContext, NoForeignPages<ApplyPushedAuthorizationResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyPushedAuthorizationResponseContext>.Descriptor);
        Before<ApplyAuthorizationResponseContext, NoForeignPages<ApplyAuthorizationResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyAuthorizationResponseContext>.Descriptor);
        Before<ApplyTokenResponseContext, NoForeignPages<ApplyTokenResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyTokenResponseContext>.Descriptor);
        Before<ApplyIntrospectionResponseContext, NoForeignPages<ApplyIntrospectionResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyIntrospectionResponseContext>.Descriptor);
        Before<ApplyRevocationResponseContext, NoForeignPages<ApplyRevocationResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyRevocationResponseContext>.Descriptor);
        Before<ApplyUserInfoResponseContext, NoForeignPages<ApplyUserInfoResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyUserInfoResponseContext>.Descriptor);

        // Introspection and revocation: whom does the token concern?
        server.RemoveEventHandler(OpenIddictServerHandlers.Introspection.ValidateTokenType.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Introspection.ValidateAuthorizedParty.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Introspection.AttachApplicationClaims.Descriptor);
        After<HandleIntrospectionRequestContext, TokenIntrospection>(server, OpenIddictServerHandlers.Introspection.AttachMetadataClaims.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Revocation.ValidateTokenType.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Revocation.ValidateAuthorizedParty.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Revocation.RevokeToken.Descriptor);
        After<HandleRevocationRequestContext, TokenRevocation>(server, OpenIddictServerHandlers.Revocation.AttachPrincipal.Descriptor);

        // Userinfo
        After<ExtractUserInfoRequestContext, DpopScheme.Extract>(server, OpenIddictServerAspNetCoreHandlers.ExtractAccessToken<ExtractUserInfoRequestContext>.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.Protection.ValidateProofOfPossession.Descriptor);
        After<ValidateTokenContext, DpopScheme.Possession>(server, OpenIddictServerHandlers.Protection.ValidateProofOfPossession.Descriptor);
        After<ApplyUserInfoResponseContext, DpopScheme.Challenge>(server, OpenIddictServerAspNetCoreHandlers.AttachWwwAuthenticateHeader<ApplyUserInfoResponseContext>.Descriptor);
        After<HandleUserInfoRequestContext, UserInfoAnswer>(server, OpenIddictServerHandlers.UserInfo.AttachClaims.Descriptor);
        After<HandleUserInfoRequestContext, UserInfoJwt.Client>(server, OpenIddictServerHandlers.UserInfo.AttachClaims.Descriptor);
        Before<ApplyUserInfoResponseContext, UserInfoJwt>(server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyUserInfoResponseContext>.Descriptor);
        Before<ApplyUserInfoResponseContext, UserInfoJwt.Write>(server, OpenIddictServerAspNetCoreHandlers.ProcessJsonResponse<ApplyUserInfoResponseContext>.Descriptor);
    }

    // OpenIddict's own handlers stand 1000 apart.
    internal static void After<TContext, THandler>(OpenIddictServerBuilder server, OpenIddictServerHandlerDescriptor other)
        where TContext : OpenIddictServerEvents.BaseContext
        where THandler : class, IOpenIddictServerHandler<TContext> =>
        server.AddEventHandler<TContext>(handler => handler.UseScopedHandler<THandler>().SetOrder(other.Order + 250));

    internal static void First<TContext, THandler>(OpenIddictServerBuilder server)
        where TContext : OpenIddictServerEvents.BaseContext
        where THandler : class, IOpenIddictServerHandler<TContext> =>
        server.AddEventHandler<TContext>(handler => handler.UseScopedHandler<THandler>().SetOrder(int.MinValue));

    internal static void Before<TContext, THandler>(OpenIddictServerBuilder server, OpenIddictServerHandlerDescriptor other)
        where TContext : OpenIddictServerEvents.BaseContext
        where THandler : class, IOpenIddictServerHandler<TContext> =>
        server.AddEventHandler<TContext>(handler => handler.UseScopedHandler<THandler>().SetOrder(other.Order - 250));

    private static void ReadCredentials<TContext>(OpenIddictServerBuilder server)
        where TContext : OpenIddictServerEvents.BaseValidatingContext
    {
        server.RemoveEventHandler(OpenIddictServerAspNetCoreHandlers.ExtractClientCertificate<TContext>.Descriptor);
        After<TContext, ClientCertificates.Extract<TContext>>(server, OpenIddictServerAspNetCoreHandlers.ExtractClientCertificate<TContext>.Descriptor);
        server.RemoveEventHandler(OpenIddictServerAspNetCoreHandlers.ExtractBasicAuthenticationCredentials<TContext>.Descriptor);
        After<TContext, BasicCredentials.Of<TContext>>(server, OpenIddictServerAspNetCoreHandlers.ExtractBasicAuthenticationCredentials<TContext>.Descriptor);
    }

    // The command-line provider would take a lone switch for the name of the next argument's value.
    private static string[] SeedDemoSwitch(string[] args) =>
        [.. args.Select(argument => argument == "--seed-demo" ? "--Provider:SeedDemo:Enabled=true" : argument)];
}
