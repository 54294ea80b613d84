namespace Identity.Signing.Ceremonies;

/// <summary>
/// What ceremonies need when nobody asks: deadlines, reminders, the archive pass. What it finds is in the database, so a stop loses nothing, and
/// several copies of the service share the work.
/// </summary>
public sealed class CeremonyRounds(CeremonyStore ceremonies, ArchivePass archive, ILogger<CeremonyRounds> log) : BackgroundService
{
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim wokenForDeadlines = new(0, 1);
    private readonly SemaphoreSlim wokenForArchive = new(0, 1);

    /// <summary>Something is due now.</summary>
    public void Wake()
    {
        Wake(wokenForDeadlines);
        Wake(wokenForArchive);
    }

    private static void Wake(SemaphoreSlim woken)
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
        await Deadlines(cancellation);
        await archive.TryDue(cancellation);
    }

    private async Task Deadlines(CancellationToken cancellation)
    {
        await ceremonies.ExpireDue(cancellation);
        await ceremonies.RemindDue(cancellation);
    }

    public override void Dispose()
    {
        wokenForDeadlines.Dispose();
        wokenForArchive.Dispose();
        base.Dispose();
    }

    // Deadlines wait for nobody: the archive pass, which waits for neighbours, has rounds of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Rounds(Deadlines, wokenForDeadlines, stoppingToken), Rounds(archive.TryDue, wokenForArchive, stoppingToken));

    private async Task Rounds(Func<CancellationToken, Task> round, SemaphoreSlim woken, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                try
                {
                    await round(stopping);
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    log.LogError(e, "A round of the ceremonies broke off; the next one goes on");
                }

                await woken.WaitAsync(BetweenRounds, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service stops.
        }
    }
}
