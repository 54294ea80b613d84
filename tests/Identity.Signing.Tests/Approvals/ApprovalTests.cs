using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Signing.Approvals;
using Identity.Signing.Requests;
using Identity.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Approvals;

/// <summary>One approval, one document, one person, one signature: each row changes one thing in the evidence.</summary>
public sealed class ApprovalTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    public static TheoryData<string, string, string> WrongEvidence() => new()
    {
        { "another document", "evidence_refused", "wrong_documents" },
        { "another label", "evidence_refused", "other_document" },
        { "another requester", "evidence_refused", "other_requester" },
        { "another purpose", "evidence_refused", "other_purpose" },
        { "another client", "evidence_refused", "wrong_audience" },
        { "another person in it", "evidence_refused", "other_person" },
        { "another subject in it", "evidence_refused", "other_person" },
        { "expired", "approval_expired", "expired" },
        { "issued in the future", "evidence_refused", "issued_in_the_future" },
        { "passkey signature tampered", "evidence_refused", "wrong_passkey_signature" },
        { "person not verified", "evidence_refused", "user_not_verified" },
        { "another origin", "evidence_refused", "wrong_origin" },
        { "another relying party", "evidence_refused", "wrong_relying_party" },
        { "another challenge", "evidence_refused", "wrong_challenge" },
        { "framed in another site", "evidence_refused", "cross_origin" },
        { "token signature tampered", "evidence_refused", "wrong_token_signature" },
        { "payload tampered", "evidence_refused", "wrong_token_signature" },
        { "signed by a stranger", "evidence_refused", "wrong_token_signature" },
    };

    [Theory]
    [MemberData(nameof(WrongEvidence))]
    public async Task Evidence_that_does_not_fit_gives_no_signature(string what, string reason, string auditedAs)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(what));
        system.Provider.Change = approval => Spoil(what, approval);
        using var stranger = new EvidenceBuilder(system.Provider.Issuer, TimeProvider.System.GetUtcNow());
        system.Provider.Finish = made => what switch
        {
            "token signature tampered" => made[..^10] + (made[^10] == 'A' ? 'B' : 'A') + made[^9..],
            "payload tampered" => TamperPayload(made),
            "signed by a stranger" => stranger.Sign("""{"alg":"ES256","typ":"approval-evidence+jwt","kid":"key-1"}""", Decode(made.Split('.')[1])),
            _ => made,
        };
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);

        Assert.Equal("failed", ended["status"]!.GetValue<string>());
        Assert.Equal(reason, ended["reason"]!.GetValue<string>());
        Assert.Equal(0, system.Authority.CertificateRequests);
        Assert.Contains(system.Audit(id), line => line.GetRawText().Contains($"\"{auditedAs}\"", StringComparison.Ordinal));

        // Visible, and repeatable with a new approval.
        system.Reset();
        using var page = await browser.Get($"requests/{id}");
        Assert.Contains($"/requests/{id}/review", await page.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Another_person_approves_at_the_provider_and_is_refused()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Other approver"));
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        system.Provider.Person = StandInPerson.Wei;
        using var back = await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        Assert.Equal("?notice=other_person", back.RequestMessage!.RequestUri!.Query);
        Assert.Equal("shown", (await system.Status(id))["status"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("not a token")]
    [InlineData("too large")]
    [InlineData("identifier is a path")]
    public async Task A_token_answer_without_usable_evidence_is_refused(string what)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(what));
        using var browser = system.NewBrowser();
        if (what == "identifier is a path")
            system.Provider.Finish = made => Replace(made, payload => payload["jti"] = "../../../../../../tmp/x");
        else
            system.Provider.Finish = made => what == "none" ? null : what == "not a token" ? "hello" : new string('a', StoredEvidence.LongestEvidence + 1);
        var review = await browser.Get($"requests/{id}/review");
        using var back = await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        Assert.Equal("?notice=approval_failed", back.RequestMessage!.RequestUri!.Query);
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task An_approval_used_twice_signs_once()
    {
        system.Reset();
        var document = Pdfs.Page("Twice");
        var first = await system.CreateRequest(document);
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, first);
        Assert.Equal("signed", (await system.Ended(first))["status"]!.GetValue<string>());
        var used = system.Provider.LastEvidence;

        var second = await system.CreateRequest(document);
        system.Provider.Finish = _ => used;
        var review = await browser.Get($"requests/{second}/review");
        using var back = await browser.Post($"requests/{second}/review", await Browser.Fields(review));
        Assert.Equal("?notice=approval_failed", back.RequestMessage!.RequestUri!.Query);
        Assert.Equal("shown", (await system.Status(second))["status"]!.GetValue<string>());
        Assert.Equal(1, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task One_approval_for_two_requests_in_parallel_signs_one_of_them()
    {
        system.Reset();
        var document = Pdfs.Page("Parallel requests");
        string[] ids = [await system.CreateRequest(document), await system.CreateRequest(document)];
        string? shared = null;
        system.Provider.Finish = made => shared ??= made;
        using var browser = system.NewBrowser();
        var fields = new List<Dictionary<string, string>>();
        foreach (var id in ids)
            fields.Add(await Browser.Fields(await browser.Get($"requests/{id}/review")));
        await Task.WhenAll(ids.Select((id, i) => browser.Post($"requests/{id}/review", fields[i])));
        for (var i = 0; i < 100 && !(await States(ids)).Contains("signed"); i++)
            await Task.Delay(100, SigningSystem.Cancellation);
        Assert.Equal(["shown", "signed"], (await States(ids)).Order());
        Assert.Equal(1, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task An_approval_taken_in_parallel_gives_one_signature_and_one_record()
    {
        system.Reset();
        var (id, approvalId) = await StoreWithoutSigning("Parallel takers");
        var recipe = system.App.Services.GetRequiredService<SignRequest>();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => recipe.Run(approvalId, SigningSystem.Cancellation))));
        Assert.Single(outcomes, outcome => outcome is [SigningOutcome.Signed]);
        Assert.Equal(7, outcomes.Count(outcome => outcome is [SigningOutcome.NotTaken]));
        Assert.Equal(1, system.Authority.CertificateRequests);
        // One for the signature, one for the archive.
        Assert.Equal(2, system.Authority.TimestampRequests);
        Assert.Equal("signed", (await system.Status(id))["status"]!.GetValue<string>());
        Assert.Single(Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories), file => file.Contains(id, StringComparison.Ordinal));
        Assert.Single(system.Audit(approvalId), line => line.GetRawText().Contains("signing.document-signing", StringComparison.Ordinal)
            && line.GetRawText().Contains("succeeded", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Stored_evidence_that_was_changed_in_the_database_gives_no_signature()
    {
        system.Reset();
        var (id, approvalId) = await StoreWithoutSigning("Changed in the database", made => Replace(made, payload => payload["exp"] = payload["exp"]!.GetValue<long>() + 3600));
        var outcome = await system.App.Services.GetRequiredService<SignRequest>().Run(approvalId, SigningSystem.Cancellation);
        Assert.Equal([new SigningOutcome.Failed(FailureReason.EvidenceRefused, "wrong_token_signature")], outcome);
        Assert.Equal("failed", (await system.Status(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Approval_without_antiforgery_token_is_refused()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Forgery"));
        using var browser = system.NewBrowser();
        await browser.Get($"requests/{id}/review");
        var before = system.Provider.PushedRequests;
        using var answer = await browser.Post($"requests/{id}/review", new Dictionary<string, string>());
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(before, system.Provider.PushedRequests);
    }

    [Fact]
    public async Task A_callback_with_a_foreign_or_repeated_state_is_refused()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("State"));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        using var foreign = await browser.GetOnce("approvals/callback?code=abc&state=def");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, foreign.StatusCode);
        using var nothing = await browser.GetOnce("approvals/callback");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, nothing.StatusCode);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    /// <summary>What the callback does, without the queue: an approval that waits in the database.</summary>
    private async Task<(string RequestId, string ApprovalId)> StoreWithoutSigning(string text, Func<string, string>? change = null)
    {
        var id = await system.CreateRequest(Pdfs.Page(text));
        using var browser = system.NewBrowser();
        var fields = await Browser.Fields(await browser.Get($"requests/{id}/review"));
        // The evidence is made, and kept from the service.
        string? made = null;
        system.Provider.Finish = evidence =>
        {
            made = evidence;
            return null;
        };
        await browser.Post($"requests/{id}/review", fields);
        var services = system.App.Services;
        Assert.True(await services.GetRequiredService<RequestStore>().AskApproval(id, null, TimeProvider.System.GetUtcNow(), SigningSystem.Cancellation));
        var approvalId = AuthorizationDetails.ClaimedApprovalId(made!)!;
        Assert.True(await services.GetRequiredService<ApprovalRecords>().Store(
            new StoredEvidence { ApprovalId = approvalId, Evidence = change?.Invoke(made!) ?? made!, StoredAt = TimeProvider.System.GetUtcNow() }, [id],
            SigningSystem.Cancellation));
        return (id, approvalId);
    }

    private async Task<string[]> States(string[] ids)
    {
        var states = new List<string>();
        foreach (var id in ids)
            states.Add((await system.Status(id))["status"]!.GetValue<string>());
        return [.. states];
    }

    private static void Spoil(string what, Approval approval)
    {
        switch (what)
        {
            case "another document": approval.Sha256 = SHA256.HashData("another"u8); break;
            case "another label": approval.Label = "other.pdf"; break;
            case "another requester": approval.Requester = "Tax Portal"; break;
            case "another purpose": approval.Purpose = "Sell the house"; break;
            case "another client": approval.Client = "tax-portal"; break;
            case "another person in it": approval.Person = approval.Person with { Identifier = "PNOXX-37911030025" }; break;
            case "another subject in it": approval.Person = approval.Person with { Subject = "pairwise-wei" }; break;
            case "expired": approval.Expires = approval.Expires.AddMinutes(-30); approval.Issued = approval.Issued.AddMinutes(-35); break;
            case "issued in the future": approval.Issued = approval.Issued.AddMinutes(4); break;
            case "passkey signature tampered": approval.Dishonesty = new Dishonesty { TamperedSignature = true }; break;
            case "person not verified": approval.Dishonesty = new Dishonesty { UserVerified = false }; break;
            case "another origin": approval.Dishonesty = new Dishonesty { Origin = "https://evil.example" }; break;
            case "another relying party": approval.Dishonesty = new Dishonesty { RpId = "evil.example" }; break;
            case "another challenge": approval.Dishonesty = new Dishonesty { Challenge = new byte[32] }; break;
            case "framed in another site": approval.Dishonesty = new Dishonesty { CrossOrigin = true }; break;
        }
    }

    private static string TamperPayload(string jwt) => Replace(jwt, payload => payload["iat"] = payload["iat"]!.GetValue<long>() - 1);

    private static string Replace(string jwt, Action<JsonNode> change)
    {
        var parts = jwt.Split('.');
        var payload = JsonNode.Parse(Decode(parts[1]))!;
        change(payload);
        return $"{parts[0]}.{EvidenceBuilder.Base64Url(Encoding.UTF8.GetBytes(payload.ToJsonString()))}.{parts[2]}";
    }

    private static string Decode(string part) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(part));
}
