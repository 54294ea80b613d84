using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Signing.Approvals;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Identity.TestKit.Pdf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>Several documents under one approval: one key, one certificate, a signature for each, and each with its own fate.</summary>
public sealed class BatchTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task One_approval_signs_every_document_of_a_batch_once_with_one_certificate()
    {
        system.Reset();
        var documents = Documents(5, "one approval");
        var batch = await Created(documents);
        using var browser = system.NewBrowser();
        var review = await browser.Get($"batches/{Id(batch)}/review");
        var text = await review.Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.All(documents, document => Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(document))[..4], text, StringComparison.Ordinal));
        await browser.Post($"batches/{Id(batch)}/review", await Browser.Fields(review));

        var ended = await Ended(system, Id(batch));
        Assert.Equal("signed", Word(ended, "status"));
        Assert.Equal(documents.Select(document => Convert.ToHexStringLower(SHA256.HashData(document))), ended["documents"]!.AsArray().Select(document => Word(document!, "document_sha256")));
        Assert.Equal(1, system.Authority.CertificateRequests);
        Assert.Equal(10, system.Authority.TimestampRequests);
        using var agency = system.AgencyClient();
        var signers = new HashSet<string>();
        foreach (var document in ended["documents"]!.AsArray())
        {
            var signed = await agency.GetByteArrayAsync($"requests/{Word(document!, "id")}/document", SigningSystem.Cancellation);
            var report = await system.Verify(signed);
            Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, report.Signatures[0].Level));
            signers.Add(report.Signatures[0].SignedBy!);
        }

        Assert.Single(signers);
        var approval = await ApprovalOf(Id(batch));
        Assert.Single(system.Audit(approval), line => line.GetRawText().Contains("person-key-made", StringComparison.Ordinal));
        Assert.Single(system.Audit(approval), line => line.GetRawText().Contains("person-key-destroyed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_signed_documents_come_in_one_file_in_order_to_the_agency_and_the_person_and_to_nobody_else()
    {
        system.Reset();
        var documents = Documents(3, "zip");
        var batch = await Created(documents);
        using var browser = system.NewBrowser();
        await Approve(browser, Id(batch));
        await Ended(system, Id(batch));
        using var agency = system.AgencyClient();
        foreach (var archive in (byte[][])[await agency.GetByteArrayAsync($"batches/{Id(batch)}/signed.zip", SigningSystem.Cancellation), await Bytes(await browser.Get($"batches/{Id(batch)}/signed.zip"))])
        {
            using var zip = new ZipArchive(new MemoryStream(archive));
            Assert.Equal(["001-deed 0-signed.pdf", "002-deed 1-signed.pdf", "003-deed 2-signed.pdf"], zip.Entries.Select(entry => entry.FullName));
            using var second = new MemoryStream();
            await using (var entry = await zip.Entries[1].OpenAsync(SigningSystem.Cancellation))
                await entry.CopyToAsync(second, SigningSystem.Cancellation);
            Assert.StartsWith(Convert.ToHexString(documents[1]), Convert.ToHexString(second.ToArray()), StringComparison.Ordinal);
        }

        using var other = system.AgencyClient(system.Provider.AccessToken(system.Address, "tax-portal"));
        foreach (var path in (string[])["", "/signed.zip"])
            Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync($"batches/{Id(batch)}{path}", SigningSystem.Cancellation)).StatusCode);
        system.Provider.Person = StandInPerson.Wei;
        using var stranger = system.NewBrowser();
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Get($"batches/{Id(batch)}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Get($"batches/{Id(batch)}/signed.zip")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.Get($"batches/{Id(batch)}/review")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.Get($"requests/{Documents(batch)[1]}/review")).StatusCode);
    }

    [Fact]
    public async Task A_document_that_fails_does_not_hold_up_the_others_and_is_signed_by_a_new_approval_for_it_alone()
    {
        system.Reset();
        var batch = await Created(Documents(4, "one fails"));
        var bad = Documents(batch)[2];
        var path = Directory.EnumerateFiles(system.Documents, bad + ".pdf", SearchOption.AllDirectories).Single();
        var kept = await File.ReadAllBytesAsync(path, SigningSystem.Cancellation);
        await File.WriteAllBytesAsync(path, [.. kept[..^1], 0x20], SigningSystem.Cancellation);
        using var browser = system.NewBrowser();
        await Approve(browser, Id(batch));

        var ended = await Ended(system, Id(batch));
        Assert.Equal("partly_signed", Word(ended, "status"));
        Assert.Equal(["signed", "signed", "failed", "signed"], ended["documents"]!.AsArray().Select(document => Word(document!, "status")));
        Assert.Equal("document_changed", Word(ended["documents"]![2]!, "reason"));

        await File.WriteAllBytesAsync(path, kept, SigningSystem.Cancellation);
        var first = await ApprovalOf(Id(batch));
        await Approve(browser, Id(batch));
        await Signed(Id(batch));
        Assert.Equal(2, system.Authority.CertificateRequests);
        var database = await Database();
        var second = (await database.Requests.SingleAsync(request => request.Id == bad, SigningSystem.Cancellation)).ApprovalId;
        Assert.NotEqual(first, second);
        Assert.Equal([bad], await database.Approvals.Where(row => row.ApprovalId == second).Select(row => row.RequestId).ToListAsync(SigningSystem.Cancellation));
    }

    [Fact]
    public async Task What_goes_wrong_unexpectedly_with_one_document_leaves_the_signatures_that_wait_as_they_are()
    {
        system.Reset();
        await using var waiting = await system.StartAnotherOn(system.Pki.PathOf("waiting-batch"), "--Signing:PendingFor=01:00:00");
        var created = await Created(waiting, Documents(10, "waits"), null);
        var batch = Documents(created);
        // Where the sixth would be kept, nothing can be written.
        var approvalId = "";
        system.Provider.Finish = evidence =>
        {
            approvalId = AuthorizationDetails.ClaimedApprovalId(evidence)!;
            Directory.CreateDirectory(Path.Combine(waiting.Documents, batch[5][..2], $"{batch[5]}.{approvalId}.pending.pdf"));
            return evidence;
        };
        system.Authority.TimestampStatus = 503;
        await Approve(waiting.NewBrowser(), Id(created));
        // The last that is done for an approval.
        for (var i = 0; i < 500 && (approvalId == "" || !waiting.Audit(approvalId).Any(line => line.GetRawText().Contains("person-key-destroyed", StringComparison.Ordinal))); i++)
            await Task.Delay(40, SigningSystem.Cancellation);

        foreach (var id in batch)
        {
            var failed = id == batch[5];
            var status = await waiting.Status(id);
            Assert.Equal(failed ? ("failed", "internal_error") : ("pending_timestamp", "timestamp_unavailable"), (Word(status, "status"), Word(status, "reason")));
            var ends = waiting.Audit(id).Select(line => line.GetRawText()).ToList();
            Assert.Equal(failed ? 0 : 1, ends.Count(line => line.Contains("signing.signature-waits", StringComparison.Ordinal)));
            Assert.Equal(failed ? 1 : 0, ends.Count(line => line.Contains("internal_error", StringComparison.Ordinal)));
        }

        // All that were kept come to their level, without another approval.
        system.Reset();
        await using (var database = await waiting.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation))
        {
            var now = TimeProvider.System.GetUtcNow();
            await database.Approvals.Where(row => row.NextTryAt != null).ExecuteUpdateAsync(set => set.SetProperty(row => row.NextTryAt, (DateTimeOffset?)now), SigningSystem.Cancellation);
        }

        await waiting.App.Services.GetRequiredService<WaitingSignatures>().TryDue(SigningSystem.Cancellation);
        foreach (var id in batch.Where(id => id != batch[5]))
            Assert.Equal("signed", Word(await waiting.Ended(id), "status"));
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task When_no_certificate_can_be_had_every_document_shows_why()
    {
        system.Reset();
        system.Authority.Certificates = _ => Task.FromResult<Microsoft.AspNetCore.Http.IResult?>(Microsoft.AspNetCore.Http.Results.Json(new { error = "approval_used" }, statusCode: 409));
        var batch = await Created(Documents(3, "no certificate"));
        await Approve(system.NewBrowser(), Id(batch));
        var ended = await Ended(system, Id(batch));
        Assert.Equal("failed", Word(ended, "status"));
        Assert.All(ended["documents"]!.AsArray(), document => Assert.Equal(("failed", "approval_used"), (Word(document!, "status"), Word(document!, "reason"))));
    }

    [Theory]
    [InlineData("a document less")]
    [InlineData("a document more")]
    [InlineData("another order")]
    [InlineData("another document")]
    [InlineData("another label")]
    public async Task An_approval_of_another_list_signs_nothing(string what)
    {
        system.Reset();
        system.Provider.Change = approval =>
        {
            var list = approval.Documents;
            switch (what)
            {
                case "a document less": list.RemoveAt(1); break;
                case "a document more": list.Add(("more.pdf", SHA256.HashData("more"u8))); break;
                case "another order": list.Reverse(); break;
                case "another document": list[2] = (list[2].Label, SHA256.HashData("another"u8)); break;
                case "another label": list[2] = ("another.pdf", list[2].Sha256); break;
            }
        };
        var batch = await Created(Documents(3, what));
        await Approve(system.NewBrowser(), Id(batch));
        var ended = await Ended(system, Id(batch));
        Assert.All(ended["documents"]!.AsArray(), document => Assert.Equal(("failed", "evidence_refused"), (Word(document!, "status"), Word(document!, "reason"))));
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task A_batch_taken_in_parallel_gives_each_document_one_signature()
    {
        system.Reset();
        var (batch, approvalId) = await StoreWithoutSigning(4, "parallel takers");
        var recipe = system.App.Services.GetRequiredService<SignRequest>();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => recipe.Run(approvalId, SigningSystem.Cancellation))));
        Assert.Single(outcomes, outcome => outcome is [SigningOutcome.Signed, SigningOutcome.Signed, SigningOutcome.Signed, SigningOutcome.Signed]);
        Assert.Equal(5, outcomes.Count(outcome => outcome.All(each => each is SigningOutcome.NotTaken)));
        Assert.Equal(1, system.Authority.CertificateRequests);
        Assert.All(batch, id => Assert.Single(Directory.EnumerateFiles(system.Documents, id + ".*.signed.pdf", SearchOption.AllDirectories)));
    }

    [Fact]
    public async Task A_crash_in_the_middle_leaves_each_document_signed_or_failed_and_what_failed_can_be_repeated()
    {
        system.Reset();
        var (documents, approvalId) = await StoreWithoutSigning(3, "crash");
        var records = system.App.Services.GetRequiredService<ApprovalRecords>();
        var found = (await records.Find(approvalId, SigningSystem.Cancellation))!;
        Assert.True(await records.Take(found.Documents, SigningSystem.Cancellation));
        // As far as the service came: one is signed, of the next there is a file that nobody was told of.
        var store = system.App.Services.GetRequiredService<Signing.Documents.DocumentStore>();
        var (sha256, length) = store.KeepSigned(documents[0], approvalId, "%PDF-signed"u8.ToArray(), RequestId.Next());
        Assert.True(await records.EndSigned(found.Documents[0].Approval, new("01", RequestId.Next(), sha256, length, null)));
        store.KeepSigned(documents[1], approvalId, "%PDF-signed"u8.ToArray(), RequestId.Next());

        await system.App.Services.GetRequiredService<InterruptedSignatures>().Repair(ownToo: true, SigningSystem.Cancellation);
        string[] states = [Word(await system.Status(documents[0]), "status"), Word(await system.Status(documents[1]), "status"), Word(await system.Status(documents[2]), "status")];
        Assert.Equal(["signed", "failed", "failed"], states);
        Assert.Equal("interrupted", Word(await system.Status(documents[2]), "reason"));
        Assert.Empty(Directory.EnumerateFiles(system.Documents, documents[1] + ".*.signed.pdf", SearchOption.AllDirectories));
        // The old approval is spent for good.
        Assert.All(await system.App.Services.GetRequiredService<SignRequest>().Run(approvalId, SigningSystem.Cancellation), outcome => Assert.IsType<SigningOutcome.NotTaken>(outcome));
        var database = await Database();
        var id = (await database.Requests.SingleAsync(request => request.Id == documents[0], SigningSystem.Cancellation)).BatchId!;
        system.Provider.Finish = evidence => evidence;
        await Approve(system.NewBrowser(), id);
        await Signed(id);
    }

    [Fact]
    public async Task A_hundred_documents_are_signed_under_one_approval_and_one_more_is_refused()
    {
        system.Reset();
        var documents = Documents(101, "hundred");
        using (var refused = await Post(documents))
            Assert.Equal(("invalid_request", "A batch has 1 to 100 documents."), await Error(refused, HttpStatusCode.BadRequest));
        var batch = await Created(documents[..100], level: "B-T");
        await Approve(system.NewBrowser(), Id(batch));
        var ended = await Ended(system, Id(batch));
        Assert.Equal("signed", Word(ended, "status"));
        Assert.Equal(100, ended["documents"]!.AsArray().Count);
        Assert.Equal(1, system.Authority.CertificateRequests);
        using var agency = system.AgencyClient();
        var serials = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (original, told) in documents[..100].Zip(ended["documents"]!.AsArray()))
        {
            var signed = await agency.GetByteArrayAsync($"requests/{Word(told!, "id")}/document", SigningSystem.Cancellation);
            Assert.True(signed.AsSpan().StartsWith(original));
            var signature = (await system.Verify(signed)).Signatures[0];
            Assert.Equal(("intact", "PAdES-BASELINE-T", "Liis Tamm"), (signature.Integrity, signature.Level, signature.SignedBy));
            using var examined = new ExaminedPdf(signed, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
            Assert.Contains("Verification successful", examined.OpensslCms().Text, StringComparison.Ordinal);
            Assert.Contains("Verification: OK", examined.OpensslTs().Text, StringComparison.Ordinal);
            serials.Add(system.Pki.Openssl("x509", "-in", examined.SignerCertificate, "-noout", "-serial").Output);
        }

        Assert.Single(serials);
    }

    [Theory]
    [InlineData("the same document twice", HttpStatusCode.UnprocessableEntity, "document_refused", "Document 3 is there before.")]
    [InlineData("one that is no PDF", HttpStatusCode.UnprocessableEntity, "document_refused", "Document 2: no %PDF- at byte 0")]
    [InlineData("too much together", HttpStatusCode.RequestEntityTooLarge, "document_too_large", "The document is larger than this service takes.")]
    [InlineData("a form", HttpStatusCode.BadRequest, "invalid_request", "signature is for a document by itself.")]
    [InlineData("no document", HttpStatusCode.BadRequest, "invalid_request", "The part 'document' is missing.")]
    public async Task A_batch_is_taken_in_whole_or_not_at_all(string what, HttpStatusCode status, string error, string description)
    {
        system.Reset();
        var documents = Documents(3, what);
        switch (what)
        {
            case "the same document twice": documents[2] = documents[0]; break;
            case "one that is no PDF": documents[1] = "hello"u8.ToArray(); break;
            case "too much together": documents = [.. documents.Select(document => (byte[])[.. document, .. new byte[SigningSystem.Cap / 3]])]; break;
            case "no document": documents = []; break;
        }

        var before = Directory.EnumerateFiles(system.Documents, "*", SearchOption.AllDirectories).Count();
        using var answer = await Post(documents, signature: what == "a form" ? "{}" : null);
        Assert.Equal((error, description), await Error(answer, status));
        Assert.Equal(before, Directory.EnumerateFiles(system.Documents, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public async Task A_repeated_post_has_its_answer_and_other_content_under_the_key_is_refused()
    {
        system.Reset();
        var documents = Documents(2, "repeated");
        using var first = await Post(documents, "batch-key");
        using var again = await Post(documents, "batch-key");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal((await SigningSystem.Json(first)).ToJsonString(), (await SigningSystem.Json(again)).ToJsonString());
        using var other = await Post([documents[1], documents[0]], "batch-key");
        Assert.Equal(("idempotency_conflict", "This Idempotency-Key was used for other content."), await Error(other, HttpStatusCode.Conflict));
        using var single = await system.PostRequest(documents[0], "batch-key");
        Assert.Equal(HttpStatusCode.Conflict, single.StatusCode);
    }

    [Fact]
    public async Task A_document_of_a_batch_cannot_be_approved_by_itself()
    {
        system.Reset();
        var batch = await Created(Documents(2, "by itself"));
        using var browser = system.NewBrowser();
        var page = await browser.Get($"batches/{Id(batch)}/review");
        var pushed = system.Provider.PushedRequests;
        using var answer = await browser.Post($"requests/{Documents(batch)[0]}/review", await Browser.Fields(page));
        Assert.EndsWith($"/batches/{Id(batch)}/review", answer.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
        Assert.Equal(pushed, system.Provider.PushedRequests);
    }

    [Fact]
    public async Task A_person_who_says_no_signs_nothing_and_can_be_asked_again()
    {
        system.Reset();
        var batch = await Created(Documents(2, "declined"));
        using var browser = system.NewBrowser();
        await browser.Get($"batches/{Id(batch)}/review");
        system.Provider.Declines = true;
        using var back = await Approve(browser, Id(batch));
        Assert.Equal($"/batches/{Id(batch)}/review?notice=declined", back.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Equal("shown", Word(await Status(system, Id(batch)), "status"));
        system.Provider.Declines = false;
        await Approve(browser, Id(batch));
        await Signed(Id(batch));
    }

    [Fact]
    public async Task Evidence_stored_before_there_were_batches_is_kept()
    {
        var file = Path.Combine(system.Pki.Folder, "before-batches.db");
        var options = new DbContextOptionsBuilder<SigningDatabase>().UseSqlite($"Data Source={file}").Options;
        await using var database = new SigningDatabase(options);
        await database.GetService<IMigrator>().MigrateAsync("SignatureForms", SigningSystem.Cancellation);
        await database.Database.ExecuteSqlRawAsync(
            "INSERT INTO Approvals (ApprovalId, RequestId, Evidence, StoredAt, TakenAt, TakenBy, Tries) VALUES ('a', 'r', 'jwt', 1, 2, 'one', 0)", SigningSystem.Cancellation);
        await database.Database.MigrateAsync(SigningSystem.Cancellation);
        var approval = await database.Approvals.SingleAsync(SigningSystem.Cancellation);
        Assert.Equal(("a", "r", approval.TakenAt), (approval.ApprovalId, approval.RequestId, approval.HeldUntil));
        Assert.Equal("jwt", (await database.Evidence.SingleAsync(SigningSystem.Cancellation)).Evidence);
    }

    private async Task Signed(string id)
    {
        for (var i = 0; i < 500 && Word(await Status(system, id), "status") != "signed"; i++)
            await Task.Delay(40, SigningSystem.Cancellation);
        Assert.Equal("signed", Word(await Status(system, id), "status"));
    }

    internal static byte[][] Documents(int count, string text) => [.. Enumerable.Range(0, count).Select(index => Pdfs.Page($"{text} {index}"))];

    internal static async Task<JsonNode> Status(SigningSystem system, string id)
    {
        using var client = system.AgencyClient();
        return await SigningSystem.Json(await client.GetAsync($"batches/{id}", SigningSystem.Cancellation));
    }

    internal static async Task<JsonNode> Ended(SigningSystem system, string id)
    {
        for (var i = 0; i < 1000; i++)
        {
            var status = await Status(system, id);
            if (Word(status, "status") is "signed" or "partly_signed" or "failed" or "pending_timestamp")
                return status;
            await Task.Delay(40, SigningSystem.Cancellation);
        }

        return await Status(system, id);
    }

    internal static async Task<HttpResponseMessage> Approve(Browser browser, string id) =>
        await browser.Post($"batches/{id}/review", await Browser.Fields(await browser.Get($"batches/{id}/review")));

    private Task<HttpResponseMessage> Post(byte[][] documents, string? key = null, string? level = null, string? signature = null) => Post(system, documents, key, level, signature);

    private static async Task<HttpResponseMessage> Post(SigningSystem system, byte[][] documents, string? key, string? level, string? signature)
    {
        using var client = system.AgencyClient();
        using var form = new MultipartFormDataContent { { new StringContent("Sign the deeds"), "purpose" }, { new StringContent(SigningSystem.AgencyReturn), "return_url" } };
        if (level is not null)
            form.Add(new StringContent(level), "level");
        if (signature is not null)
            form.Add(new StringContent(signature), "signature");
        for (var index = 0; index < documents.Length; index++)
            form.Add(new ByteArrayContent(documents[index]), "document", $"deed {index}.pdf");
        using var message = new HttpRequestMessage(HttpMethod.Post, "batches") { Content = form };
        message.Headers.TryAddWithoutValidation("Idempotency-Key", key ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
        return await client.SendAsync(message, SigningSystem.Cancellation);
    }

    private Task<JsonNode> Created(byte[][] documents, string? level = null) => Created(system, documents, level);

    internal static async Task<JsonNode> Created(SigningSystem system, byte[][] documents, string? level)
    {
        using var answer = await Post(system, documents, null, level, null);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return await SigningSystem.Json(answer);
    }

    /// <summary>What the callback does, without the queue: an approval that waits in the database.</summary>
    private async Task<(string[] Documents, string ApprovalId)> StoreWithoutSigning(int count, string text)
    {
        var batch = await Created(Documents(count, text));
        string? made = null;
        system.Provider.Finish = evidence =>
        {
            made = evidence;
            return null;
        };
        await Approve(system.NewBrowser(), Id(batch));
        Assert.NotNull(await system.App.Services.GetRequiredService<BatchStore>().AskApproval(Id(batch), TimeProvider.System.GetUtcNow(), SigningSystem.Cancellation));
        var approvalId = AuthorizationDetails.ClaimedApprovalId(made!)!;
        Assert.True(await system.App.Services.GetRequiredService<ApprovalRecords>().Store(
            new StoredEvidence { ApprovalId = approvalId, Evidence = made!, StoredAt = TimeProvider.System.GetUtcNow() }, Documents(batch), SigningSystem.Cancellation));
        return (Documents(batch), approvalId);
    }

    private Task<SigningDatabase> Database() => system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);

    private async Task<string> ApprovalOf(string batch) =>
        (await (await Database()).Requests.FirstAsync(request => request.BatchId == batch && request.ApprovalId != null, SigningSystem.Cancellation)).ApprovalId!;

    private static async Task<byte[]> Bytes(HttpResponseMessage answer) => await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);

    private static async Task<(string, string)> Error(HttpResponseMessage answer, HttpStatusCode status)
    {
        var json = await SigningSystem.Json(answer);
        Assert.Equal((status, json.ToJsonString()), (answer.StatusCode, json.ToJsonString()));
        return (Word(json, "error"), Word(json, "error_description"));
    }

    private static string[] Documents(JsonNode batch) => [.. batch["documents"]!.AsArray().Select(document => Word(document!, "id"))];

    private static string Id(JsonNode batch) => Word(batch, "id");

    private static string Word(JsonNode json, string member) => json[member]!.GetValue<string>();
}
