using Identity.Signing.Approvals;
using Identity.Signing.Ceremonies;
using Identity.Signing.Csc;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Identity.Signing.Storage;

/// <summary>Requests, approvals with their evidence, open sessions, and the keys that protect cookies.</summary>
public sealed class SigningDatabase(DbContextOptions<SigningDatabase> options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<SigningRequest> Requests => Set<SigningRequest>();

    public DbSet<StoredEvidence> Evidence => Set<StoredEvidence>();

    public DbSet<StoredApproval> Approvals => Set<StoredApproval>();

    public DbSet<Ceremony> Ceremonies => Set<Ceremony>();

    public DbSet<SignerPlace> Places => Set<SignerPlace>();

    public DbSet<CeremonyEvent> CeremonyEvents => Set<CeremonyEvent>();

    public DbSet<IdempotencyRecord> IdempotencyKeys => Set<IdempotencyRecord>();

    public DbSet<OpenSession> Sessions => Set<OpenSession>();

    public DbSet<SettledLogout> SettledLogouts => Set<SettledLogout>();

    public DbSet<RemoteCredential> RemoteCredentials => Set<RemoteCredential>();

    public DbSet<CredentialApproval> CredentialApprovals => Set<CredentialApproval>();

    public DbSet<KeyPlace> KeyPlaces => Set<KeyPlace>();

    public DbSet<AsynchronousResponse> AsynchronousResponses => Set<AsynchronousResponse>();

    public DbSet<UsedProof> UsedProofs => Set<UsedProof>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SigningRequest>(request =>
        {
            request.HasKey(r => r.Id);
            request.Property(r => r.State).HasConversion<string>();
            request.Property(r => r.Failure).HasConversion<string>();
            // Requests from before there was a choice have the level that there was.
            request.Property(r => r.Level).HasConversion<string>().HasDefaultValue(PadesLevel.T).HasSentinel((PadesLevel)(-1));
            request.HasIndex(r => new { r.PersonSubject, r.CreatedAt });
            request.HasIndex(r => new { r.DocumentsRemoved, r.State });
            request.HasIndex(r => new { r.BatchId, r.BatchPosition });
            request.HasIndex(r => r.DocumentSha256);
        });
        modelBuilder.Entity<StoredEvidence>().HasKey(evidence => evidence.ApprovalId);
        modelBuilder.Entity<StoredApproval>(approval =>
        {
            approval.HasKey(a => new { a.ApprovalId, a.RequestId });
            approval.HasIndex(a => a.RequestId);
            approval.HasIndex(a => a.EndedAt);
            approval.HasIndex(a => a.NextTryAt);
        });
        modelBuilder.Entity<Ceremony>(ceremony =>
        {
            ceremony.HasKey(c => c.Id);
            ceremony.Property(c => c.State).HasConversion<string>();
            ceremony.Property(c => c.Failure).HasConversion<string>();
            ceremony.Property(c => c.Level).HasConversion<string>();
            ceremony.HasIndex(c => new { c.State, c.Deadline });
            ceremony.HasIndex(c => c.NextTryAt);
            ceremony.HasIndex(c => c.RemindAt);
        });
        modelBuilder.Entity<SignerPlace>(place =>
        {
            place.HasKey(p => p.Id);
            place.Property(p => p.State).HasConversion<string>();
            place.HasIndex(p => new { p.CeremonyId, p.Number }).IsUnique();
        });
        modelBuilder.Entity<CeremonyEvent>(told =>
        {
            told.HasKey(e => e.Id);
            told.Property(e => e.Type).HasConversion<string>();
            told.HasIndex(e => new { e.CeremonyId, e.Number }).IsUnique();
            told.HasIndex(e => e.NextTryAt);
        });
        modelBuilder.Entity<OpenSession>(session =>
        {
            session.HasKey(s => s.Id);
            session.HasIndex(s => s.ExpiresAt);
            session.HasIndex(s => s.ProviderSession);
            session.HasIndex(s => s.Subject);
        });
        modelBuilder.Entity<SettledLogout>(logout =>
        {
            logout.HasKey(l => l.What);
            logout.HasIndex(l => l.ExpiresAt);
        });
        modelBuilder.Entity<RemoteCredential>(credential =>
        {
            credential.HasKey(c => c.CredentialId);
            credential.HasIndex(c => new { c.Client, c.Subject });
            credential.HasIndex(c => c.EndedAt);
        });
        modelBuilder.Entity<CredentialApproval>(approval =>
        {
            approval.HasKey(a => a.ApprovalId);
            approval.HasIndex(a => a.CredentialId);
            approval.HasIndex(a => a.EndedAt);
        });
        modelBuilder.Entity<KeyPlace>(place =>
        {
            place.HasKey(p => new { p.PersonIdentifier, p.Number });
            place.HasIndex(p => p.Instance);
        });
        modelBuilder.Entity<AsynchronousResponse>(response =>
        {
            response.HasKey(r => r.Id);
            response.HasIndex(r => r.ExpiresAt);
        });
        modelBuilder.Entity<UsedProof>(proof =>
        {
            proof.HasKey(p => p.Id);
            proof.HasIndex(p => p.ExpiresAt);
        });
        modelBuilder.Entity<IdempotencyRecord>().HasKey(record => new { record.AgencyId, record.Key });
    }

    /// <summary>SQLite has no type for moments: milliseconds since 1970 compare and sort as they should.</summary>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MomentConverter>();

    private sealed class MomentConverter() : ValueConverter<DateTimeOffset, long>(
        moment => moment.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));
}

/// <summary>Only for the command that writes a migration.</summary>
internal sealed class SigningDatabaseDesign : IDesignTimeDbContextFactory<SigningDatabase>
{
    public SigningDatabase CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SigningDatabase>().UseSqlite("Data Source=design.db").Options);
}
