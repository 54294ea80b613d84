using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Identity.Provider.Storage;

/// <summary>
/// Read by <c>dotnet ef migrations add NAME --project src/Identity.Provider --output-dir Storage/Migrations</c> only: the model without the service.
/// </summary>
public sealed class ProviderDatabaseDesign : IDesignTimeDbContextFactory<ProviderDatabase>
{
    public ProviderDatabase CreateDbContext(string[] args)
    {
        var services = new ServiceCollection().Configure<IdentityOptions>(ProviderDatabase.Shape).BuildServiceProvider();
        return new(new DbContextOptionsBuilder<ProviderDatabase>().UseApplicationServiceProvider(services).UseSqlite("Data Source=:memory:").Options);
    }
}
