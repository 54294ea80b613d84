using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.Storage;
using Identity.Web;
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
        services.AddHostedService<ProviderStart>();
        AddStores(services, settings);
        services.AddScoped<ClientRegistry>();
        services.AddSingleton<RequestProgress>();
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

    // The command-line provider would take a lone switch for the name of the next argument's value.
    private static string[] SeedDemoSwitch(string[] args) =>
        [.. args.Select(argument => argument == "--seed-demo" ? "--Provider:SeedDemo:Enabled=true" : argument)];
}
