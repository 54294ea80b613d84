using Identity.Audit;
using Identity.Authority.Storage;
using Identity.Web.CommandLine;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.CommandLine;

/// <summary>What a command beside the running service works on: its settings, its database, and an audit log of its own, since a log has one writer.</summary>
internal sealed class ServiceCommand : IDisposable
{
    private ServiceCommand(AuthoritySettings settings, IDbContextFactory<AuthorityDatabase> databases, AuditLog audit) => (Settings, Databases, Audit) = (settings, databases, audit);

    public AuthoritySettings Settings { get; }

    public IDbContextFactory<AuthorityDatabase> Databases { get; }

    public AuditLog Audit { get; }

    /// <summary>Opens them; the database must be there: where it is not, nothing is made.</summary>
    /// <param name="given">settings as the service takes them; authority.json and the environment are read too</param>
    /// <param name="usesKeys">the command signs, so what production refuses is refused here too</param>
    /// <exception cref="IOException">there is no database where the settings have it</exception>
    public static async Task<ServiceCommand> Open(IReadOnlyList<string> given, bool usesKeys, TimeProvider time)
    {
        var configuration = CommandSettings.Read("authority.json", given);
        var settings = AuthoritySettings.Check(configuration.GetSection("Authority").Get<AuthorityOptions>() ?? new(), usesKeys && CommandSettings.IsProduction(configuration));
        if (DatabaseKind.File(settings.Database) is { } file && !System.IO.File.Exists(file))
            throw new FileNotFoundException($"There is no database {Path.GetFullPath(file)}: name the service's (--Authority:Database=...), or the development host's folder (--data DIR).");
        var databases = new ExistingDatabase(DatabaseKind.Existing(settings.Database));
        await using (var database = databases.CreateDbContext())
            await AuthorityStart.Prepare(database, CancellationToken.None);
        return new ServiceCommand(settings, databases, AuditLog.Open(Path.ChangeExtension(settings.Audit, ".commands" + Path.GetExtension(settings.Audit)), "authority", time));
    }

    public void Dispose() => Audit.Dispose();

    private sealed class ExistingDatabase(string connection) : IDbContextFactory<AuthorityDatabase>
    {
        private readonly DbContextOptions<AuthorityDatabase> options = Options(connection);

        public AuthorityDatabase CreateDbContext() => new(options);

        private static DbContextOptions<AuthorityDatabase> Options(string connection)
        {
            var builder = new DbContextOptionsBuilder<AuthorityDatabase>();
            DatabaseKind.Use(builder, connection);
            return builder.Options;
        }
    }
}
