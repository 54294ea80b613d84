using Identity.Audit;
using Identity.Keys;
using Identity.Signing.Agencies;
using Identity.Signing.Appearances;
using Identity.Signing.Approvals;
using Identity.Signing.Augmentation;
using Identity.Signing.Ceremonies;
using Identity.Signing.Certificates;
using Identity.Signing.Csc;
using Identity.Signing.Documents;
using Identity.Signing.Evidence;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Seals;
using Identity.Signing.SignIn;
using Identity.Signing.Storage;
using Identity.Signing.Timestamps;
using Identity.Signing.Webhooks;
using Identity.Web;
using Identity.Web.Outgoing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing;

/// <summary>A person signs a PDF: what the service is made of, and every route in the order in which a signature meets them.</summary>
public static class SigningApp
{
    /// <summary>Nothing is opened but the keys, nothing listens and nothing is asked for until the host is started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            // Pages are found by this name: without it, another service hosting this one would serve its own.
            ApplicationName = "Identity.Signing",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("signing.json", optional: false).AddEnvironmentVariables().AddCommandLine(args);
        var settings = SigningSettings.Check(
            builder.Configuration.GetSection("Signing").Get<SigningOptions>() ?? new(), production: !builder.Environment.IsDevelopment());
        var keys = KeyRing.Open(settings.KeysDirectory, settings.Production);

        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new ClientKey(keys.Get(ClientKey.KeyName, KeyPurpose.ClientAuthentication), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => AuditLog.Open(settings.AuditFile, "signing", provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EventKey(keys.Get(EventKey.KeyName, KeyPurpose.TokenSigning), provider.GetRequiredService<SigningSettings>()));
        // Given by a function, so that the container ends the processes of its tokens with the service.
        services.AddSingleton(_ => keys);
        services.AddSingleton(provider => provider.GetRequiredService<KeyRing>().PersonKeys(settings.PersonKeys, settings.PersonKeyAlgorithm));
        services.AddSingleton<CertifiedPersonKeys>();
        services.AddSingleton<OrganisationSeals>();
        services.AddHostedService<SigningStart>();
        AddStores(services, settings, keys);
        AddSigning(services);
        AddCsc(services);
        services.AddSignIn(settings).AddApproval(settings);
        services.Configure<RouteOptions>(routing => routing.ConstraintMap["bearer"] = typeof(BearerConstraint));
        builder.AddIdentityWeb("signing", settings.PublicAddress).AddRazorPagesOptions(AddPages);

        var app = builder.Build();
        // Around authentication: sessions need the database's keys, and the Provider's answer is taken there.
        app.UseIdentityWeb(early =>
        {
            early.UseAddressLimit(new AddressLimit(settings.OpenRequestsPerAddress, TimeProvider.System), IsOpenToAll);
            early.UseStoreOutages(SigningStores.StoreOf);
        });
        Map(app);
        return app;
    }

    // Each other route asks who it is before it does anything for them.
    private static bool IsOpenToAll(HttpRequest request) =>
        request.Path.StartsWithSegments("/codes", StringComparison.OrdinalIgnoreCase) || request.Path.StartsWithSegments("/csc/v2/info", StringComparison.OrdinalIgnoreCase);

