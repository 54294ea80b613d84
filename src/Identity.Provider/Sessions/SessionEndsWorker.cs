using Identity.Provider.Storage;

namespace Identity.Provider.Sessions;

/// <summary>
/// Notices that sessions are over, and finishes ends that somebody began and did not finish. Every instance runs it; of one end, one instance does the work.
/// </summary>
internal sealed partial class SessionEndsWorker(SessionRegister register, SessionEnds ends, TimeProvider time, ILogger<SessionEndsWorker> logger) : BackgroundService
{
    private const int Batch = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await Look() == Batch && !stoppingToken.IsCancellationRequested)
                {
                    // A full batch: there is more.
                }
            }
            catch (Exception outage) when (ProviderStores.Outage(outage) is not null)
            {
                // What is due stays due.
                LogOutage(logger, outage);
            }
        }
    }

    private async Task<int> Look()
    {
        var due = await register.Due(Batch);
        foreach (var sid in due)
        {
            if (await register.Find(sid) is { } record)
            {
                await ends.Trim(sid);
                await register.PlanNext(sid, record);
            }
            else
            {
                // Until it is cleared away it comes again, but not at once: somebody may be at it.
                await register.Plan(sid, time.GetUtcNow() + SessionEnds.Patience);
                await ends.Expire(sid);
            }
        }

        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "The ends of sessions wait: a store is unavailable.")]
    private static partial void LogOutage(ILogger logger, Exception outage);
}
