using Identity.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Provider.Storage;

/// <summary>Ready means that both stores answer: a Provider without one of them can only refuse.</summary>
internal sealed class StoreHealth(RedisStore redis, ProviderDatabase database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.Ping();
            return await database.Database.CanConnectAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("database");
        }
        catch (StoreUnavailableException problem)
        {
            return HealthCheckResult.Unhealthy(problem.Message);
        }
    }
}