    private static void Map(WebApplication app)
    {
        app.MapHealth();
        // An agency's program: the access token is checked in each.
        app.MapPost("/requests", AgencyEndpoints.Create);
        app.MapGet("/requests/{id:bearer}", AgencyEndpoints.Status);
        app.MapGet("/requests/{id:bearer}/document", AgencyEndpoints.SignedDocument);
        app.MapPost("/seals", AgencyEndpoints.Seal);
        app.MapPost("/extensions", AgencyEndpoints.Extend);
        app.MapPost("/ceremonies", CeremonyEndpoints.Create);
        app.MapGet("/ceremonies/{id}", CeremonyEndpoints.Status);
        app.MapPost("/ceremonies/{id}/cancel", CeremonyEndpoints.Cancel);
        app.MapGet("/ceremonies/{id}/document", CeremonyEndpoints.SignedDocument);
        app.MapPost("/ceremonies/{id}/archive", CeremonyEndpoints.ArchiveAgain);
        app.MapGet("/requests/{id:bearer}/evidence", EvidenceEndpoints.ForAgency);
        app.MapPost("/batches", BatchEndpoints.Create);
        app.MapGet("/batches/{id:bearer}", BatchEndpoints.Status);
        app.MapGet("/batches/{id:bearer}/signed.zip", BatchEndpoints.SignedForAgency);
        // Whoever has a page with a code on it; Verification asks for them.
        app.MapGet("/codes/{sha256}", CodeEndpoint.Find);
        // Programs that a person lets sign for them (CSC API v2), with a token of the person's for each.
        app.MapPost("/csc/v2/info", CscEndpoints.Info);
        app.MapPost("/csc/v2/credentials/list", CscEndpoints.CredentialsList);
        app.MapPost("/csc/v2/credentials/info", CscEndpoints.CredentialsInfo);
        app.MapPost("/csc/v2/credentials/authorize", CscEndpoints.CredentialsAuthorize);
        app.MapPost("/csc/v2/credentials/extendTransaction", CscEndpoints.CredentialsExtendTransaction);
        foreach (var method in new[] { "auth/login", "auth/revoke", "credentials/authorizeCheck", "credentials/getChallenge", "credentials/sendOTP" })
            app.MapPost("/csc/v2/" + method, CscEndpoints.NotImplemented);
        app.MapPost("/csc/v2/signatures/signHash", CscEndpoints.SignaturesSignHash);
        app.MapPost("/csc/v2/signatures/signDoc", CscEndpoints.SignaturesSignDoc);
        app.MapPost("/csc/v2/signatures/signPolling", CscEndpoints.SignaturesSignPolling);
        app.MapPost("/csc/v2/signatures/timestamp", CscEndpoints.SignaturesTimestamp);
        // A person's browser. /signin-oidc, /signout-callback-oidc and /approvals/callback are answered by the handlers of SignInSchemes and ApprovalScheme.
        app.MapGet("/sign-in", PersonEndpoints.SignIn);
        app.MapPost("/sign-out", PersonEndpoints.SignOut);
        app.MapGet("/requests/{id}/document", PersonEndpoints.ShownDocument);
        app.MapGet("/requests/{id}/signed.pdf", PersonEndpoints.SignedDocument);
        app.MapGet("/places/{id}/signed.pdf", CeremonyEndpoints.SignedDocumentForSigner);
        app.MapGet("/requests/{id}/evidence", EvidenceEndpoints.ForPerson);
        app.MapGet("/batches/{id}/signed.zip", BatchEndpoints.SignedForPerson);
        app.MapRazorPages();
        // Whoever gets events from here.
        if (app.Services.GetRequiredService<SigningSettings>().Agencies.AnyWebhook)
            app.MapGet(EventKey.Path, (EventKey key) => Results.Text(key.JwkSet, "application/jwk-set+json"));
        // The Provider itself: a session is over.
        app.MapPost(LogoutEndpoint.Path, LogoutEndpoint.Receive);
    }

    /// <summary>The pages and their addresses, as the person meets them.</summary>
    private static void AddPages(Microsoft.AspNetCore.Mvc.RazorPages.RazorPagesOptions pages)
    {
        Page(pages, "/Requests/UploadDocument", "");
        Page(pages, "/Requests/ReviewDocument", "requests/{id}/review");
        Page(pages, "/Requests/SigningResult", "requests/{id}");
        Page(pages, "/Ceremonies/ShowPlace", "places/{id}");
        Page(pages, "/Requests/ReviewBatch", "batches/{id}/review");
        Page(pages, "/Requests/BatchResult", "batches/{id}");
    }

    private static void Page(Microsoft.AspNetCore.Mvc.RazorPages.RazorPagesOptions pages, string page, string route) =>
        pages.Conventions.AddPageRouteModelConvention(page, model =>
        {
            foreach (var selector in model.Selectors)
                selector.AttributeRouteModel!.Template = route;
        });

