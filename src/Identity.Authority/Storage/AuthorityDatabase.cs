using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql;

namespace Identity.Authority.Storage;

/// <summary>
/// Certificates, revocations, numbers of lists. A commit is on the disk when it returns. Several processes may use it: the service, its
/// copies, and the command line.
/// </summary>
public sealed class AuthorityDatabase(DbContextOptions<AuthorityDatabase> options) : DbContext(options)
{
    private const int SqliteConstraint = 19;

    public DbSet<CertificateRecord> Certificates => Set<CertificateRecord>();

    public DbSet<RevocationRecord> Revocations => Set<RevocationRecord>();

    public DbSet<RevocationListRecord> RevocationLists => Set<RevocationListRecord>();

    public DbSet<UsedRequestToken> UsedRequestTokens => Set<UsedRequestToken>();

    public DbSet<SerialCounter> SerialCounters => Set<SerialCounter>();

    public DbSet<ClockMark> ClockMarks => Set<ClockMark>();

    /// <summary>True when a write was refused because the row, or another with the same unique value, is there already.</summary>
    public static bool IsAlreadyThere(DbUpdateException problem) => problem.InnerException
        is SqliteException { SqliteErrorCode: SqliteConstraint, SqliteExtendedErrorCode: 1555 or 2067 } or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<CertificateRecord>(certificate =>
        {
            certificate.HasKey(c => new { c.Issuer, c.Serial });
            certificate.HasIndex(c => c.ApprovalId).IsUnique();
            certificate.HasIndex(c => c.KeyHash).IsUnique();
            certificate.HasIndex(c => c.State);
            certificate.Property(c => c.State).HasConversion<string>();
        });
        modelBuilder.Entity<RevocationRecord>(revocation =>
        {
            revocation.HasKey(r => r.Sequence);
            revocation.Property(r => r.Sequence).ValueGeneratedOnAdd();
            revocation.HasIndex(r => new { r.Issuer, r.Serial }).IsUnique();
            revocation.Property(r => r.Reason).HasConversion<string>();
        });
        modelBuilder.Entity<RevocationListRecord>().HasKey(l => new { l.Issuer, l.Number });
        modelBuilder.Entity<UsedRequestToken>(token =>
        {
            token.HasKey(t => t.Id);
            token.HasIndex(t => t.ExpiresAt);
        });
        modelBuilder.Entity<SerialCounter>().HasKey(c => c.Name);
        modelBuilder.Entity<ClockMark>().HasKey(m => m.Name);
    }

    /// <summary>SQLite has no type for moments: in both products milliseconds since 1970 compare and sort as they should.</summary>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MomentConverter>();

    private sealed class MomentConverter() : ValueConverter<DateTimeOffset, long>(
        moment => moment.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));
}

/// <summary>Only for <c>dotnet ef migrations add NAME --project src/Identity.Authority --output-dir Storage/Migrations</c>.</summary>
internal sealed class AuthorityDatabaseDesign : IDesignTimeDbContextFactory<AuthorityDatabase>
{
    public AuthorityDatabase CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<AuthorityDatabase>().UseSqlite("Data Source=design.db").Options);
}
