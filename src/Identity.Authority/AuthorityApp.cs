using Identity.Audit;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Ocsp;
using Identity.Authority.Requests;
using Identity.Authority.Revocation;
using Identity.Authority.RevocationLists;
using Identity.Authority.Storage;
using Identity.Authority.Timestamps;
using Identity.Web;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Authority;

/// <summary>Certificates for people's keys, their status, and time-stamps: what the service is made of and every route.</summary>
public static class AuthorityApp
{
    /// <summary>Nothing is opened and nothing listens until the host is started.</summary>
    public static WebApplication Build(string[] args) => Build(args, TimeProvider.System);

    internal static WebApplication Build(string[] args, TimeProvider time)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = "Identity.Authority",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("authority.json", optional: false).AddEnvironmentVariables().AddCommandLine(args);
        var settings = AuthoritySettings.Check(builder.Configuration.GetSection("Authority").Get<AuthorityOptions>() ?? new(), production: !builder.Environment.IsDevelopment());

        builder.AddIdentityWeb("authority", settings.PublicAddress);
        AddAuthority(builder.Services, settings, time);

        var app = builder.Build();
        app.UseIdentityWeb(static early => early.UseStoreOutages(AuthorityStores.StoreOf));
        app.MapHealth();
        // Public.
        app.MapPost("/tsa", static (HttpContext context, TimestampEndpoint timestamps) => timestamps.Post(context));
        app.MapPost("/ocsp", static (HttpContext context, OcspEndpoint ocsp) => ocsp.Post(context));
        app.MapGet("/ocsp/{**request}", static (HttpContext context, string request, OcspEndpoint ocsp) => ocsp.Get(context, request));
        app.MapGet("/crl/{issuer}.crl", static (HttpContext context, string issuer, PublicationEndpoint publication) => publication.RevocationList(context, issuer));
        app.MapGet("/crl/{issuer}/{shard}.crl", static (HttpContext context, string issuer, string shard, PublicationEndpoint publication) => publication.RevocationList(context, $"{issuer}/{shard}"));
        app.MapGet("/ca/{issuer}.cer", static (HttpContext context, string issuer, PublicationEndpoint publication) => publication.IssuerCertificate(context, issuer));
        // For the one registered client.
        app.MapPost("/certificates", static (HttpContext context, CertificateRequestEndpoint certificates) => certificates.Post(context));
        return app;
    }

    private static void AddAuthority(IServiceCollection services, AuthoritySettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(_ => AuditLog.Open(settings.Audit, "authority", time));
        services.AddPooledDbContextFactory<AuthorityDatabase>(database => DatabaseKind.Use(database, settings.Database));
        services.AddHealthChecks().AddCheck<AuthorityHealth>("stores");
        // No page keeps anything between requests: what protects antiforgery tokens may go with the process.
        services.AddDataProtection().SetApplicationName("Identity.Authority").UseEphemeralDataProtectionProvider();

        services.AddSingleton<AuthorityKeys>();
        services.AddSingleton<PersonProfile>();
        services.AddSingleton<IssuanceCycle>();
        services.AddSingleton<IssuanceRepair>();
        services.AddSingleton<CertificateRevocations>();
        services.AddSingleton<RequestToken>();
        services.AddSingleton(provider => new EvidenceKeys(
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }), settings, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CertificateRequestEndpoint>();
        services.AddSingleton<TimestampSerials>();
        services.AddSingleton<TimestampEndpoint>();
        services.AddSingleton<TrustedClock>();
        services.AddSingleton<OcspAnswers>();
        services.AddSingleton<OcspEndpoint>();
        services.AddSingleton<RevocationListPublisher>();
        services.AddSingleton<PublicationEndpoint>();
        // In this order: the publisher runs on what the start has prepared.
        services.AddHostedService<AuthorityStart>();
        services.AddHostedService(provider => provider.GetRequiredService<RevocationListPublisher>());
        services.AddHostedService<EndWatch>();
    }
}
