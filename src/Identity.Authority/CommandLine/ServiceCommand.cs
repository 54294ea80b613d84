using Identity.Audit;
using Identity.Authority.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.CommandLine;

/// <summary>What a command beside the running service works on: its settings, its database, and an audit log of its own, since a log has one writer.</summary>
internal sealed class ServiceCommand : IDisposable
{
    private ServiceCommand(AuthoritySettings settings, IDbContextFactory<AuthorityDatabase> databases, AuditLog audit) => (Settings, Databases, Audit) = (settings, databases, audit);

    public AuthoritySettings Settings { get; }

    public IDbContextFactory<AuthorityDatabase> Databases { get; }

    public AuditLog Audit { get; }

    public static IConfiguration Configuration(string[] args) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory).AddJsonFile("authority.json", optional: false).AddEnvironmentVariables().AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables("ASPNETCORE_").AddCommandLine(args).Build();

    /// <summary>As the service decides it: whatever is not Development is production.</summary>
    public static bool IsProduction(IConfiguration configuration) => !string.Equals(configuration["environment"], Environments.Development, StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens them; the database must be there.</summary>
    /// <param name="usesKeys">the command signs, so what production refuses is refused here too</param>
    public static async Task<ServiceCommand> Open(IConfiguration configuration, bool usesKeys, TimeProvider time)
    {
        var settings = AuthoritySettings.Check(configuration.GetSection("Authority").Get<AuthorityOptions>() ?? new(), usesKeys && IsProduction(configuration));
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
