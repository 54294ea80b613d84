using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Identity.Provider.Storage;

/// <summary>Which database a connection string means: its form tells. PostgreSQL for several instances, a file of SQLite for one machine.</summary>
internal static class DatabaseProduct
{
    private static readonly string[] OfPostgreSql = ["Host", "Server"];
    private static readonly string[] OfSqlite = ["Data Source", "DataSource", "Filename"];

    /// <exception cref="ProviderSettingsException">neither</exception>
    public static string Check(string connection) => IsPostgreSql(connection) is not null
        ? connection
        : throw new ProviderSettingsException(nameof(ProviderOptions.Database), "must be a connection string: Host=... for PostgreSQL, Data Source=... for SQLite.");

    public static void Use(DbContextOptionsBuilder database, string connection)
    {
        if (IsPostgreSql(connection) == true)
        {
            // One set of migrations serves both products. Its model snapshot names SQLite's column types, so only there it can be compared; a test does.
            database.UseNpgsql(connection).ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
        }
        else
        {
            database.UseSqlite(connection);
        }
    }

    private static bool? IsPostgreSql(string connection)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connection };
            return OfPostgreSql.Any(parts.ContainsKey) ? true : OfSqlite.Any(parts.ContainsKey) ? false : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
