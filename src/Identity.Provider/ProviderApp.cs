using Identity.Audit;
using Identity.Provider.Approvals;
using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.Consent;
using Identity.Provider.Enrolment;
using Identity.Provider.Login;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider;

/// <summary>The OpenID provider: what it is made of, and every route in the order in which a login meets them.</summary>
public static class ProviderApp
{
    /// <summary>Nothing is opened and nothing listens until the host is started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            // Pages are found by this name: without it, another service hosting this one would serve its own.
            ApplicationName = "Identity.Provider",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("provider.json", optional: false).AddEnvironmentVariables().AddCommandLine(SeedDemoSwitch(args));
        var settings = ProviderSettings.Check(builder.Configuration.GetSection("Provider").Get<ProviderOptions>() ?? new(), builder.Environment);

        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => AuditLog.Open(settings.Audit, "provider", provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<ProviderStart>();
        AddStores(services, settings);
        services.AddScoped<ClientRegistry>();
        services.AddSingleton<RequestProgress>();
        AddPeople(services, settings);
        builder.AddIdentityWeb("provider", settings.Issuer);

        var app = builder.Build();
        app.UseIdentityWeb();
        app.MapHealth();
        app.MapRazorPages();
        return app;
    }

    private static void AddStores(IServiceCollection services, ProviderSettings settings)
    {
        services.Configure<IdentityOptions>(ProviderDatabase.Shape);
        services.AddDbContextPool<ProviderDatabase>(database => database.UseSqlite(settings.Database));
        services.AddSingleton(_ => new RedisStore(settings.Redis, settings.RedisPrefix));
        services.AddHealthChecks().AddCheck<StoreHealth>("stores");
        services.AddDataProtection()
            .SetApplicationName("Identity.Provider")
            .PersistKeysToDbContext<ProviderDatabase>();
        services.AddOpenIddict().AddCore(core => core.UseEntityFrameworkCore().UseDbContext<ProviderDatabase>());
    }

    private static void AddPeople(IServiceCollection services, ProviderSettings settings)
    {
        services.AddSessions(settings.Issuer, settings.Sessions);
        services.AddPasskeys(settings.Issuer);
        // People come from agencies' sites, and a Strict cookie would not come along: each arrival would get another token, and the form in the tab
        // before would be refused. A Lax cookie stays away from the posts of other sites just as well.
        services.Configure<AntiforgeryOptions>(antiforgery => antiforgery.Cookie.SameSite = SameSiteMode.Lax);
        services.AddScoped<PersonStore>();
        services.AddScoped<EnrolmentCodes>();
        services.AddScoped<Enrolments>();
        services.AddSingleton<GuessLimit>();
        services.AddSingleton<PendingRequests>();
        services.AddScoped<ConsentStore>();
        services.AddScoped<ApprovalCeremonies>();
        services.AddSingleton<ApprovalStore>();
    }

    // The command-line provider would take a lone switch for the name of the next argument's value.
    private static string[] SeedDemoSwitch(string[] args) =>
        [.. args.Select(argument => argument == "--seed-demo" ? "--Provider:SeedDemo:Enabled=true" : argument)];
}
