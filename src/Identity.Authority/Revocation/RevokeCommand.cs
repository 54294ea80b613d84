using Identity.Audit;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Revocation;

/// <summary>
/// <c>revoke --serial HEX --reason REASON [--issuer NAME] [--Authority:Database=...]</c>: works on the database, beside the running service. Exit
/// code 0 revoked, 1 not, 2 wrong usage.
/// </summary>
public static class RevokeCommand
{
    private const int Done = 0, NotDone = 1, WrongUsage = 2;
    private const int MaxSerialDigits = 40;

    // RFC 5280 5.3.1: hold and removal from the list are not for certificates that are revoked for good.
    private static readonly Dictionary<string, RevocationReason> Reasons = new(StringComparer.Ordinal)
    {
        ["unspecified"] = RevocationReason.Unspecified,
        ["keyCompromise"] = RevocationReason.KeyCompromise,
        ["cACompromise"] = RevocationReason.CaCompromise,
        ["affiliationChanged"] = RevocationReason.AffiliationChanged,
        ["superseded"] = RevocationReason.Superseded,
        ["cessationOfOperation"] = RevocationReason.CessationOfOperation,
        ["privilegeWithdrawn"] = RevocationReason.PrivilegeWithdrawn,
    };

    public static async Task<int> Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        var configuration = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory).AddJsonFile("authority.json", optional: false).AddEnvironmentVariables().AddCommandLine(args).Build();
        var serial = configuration["serial"]?.TrimStart('0').ToUpperInvariant();
        if (serial is null or "" || serial.Length > MaxSerialDigits || !serial.All(char.IsAsciiHexDigit) || !Reasons.TryGetValue(configuration["reason"] ?? "", out var reason))
        {
            await error.WriteLineAsync($"usage: revoke --serial HEX --reason {string.Join('|', Reasons.Keys)} [--issuer {AuthoritySettings.IssuingAuthority}|{AuthoritySettings.RootAuthority}]");
            return WrongUsage;
        }
        if (serial.Length % 2 == 1) serial = "0" + serial;
        var issuer = configuration["issuer"] ?? AuthoritySettings.IssuingAuthority;
        try
        {
            var settings = AuthoritySettings.Check(configuration.GetSection("Authority").Get<AuthorityOptions>() ?? new(), production: false);
            // A mistaken path must not make an empty database in which nothing was ever issued.
            var databases = new Databases(new SqliteConnectionStringBuilder(settings.Database) { Mode = SqliteOpenMode.ReadWrite }.ConnectionString);
            await using (var database = databases.CreateDbContext())
                await AuthorityStart.Prepare(database, CancellationToken.None);
            // The running service holds its own log; this one stands beside it.
            using var audit = AuditLog.Open(Path.ChangeExtension(settings.Audit, ".commands" + Path.GetExtension(settings.Audit)), "authority", time);
            var result = await new CertificateRevocations(databases, audit, time).Revoke(issuer, serial, reason, CancellationToken.None);
            await output.WriteLineAsync(result switch
            {
                RevocationResult.Revoked => $"{serial} of {issuer} is revoked.",
                RevocationResult.AlreadyRevoked => $"{serial} of {issuer} was revoked before; nothing was changed.",
                _ => $"{issuer} has issued no certificate {serial}.",
            });
            return result == RevocationResult.Revoked ? Done : NotDone;
        }
        catch (Exception problem) when (problem is AuthoritySettingsException || StoreFailures.StoreOf(problem) is not null)
        {
            await error.WriteLineAsync($"{problem.Message} (Authority:Database={configuration["Authority:Database"]})");
            return NotDone;
        }
    }

    private sealed class Databases(string connection) : IDbContextFactory<AuthorityDatabase>
    {
        public AuthorityDatabase CreateDbContext() => new(new DbContextOptionsBuilder<AuthorityDatabase>().UseSqlite(connection).Options);
    }
}
