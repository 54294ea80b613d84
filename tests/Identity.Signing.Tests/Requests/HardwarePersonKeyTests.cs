using System.Net;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Requests;

/// <summary>People's keys made in SoftHSM2: the signature is as good, nothing is left in the token, and without the token signing alone fails.</summary>
public sealed class HardwarePersonKeyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task A_document_is_signed_with_a_key_of_the_token_and_nothing_is_left_in_it()
    {
        system.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await system.StartAnotherOn(system.Pki.PathOf("hardware"), "--Signing:PersonKeys=hsm");
        var file = await hardware.Sign(Pdfs.Page());
        Assert.Contains("ETSI.CAdES.detached", System.Text.Encoding.Latin1.GetString(file), StringComparison.Ordinal);
        Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(hardware.Address + "health/ready", SigningSystem.Cancellation)).StatusCode);

        hsm.Pull();
        var id = await hardware.CreateRequest(Pdfs.Page("another deed"));
        using var browser = hardware.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await hardware.Ended(id);
        Assert.Equal(("failed", "key_unavailable"), (ended["status"]!.GetValue<string>(), ended["reason"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(hardware.Address + "health/ready", SigningSystem.Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(hardware.Address + "health/live", SigningSystem.Cancellation)).StatusCode);
        hsm.PutBack();
    }

    [Fact]
    public async Task A_token_that_is_not_described_is_found_at_the_start() =>
        Assert.StartsWith("Token 'none' cannot be read from",
            (await Assert.ThrowsAsync<Keys.KeyRingException>(() => system.StartAnotherOn(system.Pki.PathOf("none"), "--Signing:PersonKeys=none"))).Message, StringComparison.Ordinal);
}
