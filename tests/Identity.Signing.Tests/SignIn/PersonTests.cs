using System.Net;
using System.Text;

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
    public async Task A_database_that_cannot_be_read_is_503_and_never_an_answer()
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
        using var answer = await client.GetAsync($"requests/{id}", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        using var ready = await client.GetAsync("health/ready", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
    }
}
