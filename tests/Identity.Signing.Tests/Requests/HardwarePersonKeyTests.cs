using System.Net;
using System.Text.Json.Nodes;
using Identity.Signing.Requests;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>People's keys made in SoftHSM2: the signature is as good, nothing is left in the token, and without the token signing alone has to wait.</summary>
public sealed class HardwarePersonKeyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task A_document_is_signed_with_a_key_of_the_token_and_nothing_is_left_in_it()
    {
        system.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await Start();
        var file = await hardware.Sign(Pdfs.Page());
        Assert.Contains("ETSI.CAdES.detached", System.Text.Encoding.Latin1.GetString(file), StringComparison.Ordinal);
        Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await Health(hardware, "ready"));
    }

    [Fact]
    public async Task Without_the_token_nobody_is_asked_for_an_approval_and_everything_else_goes_on()
    {
        system.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await Start();
        hsm.Pull();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Health(hardware, "ready"));
        Assert.Equal(HttpStatusCode.OK, await Health(hardware, "live"));
        // An agency asks, the person comes and reads.
        var id = await hardware.CreateRequest(Pdfs.Page("another deed"));
        using var browser = hardware.NewBrowser();
        await browser.Get($"requests/{id}/review");
        using (var document = await browser.GetOnce($"requests/{id}/document"))
            Assert.Equal(HttpStatusCode.OK, document.StatusCode);
        using var refused = await SigningSystem.Approve(browser, id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("signing is temporarily unavailable", await refused.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Equal("shown", Word(await hardware.Status(id), "status"));

        await hardware.PutBack(hsm);
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", Word(await hardware.Ended(id), "status"));
    }

    [Fact]
    public async Task A_token_that_goes_after_the_approval_spends_nothing_and_what_was_approved_is_signed_once_it_is_back()
    {
        system.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await Start();
        var id = await hardware.CreateRequest(Pdfs.Page("a third deed"));
        system.Provider.Finish = evidence =>
        {
            hsm.Pull();
            return evidence;
        };
        using var browser = hardware.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var approvals = hardware.App.Services.GetRequiredService<Signing.Approvals.ApprovalRecords>();
        var approval = Assert.Single(await approvals.Waiting(SigningSystem.Cancellation));
        var recipe = hardware.App.Services.GetRequiredService<SignRequest>();
        Assert.Equal(new SigningOutcome.Postponed(FailureReason.KeyUnavailable, "key_not_made"), Assert.Single(await recipe.Run(approval, SigningSystem.Cancellation)));
        Assert.Equal(("approval_asked", 0), (Word(await hardware.Status(id), "status"), system.Authority.CertificateRequests));

        await hardware.PutBack(hsm);
        // By this one, or by the service's own round.
        await recipe.Run(approval, SigningSystem.Cancellation);
        Assert.Equal(("signed", 1), (Word(await hardware.Ended(id), "status"), system.Authority.CertificateRequests));
        Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_goes_with_the_key_in_it_is_a_visible_failure_and_the_next_approval_signs()
    {
        system.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await Start();
        var id = await hardware.CreateRequest(Pdfs.Page("a fourth deed"));
        system.Authority.Before = (what, _) =>
        {
            if (what == "certificate")
                hsm.Pull();
            return Task.CompletedTask;
        };
        await SigningSystem.Approve(hardware.NewBrowser(), id);
        var ended = await hardware.Ended(id);
        Assert.Equal(("failed", "key_unavailable"), (Word(ended, "status"), Word(ended, "reason")));

        system.Reset();
        await hardware.PutBack(hsm);
        await SigningSystem.Approve(hardware.NewBrowser(), id);
        Assert.Equal("signed", Word(await hardware.Ended(id), "status"));
    }

    [Fact]
    public async Task A_token_that_is_not_described_is_found_at_the_start() =>
        Assert.StartsWith("Token 'none' cannot be read from",
            (await Assert.ThrowsAsync<Keys.KeyRingException>(() => system.StartAnotherOn(system.Pki.PathOf("none"), "--Signing:PersonKeys=none"))).Message, StringComparison.Ordinal);

    private Task<SigningSystem> Start() => system.StartAnotherOn(system.Pki.PathOf("hardware-" + Guid.CreateVersion7()), "--Signing:PersonKeys=hsm");

    private static async Task<HttpStatusCode> Health(SigningSystem at, string what)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(at.Address + "health/" + what, SigningSystem.Cancellation);
        return answer.StatusCode;
    }

    private static string? Word(JsonNode status, string name) => status[name]?.GetValue<string>();
}
