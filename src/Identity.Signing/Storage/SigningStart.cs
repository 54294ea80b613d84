using Identity.Audit;
using Identity.Keys;
using Identity.Signing.Certificates;
using Identity.Signing.Seals;
using Identity.Signing.SignIn;
using Identity.Signing.Webhooks;
using Identity.Web.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Signing.Storage;

/// <summary>
/// Before the first request: the database has this version's shape (safe for several copies at once: migrations hold a lock there),
/// the audit log can be written, the client key, the seals and the place of people's keys are there and may be used, roots are configured.
/// </summary>
internal sealed class SigningStart(
    IDbContextFactory<SigningDatabase> databases, SigningSettings settings, IServiceProvider services) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.DataDirectory);
        services.GetRequiredService<ClientKey>();
        services.GetRequiredService<PersonKeys>();
        if (settings.Agencies.AnyWebhook)
            services.GetRequiredService<EventKey>();
        services.GetRequiredService<OrganisationSeals>();
        services.GetRequiredService<AuditLog>();
        settings.TrustAnchors();
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        await database.Database.MigrateAsync(cancellationToken);
        // Readers do not wait for the writer; a commit is on disk when it returns (synchronous stays FULL).
        await database.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellationToken);
        DatabaseFile.KeepPrivate(settings.DatabaseFile);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Ready: the database answers, and the hardware token where people's keys are made.</summary>
internal sealed class SigningHealth(IDbContextFactory<SigningDatabase> databases, KeyRing keys) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Database.CanConnectAsync(cancellationToken) && await Task.Run(keys.TokensAnswer, cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy();
    }
}
