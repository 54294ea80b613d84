using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Identity.Provider.Clients;
using Identity.Provider.Storage;
using Identity.Web.Outgoing;

namespace Identity.Provider.Logout;

/// <summary>
/// Tells agencies that sessions have ended (OpenID Connect Back-Channel Logout 1.0, 2.5). Every instance runs it; of one delivery, one instance makes an attempt at a
/// time. An agency has a few attempts under way at a time, so that one that does not answer delays its own alone.
/// </summary>
internal sealed partial class LogoutDeliveries(
    LogoutOutbox outbox, LogoutToken tokens, GuardedHttp http, LogoutLimits limits, IServiceScopeFactory scopes, ILogger<LogoutDeliveries> logger) : BackgroundService
{
    internal const int AtOnceForOne = 4;
    internal const int AtOnce = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, string> underway = new(StringComparer.Ordinal);
    private readonly List<Task> attempts = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await Begin(stoppingToken);
                }
                catch (Exception outage) when (ProviderStores.Outage(outage) is not null)
                {
                    LogOutage(logger, outage);
                }

                await outbox.Arrival(Pause, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Attempts end with the process; their leases run out, and another instance goes on.
            await Task.WhenAll(attempts);
        }
    }

    // Begins the attempts that are due, as far as there is room for them.
    private async Task Begin(CancellationToken stopping)
    {
        attempts.RemoveAll(static attempt => attempt.IsCompleted);
        foreach (var clientId in await outbox.Waiting())
        {
            var room = Math.Min(AtOnceForOne - underway.Values.Count(other => other == clientId), AtOnce - underway.Count);
            if (room <= 0)
                continue;
            // Those under way are due too, until they have come to something.
            var due = await outbox.Due(clientId, AtOnceForOne + room);
            foreach (var id in due.Where(id => !underway.ContainsKey(id)).Take(room).ToArray())
            {
                underway[id] = clientId;
                attempts.Add(Task.Run(() => Attempt(clientId, id, stopping), CancellationToken.None));
            }

            if (due.Count == 0)
                await outbox.Close(clientId);
        }
    }

    private async Task Attempt(string clientId, string id, CancellationToken stopping)
    {
        var more = false;
        try
        {
            if (!await outbox.Claim(id))
                return;
            // Read after the claim: another instance may have come to something just now.
            var delivery = await outbox.Find(id);
            if (delivery is not { State: LogoutDeliveryState.Pending })
            {
                await outbox.Drop(clientId, id);
            }
            else if (await Tell(delivery, stopping) is var after)
            {
                await outbox.Keep(after);
                LogAttempt(logger, clientId, id, after.Attempts, after.State, after.Result);
            }

            await outbox.Release(id);
            more = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The lease runs out.
        }
        catch (Exception outage) when (ProviderStores.Outage(outage) is not null)
        {
            LogOutage(logger, outage);
        }
        finally
        {
            underway.TryRemove(id, out _);
            // There may be one that had no room.
            if (more)
                outbox.Wake();
        }
    }

    private async Task<LogoutDelivery> Tell(LogoutDelivery delivery, CancellationToken stopping)
    {
        if (await Registration(delivery.ClientId, stopping) is not { BackchannelLogoutUri: { } address } client)
            return delivery.Refused("the client is no longer registered for it", Now());

        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("logout_token", tokens.For(delivery, client))]),
        };
        return await http.SendForStatus(request, limits.Patience, stopping) switch
        {
            OutgoingOutcome.Answered { Status: var status } => After(delivery, status),
            OutgoingOutcome.Failed { Reason: GuardedHttp.NotAllowed and var reason } => delivery.Refused(reason, Now()),
            OutgoingOutcome.Failed { Reason: var reason } => delivery.Retried(reason, limits, Now()),
            _ => throw new InvalidOperationException("No such outcome."),
        };
    }

    // 2.8: 200 is done (204 for frameworks that make it so), 400 is a refusal of this token, which no repetition would change.
    private LogoutDelivery After(LogoutDelivery delivery, HttpStatusCode status)
    {
        var result = string.Create(CultureInfo.InvariantCulture, $"answered {(int)status}");
        return status switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => delivery.Delivered(result, Now()),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => delivery.Retried(result, limits, Now()),
            _ => delivery.Refused(result, Now()),
        };
    }

    private async Task<ClientMetadata?> Registration(string clientId, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<RegisteredClients>().Find(clientId, cancellation))?.Metadata;
    }

    private DateTimeOffset Now() => outbox.Now;

    [LoggerMessage(LogLevel.Information, "Logout of {Client}, delivery {Delivery}, attempt {Attempt}: {State}, {Result}")]
    private static partial void LogAttempt(ILogger logger, string client, string delivery, int attempt, LogoutDeliveryState state, string result);

    [LoggerMessage(LogLevel.Warning, "Logout deliveries wait: a store is unavailable.")]
    private static partial void LogOutage(ILogger logger, Exception outage);
}
