using System.Net;
using Identity.Provider.Authorize;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Passkeys;

/// <summary>Several passkeys of one person, and the loss of one.</summary>
public sealed class MyPasskeysTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task A_further_passkey_is_added_named_and_signs_the_same_person_in()
    {
        var person = await NewPerson();
        using var first = new VirtualAuthenticator(provider.Origin);
        using var second = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(person), first);
        var before = await Subject(browser);

        Assert.Equal("/passkeys", (await Add(browser, second)).Location);
        var page = await browser.Get("/passkeys");
        var named = await browser.Post("/passkeys?handler=Rename", page, ("passkey", Name(second)), ("name", " <b>Laptop</b> "));
        Assert.Equal("/passkeys", named.Location);
        page = await browser.Get("/passkeys");
        Assert.Contains("&lt;b&gt;Laptop&lt;/b&gt;", page.Body, StringComparison.Ordinal);

        using var other = new Browser(provider);
        await other.SignIn(second);
        Assert.Equal(before, await Subject(other));
    }

    [Fact]
    public async Task A_removed_passkey_signs_nobody_in_and_the_last_stays()
    {
        using var first = new VirtualAuthenticator(provider.Origin);
        using var second = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(await NewPerson()), first);
        await Add(browser, second);
        using var other = new Browser(provider);
        await other.SignIn(first);
        Assert.True(await other.IsSignedIn());
        Assert.Equal("/passkeys", (await Remove(browser, first)).Location);
        // A lost device does not stay signed in.
        Assert.False(await other.IsSignedIn());
        Assert.True(await browser.IsSignedIn());
        Assert.Equal(HttpStatusCode.BadRequest, (await other.SignIn(first)).Status);
        var refused = await Remove(browser, second);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("You cannot remove your last passkey", refused.Text, StringComparison.Ordinal);
        await other.SignIn(second);
        Assert.True(await other.IsSignedIn());
        await provider.InDatabase(async database =>
        {
            // What was known about it has gone with it.
            Assert.False(await database.AttestedPasskeys.AnyAsync(row => row.CredentialId == first.Passkeys[0].CredentialId));
            Assert.True(await database.AttestedPasskeys.AnyAsync(row => row.CredentialId == second.Passkeys[0].CredentialId));
        });
        Assert.Contains(await provider.AuditRecords(), record => record.Contains("provider.passkey-removal", StringComparison.Ordinal) && record.Contains(Name(first), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_two_passkeys_removed_at_one_time_one_stays()
    {
        using var first = new VirtualAuthenticator(provider.Origin);
        using var second = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        var person = await NewPerson();
        await browser.Enrol(await provider.IssueCode(person), first);
        await Add(browser, second);
        var page = await browser.Get("/passkeys");
        await Task.WhenAll(new[] { first, second }.Select(key => browser.Post("/passkeys?handler=Remove", page, ("passkey", Name(key)))));
        var id = await provider.PersonId(person);
        await provider.InDatabase(async database => Assert.Equal(1, await database.UserPasskeys.CountAsync(passkey => passkey.UserId == id)));
    }

    [Theory]
    [InlineData("Register")]
    [InlineData("Remove")]
    [InlineData("Rename")]
    public async Task Nobody_signed_in_changes_nothing(string handler)
    {
        using var browser = new Browser(provider);
        var page = await browser.Get("/login");
        Assert.Equal("/login?returnUrl=%2Fpasskeys", (await browser.Post("/passkeys?handler=" + handler, page)).Location);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/passkeys?handler=Options", page)).Status);
        Assert.Equal("/login?returnUrl=%2Fpasskeys", (await browser.Get("/passkeys")).Location);
    }

    [Fact]
    public async Task An_old_sign_in_adds_and_removes_nothing()
    {
        using var browser = new Browser(provider);
        await browser.SignIn(await NewPerson(), TimeSpan.FromMinutes(6));
        var page = await browser.Get("/passkeys");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("sign in again first", page.Text, StringComparison.Ordinal);
        var login = await browser.Get("/login?returnUrl=%2Fpasskeys");
        Assert.Equal(HttpStatusCode.OK, login.Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/passkeys?handler=Options", login)).Status);
        Assert.Equal("/login?returnUrl=%2Fpasskeys", (await browser.Post("/passkeys?handler=Register", login)).Location);
        Assert.Equal("/login?returnUrl=%2Fpasskeys", (await browser.Post("/passkeys?handler=Remove", login)).Location);
    }

    [Fact]
    public async Task After_the_sign_in_that_it_asks_for_the_page_comes_back()
    {
        using var key = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(await NewPerson()), key);
        Assert.Equal("/passkeys", (await browser.SignIn(key, "/passkeys")).Location);
        // Nowhere else.
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get("/login?returnUrl=%2Fpasskeys%2F")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get("/login?returnUrl=https%3A%2F%2Fevil.example")).Status);
    }

    [Fact]
    public async Task The_passkeys_of_another_person_are_out_of_reach()
    {
        using var theirs = new VirtualAuthenticator(provider.Origin);
        using var second = new VirtualAuthenticator(provider.Origin);
        using var they = new Browser(provider);
        await they.Enrol(await provider.IssueCode(await NewPerson()), theirs);
        await Add(they, second);
        using var mine = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(await NewPerson()), mine);
        var page = await browser.Get("/passkeys");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/passkeys?handler=Remove", page, ("passkey", Name(theirs)))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/passkeys?handler=Rename", page, ("passkey", Name(theirs)), ("name", "x"))).Status);
        // A ceremony begun for one person registers nothing for another.
        var (id, options) = await they.Ceremony("/passkeys?handler=Options", await they.Get("/passkeys"));
        using var stolen = new VirtualAuthenticator(provider.Origin);
        var refused = await browser.Post("/passkeys?handler=Register", page, ("ceremony", id), ("credential", stolen.Register(options)));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\u0007b")]
    [InlineData("\u200b")]
    [InlineData("a\u202eb")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890")]
    public async Task Refuses_a_name(string name)
    {
        using var key = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(await NewPerson()), key);
        var page = await browser.Get("/passkeys");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/passkeys?handler=Rename", page, ("passkey", Name(key)), ("name", name))).Status);
    }

    [Fact]
    public async Task Who_loses_every_passkey_and_enrols_anew_is_the_same_subject()
    {
        var person = await NewPerson();
        using var lost = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(person), lost);
        var before = await Subject(browser);
        var id = await provider.PersonId(person);
        await provider.InDatabase(database => database.UserPasskeys.Where(passkey => passkey.UserId == id).ExecuteDeleteAsync());
        using var found = new VirtualAuthenticator(provider.Origin);
        using var other = new Browser(provider);
        await other.Enrol(await provider.IssueCode(person), found);
        Assert.Equal(before, await Subject(other));
    }

    private async Task<string> NewPerson()
    {
        var person = await provider.NewPerson();
        await provider.Consent("tax-portal", person);
        return person;
    }

    private async Task<string> Subject(Browser browser)
    {
        using var agency = new Agency(provider, "tax-portal");
        var code = (await browser.Authorize(agency))["code"];
        return (string)Jwt.Payload((string)(await agency.Redeem(code)).Json["id_token"]!)["sub"]!;
    }

    private static async Task<Page> Add(Browser browser, VirtualAuthenticator authenticator)
    {
        var page = await browser.Get("/passkeys");
        var (id, options) = await browser.Ceremony("/passkeys?handler=Options", page);
        return await browser.Post("/passkeys?handler=Register", page, ("ceremony", id), ("credential", authenticator.Register(options)));
    }

    private static async Task<Page> Remove(Browser browser, VirtualAuthenticator authenticator) =>
        await browser.Post("/passkeys?handler=Remove", await browser.Get("/passkeys"), ("passkey", Name(authenticator)));

    private static string Name(VirtualAuthenticator authenticator) => PasskeyCeremonies.NameOf(authenticator.Passkeys[0].CredentialId);
}
