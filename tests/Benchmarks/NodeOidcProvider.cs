using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>npm oidc-provider, one process, its memory adapter.</summary>
internal sealed class NodeOidcProvider : Subject
{
    public override string Name => "node";

    public override string Issuer => Address.GetLeftPart(UriPartial.Authority);

    public override string AuthorizePath => "auth";

    public override string PushPath => "request";

    public override string UserInfoPath => "me";

    public override string IntrospectPath => "token/introspection";

    public override string JwksPath => "jwks";

    public override Task Start() => Run(
        "node", Path.Combine(Repository.Root, "tests", "Benchmarks", "peers", "oidc-provider.mjs"), $"{Port}",
        new JsonObject { ["keys"] = new JsonArray(Jose.PublicJwk(ClientKey, ClientId)) }.ToJsonString(), RedirectUri);

    /// <summary>The first visit goes through its interaction, and leaves a session behind.</summary>
    public override async Task SignIn(HttpClient browser)
    {
        using var party = new RelyingParty(this, browser);
        var location = await party.Authorize(await party.Push());
        for (var hop = 0; hop < 5 && !location.StartsWith(RedirectUri, StringComparison.Ordinal); hop++)
        {
            using var answer = await browser.GetAsync(new Uri(Address, location));
            location = answer.Headers.Location?.OriginalString ?? throw new InvalidOperationException($"{Name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
