namespace Identity.Signing.Ceremonies;

/// <summary>
/// What ceremonies need when nobody asks: deadlines, reminders, the archive pass. What it finds is in the database, so a stop loses nothing, and
/// several copies of the service share the work.
/// </summary>
public sealed class CeremonyRounds(CeremonyStore ceremonies, ArchivePass archive, ILogger<CeremonyRounds> log) : BackgroundService
{
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim woken = new(0, 1);

    /// <summary>Something is due now.</summary>
    public void Wake()
    {
        try
        {
            woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // It was woken already.
        }
    }

    public async Task Round(CancellationToken cancellation)
    {
        await ceremonies.ExpireDue(cancellation);
        await ceremonies.RemindDue(cancellation);
        await archive.TryDue(cancellation);
    }

    public override void Dispose()
    {
        woken.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await Round(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogError(e, "A round of the ceremonies broke off; the next one goes on");
                }

                await woken.WaitAsync(BetweenRounds, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }
}
