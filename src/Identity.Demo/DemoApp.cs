using Identity.Demo.LandRegistry;
using Identity.Demo.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Demo;

/// <summary>One of the three demonstration agencies, named by the setting <c>Demo:Portal</c>.</summary>
public static class DemoApp
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            // Pages are found in the assembly of this name; without it, those of the program that starts us.
            ApplicationName = "Identity.Demo",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("demo.json", optional: false).AddEnvironmentVariables().AddCommandLine(args);
        var settings = DemoSettings.Check(builder.Configuration.GetSection("Demo").Get<DemoOptions>() ?? new DemoOptions(), production: !builder.Environment.IsDevelopment());

        var data = Directory.CreateDirectory(settings.Data);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddDataProtection()
            .SetApplicationName($"Identity.Demo.{settings.Portal}")
            .PersistKeysToFileSystem(data.CreateSubdirectory("keys"));
        builder.AddIdentityWeb(settings.Service, settings.PublicAddress).AddRazorPagesOptions(pages =>
        {
            pages.Conventions.AuthorizePage("/SignIn/SignedIn");
            pages.Conventions.AuthorizePage("/LandRegistry/ShowDeed");
            pages.Conventions.AuthorizePage("/LandRegistry/ShowSale");
            if (settings.Portal != Portal.Land)
            {
                pages.Conventions.AddPageRouteModelConvention("/LandRegistry/ShowDeed", page => page.Selectors.Clear());
                pages.Conventions.AddPageRouteModelConvention("/LandRegistry/ShowSale", page => page.Selectors.Clear());
            }
        });
        builder.AddAgencySignIn(settings);
        if (settings.Portal == Portal.Land)
            builder.AddDeeds();

        var app = builder.Build();
        app.UseIdentityWeb();
        app.MapHealth();
        app.MapGet("/sign-in", AgencySignIn.Begin);
        // Pages: / (Home/AgencyHome), /me (SignIn/SignedIn), /cancelled (SignIn/Cancelled), /deeds/{id} (LandRegistry/ShowDeed), /sales/{id} (LandRegistry/ShowSale).
        // The handler itself answers /signin-oidc and /signout-callback-oidc.
        app.MapPost(BackchannelLogout.Path, BackchannelLogout.Receive);
        app.MapRazorPages();
        if (settings.Portal == Portal.Land)
        {
            app.MapGet("/deeds/{id}/signed.pdf", DeedDownload.Get).RequireAuthorization();
            app.MapGet("/sales/{id}/signed.pdf", SaleDownload.Get).RequireAuthorization();
            app.MapPost(SaleSigning.EventsPath, SigningEvents.Receive);
        }
        return app;
    }
}
