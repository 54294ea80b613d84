using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Buffers.Text;

namespace Identity.Provider.Clients;

/// <summary>What an operator may register; each row changes one thing and names the refused field.</summary>
public sealed class ClientRegistrationTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public ClientRegistrationTests() => File.WriteAllText(file, PublicKey().ToJsonString());

    public void Dispose() => File.Delete(file);

    [Theory]
    [InlineData("https://tax.example/signin", true, null)]
    [InlineData("https://tax.example/signin?tenant=1", true, null)]
    [InlineData("https://tax.example/*", false, "wildcard")]
    [InlineData("https://*.tax.example/signin", false, "absolute")]
    [InlineData("https://tax.example/signin#a", false, "fragment")]
    [InlineData("https://user@tax.example/signin", false, "user information")]
    [InlineData("http://tax.example/signin", false, "https")]
    [InlineData("http://localhost/signin", false, "https")]
    [InlineData("https://localhost/signin", false, "https")]
    [InlineData("https://127.0.0.1/signin", false, "https")]
    [InlineData("javascript:alert(1)", false, "https")]
    [InlineData("agency:/callback", false, "https")]
    [InlineData("https://täx.example/signin", false, "ASCII")]
    [InlineData("https://tаx.example/signin", false, "ASCII")]
    [InlineData("https://TAX.example/signin", false, "normal spelling")]
    [InlineData("https://tax.example:443/signin", false, "normal spelling")]
    [InlineData("https://tax.example/a/../signin", false, "normal spelling")]
    [InlineData("https://tax.example/%2e%2e/signin", false, "normal spelling")]
    [InlineData("https://tax.example\\@evil.example/", false, "absolute")]
    [InlineData("/signin", false, "normal spelling")]
    [InlineData("signin", false, "absolute")]
    public void Checks_redirect_addresses_in_production(string address, bool accepted, string? says)
    {
        var problem = ClientRegistration.RedirectUriProblem(address, development: false);
        Assert.Equal(accepted, problem is null);
        if (says is not null)
            Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:5401/signin-oidc", true)]
    [InlineData("http://127.0.0.1:5401/signin-oidc", true)]
    [InlineData("http://[::1]:5401/signin-oidc", true)]
    [InlineData("http://localhost.evil.example/signin-oidc", false)]
    [InlineData("http://tax.example/signin-oidc", false)]
    public void Development_adds_loopback_only(string address, bool accepted) =>
        Assert.Equal(accepted, ClientRegistration.RedirectUriProblem(address, development: true) is null);

    [Theory]
    [InlineData("http://127.0.0.1/callback", null)]
    [InlineData("http://[::1]/callback?a=b", null)]
    [InlineData("http://127.0.0.1/", null)]
    [InlineData("https://app.example/callback", null)]
    [InlineData("com.example.app:/callback", null)]
    [InlineData("com.example.app:/", null)]
    [InlineData("http://127.0.0.1:8080/callback", "names a port")]
    [InlineData("http://localhost/callback", "must be https, http://127.0.0.1/")]
    [InlineData("http://127.0.0.2/callback", "must be https")]
    [InlineData("http://app.example/callback", "must be https")]
    [InlineData("https://localhost/callback", "must be https")]
    [InlineData("https://127.0.0.1/callback", "must be https")]
    [InlineData("app:/callback", "a domain name in reverse order")]
    [InlineData("com.example.app://callback", "normal spelling")]
    [InlineData("com.example.app://callback/", "must be https")]
    [InlineData("com.example.app:callback", "must be https")]
    [InlineData("com.example.app:", "must be https")]
    [InlineData("com..app:/callback", "must be https")]
    [InlineData("COM.example.app:/callback", "normal spelling")]
    [InlineData("com.example.app:/callback#a", "fragment")]
    [InlineData("com.example.app:/*", "wildcard")]
    [InlineData("javascript:alert(1)", "must be https")]
    [InlineData("data:text/html,x", "must be https")]
    [InlineData("file:///callback", "must be https")]
    [InlineData("http://user@127.0.0.1/callback", "user information")]
    [InlineData("http://127.1/callback", "normal spelling")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/callback", "normal spelling")]
    public void Checks_the_redirect_addresses_of_native_applications(string address, string? says)
    {
        var problem = ClientRegistration.RedirectUriProblem(address, development: false, native: true);
        if (says is null)
            Assert.Null(problem);
        else
            Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1/callback")]
    [InlineData("com.example.app:/callback")]
    public void They_are_no_addresses_of_a_web_client(string address) =>
        Assert.Contains("https", ClientRegistration.RedirectUriProblem(address, development: false), StringComparison.Ordinal);

    public static TheoryData<string, Action<ClientOptions>> Bad => new()
    {
        { "Id", client => client.Id = null },
        { "Id", client => client.Id = "a b" },
        { "Id", client => client.Id = new string('a', 65) },
        { "Name", client => client.Name = "" },
        { "Name", client => client.Name = "Tax\nPortal" },
        { "Name", client => client.Name = "Tax \u202elatroP" },
        { "Name", client => client.Name = "Tax\u200bPortal" },
        { "Name", client => client.Name = " " },
        { "Name", client => client.Name = "\u0422ax Portal" },
        { "Name", client => client.Name = new string('a', 201) },
        { "IdTokenSignedResponseAlg", client => client.IdTokenSignedResponseAlg = "none" },
        { "IdTokenSignedResponseAlg", client => client.IdTokenSignedResponseAlg = "HS256" },
        { "IdTokenSignedResponseAlg", client => client.IdTokenSignedResponseAlg = "" },
        { "GrantTypes", client => client.GrantTypes = ["implicit"] },
        { "GrantTypes", client => client.GrantTypes = ["authorization_code", "password"] },
        { "Scopes", client => client.Scopes.Add("signing") },
        { "AuthorizationDetailsTypes", client => client.AuthorizationDetailsTypes = ["payment"] },
        { "AuthorizationDetailsTypes", client => { client.Profile = "baseline"; client.TokenEndpointAuthMethod = "none"; client.DpopBoundAccessTokens = true; client.AuthorizationDetailsTypes = ["credential"]; } },
        { "Sector", client => client.Sector = null },
        { "Sector", client => client.Sector = "https://tax.example/" },
        { "RedirectUris", client => client.RedirectUris = [] },
        { "RedirectUris", client => client.GrantTypes = ["client_credentials"] },
        { "RedirectUris", client => client.RedirectUris.Add("https://tax.example/*") },
        { "ApplicationType", client => client.ApplicationType = "desktop" },
        { "TokenEndpointAuthMethod", client => client.ApplicationType = "native" },
        { "KeyFile", client => client.KeyFile = null },
        { "KeyFile", client => client.KeyFile += ".absent" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_refusal_names_the_field(string field, Action<ClientOptions> change)
    {
        var client = Good();
        change(client);
        Assert.StartsWith($"Provider:Clients:0:{field}: ", Refusal(client), StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_a_good_one_and_refuses_it_twice()
    {
        Assert.Single(ClientRegistration.Check([Good()], [], development: false));
        var refused = Assert.Throws<ProviderSettingsException>(() => ClientRegistration.Check([Good(), Good()], [], development: false));
        Assert.Equal("Provider:Clients:1:Id: is registered twice.", refused.Message);
    }

    [Fact]
    public void Refuses_private_symmetric_weak_and_unreadable_keys()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var weak = RSA.Create(1024);
        var withPrivate = PublicKey();
        withPrivate["d"] = Base64Url.EncodeToString(ecdsa.ExportParameters(true).D);
        var weakParameters = weak.ExportParameters(false);
        var p384 = PublicKey();
        p384["crv"] = "P-384";
        JsonNode[] keys =
        [
            withPrivate,
            new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" },
            new JsonObject { ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(weakParameters.Modulus), ["e"] = "AQAB" },
            p384,
            new JsonObject { ["kty"] = "EC" },
            new JsonObject { ["keys"] = new JsonArray([.. Enumerable.Range(0, 9).Select(_ => PublicKey())]) },
        ];
        foreach (var text in keys.Select(key => key.ToJsonString()).Append("nonsense").Append("[]"))
        {
            File.WriteAllText(file, text);
            Assert.StartsWith("Provider:Clients:0:KeyFile: ", Refusal(Good()), StringComparison.Ordinal);
        }
    }

    private static JsonObject PublicKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(false).Q;
        return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
    }

    private static string Refusal(ClientOptions client) =>
        Assert.Throws<ProviderSettingsException>(() => ClientRegistration.Check([client], [], development: false)).Message;

    private ClientOptions Good() => new()
    {
        Id = "tax", Name = "Tax", RedirectUris = ["https://tax.example/signin"], Scopes = ["openid", "profile"], KeyFile = file, Sector = "tax.example",
    };
}
