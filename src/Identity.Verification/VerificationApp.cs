using Identity.Verification.OpenApi;
using Identity.Verification.Pictures;
using Identity.Verification.PrintedCodes;
using Identity.Verification.Revocation;
using Identity.Verification.Siva;
using Identity.Verification.TrustedLists;
using Identity.Verification.Validations;
using Identity.Web;
using Identity.Web.Outgoing;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Verification;

/// <summary>Anybody verifies a PDF: what the service is made of, and every route.</summary>
public static class VerificationApp
{
    /// <summary>Reads the trust directories; opens nothing else, and nothing listens until the host is started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            // Pages are found by this name: without it, another service hosting this one would serve its own.
            ApplicationName = "Identity.Verification",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("verification.json", optional: false).AddEnvironmentVariables().AddCommandLine(args);
        var settings = VerificationSettings.Check(
            builder.Configuration.GetSection("Verification").Get<VerificationOptions>() ?? new(), production: !builder.Environment.IsDevelopment());

        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new OnlineRevocation(settings.RevocationSources, OnlineRevocation.Handler()));
        services.AddSingleton(_ => new SigningRecords(settings, SigningRecords.Handler()));
        services.AddSingleton<TrustInForce>();
        services.AddSingleton(_ => new GuardedHttp(TrustedListSettings.Outgoing(!settings.Production)));
        services.AddSingleton<RefreshTrustedLists>();
        services.AddHostedService(provider => provider.GetRequiredService<RefreshTrustedLists>());
        services.AddSingleton<DocumentValidation>();
        services.AddSingleton<DrawDifferences>();
        services.AddSingleton<UploadBudget>();
        // Nothing here outlives a request, so neither do the keys: no form has an effect that a forged one could have.
        services.AddDataProtection().SetApplicationName("Identity.Verification").UseEphemeralDataProtectionProvider();
        builder.AddIdentityWeb("verification", settings.PublicAddress);

        var app = builder.Build();
        app.UseIdentityWeb(early =>
        {
            early.UseAddressLimit(new AddressLimit(settings.RequestsPerAddress, TimeProvider.System), static request => !request.Path.StartsWithSegments("/health", StringComparison.Ordinal));
            early.UseAddressLimit(new AddressLimit(settings.CodesPerAddress, TimeProvider.System), static request => request.Query.ContainsKey("sha256"));
        });
        app.MapHealth();
        //   GET, POST /                 the notary's page, Validations/Verify.cshtml
        //   GET /?sha256=               what the code on a printed page leads to: the same page, with PrintedCodes/CodeAnswer.cshtml
        app.MapRazorPages();
        app.MapPost("/v1/validations", ValidationEndpoint.Handle);
        app.MapPost("/validate", SivaEndpoint.Handle);
        app.MapPost("/validateHashcode", SivaContainers.Hashcode);
        app.MapPost("/getDataFiles", SivaContainers.DataFiles);
        app.MapGet("/monitoring/health", SivaMonitoring.Health);
        app.MapGet("/monitoring/heartbeat", SivaMonitoring.Heartbeat);
        app.MapGet("/monitoring/version", SivaMonitoring.OfProgram);
        app.MapGet("/openapi/v1.json", OpenApiDocument.Handle);
        return app;
    }
}
