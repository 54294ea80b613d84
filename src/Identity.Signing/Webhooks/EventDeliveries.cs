using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Identity.Signing.Agencies;
using Identity.Web.Outgoing;

namespace Identity.Signing.Webhooks;

/// <summary>
/// Sends events as RFC 8935 has it: POST of the token, taken when the answer is a success. Whatever else the answer is, its body is not read and a
/// redirect not followed; one that hangs ends by itself and keeps no other agency waiting.
/// </summary>
public sealed class EventDeliveries(EventOutbox outbox, GuardedHttp http, IServiceProvider services, SigningSettings settings, TimeProvider time, ILogger<EventDeliveries> log)
    : BackgroundService
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    /// <summary>For one delivery, from the name's resolution to the answer's head.</summary>
    private static readonly TimeSpan LongestDelivery = TimeSpan.FromSeconds(10);

    // RFC 8935 2.1.
    private const string MediaType = "application/secevent+jwt";

    /// <summary>What is due once; returns how many were tried.</summary>
    public async Task<int> DeliverDue(CancellationToken cancellation)
    {
        var claimed = await outbox.Claim(cancellation);
        await Task.WhenAll(claimed.Select(one => Deliver(one, cancellation)));
        return claimed.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Without a registered address there is nobody to tell, and no key is needed.
        if (!settings.Agencies.AnyWebhook)
            return;
        using var timer = new PeriodicTimer(BetweenLooks, time);
        try
        {
            do
            {
                try
                {
                    while (await DeliverDue(stoppingToken) > 0)
                    {
                        // A ceremony's next event may be due by now.
                    }
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogError(e, "Events could not be sent; they wait");
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
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
