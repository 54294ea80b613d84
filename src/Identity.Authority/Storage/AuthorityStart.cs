using Identity.Audit;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Requests;
using Identity.Authority.RevocationLists;
using Identity.Web.Databases;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Authority.Storage;

/// <summary>
/// Before the first request: keys and certificates are there and belong together, the audit log can be written, the database has this version's
/// shape (several copies may start at once: migrations hold a lock there), the service's own certificates are known, lists are published.
/// </summary>
internal sealed partial class AuthorityStart(IDbContextFactory<AuthorityDatabase> databases, IServiceProvider services, ILogger<AuthorityStart> log) : IHostedService
{
    /// <summary>A number that nothing else in this database locks.</summary>
    private const long MigrationLock = 0x417574686F726974;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var keys = services.GetRequiredService<AuthorityKeys>();
        services.GetRequiredService<RequestToken>();
        services.GetRequiredService<AuditLog>();
        await using (var database = await databases.CreateDbContextAsync(cancellationToken))
            await Prepare(database, cancellationToken);
        await keys.Register(databases, services.GetRequiredService<TimeProvider>(), cancellationToken);
        await services.GetRequiredService<RevocationListPublisher>().RefreshAll(cancellationToken);
        if (await services.GetRequiredService<IssuanceRepair>().Open(cancellationToken) is { Count: > 0 } open) LogCutShort(open.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Error, "{Count} issuances were cut short: the command 'issuance list' names them, 'issuance repair' closes them")]
    private partial void LogCutShort(int count);

    /// <summary>Makes folder and tables where they are missing. The command line does it too.</summary>
    public static async Task Prepare(AuthorityDatabase database, CancellationToken cancellation)
    {
        if (database.Database.IsNpgsql())
        {
            await MigrateAlone(database, cancellation);
            return;
        }
        var file = new SqliteConnectionStringBuilder(database.Database.GetConnectionString()).DataSource;
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        await database.Database.MigrateAsync(cancellation);
        // Readers do not wait for the writer; a commit is on disk when it returns (synchronous stays FULL).
        await database.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellation);
        DatabaseFile.KeepPrivate(Path.GetFullPath(file));
    }

    // On PostgreSQL the lock that comes with migrations ends with each one's transaction, and whoever waited for it runs the next one too.
    private static async Task MigrateAlone(AuthorityDatabase database, CancellationToken cancellation)
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

/// <summary>Ready: the database answers, no published list has run out, and the keys can sign.</summary>
internal sealed class AuthorityHealth(IDbContextFactory<AuthorityDatabase> databases, RevocationListPublisher lists, AuthorityKeys keys) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Database.CanConnectAsync(cancellationToken) && lists.AllCurrent && keys.Answer ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy();
    }
}
