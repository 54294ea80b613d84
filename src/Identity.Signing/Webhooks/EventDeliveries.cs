using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Identity.Signing.Agencies;
using Identity.Web.Outgoing;

namespace Identity.Signing.Webhooks;

/// <summary>
/// Sends events as RFC 8935 has it: POST of the token, taken when the answer is a success. Whatever else the answer is, its body is not read and a
/// redirect not followed; one that hangs ends by itself, and meanwhile has taken a few places of its own and no other agency's.
/// </summary>
public sealed class EventDeliveries(EventOutbox outbox, GuardedHttp http, IServiceProvider services, SigningSettings settings, TimeProvider time, ILogger<EventDeliveries> log)
    : BackgroundService
{
    /// <summary>How many deliveries of one agency this copy of the service has under way at a time.</summary>
    public const int MostPerAgency = 4;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    /// <summary>For one delivery, from the name's resolution to the answer's head.</summary>
    private static readonly TimeSpan LongestDelivery = TimeSpan.FromSeconds(10);

    // RFC 8935 2.1.
    private const string MediaType = "application/secevent+jwt";

    private readonly ConcurrentDictionary<string, int> underWay = new(StringComparer.Ordinal);

    /// <summary>What is due, once; returns how many were tried when all of them have ended.</summary>
    public async Task<int> DeliverDue(CancellationToken cancellation)
    {
        var begun = await Begin(cancellation);
        await Task.WhenAll(begun);
        return begun.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Without a registered address there is nobody to tell, and no key is needed.
        if (!settings.Agencies.AnyWebhook)
            return;
        using var timer = new PeriodicTimer(BetweenLooks, time);
        var begun = new List<Task>();
        try
        {
            do
            {
                begun.RemoveAll(delivery => delivery.IsCompleted);
                await BeginAll(begun, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }

        await Task.WhenAll(begun);
    }

    /// <summary>Goes on as long as something ends within a moment, for a ceremony's next event is due by then; waits for nobody who takes longer.</summary>
    private async Task BeginAll(List<Task> begun, CancellationToken stopping)
    {
        try
        {
            for (var now = await Begin(stopping); now.Count > 0; now = await Begin(stopping))
            {
                begun.AddRange(now);
                await Task.WhenAny(Task.WhenAll(now), Task.Delay(LongestLook, time, stopping));
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log.LogError(e, "Events could not be claimed; they wait");
        }
    }

    private async Task<IReadOnlyList<Task>> Begin(CancellationToken cancellation) =>
        [.. (await outbox.Claim(agency => MostPerAgency - underWay.GetValueOrDefault(agency), cancellation)).Select(one => Send(one, cancellation))];

    private async Task Send(ClaimedEvent claimed, CancellationToken cancellation)
    {
        underWay.AddOrUpdate(claimed.AgencyId, 1, (_, count) => count + 1);
        try
        {
            await Deliver(claimed, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "Event {Event} could not be sent; it waits", claimed.Told.Id);
        }
        catch (OperationCanceledException)
        {
            // The service stops: it is sent again by the next copy, or after the next start.
        }
        finally
        {
            underWay.AddOrUpdate(claimed.AgencyId, 0, (_, count) => count - 1);
        }
    }

    private async Task Deliver(ClaimedEvent claimed, CancellationToken cancellation)
    {
        // Taken out of the settings since: nobody is called who is not registered now.
        if (settings.Agencies.Find(claimed.AgencyId)?.AcceptWebhookUrl(claimed.Address.AbsoluteUri) is not { } address)
        {
            await outbox.Failed(claimed.Told);
            return;
        }

        var token = services.GetRequiredService<EventKey>().Sign(claimed.Told, claimed.AgencyId, time.GetUtcNow());
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(token, Encoding.ASCII) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        request.Headers.Accept.ParseAdd("application/json");
        switch (await http.SendForStatus(request, LongestDelivery, cancellation))
        {
            case OutgoingOutcome.Answered { Status: >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices }:
                await outbox.Delivered(claimed.Told);
                return;
            case OutgoingOutcome.Answered answered:
                log.LogWarning("Event {Event} for {Agency} was answered with {Status}", claimed.Told.Id, claimed.AgencyId, (int)answered.Status);
                break;
            case OutgoingOutcome.Failed failed:
                log.LogWarning("Event {Event} for {Agency} could not be sent: {Reason}", claimed.Told.Id, claimed.AgencyId, failed.Reason);
                break;
        }

        await outbox.Failed(claimed.Told);
    }
}
