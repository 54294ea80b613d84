using System.Text.Json.Nodes;
using Identity.Signing.Approvals;
using Identity.Signing.Requests;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>A signature that has been made is kept while a neighbour is down, and comes to its level without another approval.</summary>
public sealed class WaitingSignatureTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("time-stamps are down", "timestamp_unavailable")]
    [InlineData("time-stamps are wrong", "timestamp_refused")]
    [InlineData("status is down", "status_unavailable")]
    [InlineData("status is wrong", "status_refused")]
    public async Task What_was_signed_waits_and_comes_to_its_level_once_the_neighbour_is_well(string what, string obstacle)
    {
        var (waiting, id) = await SignWhile(what);
        await using var _ = waiting;
        var status = await waiting.Status(id);
        Assert.Equal(("pending_timestamp", obstacle, "B-LTA"), (Word(status, "status"), Word(status, "reason"), Word(status, "level")));
        using (var client = waiting.AgencyClient())
            Assert.Equal(System.Net.HttpStatusCode.Conflict, (await client.GetAsync($"requests/{id}/document", SigningSystem.Cancellation)).StatusCode);
        Assert.Contains(waiting.Audit(id), line => line.GetRawText().Contains("signing.signature-waits", StringComparison.Ordinal));

        // Still down: nothing is lost by trying.
        await Retry(waiting);
        Assert.Equal("pending_timestamp", Word(await waiting.Status(id), "status"));

        system.Reset();
        await Due(waiting);
        await Retry(waiting);
        Assert.Equal("signed", Word(await waiting.Status(id), "status"));
        Assert.Equal(0, system.Authority.CertificateRequests);
        using var agency = waiting.AgencyClient();
        var report = await system.Verify(await agency.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, report.Signatures[0].Level));
        Assert.Empty(Directory.EnumerateFiles(waiting.Documents, "*.pending.pdf", SearchOption.AllDirectories));
        Assert.Contains(waiting.Audit(id), line => line.GetRawText().Contains("signing.waiting-signature-ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_time_stamp_once_there_is_kept()
    {
        var (waiting, id) = await SignWhile("status is down");
        await using var _ = waiting;
        system.Reset();
        system.Authority.TimestampStatus = 503;
        await Due(waiting);
        await Retry(waiting);
        Assert.Equal("timestamp_unavailable", Word(await waiting.Status(id), "reason"));
        // Only that of the document was asked for: that of the signature is there.
        var kept = await File.ReadAllBytesAsync(Directory.EnumerateFiles(waiting.Documents, id + ".*.pending.pdf", SearchOption.AllDirectories).Single(), SigningSystem.Cancellation);
        Assert.Equal("PAdES-BASELINE-LT", Assert.Single((await system.Verify(kept)).Signatures).Level);
    }

    [Fact]
    public async Task It_is_given_up_visibly_when_it_may_wait_no_longer()
    {
        var (waiting, id) = await SignWhile("status is down", "00:00:01");
        await using var _ = waiting;
        await Task.Delay(1100, SigningSystem.Cancellation);
        await Due(waiting);
        await Retry(waiting);
        var status = await waiting.Status(id);
        Assert.Equal(("failed", "status_unavailable"), (Word(status, "status"), Word(status, "reason")));
        Assert.Empty(Directory.EnumerateFiles(waiting.Documents, "*.pending.pdf", SearchOption.AllDirectories));
        system.Reset();
        await SigningSystem.Approve(waiting.NewBrowser(), id);
        Assert.Equal("signed", Word(await waiting.Ended(id), "status"));
    }

    [Fact]
    public async Task A_kept_signature_that_was_changed_on_the_disk_is_given_up()
    {
        var (waiting, id) = await SignWhile("time-stamps are down");
        await using var _ = waiting;
        var path = Directory.EnumerateFiles(waiting.Documents, id + ".*.pending.pdf", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(path, SigningSystem.Cancellation);
        bytes[bytes.AsSpan().IndexOf("BT /F1"u8) + 4] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, SigningSystem.Cancellation);
        system.Reset();
        await Due(waiting);
        await Retry(waiting);
        Assert.Equal(("failed", "document_changed"), (Word(await waiting.Status(id), "status"), Word(await waiting.Status(id), "reason")));
    }

    [Fact]
    public async Task A_kept_signature_of_another_document_in_its_place_is_given_up()
    {
        var (waiting, first) = await SignWhile("time-stamps are down");
        await using var _ = waiting;
        var second = await Wait(waiting, "another document");
        string Kept(string id) => Directory.EnumerateFiles(waiting.Documents, id + ".*.pending.pdf", SearchOption.AllDirectories).Single();
        File.Copy(Kept(second), Kept(first), overwrite: true);
        system.Reset();
        await Due(waiting);
        await Retry(waiting);
        Assert.Equal(("failed", "document_changed"), (Word(await waiting.Status(first), "status"), Word(await waiting.Status(first), "reason")));
        Assert.Equal("signed", Word(await waiting.Status(second), "status"));
    }

    [Fact]
    public async Task Of_two_who_try_at_once_one_does()
    {
        var (waiting, id) = await SignWhile("time-stamps are down");
        await using var _ = waiting;
        system.Reset();
        await Due(waiting);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Retry(waiting)));
        Assert.Equal("signed", Word(await waiting.Status(id), "status"));
        Assert.Equal(2, system.Authority.TimestampRequests);
    }

    [Fact]
    public async Task One_that_was_overtaken_by_another_copy_touches_nothing_of_what_that_made()
    {
        var (slow, id) = await SignWhile("time-stamps are down");
        await using var _ = slow;
        await using var quick = await system.StartAnotherOn(slow.Data, "--Signing:PendingFor=01:00:00", "--Signing:Instance=quick");
        system.Reset();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        system.Authority.Before = (what, count) =>
        {
            if (what != "time-stamp" || count != 1)
                return Task.CompletedTask;
            asked.SetResult();
            return answer.Task;
        };
        await Due(slow);
        var overtaken = Retry(slow);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), SigningSystem.Cancellation);
        // Its time is over before the time-stamp comes, and the other copy has its turn.
        await Due(quick);
        await Retry(quick);
        Assert.Equal("signed", Word(await quick.Status(id), "status"));
        using var client = quick.AgencyClient();
        var signed = await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);

        answer.SetResult();
        await overtaken;
        Assert.Equal("signed", Word(await quick.Status(id), "status"));
        Assert.Equal(signed, await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation));
        Assert.Single(Directory.EnumerateFiles(slow.Documents, id + ".*.signed.pdf", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(slow.Documents, id + ".*.pending.pdf", SearchOption.AllDirectories));
        Assert.DoesNotContain(slow.Audit(id), line => line.GetRawText().Contains("interrupted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_waits_over_a_restart()
    {
        var (waiting, id) = await SignWhile("time-stamps are down");
        await waiting.App.StopAsync(SigningSystem.Cancellation);
        await waiting.DisposeAsync();
        system.Reset();
        await using var again = await system.StartAnotherOn(waiting.Data, "--Signing:PendingFor=01:00:00");
        for (var i = 0; i < 100 && Word(await again.Status(id), "status") == "pending_timestamp"; i++)
            await Task.Delay(100, SigningSystem.Cancellation);
        Assert.Equal("signed", Word(await again.Status(id), "status"));
    }

    [Fact]
    public async Task One_that_waits_for_its_time_stamp_holds_up_no_other()
    {
        var (waiting, first) = await SignWhile("time-stamps are down");
        await using var _ = waiting;
        var second = await Wait(waiting, "not held up");
        system.Reset();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        system.Authority.Before = (what, count) =>
        {
            if (what != "time-stamp" || count != 1)
                return Task.CompletedTask;
            asked.SetResult();
            return answer.Task;
        };
        await Due(waiting);
        var round = Retry(waiting);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), SigningSystem.Cancellation);
        for (var i = 0; i < 200 && Word(await waiting.Status(first), "status") != "signed" && Word(await waiting.Status(second), "status") != "signed"; i++)
            await Task.Delay(50, SigningSystem.Cancellation);
        Assert.False(round.IsCompleted);
        Assert.Single(new[] { await waiting.Status(first), await waiting.Status(second) }, status => Word(status, "status") == "signed");
        answer.SetResult();
        await round;
        Assert.Equal(("signed", "signed"), (Word(await waiting.Status(first), "status"), Word(await waiting.Status(second), "status")));
    }

    [Fact]
    public async Task When_no_time_stamps_are_to_be_had_the_rest_is_left_for_the_next_round_but_for_what_may_wait_no_longer()
    {
        var (waiting, first) = await SignWhile("time-stamps are down");
        await using var _ = waiting;
        var ids = new List<string> { first };
        while (ids.Count < FairRound.AtOnce + 2)
            ids.Add(await Wait(waiting, "away " + ids.Count));
        // Those that the rounds of the service itself are at are not asked for a second time here.
        await Due(waiting);
        var before = system.Authority.TimestampRequests;
        await Retry(waiting);
        // Each is asked for twice before it counts as away.
        Assert.InRange(system.Authority.TimestampRequests - before, 1, FairRound.AtOnce * 2);
        await using (var over = await system.StartAnotherOn(waiting.Data, "--Signing:PendingFor=00:00:01", "--Signing:Instance=over"))
        {
            await Due(over);
            await Retry(over);
            Assert.All(await Task.WhenAll(ids.Select(over.Status)), status => Assert.Equal(("failed", "timestamp_unavailable"), (Word(status, "status"), Word(status, "reason"))));
        }
    }

    [Fact]
    public void The_first_of_each_comes_before_the_second_of_any()
    {
        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], FairRound.InTurn(["a1", "a2", "a3", "b1", "c1", "b2"], item => item[..1]));
        Assert.Empty(FairRound.InTurn(Array.Empty<string>(), item => item));
    }

    private async Task<(SigningSystem Waiting, string Id)> SignWhile(string what, string pendingFor = "01:00:00")
    {
        system.Reset();
        var waiting = await system.StartAnotherOn(system.Pki.PathOf("waiting-" + Guid.CreateVersion7()), "--Signing:PendingFor=" + pendingFor);
        switch (what)
        {
            case "time-stamps are down": system.Authority.TimestampStatus = 503; break;
            case "time-stamps are wrong": system.Authority.Clock = "+2 hours"; break;
            case "status is down": (system.Authority.OcspStatus, system.Authority.ListStatus) = (503, 503); break;
            case "status is wrong": (system.Authority.OcspReply, system.Authority.Lists) = (_ => [1], _ => [1]); break;
        }
        return (waiting, await Wait(waiting, what));
    }

    private static async Task<string> Wait(SigningSystem waiting, string text)
    {
        var id = await waiting.CreateRequest(Pdfs.Page(text));
        await SigningSystem.Approve(waiting.NewBrowser(), id);
        for (var i = 0; i < 200 && Word(await waiting.Status(id), "status") is not ("pending_timestamp" or "failed"); i++)
            await Task.Delay(50, SigningSystem.Cancellation);
        return id;
    }

    private static Task Retry(SigningSystem at) => at.App.Services.GetRequiredService<WaitingSignatures>().TryDue(SigningSystem.Cancellation);

    /// <summary>Time passes: what waits for its next try may have it now.</summary>
    private static async Task Due(SigningSystem at)
    {
        var databases = at.App.Services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<Storage.SigningDatabase>>();
        await using var database = await databases.CreateDbContextAsync(SigningSystem.Cancellation);
        var now = TimeProvider.System.GetUtcNow();
        await Microsoft.EntityFrameworkCore.EntityFrameworkQueryableExtensions.ExecuteUpdateAsync(
            database.Approvals.Where(approval => approval.NextTryAt != null), set => set.SetProperty(approval => approval.NextTryAt, (DateTimeOffset?)now), SigningSystem.Cancellation);
    }

    private static string? Word(JsonNode status, string name) => status[name]?.GetValue<string>();
}
