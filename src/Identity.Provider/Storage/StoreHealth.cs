using Identity.Keys;
using Identity.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Provider.Storage;

/// <summary>Ready means that both stores and the keys answer: a Provider without one of them can only refuse.</summary>
internal sealed class StoreHealth(RedisStore redis, ProviderDatabase database, KeyRing keys) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.Ping();
            if (!await database.Database.CanConnectAsync(cancellationToken))
                return HealthCheckResult.Unhealthy("database");
            return await Task.Run(keys.TokensAnswer, cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("keys");
        }
        catch (StoreUnavailableException problem)
        {
            return HealthCheckResult.Unhealthy(problem.Message);
        }
    }
}
