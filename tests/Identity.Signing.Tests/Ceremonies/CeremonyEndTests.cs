using System.Net;
using System.Text.Json.Nodes;
using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.Tests.Documents;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>How a ceremony ends other than by its last signature, and what of its document is whose then.</summary>
public sealed class CeremonyEndTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private readonly CeremonyOffice office = new(system);

    [Fact]
    public async Task Who_declines_ends_it_and_the_agency_reads_why()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed());
        var (id, place) = (CeremonyOffice.Id(ceremony), CeremonyOffice.Place(ceremony, 1));
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        using var liis = await office.Come(StandInPerson.Liis);
        Assert.EndsWith("?notice=reason_unusable", await CeremonyOffice.Decline(liis, place, "no \u202e never"), StringComparison.Ordinal);
        Assert.EndsWith("?notice=reason_unusable", await CeremonyOffice.Decline(liis, place, new string('n', SignerPlace.LongestReason + 1)), StringComparison.Ordinal);
        Assert.Equal($"/places/{place}", await CeremonyOffice.Decline(liis, place, "The price\r\nis another"));
        var status = await office.Status(id);
        Assert.Equal(("declined", "The price is another"), (status["status"]!.GetValue<string>(), status["signers"]![0]!["reason"]!.GetValue<string>()));
        using (var document = await office.Document(id))
            Assert.Equal((HttpStatusCode.Conflict, "declined"), (document.StatusCode, (await SigningSystem.Json(document))["reason"]!.GetValue<string>()));
        using var amira = await office.Come(CeremonyOffice.Amira);
        Assert.EndsWith("?notice=not_now", await CeremonyOffice.SignEarly(amira, CeremonyOffice.Place(ceremony, 3)), StringComparison.Ordinal);
        Assert.Contains(system.Audit(id), line => line.ToString().Contains("signing.ceremony-place-declined", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("declined")]
    [InlineData("expired")]
    [InlineData("signed by another")]
    [InlineData("signed")]
    public async Task What_some_have_signed_is_read_only_by_those_whose_turn_it_is(string end)
    {
        system.Reset();
        var described = CeremonyOffice.Deed("B-T");
        described["signers"]![2]!["order"] = 1;
        var ceremony = await office.Create(described);
        var id = CeremonyOffice.Id(ceremony);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        using var wei = await office.Come(StandInPerson.Wei);
        var (review, address) = await CeremonyOffice.Read(wei, CeremonyOffice.Place(ceremony, 2));
        var document = address[..^"review".Length].TrimStart('/') + "document";
        using (var read = await wei.GetOnce(document))
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        switch (end)
        {
            case "cancelled":
                (await office.Do(id, "cancel")).Dispose();
                break;
            case "declined":
                await CeremonyOffice.Decline(wei, CeremonyOffice.Place(ceremony, 2), "");
                break;
            case "expired":
                await office.Set(ceremony, c => c.SetProperty(x => x.Deadline, TimeProvider.System.GetUtcNow().AddSeconds(-1)));
                break;
            case "signed by another":
                await office.Sign(ceremony, 3, CeremonyOffice.Amira);
                break;
            default:
                await office.Approve(wei, StandInPerson.Wei, review);
                await office.Until(id, status => CeremonyOffice.Signers(status)[1] == "signed");
                break;
        }

        using var refused = await wei.GetOnce(document);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task Others_go_on_when_the_agency_said_so_and_without_any_signature_there_is_no_result()
    {
        system.Reset();
        var described = CeremonyOffice.Deed("B-T");
        described["continue_after_decline"] = true;
        var ceremony = await office.Create(described);
        using (var liis = await office.Come(StandInPerson.Liis))
            await CeremonyOffice.Decline(liis, CeremonyOffice.Place(ceremony, 1), "");
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        await office.Sign(ceremony, 3, CeremonyOffice.Amira);
        await office.Until(CeremonyOffice.Id(ceremony), "completed");

        var nobody = await office.Create(described.DeepClone());
        foreach (var (number, person) in new[] { (1, StandInPerson.Liis), (2, StandInPerson.Wei), (3, CeremonyOffice.Amira) })
        {
            using var browser = await office.Come(person);
            await CeremonyOffice.Decline(browser, CeremonyOffice.Place(nobody, number), "");
        }
        Assert.Equal("declined", (await office.Status(CeremonyOffice.Id(nobody)))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_the_agency_cancels_nobody_signs_and_a_signature_just_being_made_is_dropped()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var (id, place) = (CeremonyOffice.Id(ceremony), CeremonyOffice.Place(ceremony, 1));
        using var liis = await office.Come(StandInPerson.Liis);
        await CeremonyOffice.Read(liis, place);
        var request = await office.InDatabase(database => database.Requests.SingleAsync(r => r.PlaceId == place));
        await system.App.Services.GetRequiredService<RequestStore>().AskApproval(request.Id, null, TimeProvider.System.GetUtcNow(), SigningSystem.Cancellation);
        var approval = CeremonyOffice.Approval(request.Id);
        await office.Store(approval);
        Assert.True(await office.Take(approval));

        using (var stranger = await office.Do(id, "cancel", system.Provider.AccessToken(system.Address, "tax-portal")))
            Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        using (var cancelled = await office.Do(id, "cancel"))
            Assert.Equal("cancelled", (await SigningSystem.Json(cancelled))["status"]!.GetValue<string>());
        using (var again = await office.Do(id, "cancel"))
            Assert.Equal((HttpStatusCode.Conflict, "not_open"), (again.StatusCode, (await SigningSystem.Json(again))["error"]!.GetValue<string>()));
        Assert.False(await office.Approvals.EndSigned(approval, new("01", RequestId.Next(), new byte[32], 1, null)));
        await office.Approvals.EndFailed(approval, FailureReason.Interrupted);
        using (var archive = await office.Do(id, "archive"))
            Assert.Equal("not_failed", (await SigningSystem.Json(archive))["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task After_the_deadline_nobody_can_sign()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var id = CeremonyOffice.Id(ceremony);
        using var liis = await office.Come(StandInPerson.Liis);
        var (review, _) = await CeremonyOffice.Read(liis, CeremonyOffice.Place(ceremony, 1));
        await office.Set(ceremony, c => c.SetProperty(x => x.Deadline, TimeProvider.System.GetUtcNow().AddSeconds(-1)));
        Assert.Contains("/places/", await office.Approve(liis, StandInPerson.Liis, review), StringComparison.Ordinal);
        Assert.Equal("open", (await office.Status(id))["status"]!.GetValue<string>());
        await system.App.Services.GetRequiredService<CeremonyRounds>().Round(SigningSystem.Cancellation);
        Assert.Equal("expired", (await office.Status(id))["status"]!.GetValue<string>());
        Assert.EndsWith("?notice=not_now", await CeremonyOffice.SignEarly(liis, CeremonyOffice.Place(ceremony, 1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status_unavailable")]
    [InlineData("timestamp_unavailable")]
    [InlineData("timestamp_refused")]
    public async Task A_level_that_cannot_be_reached_is_no_lower_one_and_nobody_signs_twice_for_it(string reason)
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1, "seller"), CeremonyOffice.Signer(StandInPerson.Liis, 2, "buyer"));
        // One person, named twice, takes two places.
        var ceremony = await office.Create(described);
        var id = CeremonyOffice.Id(ceremony);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        if (reason == "status_unavailable")
            (system.Authority.OcspStatus, system.Authority.ListStatus) = (500, 500);
        // Each signature has its time-stamp; the third is that of the archive.
        system.Authority.Before = (what, count) =>
        {
            if (what == "time-stamp" && count == 3)
                (system.Authority.TimestampStatus, system.Authority.Clock) = reason == "timestamp_unavailable" ? (503, null) : (200, "+2 hours");
            return Task.CompletedTask;
        };
        await office.Sign(ceremony, 2, StandInPerson.Liis);
        var failed = await office.Until(id, "failed");
        Assert.Equal(reason, failed["reason"]!.GetValue<string>());
        using (var document = await office.Document(id))
            Assert.Equal("failed", (await SigningSystem.Json(document))["reason"]!.GetValue<string>());

        system.Reset();
        using (var again = await office.Do(id, "archive"))
            Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await office.Until(id, "completed");
        using var answer = await office.Document(id);
        var report = await system.Verify(await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation));
        Assert.Equal(["PAdES-BASELINE-LTA", "PAdES-BASELINE-LTA"], report.Signatures.Where(one => one.IsSignature).Select(one => one.Level));
    }

    [Fact]
    public async Task A_level_that_cannot_be_reached_yet_is_waited_for()
    {
        system.Reset();
        await using var patient = await system.StartAnotherOn(Path.Combine(system.Pki.Folder, "data-" + Guid.CreateVersion7()), "--Signing:PendingFor=01:00:00");
        var there = new CeremonyOffice(patient);
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1), CeremonyOffice.Signer(StandInPerson.Wei, 2));
        var ceremony = await there.Create(described);
        var id = CeremonyOffice.Id(ceremony);
        await there.Sign(ceremony, 1, StandInPerson.Liis);
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (500, 500);
        await there.Sign(ceremony, 2, StandInPerson.Wei);
        var waiting = await there.Until(id, status => status["reason"] is not null);
        Assert.Equal(("archiving", "status_unavailable"), (waiting["status"]!.GetValue<string>(), waiting["reason"]!.GetValue<string>()));

        system.Reset();
        await there.InDatabase(database => database.Ceremonies.ExecuteUpdateAsync(c => c.SetProperty(x => x.NextTryAt, TimeProvider.System.GetUtcNow())));
        // Of two who try at once one does.
        var rounds = patient.App.Services.GetRequiredService<CeremonyRounds>();
        await Task.WhenAll(rounds.Round(SigningSystem.Cancellation), rounds.Round(SigningSystem.Cancellation));
        await there.Until(id, "completed");
        Assert.Single(Directory.EnumerateFiles(patient.Documents, $"{id}.*.signed.pdf", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_failed_one_of_an_encrypted_document_can_be_archived_again_however_late()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1), CeremonyOffice.Signer(StandInPerson.Wei, 2));
        var ceremony = await office.Create(described, Pdfs.Encrypted("secret"), "secret");
        var id = CeremonyOffice.Id(ceremony);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (500, 500);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        await office.Until(id, "failed");
        var password = Path.Combine(system.Documents, id[..2], id + ".password");
        File.SetLastWriteTimeUtc(password, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        var sweep = system.App.Services.GetRequiredService<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<Identity.Signing.Documents.RetentionSweep>().Single();
        await sweep.Sweep(SigningSystem.Cancellation);
        Assert.True(File.Exists(password));

        system.Reset();
        (await office.Do(id, "archive")).Dispose();
        await office.Until(id, "completed");
        File.SetLastWriteTimeUtc(password, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        await sweep.Sweep(SigningSystem.Cancellation);
        Assert.False(File.Exists(password));
        using var answer = await office.Document(id);
        var signed = await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
        Encrypted.Whole(signed, "secret", signatures: 2);
    }

    [Fact]
    public async Task Documents_stay_as_long_as_the_ceremony_needs_them_and_no_longer_than_its_retention_time()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var id = CeremonyOffice.Id(ceremony);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        var longAgo = TimeProvider.System.GetUtcNow().AddDays(-60);
        await office.InDatabase(database => database.Requests.Where(r => r.CeremonyId == id).ExecuteUpdateAsync(r => r.SetProperty(x => x.EndedAt, longAgo)));
        var sweep = system.App.Services.GetRequiredService<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<Identity.Signing.Documents.RetentionSweep>().Single();
        await sweep.Sweep(SigningSystem.Cancellation);
        // The next one signs what the last one signed.
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        await office.Sign(ceremony, 3, CeremonyOffice.Amira);
        await office.Until(id, "completed");

        await office.Set(ceremony, c => c.SetProperty(x => x.EndedAt, longAgo));
        await office.InDatabase(database => database.Requests.Where(r => r.CeremonyId == id).ExecuteUpdateAsync(r => r.SetProperty(x => x.EndedAt, longAgo)));
        await sweep.Sweep(SigningSystem.Cancellation);
        await sweep.Sweep(SigningSystem.Cancellation);
        using (var document = await office.Document(id))
            Assert.Equal((HttpStatusCode.Gone, "document_removed"), (document.StatusCode, (await SigningSystem.Json(document))["error"]!.GetValue<string>()));
        var requests = await office.InDatabase(database => database.Requests.Where(r => r.CeremonyId == id).Select(r => r.Id).ToListAsync());
        Assert.All(requests.Append(id), one => Assert.Empty(Directory.EnumerateFiles(system.Documents, one + ".*", SearchOption.AllDirectories)));
        using var signer = await office.Come(StandInPerson.Wei);
        Assert.Equal(HttpStatusCode.Gone, (await signer.Get($"places/{CeremonyOffice.Place(ceremony, 2)}/signed.pdf")).StatusCode);
    }
}
