using Identity.Keys;
using Identity.Provider.Approvals;
using Identity.Provider.Clients;
using Identity.Provider.Consent;
using Identity.Provider.Enrolment;
using Identity.Provider.Login;
using Identity.Provider.Logout;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.RefreshTokens;
using Identity.Provider.Registration;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;

namespace Identity.Provider;

/// <summary>What the Provider keeps, and what it knows of people.</summary>
public static partial class ProviderApp
{
    private static void AddStores(IServiceCollection services, ProviderSettings settings, KeyRing keys)
    {
        AddRecords(services, settings);
        services.AddHostedService<ExpiredRefreshTokens>();
        services.AddHealthChecks().AddCheck<StoreHealth>("stores");
        AddProtection(services, keys);
    }

    /// <summary>The keys that seal what stands in Redis and in cookies.</summary>
    internal static void AddProtection(IServiceCollection services, KeyRing keys) => services.AddDataProtection()
        .SetApplicationName("Identity.Provider")
        .PersistKeysToDbContext<ProviderDatabase>()
        .ProtectKeysWithCertificate(keys.CertificateWithPrivateKey("data-protection", KeyPurpose.DataProtection));

    /// <summary>The database, and Redis behind it, as the service and its commands see them. Nothing is opened before it is used.</summary>
    internal static void AddRecords(IServiceCollection services, ProviderSettings settings)
    {
        services.Configure<IdentityOptions>(ProviderDatabase.Shape);
        services.AddDbContextPool<ProviderDatabase>(database => DatabaseProduct.Use(database, settings.Database));
        services.AddSingleton(_ => new RedisStore(settings.Redis, settings.RedisPrefix, settings.RedisReplicas));
        services.AddOpenIddict().AddCore(core =>
        {
            core.UseEntityFrameworkCore().UseDbContext<ProviderDatabase>();
            core.ReplaceApplicationManager<OpenIddictEntityFrameworkCoreApplication, RegisteredClients>();
            core.SetDefaultTokenEntity<TokenEntry>().ReplaceTokenStore<TokenEntry, TokenStore>(ServiceLifetime.Scoped);
            core.ReplaceTokenManager<TokenEntry, StoredTokens>();
        });
        services.AddScoped(provider => (TokenStore)provider.GetRequiredService<IOpenIddictTokenStore<TokenEntry>>());
        services.AddSingleton<LoginQueries>();
        services.AddSingleton<KnownClients>();
        services.AddScoped<RedisTokenStore>();
        services.AddScoped<RefreshTokenTable>();
        services.AddScoped<ClientAdministration>();
        services.AddScoped<InitialAccessTokens>();
        services.AddScoped(provider => (RegisteredClients)provider.GetRequiredService<IOpenIddictApplicationManager>());
    }

    private static void AddPeople(IServiceCollection services, ProviderSettings settings)
    {
        services.AddSessions(settings.Issuer, settings.Sessions);
        services.AddLogout(settings.BackchannelLogout);
        services.AddPasskeys(settings.Issuer, settings.AttestationRoots);
        // People come from agencies' sites, and a Strict cookie would not come along: each arrival would get another token, and the form in the tab
        // before would be refused. A Lax cookie stays away from the posts of other sites just as well.
        services.PostConfigure<AntiforgeryOptions>(antiforgery => antiforgery.Cookie.SameSite = SameSiteMode.Lax);
        services.AddScoped<PersonStore>();
        services.AddScoped<PersonPasskeys>();
        services.AddScoped<EnrolmentCodes>();
        services.AddScoped<Enrolments>();
        services.AddSingleton<GuessLimit>();
        services.AddSingleton<PendingRequests>();
        services.AddScoped<ConsentStore>();
        services.AddScoped<ApprovalCeremonies>();
        services.AddSingleton<ApprovalStore>();
    }
}
