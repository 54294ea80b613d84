using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Identity.Authority.Storage;

/// <summary>Which database a connection string means: its form tells. PostgreSQL for several instances, a file of SQLite for one machine.</summary>
internal static class DatabaseKind
{
    /// <exception cref="AuthoritySettingsException">neither</exception>
    public static string Check(string connection) => IsPostgreSql(connection) is not null
        ? connection
        : throw new AuthoritySettingsException(nameof(AuthorityOptions.Database), "must be a connection string: Host=... for PostgreSQL, Data Source=... for SQLite.");

    public static void Use(DbContextOptionsBuilder database, string connection)
    {
        // One set of migrations serves both products. Its model snapshot names SQLite's column types, so only there it can be compared.
        if (IsPostgreSql(connection) == true)
            database.UseNpgsql(connection).ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
        else
            database.UseSqlite(connection);
    }

    /// <summary>For commands beside the service: a mistaken path must not make an empty database in which nothing was ever issued.</summary>
    public static string Existing(string connection) =>
        IsPostgreSql(connection) == true ? connection : new SqliteConnectionStringBuilder(connection) { Mode = SqliteOpenMode.ReadWrite }.ConnectionString;

    /// <summary>The file of SQLite; null for PostgreSQL.</summary>
    public static string? File(string connection) => IsPostgreSql(connection) == true ? null : new SqliteConnectionStringBuilder(connection).DataSource;

    private static bool? IsPostgreSql(string connection)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connection };
            return parts.ContainsKey("Host") || parts.ContainsKey("Server") ? true
                : parts.ContainsKey("Data Source") || parts.ContainsKey("DataSource") || parts.ContainsKey("Filename") ? false
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
