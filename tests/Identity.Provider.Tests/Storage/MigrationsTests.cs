using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Storage;

public sealed class MigrationsTests
{
    // On PostgreSQL nothing would tell: its column types differ from the snapshot's always.
    [Fact]
    public async Task The_migrations_make_the_tables_that_the_code_expects()
    {
        await using var database = new ProviderDatabaseDesign().CreateDbContext([]);
        Assert.False(database.Database.HasPendingModelChanges());
    }
}
