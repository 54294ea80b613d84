using System.Net;
using Identity.Provider.Login;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Consent;

public sealed class ConsentTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string Liis = "PNOXX-48504210018";

    [Fact]
    public async Task Shows_the_agency_and_every_attribute_with_its_value()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var request = await provider.Remember(Waiting("health-portal", "Health Portal", "name", "birthdate", "person_identifier"));
        var page = await browser.Get(Address(request));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        foreach (var shown in (string[])["Health Portal", "Liis Tamm", "21 April 1985", Liis])
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allow_stores_exactly_the_claims_of_the_request_and_goes_back()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var personId = await provider.PersonId(Liis);
        var request = await provider.Remember(Waiting("client-a", "A", "name", "given_name"));
        var page = await browser.Get(Address(request));
        // Fields that the form does not have are nobody's consent.
        var done = await browser.Post(Address(request, "Allow"), page, ("claims", "birthdate"), ("Claims[0]", "birthdate"), ("Pending.Claims", "birthdate"));
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal(request.ReturnUrl, done.Location);
        Assert.True((await provider.Progress(request.Key)).Consented);
        await provider.InDatabase(async database =>
            Assert.Equal(["given_name", "name"], await database.Consents
                .Where(row => row.PersonId == personId && row.ClientId == "client-a").Select(row => row.Claim).OrderBy(claim => claim).ToListAsync()));
        Assert.True(await Has(personId, "client-a", "name"));
        Assert.False(await Has(personId, "client-a", "name", "birthdate"));
        Assert.False(await Has(personId, "client-b", "name"));
        Assert.False(await Has(await provider.PersonId("PNOXX-37911030025"), "client-a", "name"));
    }

    [Fact]
    public async Task Two_tabs_that_allow_at_one_time_both_succeed()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var request = await provider.Remember(Waiting("client-c", "C", "name", "given_name", "family_name", "birthdate"));
        var page = await browser.Get(Address(request));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => browser.Post(Address(request, "Allow"), page)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.SeeOther, answer.Status));
    }

    [Fact]
    public async Task Cancel_stores_nothing_and_is_reported()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var request = await provider.Remember(Waiting("client-d", "D", "name"));
        var done = await browser.Post(Address(request, "Cancel"), await browser.Get(Address(request)));
        Assert.Equal(request.ReturnUrl, done.Location);
        Assert.True((await provider.Progress(request.Key)).Cancelled);
        Assert.False(await Has(await provider.PersonId(Liis), "client-d", "name"));
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_asked_to_and_comes_back()
    {
        var request = await provider.Remember(Waiting("client-e", "E", "name"));
        using var browser = new Browser(provider);
        var answer = await browser.Get(Address(request));
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.Equal("/login?returnUrl=" + Uri.EscapeDataString(request.ReturnUrl), answer.Location);
    }

    [Theory]
    [InlineData("Allow")]
    [InlineData("Cancel")]
    public async Task Refuses_a_post_without_the_antiforgery_token(string handler)
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var request = await provider.Remember(Waiting("client-f", "F", "name"));
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post(Address(request, handler), from: null)).Status);
        Assert.False(await Has(await provider.PersonId(Liis), "client-f", "name"));
        Assert.False((await provider.Progress(request.Key)).Cancelled);
    }

    [Fact]
    public async Task Refuses_a_request_that_does_not_wait()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var page = await browser.Get("/consent?returnUrl=" + Uri.EscapeDataString("/authorize?client_id=x"));
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("This request has expired", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_without_a_text_to_show_is_never_asked_for_silently()
    {
        var person = People.DemoPeople.NewPerson("PNOXX-1", "A", "B", new DateOnly(2000, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsentModel.Shown(["name", "salary"], person, _ => "d").ToList());
    }

    private static PendingRequest Waiting(string clientId, string name, params string[] claims)
    {
        var id = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        return new PendingRequest(id, $"/authorize?client_id={clientId}&request_uri=urn%3A{id}", clientId, name, new Uri("http://localhost:5401/signin-oidc"), claims, null);
    }

    private static string Address(PendingRequest request, string? handler = null) =>
        "/consent?returnUrl=" + Uri.EscapeDataString(request.ReturnUrl) + (handler is null ? "" : "&handler=" + handler);

    private async Task<bool> Has(string personId, string clientId, params string[] claims)
    {
        await using var scope = provider.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ConsentStore>().Has(personId, clientId, claims, CancellationToken.None);
    }
}
