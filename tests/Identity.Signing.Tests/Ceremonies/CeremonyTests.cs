using System.Net;
using System.Text.Json.Nodes;
using Identity.Signing.Approvals;
using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>Several people sign one document: in order and side by side, to its end or to another.</summary>
public sealed class CeremonyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private readonly CeremonyOffice office = new(system);

    [Fact]
    public async Task Three_sign_and_one_archive_pass_serves_all_signatures()
    {
        system.Reset();
        var original = Pdfs.Page("Deed of three");
        var ceremony = await office.Create(CeremonyOffice.Deed(), original);
        var id = CeremonyOffice.Id(ceremony);
        Assert.Equal(["turn", "turn", "waiting"], CeremonyOffice.Signers(ceremony));

        // The notary is not first.
        using (var early = await office.Come(CeremonyOffice.Amira))
            Assert.EndsWith("?notice=not_now", (await CeremonyOffice.SignEarly(early, CeremonyOffice.Place(ceremony, 3))), StringComparison.Ordinal);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        using (var unfinished = await office.Document(id))
            Assert.Equal("not_completed", (await SigningSystem.Json(unfinished))["error"]!.GetValue<string>());
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        Assert.Equal(["signed", "signed", "turn"], CeremonyOffice.Signers(await office.Status(id)));
        await office.Sign(ceremony, 3, CeremonyOffice.Amira);
        var done = await office.Until(id, "completed");

        using var answer = await office.Document(id);
        var file = await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
        Assert.Equal(done["signed_sha256"]!.GetValue<string>(), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)));
        Assert.True(file.AsSpan().StartsWith(original));
        var report = await system.Verify(file);
        Assert.True(report.Conclusion == "TOTAL-PASSED", string.Join('\n', report.Signatures.SelectMany(one => one.Messages.Select(message => $"{one.Field}: {message.Text}"))));
        var signatures = report.Signatures.Where(one => one.IsSignature).ToList();
        Assert.Equal(["Wei Chen", "Liis Tamm", "Amira Haddad"], signatures.Select(one => one.SignedBy));
        Assert.Equal(["buyer", "seller", "notary"], signatures.Select(one => Assert.Single(one.ClaimedRoles)));
        Assert.All(signatures, one => Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (one.Indication, one.Level)));
        Assert.Single(report.Signatures, one => !one.IsSignature);
        using var examined = new ExaminedPdf(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = 0 };
        Assert.Equal(3, examined.PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);

        // Who signed may have the finished file; the requests that served them are no way to an unfinished one.
        using var signer = await office.Come(StandInPerson.Liis);
        Assert.Equal(file, await (await signer.Get($"places/{CeremonyOffice.Place(ceremony, 1)}/signed.pdf")).Content.ReadAsByteArrayAsync(SigningSystem.Cancellation));
        var request = await office.InDatabase(database => database.Requests.Where(r => r.PlaceId == CeremonyOffice.Place(ceremony, 1)).Select(r => r.Id).FirstAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await signer.Get($"requests/{request}/signed.pdf")).StatusCode);
        using (var client = system.AgencyClient())
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"requests/{request}/document", SigningSystem.Cancellation)).StatusCode);
        Assert.Contains(system.Audit(id), line => line.ToString() is var said && said.Contains("signing.ceremony-ended", StringComparison.Ordinal) && said.Contains("completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_two_side_by_side_one_is_asked_at_a_time_and_the_other_approves_the_document_with_that_signature()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var (seller, buyer) = (CeremonyOffice.Place(ceremony, 1), CeremonyOffice.Place(ceremony, 2));
        using var liis = await office.Come(StandInPerson.Liis);
        using var wei = await office.Come(StandInPerson.Wei);
        var (ofLiis, _) = await CeremonyOffice.Read(liis, seller);
        var (ofWei, weiAt) = await CeremonyOffice.Read(wei, buyer);

        // Liis stands at the approval page.
        var asking = await office.InDatabase(database => database.Requests.AsNoTracking().SingleAsync(r => r.PlaceId == seller));
        Assert.True(await system.App.Services.GetRequiredService<CeremonyStore>().BeginAsking(asking, SigningSystem.Cancellation));
        Assert.Equal($"/places/{buyer}?notice=busy", await office.Approve(wei, StandInPerson.Wei, ofWei));

        await office.Approve(liis, StandInPerson.Liis, ofLiis);
        await office.Until(CeremonyOffice.Id(ceremony), status => CeremonyOffice.Signers(status)[0] == "signed");
        // What Wei had read is not what there is now.
        Assert.Equal($"/places/{buyer}?notice=moved_on", (await wei.Get(weiAt)).RequestMessage!.RequestUri!.PathAndQuery);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        var states = await office.InDatabase(database => database.Requests.Where(r => r.PlaceId == buyer).OrderBy(r => r.CeremonyRevision).Select(r => r.State).ToListAsync());
        Assert.Equal([RequestState.Superseded, RequestState.Signed], states);
    }

    [Fact]
    public async Task One_person_cannot_keep_the_approval_page_from_others_for_ever()
    {
        system.Reset();
        var described = CeremonyOffice.Deed("B-T");
        // Liis has two of the three places.
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1), CeremonyOffice.Signer(StandInPerson.Wei, 1), CeremonyOffice.Signer(StandInPerson.Liis, 1));
        var ceremony = await office.Create(described);
        var requests = new List<SigningRequest>();
        foreach (var (number, person) in new[] { (1, StandInPerson.Liis), (2, StandInPerson.Wei), (3, StandInPerson.Liis) })
        {
            using var browser = await office.Come(person);
            await CeremonyOffice.Read(browser, CeremonyOffice.Place(ceremony, number));
            requests.Add(await office.InDatabase(database => database.Requests.AsNoTracking().SingleAsync(r => r.PlaceId == CeremonyOffice.Place(ceremony, number))));
        }

        var store = system.App.Services.GetRequiredService<CeremonyStore>();
        Task<bool> Ask(int number) => store.BeginAsking(requests[number - 1], SigningSystem.Cancellation);
        Task<DateTimeOffset?> Until() => office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.AskingUntil).SingleAsync());
        Assert.True(await Ask(1));
        var until = await Until();
        // Coming again is no longer time; nor is a no and another place.
        Assert.True(await Ask(1));
        Assert.Equal(until, await Until());
        await system.App.Services.GetRequiredService<RequestStore>().WithdrawApproval(requests[0].Id, SigningSystem.Cancellation);
        Assert.True(await Ask(3));
        Assert.Equal(until, await Until());
        Assert.False(await Ask(2));

        await Pass(CeremonyStore.AskingPatience);
        Assert.False(await Ask(1));
        Assert.False(await Ask(3));
        Assert.True(await Ask(2));
        await Pass(CeremonyStore.AskingPatience);
        Assert.False(await Ask(2));
        Assert.True(await Ask(3));

        // Who is the last whose turn it is keeps nobody.
        await Pass(CeremonyStore.AskingPatience);
        await office.InDatabase(database => database.Places.Where(p => p.CeremonyId == CeremonyOffice.Id(ceremony) && p.Identifier == StandInPerson.Wei.Identifier)
            .ExecuteUpdateAsync(p => p.SetProperty(x => x.State, PlaceState.Signed)));
        Assert.True(await Ask(1));

        async Task Pass(TimeSpan time)
        {
            foreach (var place in await office.InDatabase(database => database.Places.AsNoTracking().Where(p => p.CeremonyId == CeremonyOffice.Id(ceremony) && p.AskedAt != null).ToListAsync()))
                await office.InDatabase(database => database.Places.Where(p => p.Id == place.Id).ExecuteUpdateAsync(p => p.SetProperty(x => x.AskedAt, place.AskedAt - time)));
            var now = await Until();
            await office.Set(ceremony, c => c.SetProperty(x => x.AskingUntil, now - time));
        }
    }

    [Fact]
    public async Task Who_stays_too_long_at_the_approval_page_keeps_nobody_and_their_late_approval_signs_nothing()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var seller = CeremonyOffice.Place(ceremony, 1);
        using var liis = await office.Come(StandInPerson.Liis);
        await CeremonyOffice.Read(liis, seller);
        var request = await office.InDatabase(database => database.Requests.AsNoTracking().SingleAsync(r => r.PlaceId == seller));
        Assert.True(await system.App.Services.GetRequiredService<CeremonyStore>().BeginAsking(request, SigningSystem.Cancellation));
        Assert.True(await system.App.Services.GetRequiredService<RequestStore>().AskApproval(request.Id, null, TimeProvider.System.GetUtcNow(), SigningSystem.Cancellation));
        await office.Set(ceremony, c => c.SetProperty(x => x.AskingUntil, TimeProvider.System.GetUtcNow().AddSeconds(-1)));

        await office.Sign(ceremony, 2, StandInPerson.Wei);
        var late = CeremonyOffice.Approval(request.Id);
        await office.Store(late);
        Assert.False(await office.Take(late));
        await office.Approvals.EndUnused(late.ApprovalId);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
    }

    [Fact]
    public async Task Of_two_approvals_at_once_one_is_taken_and_a_crash_gives_the_turn_back()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var requests = new List<string>();
        foreach (var (number, person) in new[] { (1, StandInPerson.Liis), (2, StandInPerson.Wei) })
        {
            using var browser = await office.Come(person);
            await CeremonyOffice.Read(browser, CeremonyOffice.Place(ceremony, number));
            var request = await office.InDatabase(database => database.Requests.SingleAsync(r => r.PlaceId == CeremonyOffice.Place(ceremony, number)));
            await system.App.Services.GetRequiredService<RequestStore>().AskApproval(request.Id, null, TimeProvider.System.GetUtcNow(), SigningSystem.Cancellation);
            requests.Add(request.Id);
        }

        var (one, other) = (CeremonyOffice.Approval(requests[0]), CeremonyOffice.Approval(requests[1]));
        await office.Store(one);
        await office.Store(other);
        var taken = await Task.WhenAll(office.Take(one), office.Take(other));
        Assert.Single(taken, good => good);

        // The service stops here and starts again.
        await system.App.Services.GetRequiredService<InterruptedSignatures>().Repair(ownToo: true, SigningSystem.Cancellation);
        Assert.Null(await office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.ActiveRequestId).SingleAsync()));
        await office.Approvals.EndUnused(one.ApprovalId);
        await office.Approvals.EndUnused(other.ApprovalId);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
    }

    [Fact]
    public async Task A_no_at_the_approval_page_lets_others_go_on_and_touches_no_signature_that_is_being_made()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"));
        var place = CeremonyOffice.Place(ceremony, 1);
        using var liis = await office.Come(StandInPerson.Liis);
        var (review, _) = await CeremonyOffice.Read(liis, place);
        system.Provider.Declines = true;
        Assert.EndsWith("?notice=declined", await office.Approve(liis, StandInPerson.Liis, review), StringComparison.Ordinal);
        system.Provider.Declines = false;
        var request = await office.InDatabase(database => database.Requests.AsNoTracking().SingleAsync(r => r.PlaceId == place));
        Assert.Null(await office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.AskingRequestId).SingleAsync()));

        await office.Set(ceremony, c => c.SetProperty(x => x.ActiveRequestId, request.Id));
        await system.App.Services.GetRequiredService<RequestStore>().WithdrawApproval(request.Id, SigningSystem.Cancellation);
        Assert.Equal(request.Id, await office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.ActiveRequestId).SingleAsync()));
    }

    [Fact]
    public async Task A_place_is_for_the_one_who_is_named_and_a_ceremony_for_its_agency()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed());
        using var wei = await office.Come(StandInPerson.Wei);
        Assert.Equal(HttpStatusCode.Forbidden, (await wei.Get($"places/{CeremonyOffice.Place(ceremony, 1)}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await wei.Get("places/AAAAAAAAAAAAAAAAAAAAAA")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await wei.Get($"places/{CeremonyOffice.Place(ceremony, 2)}/signed.pdf")).StatusCode);
        using var client = system.AgencyClient(system.Provider.AccessToken(system.Address, "tax-portal"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"ceremonies/{CeremonyOffice.Id(ceremony)}", SigningSystem.Cancellation)).StatusCode);
        // A post from another site has no token of ours.
        Assert.Equal(HttpStatusCode.BadRequest, (await wei.Post($"places/{CeremonyOffice.Place(ceremony, 2)}?handler=Decline", new Dictionary<string, string>())).StatusCode);
    }

    [Fact]
    public async Task A_signer_is_warned_of_what_could_make_the_document_look_different_later()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed("B-T"), Pdfs.Page("Script", "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"));
        using var liis = await office.Come(StandInPerson.Liis);
        var (page, _) = await CeremonyOffice.Read(liis, CeremonyOffice.Place(ceremony, 1));
        Assert.Contains("id=\"warnings\"", await page.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }
}
