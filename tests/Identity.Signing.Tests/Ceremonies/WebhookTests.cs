using System.Diagnostics;
using System.Net;
using System.Text;
using Identity.Signing.Ceremonies;
using Identity.Signing.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>An agency is told how its ceremony goes, whatever its receiver does.</summary>
public sealed class WebhookTests(SigningSystem shared) : IClassFixture<SigningSystem>, IAsyncLifetime
{
    private Receiver receiver = null!;
    private SigningSystem system = null!;
    private CeremonyOffice office = null!;

    public async ValueTask InitializeAsync()
    {
        shared.Reset();
        if (!File.Exists(shared.Pki.KeyPath(EventKey.KeyName)))
            shared.Pki.MakeKey(EventKey.KeyName, Identity.TestKit.Pki.OpensslKey.P256, "TokenSigning");
        receiver = await Receiver.Start();
        system = await shared.StartAnotherOn(
            Path.Combine(shared.Pki.Folder, "data-" + Guid.CreateVersion7()), $"--Signing:Agencies:0:WebhookUrls:0={receiver.Address.AbsoluteUri}", "--Signing:Agencies:0:WebhookUrls:1=https://registry.example/events");
        office = new CeremonyOffice(system);
    }

    public async ValueTask DisposeAsync()
    {
        await system.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task Each_step_is_told_in_order_signed_and_without_names()
    {
        var described = CeremonyOffice.Deed("B-T");
        described["webhook_url"] = receiver.Address.AbsoluteUri;
        described["remind_at"] = "2026-01-01T00:00:00Z";
        var ceremony = await office.Create(described);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        // A ceremony that is complete before the round of reminders needs none.
        for (var tries = 0; tries < 600 && await office.InDatabase(database => database.Ceremonies.AnyAsync(c => c.Id == CeremonyOffice.Id(ceremony) && c.RemindAt != null)); tries++)
            await Task.Delay(100, SigningSystem.Cancellation);
        await office.Sign(ceremony, 3, CeremonyOffice.Amira);
        await office.Until(CeremonyOffice.Id(ceremony), "completed");

        var tokens = await receiver.Until(await office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.Events).SingleAsync()));
        Assert.Contains(tokens, token => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).Contains("events/reminder", StringComparison.Ordinal));
        using var client = new HttpClient { BaseAddress = new Uri(system.Address) };
        var keys = await client.GetStringAsync(EventKey.Path, SigningSystem.Cancellation);
        var said = new List<string>();
        var identifiers = new HashSet<string>();
        foreach (var token in tokens)
        {
            var (type, about, jwt) = await Receiver.Verify(token, keys, system.Address, "land-registry");
            Assert.Equal(CeremonyOffice.Id(ceremony), about.GetProperty("ceremony").GetString());
            Assert.Equal(said.Count + 1, about.GetProperty("number").GetInt32());
            said.Add(about.TryGetProperty("signer", out var place) ? $"{type} {Enumerable.Range(1, 3).Single(number => CeremonyOffice.Place(ceremony, number) == place.GetString())}" : type);
            Assert.True(identifiers.Add(jwt.Id));
            Assert.DoesNotContain("PNOXX", Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])), StringComparison.Ordinal);
        }

        // The reminder was due from the start; when its round comes is its own affair.
        Assert.Equal(["turn 1", "turn 2", "signed 2", "signed 1", "turn 3", "signed 3", "completed"], said.Where(one => !one.StartsWith("reminder", StringComparison.Ordinal)));
        Assert.All(receiver.MediaTypes, type => Assert.Equal("application/secevent+jwt", type));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_told_again_the_same_and_the_next_event_waits()
    {
        receiver.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        var ceremony = await Begin();
        var first = (await receiver.Until(1))[0];
        using (await office.Do(CeremonyOffice.Id(ceremony), "cancel"))
            receiver.Answer = Receiver.Taken;
        var waiting = await Event(ceremony, 1, told => told.NextTryAt > TimeProvider.System.GetUtcNow());
        Assert.Null(waiting.DeliveredAt);
        Assert.Equal(0, (await Event(ceremony, 2, _ => true)).Tries);

        await Due();
        var tokens = await receiver.Until(4);
        Assert.Equal(Payload(first)["jti"]!.GetValue<string>(), Payload(tokens[1])["jti"]!.GetValue<string>());
        Assert.Equal([1, 1, 2, 3], tokens.Take(4).Select(token => Payload(token)["events"]!.AsObject().Single().Value!["number"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_a_receiver_that_hangs_ends_by_itself()
    {
        receiver.Answer = context =>
        {
            context.Response.Redirect("/elsewhere", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };
        var ceremony = await Begin();
        await receiver.Until(1);
        await Event(ceremony, 1, told => told is { DeliveredAt: null, Tries: 1 } && told.NextTryAt is not null);
        Assert.Equal(0, receiver.Redirected);

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            ended.TrySetResult();
        };
        await Due();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), SigningSystem.Cancellation);
        Assert.Null((await Event(ceremony, 1, told => told.Tries == 2)).DeliveredAt);
    }

    [Fact]
    public async Task An_agency_whose_receiver_hangs_delays_no_other_agency()
    {
        var (hanging, atOnce) = (0, new System.Collections.Concurrent.ConcurrentBag<int>());
        receiver.Answer = async context =>
        {
            atOnce.Add(Interlocked.Increment(ref hanging));
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            Interlocked.Decrement(ref hanging);
        };
        await using var prompt = await Receiver.Start();
        await using var both = await shared.StartAnotherOn(
            Path.Combine(shared.Pki.Folder, "data-" + Guid.CreateVersion7()), $"--Signing:Agencies:0:WebhookUrls:0={receiver.Address.AbsoluteUri}", $"--Signing:Agencies:1:WebhookUrls:0={prompt.Address.AbsoluteUri}");
        var here = new CeremonyOffice(both);
        var described = CeremonyOffice.Deed("B-T");
        described["webhook_url"] = receiver.Address.AbsoluteUri;
        // Each has an event that is due, long before those of the other agency.
        for (var ceremony = 0; ceremony < 5 * EventDeliveries.MostPerAgency; ceremony++)
            await here.Create(described);
        (described["webhook_url"], described["return_url"]) = (prompt.Address.AbsoluteUri, "https://tax.example/");
        using (var posted = await here.Post(described, token: shared.Provider.AccessToken(both.Address, "tax-portal")))
            Assert.Equal(HttpStatusCode.Created, posted.StatusCode);

        await prompt.Until(2);
        // One that is given up may still be counted here when the next one comes.
        Assert.InRange(atOnce.Max(), 1, 2 * EventDeliveries.MostPerAgency);
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_and_counts_by_its_status()
    {
        receiver.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            var block = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        };
        var ceremony = await Begin();
        Assert.NotNull((await Event(ceremony, 1, told => told.DeliveredAt is not null)).DeliveredAt);
    }

    [Fact]
    public async Task What_cannot_be_told_for_days_is_given_up_on_record_and_the_order_goes_on()
    {
        receiver.Answer = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        var ceremony = await Begin();
        await Event(ceremony, 1, told => told.Tries == 1 && told.NextTryAt < TimeProvider.System.GetUtcNow().AddSeconds(50));
        var id = CeremonyOffice.Id(ceremony);
        await office.InDatabase(database => database.CeremonyEvents.Where(e => e.CeremonyId == id && e.Number == 1)
            .ExecuteUpdateAsync(e => e.SetProperty(x => x.CreatedAt, TimeProvider.System.GetUtcNow() - EventOutbox.Patience)));
        await Due();
        Assert.Null((await Event(ceremony, 1, told => told.NextTryAt is null)).DeliveredAt);
        receiver.Answer = Receiver.Taken;
        // It may have been refused once before.
        Assert.NotNull((await Event(ceremony, 2, told => told.DeliveredAt is not null, Due)).DeliveredAt);
        Assert.Contains(system.Audit(id), line => line.ToString().Contains("\"delivered\":false", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Of_two_who_claim_at_once_one_sends()
    {
        receiver.Answer = async context =>
        {
            await Task.Delay(300, SigningSystem.Cancellation);
            await Receiver.Taken(context);
        };
        var deliveries = system.App.Services.GetRequiredService<EventDeliveries>();
        var ceremony = await Begin();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => deliveries.DeliverDue(SigningSystem.Cancellation)));
        await Event(ceremony, 2, told => told.DeliveredAt is not null);
        Assert.Equal(2, receiver.Tokens.Count);
    }

    [Theory]
    [InlineData("http://registry.example/events", "Signing:Agencies:0:WebhookUrls must be an https address, or in Development an http address on loopback.")]
    [InlineData("https://user@registry.example/events", "Signing:Agencies:0:WebhookUrls must be an absolute http(s) address without user information and fragment.")]
    [InlineData("events", "Signing:Agencies:0:WebhookUrls must be an absolute http(s) address without user information and fragment.")]
    public void An_address_that_nothing_may_be_sent_to_is_refused_at_the_start(string address, string reason) =>
        Assert.Equal(reason, Assert.Throws<SettingRefusedException>(() => SigningApp.Build([.. system.Arguments(system.Address), $"--Signing:Agencies:0:WebhookUrls:0={address}"])).Message);

    [Fact]
    public void A_private_network_that_is_none_is_refused_at_the_start() => Assert.Equal(
        "Signing:AllowedPrivateNetworks:0 must be a network as 10.1.2.0/24 or fd00:1::/32.",
        Assert.Throws<SettingRefusedException>(() => SigningApp.Build([.. system.Arguments(system.Address), "--Signing:AllowedPrivateNetworks:0=10.0.0.1/33"])).Message);

    private async Task<System.Text.Json.Nodes.JsonNode> Begin()
    {
        var described = CeremonyOffice.Deed("B-T");
        described["webhook_url"] = receiver.Address.AbsoluteUri;
        return await office.Create(described);
    }

    private Task<int> Due() => office.InDatabase(database => database.CeremonyEvents.Where(e => e.NextTryAt != null)
        .ExecuteUpdateAsync(e => e.SetProperty(x => x.NextTryAt, TimeProvider.System.GetUtcNow())));

    private async Task<CeremonyEvent> Event(System.Text.Json.Nodes.JsonNode ceremony, int number, Func<CeremonyEvent, bool> condition, Func<Task>? between = null)
    {
        var id = CeremonyOffice.Id(ceremony);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var told = await office.InDatabase(database => database.CeremonyEvents.AsNoTracking().SingleOrDefaultAsync(e => e.CeremonyId == id && e.Number == number));
            if (told is not null && condition(told))
                return told;
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(40), $"event {number}: {told?.Tries} {told?.NextTryAt} {told?.DeliveredAt}");
            if (between is not null)
                await between();
            await Task.Delay(50, SigningSystem.Cancellation);
        }
    }

    private static System.Text.Json.Nodes.JsonNode Payload(string token) => System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))!;
}
