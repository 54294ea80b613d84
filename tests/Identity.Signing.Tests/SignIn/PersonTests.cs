using System.Diagnostics;
using System.Net;
using System.Text;
using Identity.Signing.Ceremonies;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Identity.Signing.Tests.SignIn;

/// <summary>Who may see and sign what: a request belongs to one person.</summary>
public sealed class PersonTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task Nobody_signed_in_is_sent_to_the_provider_by_a_pushed_request()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var browser = system.NewBrowser();
        using var answer = await browser.GetOnce($"requests/{id}/review");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.StartsWith(system.Provider.Issuer + "authorize?client_id=signing&request_uri=urn", answer.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("document")]
    [InlineData("signed.pdf")]
    public async Task Documents_are_not_given_to_nobody(string what)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var browser = system.NewBrowser();
        using var answer = await browser.GetOnce($"requests/{id}/{what}");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Another_person_than_the_named_signer_gets_a_refusal()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(), signer: StandInPerson.Liis.Identifier);
        system.Provider.Person = StandInPerson.Wei;
        using var wei = system.NewBrowser();
        using var refused = await wei.Get($"requests/{id}/review");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.DoesNotContain("deed.pdf", await refused.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        using var document = await wei.Get($"requests/{id}/document");
        Assert.Equal(HttpStatusCode.NotFound, document.StatusCode);

        system.Provider.Person = StandInPerson.Liis;
        using var liis = system.NewBrowser();
        await SigningSystem.Approve(liis, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_request_opened_by_one_person_is_closed_to_every_other()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var liis = system.NewBrowser();
        Assert.Equal(HttpStatusCode.OK, (await liis.Get($"requests/{id}/review")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await liis.Get($"requests/{id}/document")).StatusCode);

        system.Provider.Person = StandInPerson.Wei;
        using var wei = system.NewBrowser();
        Assert.Equal(HttpStatusCode.Forbidden, (await wei.Get($"requests/{id}/review")).StatusCode);
        foreach (var address in new[] { $"requests/{id}", $"requests/{id}/document", $"requests/{id}/signed.pdf" })
            Assert.Equal(HttpStatusCode.NotFound, (await wei.Get(address)).StatusCode);
        Assert.DoesNotContain(id, await (await wei.Get("/")).Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("requests/aaaaaaaaaaaaaaaaaaaaaa/review")]
    [InlineData("requests/short/review")]
    [InlineData("requests/..%2f..%2fsigning.db/document")]
    [InlineData("requests/aaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Requests/UploadDocument")]
    [InlineData("Requests/ReviewDocument")]
    public async Task What_is_not_there_is_404(string address)
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var answer = await browser.Get(address);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_shown_document_cannot_act_in_our_origin_and_is_not_kept()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var browser = system.NewBrowser();
        await browser.Get($"requests/{id}/review");
        using var document = await browser.Get($"requests/{id}/document");
        Assert.Equal("application/pdf", document.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment", document.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", document.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-store", document.Headers.CacheControl!.ToString());
        Assert.Contains("sandbox allow-downloads", document.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("shown", (await system.Status(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_session_cookie_holds_who_alone_is_protected_and_ends_with_sign_out()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        var cookie = browser.Cookies.GetAllCookies().Single(c => c.Name == $"identity-signing-session-{new Uri(system.Address).Port}");
        Assert.True(cookie.HttpOnly);
        Assert.DoesNotContain("PNOXX", cookie.Value, StringComparison.Ordinal);
        Assert.InRange(cookie.Value.Length, 1, 1000);

        using var forged = await browser.Post("sign-out", new Dictionary<string, string>());
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        var page = await browser.Get("/");
        Assert.Contains("Liis Tamm", await page.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        using var left = await browser.Post("sign-out", await Browser.Fields(page));
        Assert.DoesNotContain("Liis Tamm", await left.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copied_cookie_is_refused_after_sign_out()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        var page = await browser.Get("sign-in");
        using var thief = Copy(browser, system);
        Assert.True(await IsSignedIn(thief));
        using var left = await browser.Post("sign-out", await Browser.Fields(page));
        Assert.False(await IsSignedIn(thief));
    }

    [Fact]
    public async Task A_copied_cookie_is_refused_in_another_copy_of_the_service_too()
    {
        system.Reset();
        var data = system.Pki.PathOf("two-copies");
        await using var first = await system.StartAnotherOn(data, "--Signing:Instance=first");
        await using var second = await system.StartAnotherOn(data, "--Signing:Instance=second");
        using var browser = first.NewBrowser();
        var page = await browser.Get("sign-in");
        using var there = Copy(browser, second);
        Assert.True(await IsSignedIn(there));
        using var left = await browser.Post("sign-out", await Browser.Fields(page));
        Assert.False(await IsSignedIn(there));
    }

    [Fact]
    public async Task Each_sign_in_ends_the_session_that_the_browser_had()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var before = Copy(browser, system);
        await browser.Get("sign-in");
        Assert.True(await IsSignedIn(browser));
        Assert.False(await IsSignedIn(before));
    }

    [Fact]
    public async Task Sign_out_ends_no_other_session_of_the_person()
    {
        system.Reset();
        using var one = system.NewBrowser();
        using var other = system.NewBrowser();
        await other.Get("sign-in");
        using var left = await one.Post("sign-out", await Browser.Fields(await one.Get("sign-in")));
        Assert.True(await IsSignedIn(other));
    }

    [Fact]
    public async Task A_session_in_use_ends_at_its_absolute_end_and_so_does_its_cookie_when_it_is_kept()
    {
        system.Reset();
        await using var brief = await system.StartAnotherOn(system.Pki.PathOf("brief"), "--Signing:SessionLifetime=00:00:04");
        using var browser = brief.NewBrowser();
        var clock = Stopwatch.StartNew();
        await browser.Get("sign-in");
        using var kept = Copy(browser, brief);
        var cookie = SessionCookie(browser, brief).Value;
        for (var tries = 0; await IsSignedIn(browser); tries++)
        {
            // Used in the second half of its life too, it does not get longer.
            Assert.Equal(cookie, SessionCookie(browser, brief).Value);
            Assert.True(tries < 600, "The session does not end.");
            await Task.Delay(100, SigningSystem.Cancellation);
        }

        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(3), "The session ended before its end, to the second.");
        Assert.False(await IsSignedIn(kept));
    }

    [Fact]
    public async Task A_session_that_the_database_does_not_know_is_refused_and_expired_ones_are_removed()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        await using var database = await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        database.Sessions.Add(new Signing.SignIn.OpenSession { Id = "past", ExpiresAt = past, ProviderSession = "", Subject = "", IdToken = "" });
        database.SettledLogouts.Add(new Signing.SignIn.SettledLogout { What = "past", ExpiresAt = past });
        await database.SaveChangesAsync(SigningSystem.Cancellation);
        await system.App.Services.GetRequiredService<Signing.SignIn.OpenSessions>().RemoveExpired(SigningSystem.Cancellation);
        Assert.False(await database.Sessions.AnyAsync(session => session.ExpiresAt <= past, SigningSystem.Cancellation));
        Assert.False(await database.SettledLogouts.AnyAsync(settled => settled.ExpiresAt <= past, SigningSystem.Cancellation));
        Assert.True(await IsSignedIn(browser));
        await database.Sessions.ExecuteDeleteAsync(SigningSystem.Cancellation);
        Assert.False(await IsSignedIn(browser));
    }

    private static Cookie SessionCookie(Browser browser, SigningSystem at) =>
        browser.Cookies.GetAllCookies().Single(c => c.Name == $"identity-signing-session-{new Uri(at.Address).Port}");

    // Another browser that holds the session cookie of this one, at this copy of the service.
    private static Browser Copy(Browser browser, SigningSystem to)
    {
        var copy = to.NewBrowser();
        var held = browser.Cookies.GetAllCookies().Single(c => c.Name.StartsWith("identity-signing-session-", StringComparison.Ordinal));
        copy.Cookies.Add(new Uri(to.Address), new Cookie($"identity-signing-session-{new Uri(to.Address).Port}", held.Value, "/"));
        return copy;
    }

    // The answer to nobody is a redirect to the Provider.
    private static async Task<bool> IsSignedIn(Browser browser)
    {
        using var answer = await browser.GetOnce("/");
        return (await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation)).Contains("Liis Tamm", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sign_in_callback_that_nobody_asked_for_is_a_plain_page()
    {
        using var browser = system.NewBrowser();
        foreach (var address in new[] { "signin-oidc", "signin-oidc?code=a&state=b", "signin-oidc?error=server_error&error_description=%3Cscript%3E" })
        {
            using var answer = await browser.GetOnce(address);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.DoesNotContain("script>", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_that_protect_cookies_are_in_the_database_and_encrypted()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        var database = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(system.Data, "signing.db*"))
        {
            await using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(read, Encoding.Latin1);
            database.Append(await reader.ReadToEndAsync(SigningSystem.Cancellation));
        }

        Assert.Contains("EncryptedKey", database.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("<masterKey", database.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_copies_start_on_one_empty_database()
    {
        system.Reset();
        var data = system.Pki.PathOf("together");
        var copies = await Task.WhenAll(
            system.StartAnotherOn(data, "--Signing:Instance=first"), system.StartAnotherOn(data, "--Signing:Instance=second"));
        var id = await copies[0].CreateRequest(Pdfs.Page());
        using var browser = copies[1].NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await copies[0].Ended(id))["status"]!.GetValue<string>());
        foreach (var copy in copies)
            await copy.DisposeAsync();
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_is_503_never_an_answer_and_once_it_can_the_service_goes_on()
    {
        system.Reset();
        var data = system.Pki.PathOf("outage");
        await using var other = await system.StartAnotherOn(data);
        var id = await other.CreateRequest(Pdfs.Page());
        using var client = other.AgencyClient();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(data, "signing.db*"))
            File.Move(file, file + ".away");
        Directory.CreateDirectory(Path.Combine(data, "signing.db"));
        // The workers meet it too.
        other.App.Services.GetRequiredService<CeremonyRounds>().Wake();
        using var answer = await client.GetAsync($"requests/{id}", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        using var ready = await client.GetAsync("health/ready", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

        Directory.Delete(Path.Combine(data, "signing.db"));
        foreach (var file in Directory.EnumerateFiles(data, "signing.db*.away"))
            File.Move(file, file[..^".away".Length]);
        using var browser = other.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await other.Ended(id))["status"]!.GetValue<string>());
        Assert.False(other.App.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }
}
