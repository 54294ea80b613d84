using Identity.Provider.Consent;
using Identity.Provider.Enrolment;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.Registration;
using Identity.Provider.Subjects;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Identity.Provider.Storage;

/// <summary>
/// What must outlive a restart of everything: people and passkeys, clients, consents, authorizations, subjects, Data Protection keys.
/// Nothing here names a database product; times are stored as Unix milliseconds so that they compare alike on each.
/// </summary>
public sealed class ProviderDatabase(DbContextOptions<ProviderDatabase> options)
    : IdentityUserContext<Person>(options), IDataProtectionKeyContext
{
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    public DbSet<EnrolmentCode> EnrolmentCodes => Set<EnrolmentCode>();

    public DbSet<InitialAccessToken> InitialAccessTokens => Set<InitialAccessToken>();

    public DbSet<ConsentGrant> Consents => Set<ConsentGrant>();

    public DbSet<AttestedPasskey> AttestedPasskeys => Set<AttestedPasskey>();

    public DbSet<PairwiseSubject> PairwiseSubjects => Set<PairwiseSubject>();

    public DbSet<RefreshTokenRow> RefreshTokens => Set<RefreshTokenRow>();

    /// <summary>The base class reads the shape of its tables from these options. Version 3 is the first with passkeys.</summary>
    internal static void Shape(IdentityOptions identity) => identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseOpenIddict();

        builder.Entity<Person>(person =>
        {
            person.ToTable("People");
            person.HasIndex(row => row.Identifier).IsUnique();
            person.Property(row => row.Identifier).HasMaxLength(64);
            person.Property(row => row.GivenName).HasMaxLength(200);
            person.Property(row => row.FamilyName).HasMaxLength(200);
            person.Property(row => row.StreetAddress).HasMaxLength(400);
            person.Property(row => row.Locality).HasMaxLength(200);
            person.Property(row => row.Region).HasMaxLength(200);
            person.Property(row => row.PostalCode).HasMaxLength(32);
            person.Property(row => row.Country).HasMaxLength(100);
            person.Ignore(row => row.FullName);
        });
        builder.Entity<EnrolmentCode>(code =>
        {
            code.HasKey(row => row.Hash);
            code.HasIndex(row => row.PersonId);
            code.HasOne<Person>().WithMany().HasForeignKey(row => row.PersonId);
        });
        builder.Entity<ConsentGrant>(consent =>
        {
            consent.HasKey(row => new { row.PersonId, row.ClientId, row.Claim });
            consent.HasOne<Person>().WithMany().HasForeignKey(row => row.PersonId);
        });
        builder.Entity<RefreshTokenRow>(token =>
        {
            token.ToTable("RefreshTokens");
            token.HasKey(row => row.Id);
            token.HasIndex(row => row.AuthorizationId);
            token.HasIndex(row => row.Expires);
        });
        builder.Entity<InitialAccessToken>(token =>
        {
            token.HasKey(row => row.Hash);
            token.HasIndex(row => row.Label).IsUnique();
        });
        builder.Entity<AttestedPasskey>(passkey =>
        {
            passkey.HasKey(row => row.CredentialId);
            // It goes when the passkey goes.
            passkey.HasOne<IdentityUserPasskey<string>>().WithOne().HasForeignKey<AttestedPasskey>(row => row.CredentialId);
            passkey.Property(row => row.Format).HasMaxLength(32);
            passkey.Property(row => row.Level).HasMaxLength(64);
        });
        builder.Entity<PairwiseSubject>(subject =>
        {
            subject.HasKey(row => new { row.PersonId, row.Sector });
            subject.HasIndex(row => row.Subject).IsUnique();
            subject.HasOne<Person>().WithMany().HasForeignKey(row => row.PersonId);
        });
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
