using System.Text.Json.Nodes;
using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Identity.Signing.Tests.Ceremonies;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>
/// The service as a process of its own, killed (SIGKILL) at each step of a signature, and started again on what it left: one signature for one
/// approval, or none and visibly so, and then one for the next.
/// </summary>
public sealed class KilledSigningTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    // B-LTA: certificate, signature, its time-stamp, the status of its certificates, the archive's time-stamp, its certificates' status.
    [Theory]
    [InlineData("certificate", 1)]
    [InlineData("time-stamp", 1)]
    [InlineData("status", 1)]
    [InlineData("time-stamp", 2)]
    public async Task Killed_while_it_waits_for_a_neighbour_it_has_failed_visibly_and_the_next_approval_signs(string what, int count)
    {
        var (id, data) = await SignUntilKilled((doomed, killed) => system.Authority.Before = (asked, number) =>
        {
            if (asked == what && number == count)
                Kill(doomed, killed);
            return Task.CompletedTask;
        });
        await using var repaired = await system.StartAnotherOn(data);
        var status = await repaired.Status(id);
        Assert.Equal(("failed", "interrupted"), (Word(status, "status"), Word(status, "reason")));
        Assert.Contains(repaired.Audit(id), line => line.GetRawText().Contains("signing.signing-interrupted", StringComparison.Ordinal));
        Assert.Empty(Signed(repaired, id));
        await SignsWithTheNextApproval(repaired, id, "interrupted");
    }

    [Theory]
    [InlineData("certificate", 1)]
    [InlineData("time-stamp", 2)]
    public async Task Killed_right_behind_an_answer_there_is_one_signature_or_none(string what, int count)
    {
        var (id, data) = await SignUntilKilled((doomed, killed) =>
        {
            var asked = 0;
            if (what == "certificate")
                system.Authority.Certificates = context =>
                {
                    context.Response.OnCompleted(() => Kill(doomed, killed));
                    return Task.FromResult<Microsoft.AspNetCore.Http.IResult?>(null);
                };
            else
                system.Authority.Reply = reply =>
                {
                    if (++asked == count)
                        _ = Task.Delay(20).ContinueWith(_ => Kill(doomed, killed), TaskScheduler.Default);
                    return reply;
                };
        });
        await using var repaired = await system.StartAnotherOn(data);
        // What comes first, the end of the signature or of the process, is not ours to say; what is left is one of two.
        var status = await repaired.Status(id);
        if (Word(status, "status") != "signed")
        {
            Assert.Equal(("failed", "interrupted"), (Word(status, "status"), Word(status, "reason")));
            Assert.Empty(Signed(repaired, id));
            await SignsWithTheNextApproval(repaired, id, "interrupted");
        }

        Assert.Single(Signed(repaired, id));
        await IsOneArchivedSignature(repaired, id);
    }

    [Fact]
    public async Task Killed_as_the_approval_is_given_nothing_is_signed_and_the_person_is_asked_again()
    {
        var (id, data) = await SignUntilKilled((doomed, killed) => system.Provider.Finish = evidence =>
        {
            Kill(doomed, killed);
            return evidence;
        });
        await using var repaired = await system.StartAnotherOn(data);
        Assert.Empty(Signed(repaired, id));
        await SignsWithTheNextApproval(repaired, id);
    }

    [Fact]
    public async Task Killed_while_a_signature_waits_and_again_while_it_is_raised_it_needs_no_other_approval()
    {
        system.Reset();
        var data = system.Pki.PathOf("killed-" + Guid.CreateVersion7());
        system.Authority.TimestampStatus = 503;
        string id;
        await using (var doomed = await system.StartProcessOn(data, "--Signing:PendingFor=01:00:00"))
        {
            id = await doomed.CreateRequest(Pdfs.Page("Waits"));
            await SigningSystem.Approve(doomed.NewBrowser(), id);
            await Until(async () => Word(await doomed.Status(id), "status") == "pending_timestamp");
            // Nothing is tried before this is over.
            var killed = new TaskCompletionSource();
            system.Reset();
            system.Authority.Before = (asked, _) => asked == "status" ? Kill(doomed, killed) : Task.CompletedTask;
            await Due(data);
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60), SigningSystem.Cancellation);
        }

        system.Reset();
        // What was being raised is another's after the deadline.
        await Due(data);
        await using var repaired = await system.StartAnotherOn(data, "--Signing:PendingFor=01:00:00");
        await Until(async () => Word(await repaired.Status(id), "status") != "pending_timestamp");
        Assert.Equal(("signed", 0), (Word(await repaired.Status(id), "status"), system.Authority.CertificateRequests));
        Assert.Single(Signed(repaired, id));
        Assert.Equal(["signed"], await Outcomes(repaired, id));
        await IsOneArchivedSignature(repaired, id);
    }

    [Theory]
    [InlineData("the last signature")]
    [InlineData("the archive pass")]
    public async Task Killed_in_a_ceremony_nobody_signs_twice_and_it_is_completed_once(string step)
    {
        system.Reset();
        var data = system.Pki.PathOf("killed-" + Guid.CreateVersion7());
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1), CeremonyOffice.Signer(StandInPerson.Wei, 2));
        JsonNode ceremony;
        await using (var doomed = await system.StartProcessOn(data))
        {
            var there = new CeremonyOffice(doomed);
            ceremony = await there.Create(described);
            await there.Sign(ceremony, 1, StandInPerson.Liis);
            var killed = new TaskCompletionSource();
            system.Authority.Before = (asked, _) => asked == (step == "the last signature" ? "time-stamp" : "status") ? Kill(doomed, killed) : Task.CompletedTask;
            await WhileItDies(async () => await there.Sign(ceremony, 2, StandInPerson.Wei), killed);
        }

        system.Reset();
        var id = CeremonyOffice.Id(ceremony);
        await using var repaired = await system.StartAnotherOn(data);
        var office = new CeremonyOffice(repaired);
        if (step == "the last signature")
        {
            Assert.Equal(["signed", "turn"], CeremonyOffice.Signers(await office.Status(id)));
            await office.Sign(ceremony, 2, StandInPerson.Wei);
        }
        else
        {
            Assert.Equal("archiving", Word(await office.Status(id), "status"));
            // The claim of the one that is gone ends by itself.
            await office.Set(ceremony, c => c.SetProperty(x => x.NextTryAt, TimeProvider.System.GetUtcNow()));
            await repaired.App.Services.GetRequiredService<CeremonyRounds>().Round(SigningSystem.Cancellation);
        }

        await office.Until(id, "completed");
        Assert.Single(Signed(repaired, id));
        using var answer = await office.Document(id);
        var report = await system.Verify(await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation));
        Assert.Equal(["Liis Tamm", "Wei Chen"], report.Signatures.Where(one => one.IsSignature).Select(one => one.SignedBy));
        Assert.All(report.Signatures.Where(one => one.IsSignature), one => Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (one.Indication, one.Level)));
    }

    private async Task<(string Id, string Data)> SignUntilKilled(Action<SigningSystem, TaskCompletionSource> arrange)
    {
        system.Reset();
        var data = system.Pki.PathOf("killed-" + Guid.CreateVersion7());
        await using var doomed = await system.StartProcessOn(data);
        var id = await doomed.CreateRequest(Pdfs.Page("Killed"));
        var killed = new TaskCompletionSource();
        arrange(doomed, killed);
        await WhileItDies(async () => await SigningSystem.Approve(doomed.NewBrowser(), id), killed);
        system.Reset();
        return (id, data);
    }

    // The browser may or may not get an answer.
    private static async Task WhileItDies(Func<Task> act, TaskCompletionSource killed)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // It died before it had answered.
        }

        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60), SigningSystem.Cancellation);
    }

    private static Task Kill(SigningSystem doomed, TaskCompletionSource killed)
    {
        doomed.Kill();
        killed.TrySetResult();
        return Task.CompletedTask;
    }

    private static async Task SignsWithTheNextApproval(SigningSystem repaired, string id, params string[] before)
    {
        await SigningSystem.Approve(repaired.NewBrowser(), id);
        Assert.Equal("signed", Word(await repaired.Ended(id), "status"));
        Assert.Equal([.. before, "signed"], await Outcomes(repaired, id));
        Assert.Single(Signed(repaired, id));
        await IsOneArchivedSignature(repaired, id);
    }

    private static async Task IsOneArchivedSignature(SigningSystem repaired, string id)
    {
        using var client = repaired.AgencyClient();
        var report = await repaired.Verify(await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, Assert.Single(report.Signatures, one => one.IsSignature).Level));
    }

    private static async Task<IReadOnlyList<string?>> Outcomes(SigningSystem at, string id)
    {
        await using var database = Database(at.Data);
        return await database.Approvals.Where(a => a.RequestId == id).OrderBy(a => a.StoredAt).Select(a => a.Outcome).ToListAsync(SigningSystem.Cancellation);
    }

    private static async Task Due(string data)
    {
        await using var database = Database(data);
        await database.Approvals.Where(a => a.NextTryAt != null).ExecuteUpdateAsync(a => a.SetProperty(x => x.NextTryAt, TimeProvider.System.GetUtcNow()), SigningSystem.Cancellation);
    }

    private static SigningDatabase Database(string data) =>
        new(new DbContextOptionsBuilder<SigningDatabase>().UseSqlite("Data Source=" + Path.Combine(data, "signing.db")).Options);

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await holds())
                return;
            await Task.Delay(100, SigningSystem.Cancellation);
        }

        Assert.Fail("It did not happen within a minute.");
    }

    private static IEnumerable<string> Signed(SigningSystem at, string id) => Directory.EnumerateFiles(at.Documents, id + ".*.signed.pdf", SearchOption.AllDirectories);

    private static string? Word(JsonNode status, string name) => status[name]?.GetValue<string>();
}
