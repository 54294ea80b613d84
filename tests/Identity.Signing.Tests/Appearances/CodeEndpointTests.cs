using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Signing.Appearances;
using Identity.Signing.Requests;
using Identity.Signing.Tests.Ceremonies;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Tests.Appearances;

/// <summary>What anybody learns who has a page with a code on it.</summary>
public sealed class CodeEndpointTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Visible = """{"visible":{}}""";

    private readonly CeremonyOffice office = new(system);

    [Fact]
    public async Task Says_that_when_and_to_what_file_it_was_signed_and_whether_it_holds_but_not_by_whom()
    {
        system.Reset();
        var original = Pdfs.Page("A code for one");
        var signed = await Sign(original, Visible, "B-LT", "secret-name.pdf");

        var (status, text) = await Ask(Convert.ToHexString(SHA256.HashData(original)));
        Assert.Equal(HttpStatusCode.OK, status);
        var record = JsonNode.Parse(text)!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(original)), record["sha256"]!.GetValue<string>());
        var signature = Assert.Single(record["signatures"]!.AsArray())!;
        Assert.Equal(["signed_at", "level", "signed_sha256", "status"], signature.AsObject().Select(member => member.Key));
        Assert.Equal(("B-LT", "holds", Convert.ToHexStringLower(SHA256.HashData(signed))),
            (signature["level"]!.GetValue<string>(), signature["status"]!.GetValue<string>(), signature["signed_sha256"]!.GetValue<string>()));
        Assert.False(record["more"]!.GetValue<bool>());
        foreach (var personal in new[] { system.Provider.Person.FamilyName, system.Provider.Person.GivenName, "PNO", "secret-name", "Sign the deed" })
            Assert.DoesNotContain(personal, text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"role":"visible","location":"visible:{"}""")]
    public async Task A_signature_without_a_code_is_as_unknown_as_none(string? form)
    {
        system.Reset();
        var original = Pdfs.Page("No code " + form?.Length);
        await Sign(original, form);
        Assert.Equal(await Ask(new string('0', 64)), await Ask(Convert.ToHexStringLower(SHA256.HashData(original))));
        // Of the same document, one that shows its code tells of itself alone.
        var shown = await Sign(original, Visible);
        var record = JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(original)))).Text)!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(shown)), Assert.Single(record["signatures"]!.AsArray())!["signed_sha256"]!.GetValue<string>());
    }

    [Fact]
    public void No_text_of_a_form_is_taken_for_a_place_on_the_page()
    {
        var form = Assert.IsType<FormRead.Good>(RequestedForm.Read("""{"role":"\"visible\":{\"page\":1}","lock":{"action":"include","fields":["\"visible\":{"]}}""")).Form;
        Assert.Equal("\"visible\":{", Assert.Single(form.Lock!.Fields));
        Assert.DoesNotContain(CodeRecords.ShowsCode, form.ToJson(), StringComparison.Ordinal);
        Assert.Contains(CodeRecords.ShowsCode, (form with { Visible = new VisibleSignature() }).ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ceremony_is_unknown_until_it_is_complete_and_then_told_by_each_of_its_codes_with_the_file_that_was_given_out()
    {
        system.Reset();
        var original = Pdfs.Page("A code of two");
        var ceremony = await office.Create(Two(), original);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        var unknown = await Ask(new string('0', 64));
        Assert.Equal(HttpStatusCode.NotFound, unknown.Status);
        Assert.Equal(unknown, await Ask(Convert.ToHexStringLower(SHA256.HashData(original))));

        await office.Sign(ceremony, 2, StandInPerson.Wei);
        var done = await office.Until(CeremonyOffice.Id(ceremony), "completed");
        var printed = await office.InDatabase(database => database.Requests.Where(r => r.CeremonyId == CeremonyOffice.Id(ceremony) && r.SignedSha256 != null).Select(r => r.DocumentSha256).ToListAsync());
        Assert.Equal(2, printed.Count);
        foreach (var hash in printed)
        {
            var signature = Assert.Single(JsonNode.Parse((await Ask(Convert.ToHexStringLower(hash))).Text)!["signatures"]!.AsArray())!;
            Assert.Equal((done["signed_sha256"]!.GetValue<string>(), "B-LTA", "holds"),
                (signature["signed_sha256"]!.GetValue<string>(), signature["level"]!.GetValue<string>(), signature["status"]!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task A_ceremony_that_was_cancelled_stays_unknown()
    {
        system.Reset();
        var original = Pdfs.Page("A code of one of two");
        var ceremony = await office.Create(Two(), original);
        await office.Sign(ceremony, 1, StandInPerson.Liis);
        using var cancelled = await office.Do(CeremonyOffice.Id(ceremony), "cancel");
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask(Convert.ToHexStringLower(SHA256.HashData(original)))).Status);
    }

    [Fact]
    public async Task A_certificate_revoked_before_is_told()
    {
        system.Reset();
        var revoked = Pdfs.Page("Revoked at once");
        system.Authority.Revokes = true;
        await Sign(revoked, Visible);
        Assert.Equal("revoked", await Status(revoked));
    }

    [Fact]
    public async Task One_that_waited_until_its_certificate_had_ended_holds_by_its_time_stamp_also_when_revoked_in_between()
    {
        system.Reset();
        var (waited, revoked) = (Pdfs.Page("Waited for long"), Pdfs.Page("Revoked while it waited"));
        await Sign(waited, Visible);
        await Sign(revoked, Visible);
        await Task.Delay(1100, SigningSystem.Cancellation);
        var hash = SHA256.HashData(revoked);
        var pem = await office.InDatabase(database => database.Requests.Where(r => r.DocumentSha256 == hash)
            .Select(r => database.Evidence.First(evidence => evidence.ApprovalId == r.ApprovalId).Certificates!).SingleAsync());
        using (var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pem))
            system.Pki.SetStatus(certificate.SerialNumber, revoked: true);
        var (inTime, late) = (TimeProvider.System.GetUtcNow().AddMinutes(5), TimeProvider.System.GetUtcNow().AddMinutes(50));
        await office.InDatabase(database => database.Requests.Where(r => r.DocumentSha256 == hash).ExecuteUpdateAsync(r => r.SetProperty(x => x.EndedAt, inTime)));
        hash = SHA256.HashData(waited);
        await office.InDatabase(database => database.Requests.Where(r => r.DocumentSha256 == hash).ExecuteUpdateAsync(r => r.SetProperty(x => x.EndedAt, late)));
        Assert.Equal(("holds", "holds"), (await Status(waited), await Status(revoked)));
    }

    [Fact]
    public async Task Who_asks_and_goes_away_leaves_the_others_their_answer()
    {
        system.Reset();
        var original = Pdfs.Page("Asked by a stranger");
        await Sign(original, Visible);
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        system.Authority.Before = (what, _) =>
        {
            if (what != "status")
                return Task.CompletedTask;
            asked.TrySetResult();
            return answer.Task;
        };
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(SigningSystem.Cancellation))
        {
            var gone = Ask(Convert.ToHexStringLower(SHA256.HashData(original)), leaving.Token);
            await asked.Task;
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        }

        // So that the service has noticed.
        await Task.Delay(300, SigningSystem.Cancellation);
        answer.SetResult();
        Assert.Equal("holds", await StatusOnceKnown(original));
    }

    [Fact]
    public async Task That_nobody_could_be_asked_is_not_remembered_for_long()
    {
        system.Reset();
        var original = Pdfs.Page("Asked too early");
        await Sign(original, Visible);
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (503, 503);
        Assert.Equal("unknown", await Status(original));
        system.Reset();
        Assert.Equal("holds", await StatusOnceKnown(original));
    }

    [Fact]
    public async Task A_document_that_waits_for_its_signature_is_not_signed()
    {
        system.Reset();
        var waiting = Pdfs.Page("Not yet");
        using var created = await system.PostRequest(waiting, signature: Visible);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask(Convert.ToHexStringLower(SHA256.HashData(waiting)))).Status);
    }

    [Theory]
    [InlineData("codes/00", false)]
    [InlineData("csc/v2/info", true)]
    [InlineData("CODES/00", false)]
    public async Task Strangers_of_one_address_ask_so_often_in_a_minute(string path, bool post)
    {
        await using var limited = await system.StartAnotherOn(system.Pki.PathOf("limited-" + Guid.CreateVersion7()), "--Signing:OpenRequestsPerAddress=3", "--Signing:Instance=limited");
        using var client = new HttpClient { BaseAddress = new Uri(limited.Address) };
        var passed = 0;
        async Task<HttpStatusCode> Once()
        {
            using var request = new HttpRequestMessage(post ? HttpMethod.Post : HttpMethod.Get, path) { Content = post ? new StringContent("{}", System.Text.Encoding.UTF8, "application/json") : null };
            using var answer = await client.SendAsync(request, SigningSystem.Cancellation);
            return answer.StatusCode;
        }

        // A minute may end in the midst: then as many pass once more.
        while (passed < 7 && await Once() != HttpStatusCode.TooManyRequests)
            passed++;
        Assert.InRange(passed, 3, 6);
        // Whoever says who they are is not counted here.
        using var agency = limited.AgencyClient();
        Assert.Equal(HttpStatusCode.NotFound, (await agency.GetAsync("requests/" + RequestId.Next(), SigningSystem.Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public async Task Everything_else_is_not_found(string hash) => Assert.Equal(HttpStatusCode.NotFound, (await Ask(hash)).Status);

    [Fact]
    public async Task Lists_so_many_and_says_when_there_are_more()
    {
        system.Reset();
        var form = Pdfs.Page("A form that many sign");
        for (var i = 0; i < CodeRecords.ListedSignatures; i++)
            await Sign(form, Visible);
        var at = JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(form)))).Text)!;
        Assert.Equal((CodeRecords.ListedSignatures, false), (at["signatures"]!.AsArray().Count, at["more"]!.GetValue<bool>()));
        await Sign(form, Visible);
        var over = JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(form)))).Text)!;
        Assert.Equal((CodeRecords.ListedSignatures, true), (over["signatures"]!.AsArray().Count, over["more"]!.GetValue<bool>()));
    }

    private static JsonObject Two()
    {
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray(CeremonyOffice.Signer(StandInPerson.Liis, 1), CeremonyOffice.Signer(StandInPerson.Wei, 2));
        foreach (var signer in described["signers"]!.AsArray())
            signer!["signature"] = JsonNode.Parse(Visible);
        return described;
    }

    private async Task<byte[]> Sign(byte[] document, string? form, string level = "B-T", string fileName = "deed.pdf")
    {
        using var created = await system.PostRequest(document, fileName: fileName, level: level, signature: form);
        var id = (await SigningSystem.Json(created))["id"]!.GetValue<string>();
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var agency = system.AgencyClient();
        return await agency.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }

    // Far shorter than an answer is remembered.
    private async Task<string> StatusOnceKnown(byte[] document)
    {
        var status = await Status(document);
        for (var tries = 0; status == "unknown" && tries < 60; tries++)
        {
            await Task.Delay(500, SigningSystem.Cancellation);
            status = await Status(document);
        }

        return status;
    }

    private async Task<string> Status(byte[] document) =>
        JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(document)))).Text)!["signatures"]![0]!["status"]!.GetValue<string>();

    private async Task<(HttpStatusCode Status, string Text)> Ask(string hash, CancellationToken? cancellation = null)
    {
        using var client = new HttpClient { BaseAddress = new Uri(system.Address) };
        using var answer = await client.GetAsync(new Uri("codes/" + hash, UriKind.Relative), cancellation ?? SigningSystem.Cancellation);
        if (answer.StatusCode == HttpStatusCode.OK)
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
    }
}
