namespace Identity.Provider.Storage;

/// <summary>Removes the rows of expired refresh tokens, now and every hour. Several instances may do it at one time.</summary>
internal sealed partial class ExpiredRefreshTokens(IServiceScopeFactory scopes, TimeProvider time, ILogger<ExpiredRefreshTokens> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<RefreshTokenTable>().RemoveExpired(time.GetUtcNow(), stoppingToken);
            }
            catch (Exception problem) when (ProviderStores.Outage(problem) is not null)
            {
                // Nothing depends on it: the next hour will do.
                LogFailed(logger, problem);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Warning, "Expired refresh tokens were not removed")]
    private static partial void LogFailed(ILogger logger, Exception problem);
}
