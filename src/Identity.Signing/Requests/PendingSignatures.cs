using System.Collections.Concurrent;
using System.Threading.Channels;
using Identity.Signing.Approvals;
using Identity.Signing.Ceremonies;

namespace Identity.Signing.Requests;

/// <summary>
/// Signs away from the browser's request, so that a closed tab does not stop a signature half-way. Only identifiers of stored approvals wait
/// here; what a stop or a full queue leaves out is found again in the database.
/// </summary>
public sealed class PendingSignatures(SignRequest recipe, ApprovalRecords approvals, UnfinishedSignatures unfinished, TimeProvider time, ILogger<PendingSignatures> log)
    : BackgroundService
{
    private const int LongestQueue = 1000;
    private const int AtOnce = 4;
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromSeconds(15);

    private readonly Channel<string> queue = Channel.CreateBounded<string>(
        new BoundedChannelOptions(LongestQueue) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ConcurrentDictionary<string, bool> underWay = new(StringComparer.Ordinal);

    public void Enqueue(string approvalId) => queue.Writer.TryWrite(approvalId);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before this copy signs anything: what it had begun when it stopped is over.
        await unfinished.Interrupted.Repair(ownToo: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SignWhatComes(stoppingToken)).Append(LookForWork(stoppingToken)));

    private async Task SignWhatComes(CancellationToken stopping)
    {
        try
        {
            await foreach (var approvalId in queue.Reader.ReadAllAsync(stopping))
                await Sign(approvalId);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service stops; a signature under way was finished first.
        }
    }

    private async Task Sign(string approvalId)
    {
        // Found waiting in the database while it is being begun here.
        if (!underWay.TryAdd(approvalId, true))
            return;
        try
        {
            using var deadline = new CancellationTokenSource(await recipe.Deadline(approvalId, CancellationToken.None) / 2, time);
            var outcomes = await recipe.Run(approvalId, deadline.Token);
            // It may have been the last of a ceremony.
            unfinished.Ceremonies.Wake();
            foreach (var outcome in outcomes)
                Log(approvalId, outcome);
        }
        catch (Exception e)
        {
            // The recipe has made the request visibly failed where it could; what it could not, the repair will.
            log.LogError(e, "Signing for approval {Approval} broke off", approvalId);
        }
        finally
        {
            underWay.TryRemove(approvalId, out _);
        }
    }

    private void Log(string approvalId, SigningOutcome outcome)
    {
        switch (outcome)
        {
            case SigningOutcome.Failed failed:
                log.LogWarning("Approval {Approval} gave no signature: {Reason} ({Detail})", approvalId, failed.Reason, failed.Detail);
                break;
            case SigningOutcome.Waiting waiting:
                log.LogWarning("The signature for approval {Approval} waits: {Reason} ({Detail})", approvalId, waiting.Obstacle, waiting.Detail);
                break;
            case SigningOutcome.Postponed postponed:
                log.LogWarning("Approval {Approval} waits: {Reason} ({Detail})", approvalId, postponed.Obstacle, postponed.Detail);
                break;
            case SigningOutcome.NotTaken:
                log.LogInformation("Approval {Approval} was not taken: it, or its request, was used meanwhile", approvalId);
                break;
        }
    }

    // The repair waits for nobody: what waits for neighbours has rounds of its own.
    private Task LookForWork(CancellationToken stopping) => Task.WhenAll(
        Rounds(async () =>
        {
            await unfinished.Interrupted.Repair(ownToo: false, stopping);
            foreach (var approvalId in await approvals.Waiting(stopping))
                Enqueue(approvalId);
        }, stopping),
        Rounds(() => unfinished.Waiting.TryDue(stopping), stopping));

    private async Task Rounds(Func<Task> round, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(BetweenRounds, time);
        try
        {
            do
            {
                try
                {
                    await round();
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    log.LogError(e, "A round of waiting approvals broke off; the next one goes on");
                }
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service stops.
        }
    }
}

/// <summary>What was begun and is not done: broken off by a crash, or waiting for a neighbour.</summary>
public sealed record UnfinishedSignatures(InterruptedSignatures Interrupted, WaitingSignatures Waiting, CeremonyRounds Ceremonies);
