using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.People;
using Identity.Web.Databases;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Storage;

/// <summary>
/// Brings the database to this version's shape and content before the first request is taken. Safe to run in several instances at once
/// on an empty database: one migrates while the others wait, and what is written after is written as "unless it is there".
/// </summary>
internal sealed class ProviderStart(IServiceProvider services, ProviderSettings settings, TimeProvider time) : IHostedService
{
    /// <summary>A number that nothing else in this database locks.</summary>
    private const long MigrationLock = 0x4964656E74697479;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        // Without its audit log the Provider does nothing.
        scope.ServiceProvider.GetRequiredService<AuditLog>();
        var database = scope.ServiceProvider.GetRequiredService<ProviderDatabase>();
        await BringToShape(database, cancellationToken);
        // Refusing their codes would not do: whoever has used one holds a passkey by now, and signs in with that.
        if (settings.Production && await DemoPeople.AreIn(database, cancellationToken))
            throw new ProviderSettingsException(nameof(settings.Database), "holds demo people, whose codes are public; only the Development environment may have them. Begin with an empty database.");
        await scope.ServiceProvider.GetRequiredService<ClientRegistry>().Bring(cancellationToken);
        if (settings.SeedDemo)
            await DemoPeople.Seed(database, time, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Gives the database this version's tables, whoever comes first: the service or one of its commands.</summary>
    internal static async Task BringToShape(ProviderDatabase database, CancellationToken cancellation)
    {
        if (database.Database.IsNpgsql())
        {
            await MigrateAlone(database, cancellation);
            return;
        }

        await database.Database.MigrateAsync(cancellation);
        DatabaseFile.KeepPrivate(database.Database.GetDbConnection().DataSource);
    }

    // On PostgreSQL the lock that comes with migrations ends with each one's transaction, and whoever waited for it runs the next one too.
    private static async Task MigrateAlone(ProviderDatabase database, CancellationToken cancellation)
    {
        await database.Database.OpenConnectionAsync(cancellation);
        try
        {
            await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({MigrationLock})", cancellation);
            await database.Database.MigrateAsync(cancellation);
            // A start that fails before ends its process, and with it the lock.
            await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({MigrationLock})", cancellation);
        }
        finally
        {
            await database.Database.CloseConnectionAsync();
        }
    }
}
