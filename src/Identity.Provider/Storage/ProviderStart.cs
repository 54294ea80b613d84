using Identity.Provider.Clients;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Storage;

/// <summary>
/// Brings the database to this version's shape and content before the first request is taken. Safe to run in several instances at once
/// on an empty database: migrations hold a lock there, and what is written after is written as "unless it is there".
/// </summary>
internal sealed class ProviderStart(IServiceProvider services) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ProviderDatabase>().Database.MigrateAsync(cancellationToken);
        await scope.ServiceProvider.GetRequiredService<ClientRegistry>().Bring(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