    private static void AddStores(IServiceCollection services, SigningSettings settings, KeyRing keys)
    {
        // Default Timeout: how long a writer waits for another, in seconds.
        services.AddDbContextFactory<SigningDatabase>(database => database.UseSqlite($"Data Source={settings.DatabaseFile};Default Timeout=15"));
        services.AddHealthChecks().AddCheck<SigningHealth>("stores");
        services.AddDataProtection()
            .SetApplicationName("Identity.Signing")
            .PersistKeysToDbContext<SigningDatabase>()
            .ProtectKeysWithCertificate(keys.CertificateWithPrivateKey("data-protection", KeyPurpose.DataProtection));
        services.AddSingleton<DocumentPasswords>();
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<RequestStore>();
        services.AddSingleton<BatchStore>();
        services.AddSingleton<ApprovalRecords>();
        services.AddSingleton<CeremonyStore>();
        services.AddSingleton<OpenSessions>();
        services.AddSingleton<VerifiedLogout.Checks>();
        services.AddSingleton<LogoutEndpoint>();
        services.AddHostedService<RetentionSweep>();
    }

    private static void AddSigning(IServiceCollection services)
    {
        services.AddSingleton<TrustedChain>();
        services.AddSingleton<AgencyToken>();
        services.AddSingleton<EvidenceVerifier>();
        services.AddSingleton<CreateRequest>();
        services.AddSingleton<CreateBatch>();
        services.AddSingleton<SignedBatch>();
        services.AddSingleton<CollectValidationData>();
        services.AddSingleton<RaiseDocument>();
        services.AddSingleton<CompleteSignature>();
        services.AddSingleton<ExtendDocument>();
        services.AddSingleton<SealDocument>();
        services.AddSingleton<CreateSeal>();
        services.AddSingleton<CreateExtension>();
        services.AddSingleton<CreateCeremony>();
        services.AddSingleton<SignerRequests>();
        services.AddSingleton<EventOutbox>();
        services.AddSingleton(provider => new GuardedHttp(provider.GetRequiredService<SigningSettings>().Outgoing));
        services.AddSingleton<EventDeliveries>();
        services.AddHostedService(provider => provider.GetRequiredService<EventDeliveries>());
        services.AddSingleton<CeremonyAudit>();
        services.AddSingleton<ArchivePass>();
        services.AddSingleton<CeremonyRounds>();
        services.AddHostedService(provider => provider.GetRequiredService<CeremonyRounds>());
        services.AddSingleton<CodeRecords>();
        services.AddSingleton<SignDocument>();
        services.AddSingleton<SignRequest>();
        services.AddSingleton<InterruptedSignatures>();
        services.AddSingleton<WaitingSignatures>();
        services.AddSingleton<UnfinishedSignatures>();
        services.AddSingleton<PendingSignatures>();
        services.AddHostedService(provider => provider.GetRequiredService<PendingSignatures>());
        AddCaller<ProviderKeySet>(services, TimeSpan.FromSeconds(10));
        AddCaller<AuthorityClient>(services, TimeSpan.FromSeconds(20));
        AddCaller<TimestampClient>(services, TimeSpan.FromSeconds(10));
        AddCaller<StatusClient>(services, TimeSpan.FromSeconds(5));
    }

    private static void AddCsc(IServiceCollection services)
    {
        AddCaller<ProviderIntrospection>(services, TimeSpan.FromSeconds(10));
        services.AddSingleton<ProofOfPossession>();
        services.AddSingleton<CscToken>();
        services.AddSingleton<KeyPlaces>();
        services.AddSingleton<CredentialRecords>();
        services.AddSingleton<DocumentCalls>();
        services.AddSingleton<SessionCredentials>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionCredentials>());
        services.AddSingleton<SadVerification>();
        services.AddSingleton<SigningTransactions>();
        services.AddSingleton<SignHash>();
        services.AddSingleton<ExtendTransaction>();
        services.AddSingleton<SignedAnswer>();
        services.AddSingleton<SignDoc>();
        services.AddSingleton<SignDocOfCredential>();
        services.AddSingleton<TimestampCall>();
        services.AddSingleton<AsynchronousResponses>();
        services.AddHostedService(provider => provider.GetRequiredService<AsynchronousResponses>());
    }

    // One client for the life of the service: its connections are renewed, so that a changed address is seen. It follows no
    // redirect: who we ask is a setting.
    private static void AddCaller<T>(IServiceCollection services, TimeSpan deadline) where T : class =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<T>(provider, new HttpClient(NeighbourHandler()) { Timeout = deadline }));

    internal static SocketsHttpHandler NeighbourHandler() => new() { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, UseCookies = false };
}
