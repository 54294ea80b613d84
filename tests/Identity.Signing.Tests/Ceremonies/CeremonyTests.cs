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

    private ApprovalRecords Approvals => system.App.Services.GetRequiredService<ApprovalRecords>();

    [Fact]
    public async Task Three_sign_and_one_archive_pass_serves_all_signatures()
    {
        system.Reset();
        var original = Pdfs.Page("Deed of three");
        var ceremony = await office.Create(CeremonyOffice.Deed(), original);
        var id = CeremonyOffice.Id(ceremony);
        Assert.Equal(["turn", "turn", "waiting"], Signers(ceremony));

        // The notary is not first.
        using (var early = await office.Come(CeremonyOffice.Amira))
            Assert.EndsWith("?notice=not_now", (await SignEarly(early, CeremonyOffice.Place(ceremony, 3))), StringComparison.Ordinal);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        using (var unfinished = await office.Document(id))
            Assert.Equal("not_completed", (await SigningSystem.Json(unfinished))["error"]!.GetValue<string>());
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        Assert.Equal(["signed", "signed", "turn"], Signers(await office.Status(id)));
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
        await office.Until(CeremonyOffice.Id(ceremony), status => Signers(status)[0] == "signed");
        // What Wei had read is not what there is now.
        Assert.Equal($"/places/{buyer}?notice=moved_on", (await wei.Get(weiAt)).RequestMessage!.RequestUri!.PathAndQuery);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        var states = await office.InDatabase(database => database.Requests.Where(r => r.PlaceId == buyer).OrderBy(r => r.CeremonyRevision).Select(r => r.State).ToListAsync());
        Assert.Equal([RequestState.Superseded, RequestState.Signed], states);
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
        await Set(ceremony, c => c.SetProperty(x => x.AskingUntil, TimeProvider.System.GetUtcNow().AddSeconds(-1)));

        await office.Sign(ceremony, 2, StandInPerson.Wei);
        var late = Approval(request.Id);
        await Store(late);
        Assert.False(await Take(late));
        await Approvals.EndUnused(late.ApprovalId);
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

        var (one, other) = (Approval(requests[0]), Approval(requests[1]));
        await Store(one);
        await Store(other);
        var taken = await Task.WhenAll(Take(one), Take(other));
        Assert.Single(taken, good => good);

        // The service stops here and starts again.
        await system.App.Services.GetRequiredService<InterruptedSignatures>().Repair(ownToo: true, SigningSystem.Cancellation);
        Assert.Null(await office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).Select(c => c.ActiveRequestId).SingleAsync()));
        await Approvals.EndUnused(one.ApprovalId);
        await Approvals.EndUnused(other.ApprovalId);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        await office.Sign(ceremony, 2, StandInPerson.Wei);
    }

    [Fact]
    public async Task Who_declines_ends_it_and_the_agency_reads_why()
    {
        system.Reset();
        var ceremony = await office.Create(CeremonyOffice.Deed());
        var (id, place) = (CeremonyOffice.Id(ceremony), CeremonyOffice.Place(ceremony, 1));
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        using var liis = await office.Come(StandInPerson.Liis);
        Assert.EndsWith("?notice=reason_unusable", await Decline(liis, place, "no \u202e never"), StringComparison.Ordinal);
        Assert.EndsWith("?notice=reason_unusable", await Decline(liis, place, new string('n', SignerPlace.LongestReason + 1)), StringComparison.Ordinal);
        Assert.Equal($"/places/{place}", await Decline(liis, place, "The price\r\nis another"));
        var status = await office.Status(id);
        Assert.Equal(("declined", "The price is another"), (status["status"]!.GetValue<string>(), status["signers"]![0]!["reason"]!.GetValue<string>()));
        using (var document = await office.Document(id))
            Assert.Equal((HttpStatusCode.Conflict, "declined"), (document.StatusCode, (await SigningSystem.Json(document))["reason"]!.GetValue<string>()));
        using var amira = await office.Come(CeremonyOffice.Amira);
        Assert.EndsWith("?notice=not_now", await SignEarly(amira, CeremonyOffice.Place(ceremony, 3)), StringComparison.Ordinal);
        Assert.Contains(system.Audit(id), line => line.ToString().Contains("signing.ceremony-place-declined", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Others_go_on_when_the_agency_said_so_and_without_any_signature_there_is_no_result()
    {
        system.Reset();
        var described = CeremonyOffice.Deed("B-T");
        described["continue_after_decline"] = true;
        var ceremony = await office.Create(described);
        using (var liis = await office.Come(StandInPerson.Liis))
            await Decline(liis, CeremonyOffice.Place(ceremony, 1), "");
        await office.Sign(ceremony, 2, StandInPerson.Wei);
        await office.Sign(ceremony, 3, CeremonyOffice.Amira);
        await office.Until(CeremonyOffice.Id(ceremony), "completed");

        var nobody = await office.Create(described.DeepClone());
        foreach (var (number, person) in new[] { (1, StandInPerson.Liis), (2, StandInPerson.Wei), (3, CeremonyOffice.Amira) })
        {
            using var browser = await office.Come(person);
            await Decline(browser, CeremonyOffice.Place(nobody, number), "");
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
        var approval = Approval(request.Id);
        await Store(approval);
        Assert.True(await Take(approval));

        using (var stranger = await office.Do(id, "cancel", system.Provider.AccessToken(system.Address, "tax-portal")))
            Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        using (var cancelled = await office.Do(id, "cancel"))
            Assert.Equal("cancelled", (await SigningSystem.Json(cancelled))["status"]!.GetValue<string>());
        using (var again = await office.Do(id, "cancel"))
            Assert.Equal((HttpStatusCode.Conflict, "not_open"), (again.StatusCode, (await SigningSystem.Json(again))["error"]!.GetValue<string>()));
        Assert.False(await Approvals.EndSigned(approval, "01", new byte[32], 1));
        await Approvals.EndFailed(approval, FailureReason.Interrupted);
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
        await Set(ceremony, c => c.SetProperty(x => x.Deadline, TimeProvider.System.GetUtcNow().AddSeconds(-1)));
        Assert.Contains("/places/", await office.Approve(liis, StandInPerson.Liis, review), StringComparison.Ordinal);
        Assert.Equal("open", (await office.Status(id))["status"]!.GetValue<string>());
        await system.App.Services.GetRequiredService<CeremonyRounds>().Round(SigningSystem.Cancellation);
        Assert.Equal("expired", (await office.Status(id))["status"]!.GetValue<string>());
        Assert.EndsWith("?notice=not_now", await SignEarly(liis, CeremonyOffice.Place(ceremony, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_level_that_cannot_be_reached_is_no_lower_one_and_nobody_signs_twice_for_it()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1, "seller"), CeremonyOffice.Signer(StandInPerson.Liis, 2, "buyer"));
        // One person, named twice, takes two places.
        var ceremony = await office.Create(described);
        var id = CeremonyOffice.Id(ceremony);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (500, 500);
        await office.Sign(ceremony, 2, StandInPerson.Liis);
        var failed = await office.Until(id, "failed");
        Assert.Equal("status_unavailable", failed["reason"]!.GetValue<string>());
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

        await Set(ceremony, c => c.SetProperty(x => x.EndedAt, longAgo));
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

        await Set(ceremony, c => c.SetProperty(x => x.ActiveRequestId, request.Id));
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

    [Fact]
    public async Task A_repeated_post_has_the_answer_of_the_first()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        var document = Pdfs.Page("Once");
        using var first = await office.Post(described, document, "once");
        using var again = await office.Post(described, document, "once");
        described["purpose"] = "Another";
        using var other = await office.Post(described, document, "once");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict), (first.StatusCode, again.StatusCode, other.StatusCode));
        Assert.Equal(CeremonyOffice.Id(await SigningSystem.Json(first)), CeremonyOffice.Id(await SigningSystem.Json(again)));
    }

    public static TheoryData<string, string> Unusable() => new()
    {
        { """{"surprise":1}""", "ceremony has an unknown member." },
        { """{"purpose":""}""", "purpose must have 1 to 500 characters, none of which hides or reorders text." },
        { """{"return_url":"https://evil.example/"}""", "return_url is not registered for this client." },
        { """{"level":"B-B"}""", "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach." },
        { """{"level":3}""", "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach." },
        { """{"deadline":"2020-01-01T00:00:00Z"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"deadline":"2999-01-01T00:00:00Z"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"deadline":"2030-01-31T12:00:00"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"remind_at":"2999-01-01T00:00:00Z"}""", "remind_at must be a time before the deadline." },
        { """{"continue_after_decline":"yes"}""", "continue_after_decline must be true or false." },
        { """{"webhook_url":"https://evil.example/"}""", "webhook_url is not registered for this client." },
        { """{"signers":[]}""", "signers must be 2 to 20." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1}]}""", "signers must be 2 to 20." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1},{"identifier":"1","order":1}]}""", "signer 2: identifier must be a semantic identifier such as PNOXX-12345." },
        { """{"signers":[{"identifier":"PNOXX-1","order":0},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: order must be from 1 to 100." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"name":"x"},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: must be an object with identifier, order and perhaps label and signature." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"label":""},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: label must have 1 to 100 characters, none of which hides or reorders text." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"role":1}},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"certification":1,"accepts_no_changes":true}},{"identifier":"PNOXX-2","order":2}]}""", "signers: certification 1 leaves no room for the signatures of others." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"certification":2}},{"identifier":"PNOXX-2","order":1}]}""", "signers: only one who signs alone before all others can certify." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1},{"identifier":"PNOXX-2","order":2,"signature":{"certification":2}}]}""", "signers: only one who signs alone before all others can certify." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"field":"a"}},{"identifier":"PNOXX-2","order":2,"signature":{"field":"a"}}]}""", "signers: a field is named twice." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task A_ceremony_that_breaks_a_rule_is_refused_by_its_name(string changes, string description)
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject().ToList())
            described[name] = value?.DeepClone();
        using var answer = await office.Post(described);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(description, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Fact]
    public async Task Twenty_signers_are_as_many_as_there_can_be()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray([.. Enumerable.Range(1, 20).Select(number => (JsonNode)CeremonyOffice.Signer(StandInPerson.Wei, number))]);
        using var most = await office.Post(described);
        Assert.Equal(HttpStatusCode.Created, most.StatusCode);
        described["signers"]!.AsArray().Add((JsonNode)CeremonyOffice.Signer(StandInPerson.Wei, 21));
        using var more = await office.Post(described);
        Assert.Equal("signers must be 2 to 20.", (await SigningSystem.Json(more))["error_description"]!.GetValue<string>());
    }

    private static StoredApproval Approval(string request) => new()
    {
        ApprovalId = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        RequestId = request, StoredAt = TimeProvider.System.GetUtcNow(),
    };

    private Task<bool> Store(StoredApproval approval) => Approvals.Store(
        new StoredEvidence { ApprovalId = approval.ApprovalId, Evidence = "not evidence", StoredAt = approval.StoredAt }, [approval.RequestId], SigningSystem.Cancellation);

    private async Task<bool> Take(StoredApproval approval) =>
        await Approvals.Take((await Approvals.Find(approval.ApprovalId, SigningSystem.Cancellation))!.Documents, SigningSystem.Cancellation);

    private static string[] Signers(JsonNode ceremony) => [.. ceremony["signers"]!.AsArray().Select(signer => signer!["status"]!.GetValue<string>())];

    // The page has no button for it.
    private static async Task<string> SignEarly(Browser browser, string place)
    {
        var fields = await Browser.Fields(await browser.Get("/"));
        return (await browser.Post($"places/{place}?handler=Sign", fields)).RequestMessage!.RequestUri!.PathAndQuery;
    }

    private static async Task<string> Decline(Browser browser, string place, string reason)
    {
        var fields = await Browser.Fields(await browser.Get($"places/{place}"));
        fields["reason"] = reason;
        return (await browser.Post($"places/{place}?handler=Decline", fields)).RequestMessage!.RequestUri!.PathAndQuery;
    }

    private Task<int> Set(JsonNode ceremony, Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<Ceremony>> change) =>
        office.InDatabase(database => database.Ceremonies.Where(c => c.Id == CeremonyOffice.Id(ceremony)).ExecuteUpdateAsync(change));
}
