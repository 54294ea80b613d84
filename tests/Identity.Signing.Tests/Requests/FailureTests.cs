using System.Net;
using System.Text.Json;
using Identity.Signing.Approvals;
using Identity.Signing.Documents;
using Identity.Signing.Requests;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>Whatever fails on the way to a signature leaves a visible, repeatable failure: no signature, no lower level, no second signature.</summary>
public sealed class FailureTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    public static TheoryData<string, string, string> Timestamps() => new()
    {
        { "down", "timestamp_unavailable", "status_503" },
        { "not found", "timestamp_unavailable", "status_404" },
        { "another imprint", "timestamp_refused", "other_imprint" },
        { "another nonce", "timestamp_refused", "other_nonce" },
        { "two hours ahead", "timestamp_refused", "far_off_time" },
        { "two hours behind", "timestamp_refused", "far_off_time" },
        { "from an unknown authority", "timestamp_refused", "not_trusted" },
        { "signature tampered", "timestamp_refused", "wrong_signature" },
        { "truncated", "timestamp_refused", "timestamp_refused" },
        { "empty", "timestamp_refused", "timestamp_refused" },
        { "refused by the authority", "timestamp_refused", "not_granted" },
        { "a web page", "timestamp_refused", "timestamp_refused" },
        { "larger than the cap", "timestamp_refused", "timestamp_refused" },
    };

    [Theory]
    [MemberData(nameof(Timestamps))]
    public async Task Without_a_right_timestamp_nothing_is_signed(string what, string reason, string auditedAs)
    {
        system.Reset();
        using var stranger = what == "from an unknown authority" ? new OpensslPki() : null;
        var tsa = system.Authority;
        switch (what)
        {
            case "down": tsa.TimestampStatus = 503; break;
            case "not found": tsa.TimestampStatus = 404; break;
            case "another imprint": tsa.Query = query => Flip(query, After(query, [0x04, 0x20])); break;
            case "another nonce": tsa.Query = query => Flip(query, query.Length - 4); break;
            case "two hours ahead": tsa.Clock = "+2 hours"; break;
            case "two hours behind": tsa.Clock = "-2 hours"; break;
            case "from an unknown authority": tsa.OtherTsa = stranger; break;
            case "signature tampered": tsa.Reply = reply => Flip(reply, reply.Length - 6); break;
            case "truncated": tsa.Reply = reply => reply[..^100]; break;
            case "empty": tsa.Reply = _ => []; break;
            case "refused by the authority": tsa.Reply = _ => [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]; break;
            case "a web page": tsa.ReplyType = "text/html"; break;
            case "larger than the cap": tsa.Reply = _ => new byte[300 * 1024]; break;
        }

        var id = await FailsWith(what, reason, auditedAs);
        Assert.Equal(1, system.Authority.CertificateRequests);
        Assert.Equal(what is "down" or "not found" ? 2 : 1, system.Authority.TimestampRequests);
        await SucceedsWithNewApproval(id);
    }

    public static TheoryData<string, string, string> Certificates() => new()
    {
        { "503", "authority_unavailable", "status_503" },
        { "500 lint_failed", "authority_unavailable", "status_500" },
        { "409", "approval_used", "approval_used" },
        { "invalid_evidence", "authority_refused", "invalid_evidence" },
        { "approval_expired", "approval_expired", "approval_expired" },
        { "another key", "authority_refused", "certificate_other_key" },
        { "another person", "authority_refused", "certificate_other_person" },
        { "not json", "authority_unavailable", "authority_unavailable" },
        { "no certificate in it", "authority_unavailable", "authority_unavailable" },
        { "another hierarchy", "authority_refused", "certificate_not_trusted" },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public async Task Without_a_right_certificate_nothing_is_signed(string what, string reason, string auditedAs)
    {
        system.Reset();
        using var stranger = what == "another hierarchy" ? new OpensslPki() : null;
        var authority = system.Authority;
        authority.OtherKey = what == "another key";
        authority.OtherIdentifier = what == "another person" ? "PNOXX-37911030025" : null;
        authority.Certificates = async context => what switch
        {
            "503" => Results.Json(new { error = "unavailable" }, statusCode: 503),
            "500 lint_failed" => Results.Json(new { error = "lint_failed" }, statusCode: 500),
            "409" => Results.Json(new { error = "approval_used" }, statusCode: 409),
            "invalid_evidence" or "approval_expired" => Results.Json(new { error = what }, statusCode: 400),
            "not json" => Results.Text("hello", "text/plain", statusCode: 201),
            "no certificate in it" => Results.Json(new { serial = "00" }, statusCode: 201),
            "another hierarchy" => await StandInAuthority.CertifyUnder(stranger!, context),
            _ => null,
        };
        var id = await FailsWith(what, reason, auditedAs);
        Assert.Equal(0, system.Authority.TimestampRequests);
        await SucceedsWithNewApproval(id);
    }

    [Fact]
    public async Task The_request_to_the_authority_is_signed_over_its_body()
    {
        system.Reset();
        string? authorization = null;
        byte[] body = [];
        system.Authority.Certificates = async context =>
        {
            using var read = new MemoryStream();
            await context.Request.Body.CopyToAsync(read);
            (authorization, body) = (context.Request.Headers.Authorization.ToString(), read.ToArray());
            return Results.Json(new { error = "unavailable" }, statusCode: 503);
        };
        await FailsWith("Request token", "authority_unavailable", "status_503");
        Assert.True(system.IsSignedByClient(authorization!["Bearer ".Length..], out var claims));
        Assert.Equal(system.Authority.Address, claims["aud"]!.GetValue<string>());
        Assert.Equal(EvidenceBuilder.Base64Url(System.Security.Cryptography.SHA256.HashData(body)), claims["body_sha256"]!.GetValue<string>());
        Assert.True(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>() <= 60);
        Assert.Equal(22, claims["jti"]!.GetValue<string>().Length);
    }

    [Theory]
    [InlineData("one byte")]
    [InlineData("longer")]
    [InlineData("gone")]
    public async Task Bytes_swapped_after_showing_are_not_signed(string how)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Swapped " + how));
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        using var shown = await browser.Get($"requests/{id}/document");
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);

        var stored = Path.Combine(system.Documents, id[..2], id + ".pdf");
        var bytes = await File.ReadAllBytesAsync(stored, SigningSystem.Cancellation);
        if (how == "gone")
            File.Delete(stored);
        else
            await File.WriteAllBytesAsync(stored, how == "longer" ? [.. bytes, 0x0A] : Flip(bytes, bytes.Length / 2), SigningSystem.Cancellation);
        await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        var ended = await system.Ended(id);
        Assert.Equal("document_changed", ended["reason"]!.GetValue<string>());
        Assert.Equal(0, system.Authority.CertificateRequests);
        Assert.Contains(system.Audit(id), line => line.GetRawText().Contains("document_changed", StringComparison.Ordinal));
        using var shownAgain = await browser.GetOnce($"requests/{id}/document");
        Assert.Equal(HttpStatusCode.Conflict, shownAgain.StatusCode);
    }

    [Fact]
    public async Task A_signed_document_swapped_on_the_disk_is_not_given_out()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Swapped after signing"));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        var stored = Directory.EnumerateFiles(Path.Combine(system.Documents, id[..2]), id + ".*.signed.pdf").Single();
        var bytes = await File.ReadAllBytesAsync(stored, SigningSystem.Cancellation);
        await File.WriteAllBytesAsync(stored, Flip(bytes, bytes.Length / 2), SigningSystem.Cancellation);

        using var client = system.AgencyClient();
        using var answer = await client.GetAsync($"requests/{id}/document", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("document_changed", (await SigningSystem.Json(answer))["error"]!.GetValue<string>());
        using var download = await browser.GetOnce($"requests/{id}/signed.pdf");
        Assert.Equal(HttpStatusCode.Conflict, download.StatusCode);
        Assert.DoesNotContain(system.Audit(id), line => line.GetRawText().Contains("signed-document-delivered", StringComparison.Ordinal));
        Assert.Equal(2, system.Audit(id).Count(line => line.GetRawText().Contains("signing.document-found-changed", StringComparison.Ordinal)));
        await File.WriteAllBytesAsync(stored, bytes, SigningSystem.Cancellation);
        Assert.Equal(bytes, await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation));
    }

    [Fact]
    public async Task A_crash_while_signing_becomes_a_visible_failure_that_a_new_approval_repeats()
    {
        system.Reset();
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        system.Authority.Certificates = async _ =>
        {
            entered.SetResult();
            await leave.Task;
            return Results.Json(new { error = "unavailable" }, statusCode: 503);
        };
        var id = await system.CreateRequest(Pdfs.Page("Crash"));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20), SigningSystem.Cancellation);
        Assert.Equal("approved", (await system.Status(id))["status"]!.GetValue<string>());

        // The disk as a crash at this moment would leave it.
        var data = system.Pki.PathOf("crashed");
        CopyFolder(system.Data, data);
        leave.SetResult();
        await system.Ended(id);
        system.Reset();
        await using var restarted = await system.StartAnotherOn(data);
        var status = await restarted.Status(id);
        Assert.Equal("failed", status["status"]!.GetValue<string>());
        Assert.Equal("interrupted", status["reason"]!.GetValue<string>());
        Assert.Contains(restarted.Audit(id), line => line.GetRawText().Contains("signing.signing-interrupted", StringComparison.Ordinal));
        Assert.Equal(0, system.Authority.CertificateRequests);

        using var again = restarted.NewBrowser();
        await SigningSystem.Approve(again, id);
        Assert.Equal("signed", (await restarted.Ended(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_signature_given_up_by_another_copy_does_not_appear_later()
    {
        system.Reset();
        system.Authority.Certificates = async _ =>
        {
            // Meanwhile another copy comes to think that this one has crashed.
            await system.App.Services.GetRequiredService<InterruptedSignatures>().Repair(ownToo: true, SigningSystem.Cancellation);
            return null;
        };
        var id = await FailsWith("Given up", "interrupted", "ended_meanwhile");
        Assert.DoesNotContain(Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories), file => file.Contains(id, StringComparison.Ordinal));
        await SucceedsWithNewApproval(id);
    }

    [Fact]
    public async Task A_signature_that_came_to_its_end_meanwhile_is_not_called_interrupted()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Slow"));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        await using (var database = await system.App.Services.GetRequiredService<IDbContextFactory<Storage.SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation))
        {
            var approval = await database.Approvals.AsNoTracking().SingleAsync(a => a.RequestId == id, SigningSystem.Cancellation);
            Assert.False(await system.App.Services.GetRequiredService<ApprovalRecords>().EndFailed(approval, FailureReason.Interrupted));
        }

        Assert.Equal("signed", (await system.Status(id))["status"]!.GetValue<string>());
        Assert.Contains(Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories), file => file.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_documents_are_removed_and_records_stay()
    {
        system.Reset();
        await using var brief = await system.StartAnotherOn(system.Pki.PathOf("brief"), "--Signing:Retention=00:00:00");
        var id = await brief.CreateRequest(Pdfs.Page("Brief"));
        using var browser = brief.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await brief.Ended(id))["status"]!.GetValue<string>());
        await Task.Delay(20, SigningSystem.Cancellation);
        var sweep = brief.App.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<RetentionSweep>().Single();
        Assert.Equal(1, await sweep.Sweep(SigningSystem.Cancellation));
        Assert.Empty(Directory.EnumerateFiles(brief.Documents, "*", SearchOption.AllDirectories));
        Assert.Equal("signed", (await brief.Status(id))["status"]!.GetValue<string>());
        using var client = brief.AgencyClient();
        using var gone = await client.GetAsync($"requests/{id}/document", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
    }

    [Fact]
    public async Task Files_that_no_request_knows_are_removed()
    {
        system.Reset();
        var orphan = Path.Combine(system.Documents, "zz", "zzzzzzzzzzzzzzzzzzzzzz.pdf");
        var abandoned = Path.Combine(system.Documents, "staging", "yyyyyyyyyyyyyyyyyyyyyy.part");
        var fresh = Path.Combine(system.Documents, "staging", "xxxxxxxxxxxxxxxxxxxxxx.part");
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        foreach (var file in new[] { orphan, abandoned, fresh })
            await File.WriteAllTextAsync(file, "left behind", SigningSystem.Cancellation);
        foreach (var file in new[] { orphan, abandoned })
            File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        var sweep = system.App.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<RetentionSweep>().Single();
        Assert.Equal(2, await sweep.Sweep(SigningSystem.Cancellation));
        Assert.False(File.Exists(orphan) || File.Exists(abandoned));
        Assert.True(File.Exists(fresh));
        File.Delete(fresh);
    }

    private async Task<string> FailsWith(string text, string reason, string? auditedAs = null)
    {
        var id = await system.CreateRequest(Pdfs.Page(text));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);
        Assert.Equal("failed", ended["status"]!.GetValue<string>());
        Assert.Equal(reason, ended["reason"]!.GetValue<string>());
        // The end is audited after the state is visible.
        for (var i = 0; i < 50 && !IsAudited(id, auditedAs ?? reason); i++)
            await Task.Delay(100, SigningSystem.Cancellation);
        Assert.True(IsAudited(id, auditedAs ?? reason));
        using var client = system.AgencyClient();
        using var document = await client.GetAsync($"requests/{id}/document", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, document.StatusCode);
        Assert.DoesNotContain(Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories), file => file.Contains(id, StringComparison.Ordinal));
        return id;
    }

    private bool IsAudited(string id, string word) =>
        system.Audit(id).Any(line => line.GetRawText().Contains($"\"{word}\"", StringComparison.Ordinal));

    private async Task SucceedsWithNewApproval(string id)
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        var changed = bytes.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    private static int After(byte[] bytes, byte[] part) => bytes.AsSpan().IndexOf(part) + part.Length;

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (file.EndsWith(".lock", StringComparison.Ordinal))
                continue;
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var write = File.Create(target);
            read.CopyTo(write);
        }
    }
}
