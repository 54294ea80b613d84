using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Identity.Signing.Storage;
using Identity.Web.Outgoing;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Csc;

/// <summary>What an asynchronous call came to (CSC API v2 11.12).</summary>
public sealed class AsynchronousResponse
{
    /// <summary>128 random bits, base64url.</summary>
    public required string Id { get; init; }

    public required string Client { get; init; }

    public required string Subject { get; init; }

    /// <summary>The copy of the service that works on it.</summary>
    public required string Instance { get; init; }

    /// <summary>Not told any more from then on, and removed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>HTTP status of the answer.</summary>
    public int? Status { get; init; }

    /// <summary>JSON of the answer.</summary>
    public byte[]? Answer { get; init; }
}

/// <summary>How an asynchronous call stands.</summary>
/// <param name="Status">HTTP status of its answer; null before there is one.</param>
/// <param name="Length">Bytes of its answer.</param>
internal sealed record AsynchronousState(int? Status, int Length);

/// <summary>
/// Signs what was taken while nobody waits, keeps the outcome for who asks, and tells the program where the operator has registered an address for it. What a stop cuts
/// short ends as a failure: the key was in the process that stopped, and the approval is used.
/// </summary>
internal sealed class AsynchronousResponses(IDbContextFactory<SigningDatabase> databases, GuardedHttp http, SigningSettings settings, TimeProvider time, ILogger<AsynchronousResponses> log) : BackgroundService
{
    public const int LongestQueue = 200;
    private const int AtOnce = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Less than an approval's evidence lives, and than files of one who waits stay.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(30);
    // Who is in it has a place in the room, so there is always room in the queue.
    private readonly Channel<Work> queue = Channel.CreateUnbounded<Work>();

    private static readonly CancellationToken CalledOff = new(canceled: true);

    private sealed record Work(string Id, TakenSigning Sign, Uri? ResponseUri, IDisposable Place);

    /// <summary>Where a call waits for its turn: entered before its approval is used.</summary>
    public WaitingRoom Room { get; } = new(LongestQueue, AtOnce, LongestWait);

    /// <summary>The record is there before the work begins: from its identifier on, who asked can ask again.</summary>
    /// <param name="authorization">Who asked, and may ask for the outcome.</param>
    /// <param name="mode">Whom to tell.</param>
    /// <param name="sign">What was taken.</param>
    /// <param name="place">In the <see cref="Room"/>; given back when its turn has come.</param>
    public async Task<JsonObject> Start(CscAuthorization authorization, OperationMode mode, TakenSigning sign, IDisposable place)
    {
        var response = new AsynchronousResponse
        {
            Id = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            Client = authorization.Client, Subject = authorization.Subject, Instance = settings.Instance, ExpiresAt = time.GetUtcNow() + mode.Kept + settings.SigningDeadline,
        };
        try
        {
            await using var database = await databases.CreateDbContextAsync();
            database.AsynchronousResponses.Add(response);
            await database.SaveChangesAsync();
            await queue.Writer.WriteAsync(new Work(response.Id, sign, mode.ResponseUri, place));
            return new JsonObject { ["responseID"] = response.Id };
        }
        catch
        {
            // Nobody will ask for it: called off, so that it ends and leaves nothing behind.
            await Do(new Work(response.Id, sign, null, place), CalledOff);
            throw;
        }
    }

    /// <summary>How a call stands: null when there is none for this program and person, or no longer. Its answer, which may be long, is not read.</summary>
    public async Task<AsynchronousState?> Find(string id, CscAuthorization authorization, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.AsynchronousResponses
            .Where(r => r.Id == id && r.Client == authorization.Client && r.Subject == authorization.Subject && r.ExpiresAt > now)
            .Select(r => new AsynchronousState(r.FinishedAt == null ? null : r.Status, r.Answer == null ? 0 : r.Answer.Length)).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>JSON of one that is finished; null when it has gone meanwhile.</summary>
    public async Task<byte[]?> Answer(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.AsynchronousResponses.Where(r => r.Id == id).Select(r => r.Answer).SingleOrDefaultAsync(cancellation);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var instance = settings.Instance;
        await using (var database = await databases.CreateDbContextAsync(cancellationToken))
        {
            foreach (var lost in await database.AsynchronousResponses.Where(r => r.Instance == instance && r.FinishedAt == null).Select(r => r.Id).ToListAsync(cancellationToken))
                await Finish(lost, CscError.ServerError.Status, JsonSerializer.SerializeToUtf8Bytes(CscError.ServerError));
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>What has begun is brought to its end; what waits is called off, so that who asks, at whatever copy, hears of it now.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        while (queue.Reader.TryRead(out var work))
        {
            var (status, answer) = await Do(work, CalledOff);
            await LateWrite.Try(() => Finish(work.Id, status, answer), log, "the outcome of a call that was called off");
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => DoWhatComes(stoppingToken)).Append(Sweep(stoppingToken)));

    private async Task DoWhatComes(CancellationToken stopping)
    {
        await foreach (var work in queue.Reader.ReadAllAsync(stopping))
        {
            using var deadline = new CancellationTokenSource(settings.SigningDeadline, time);
            var begun = time.GetTimestamp();
            var (status, answer) = await Do(work, deadline.Token);
            Room.Took(time.GetElapsedTime(begun));
            if (!await LateWrite.Try(() => Finish(work.Id, status, answer), log, "the outcome of an asynchronous call") || work.ResponseUri is not { } address)
                continue;
            try
            {
                await Tell(address, work.Id, stopping);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                log.LogError(problem, "The outcome of {Response} could not be told", work.Id);
            }
        }
    }

    private async Task<(int Status, byte[] Answer)> Do(Work work, CancellationToken cancellation)
    {
        work.Place.Dispose();
        try
        {
            return (StatusCodes.Status200OK, JsonSerializer.SerializeToUtf8Bytes(await work.Sign(cancellation)));
        }
        catch (CscRefusedException refused)
        {
            return (refused.Error.Status, JsonSerializer.SerializeToUtf8Bytes(refused.Error));
        }
        catch (Exception problem)
        {
            log.LogError(problem, "The asynchronous call {Response} failed", work.Id);
            return (CscError.ServerError.Status, JsonSerializer.SerializeToUtf8Bytes(CscError.ServerError));
        }
    }

    private async Task Finish(string id, int status, byte[] answer)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await database.AsynchronousResponses.Where(r => r.Id == id && r.FinishedAt == null)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.FinishedAt, now).SetProperty(x => x.Status, status).SetProperty(x => x.Answer, answer));
    }

    // Its identifier and nothing else: the outcome is fetched with a token. One try; who is not there asks by itself.
    private async Task Tell(Uri address, string id, CancellationToken stopping)
    {
        using var content = new StringContent(new JsonObject { ["responseID"] = id }.ToJsonString(), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        if (await http.SendForStatus(request, Patience, stopping) is OutgoingOutcome.Failed failed)
            log.LogWarning("A program could not be told of {Response}: {Problem}", id, failed.Reason);
    }

    private async Task Sweep(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(BetweenSweeps, time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            try
            {
                var now = time.GetUtcNow();
                await using var database = await databases.CreateDbContextAsync(stopping);
                await database.AsynchronousResponses.Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(stopping);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                log.LogError(problem, "Old outcomes could not be removed");
            }
        }
    }
}
