using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Discovery;

/// <summary>OpenID Connect Discovery 3 and 4, RFC 8414, RFC 9126 5, RFC 9207 3: what it says is what it does.</summary>
public sealed class DiscoveryTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task Says_what_is_offered_and_nothing_more()
    {
        var document = JsonNode.Parse((await Get(null)).Body)!;
        string[] List(string member) => [.. document[member]!.AsArray().Select(value => (string)value!).Order(StringComparer.Ordinal)];
        Assert.Equal(provider.Issuer.AbsoluteUri, (string?)document["issuer"]);
        foreach (var (member, path) in new[]
            { ("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("userinfo_endpoint", "userinfo"), ("pushed_authorization_request_endpoint", "par"), ("end_session_endpoint", "logout"), ("revocation_endpoint", "revoke"), ("device_authorization_endpoint", "device_authorization"), ("introspection_endpoint", "introspect"), ("jwks_uri", ".well-known/jwks") })
        {
            Assert.Equal(provider.Issuer + path, (string?)document[member]);
        }

        Assert.Equal(["code"], List("response_types_supported"));
        Assert.Equal(["query"], List("response_modes_supported"));
        Assert.Equal(["authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"], List("grant_types_supported"));
        Assert.Equal(["S256"], List("code_challenge_methods_supported"));
        Assert.Equal(["client_secret_basic", "client_secret_post", "none", "private_key_jwt"], List("token_endpoint_auth_methods_supported"));
        Assert.Equal(["ES256", "PS256", "RS256"], List("token_endpoint_auth_signing_alg_values_supported"));
        foreach (var endpoint in new[] { "revocation", "introspection" })
        {
            Assert.Contains("private_key_jwt", List(endpoint + "_endpoint_auth_methods_supported"));
            Assert.Equal(["ES256", "PS256", "RS256"], List(endpoint + "_endpoint_auth_signing_alg_values_supported"));
        }

        Assert.Equal(["ES256", "PS256", "RS256"], List("id_token_signing_alg_values_supported"));
        Assert.Equal(["ES256", "PS256", "RS256"], List("userinfo_signing_alg_values_supported"));
        foreach (var what in new[] { "id_token", "userinfo" })
        {
            Assert.Equal(["ECDH-ES+A128KW", "ECDH-ES+A256KW", "RSA-OAEP-256"], List($"{what}_encryption_alg_values_supported"));
            Assert.Equal(["A128CBC-HS256", "A256GCM"], List($"{what}_encryption_enc_values_supported"));
        }

        Assert.Equal(["pairwise"], List("subject_types_supported"));
        Assert.Equal(["address", "birthdate", "credential", "email", "openid", "person_identifier", "phone", "profile", "service", "signing"], List("scopes_supported"));
        Assert.Equal(["consent", "login", "none", "select_account"], List("prompt_values_supported"));
        Assert.Equal(["credential"], List("authorization_details_types_supported"));
        Assert.Equal(["http://eidas.europa.eu/LoA/substantial"], List("acr_values_supported"));
        Assert.Superset(new HashSet<string> { "sub", "acr", "amr", "auth_time", "sid", "name", "given_name", "family_name", "birthdate", "person_identifier", "email", "email_verified", "phone_number", "phone_number_verified", "address" }, List("claims_supported").ToHashSet());
        Assert.True((bool)document["claims_parameter_supported"]!);
        Assert.True((bool)document["authorization_response_iss_parameter_supported"]!);
        Assert.True((bool)document["require_pushed_authorization_requests"]!);
    }

    [Theory]
    [InlineData(true, Requirements.Features.PushedAuthorizationRequests, Requirements.Features.ProofKeyForCodeExchange)]
    [InlineData(false, Requirements.Features.ProofKeyForCodeExchange)]
    [InlineData(false)]
    public async Task Says_that_requests_must_be_pushed_while_no_client_may_come_without(bool required, params string[] requirements)
    {
        await using var own = await RunningProvider.With();
        await using (var scope = own.Services.CreateAsyncScope())
        {
            var client = new OpenIddictApplicationDescriptor { ClientId = "by-command", ClientType = ClientTypes.Confidential, ClientSecret = Agency.Random(32) };
            client.Requirements.UnionWith(requirements);
            await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>().CreateAsync(client, TestContext.Current.CancellationToken);
        }

        Assert.Equal(required, (bool)JsonNode.Parse((await Get(null, own)).Body)!["require_pushed_authorization_requests"]!);
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/.well-known/jwks")]
    public async Task May_be_kept_for_a_quarter_of_an_hour(string path)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        var reply = await agency.Send(request);
        Assert.Equal("public, max-age=900", reply.Headers.CacheControl?.ToString());
        Assert.Empty(reply.Headers.Pragma);
        using var refused = new HttpRequestMessage(HttpMethod.Post, path);
        Assert.NotEqual("public, max-age=900", (await agency.Send(refused)).Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task A_forged_host_changes_no_address()
    {
        var honest = await Get(null);
        foreach (var header in new[] { "Host", "X-Forwarded-Host" })
            Assert.Equal(honest.Body, (await Get(header)).Body);
    }

    [Fact]
    public async Task Publishes_three_keys_for_one_algorithm_each_and_no_private_member()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks");
        var keys = (await agency.Send(request)).Json["keys"]!.AsArray().Select(key => key!.AsObject()).ToList();
        Assert.Equal(["ES256", "PS256", "RS256"], keys.Select(key => (string)key["alg"]!).Order());
        Assert.Equal(3, keys.Select(key => (string)key["kid"]!).Distinct().Count());
        foreach (var key in keys)
        {
            Assert.Equal("sig", (string?)key["use"]);
            Assert.Equal((string?)key["alg"] == "ES256" ? "EC" : "RSA", (string?)key["kty"]);
            Assert.Empty(key.Select(member => member.Key).Intersect(["d", "p", "q", "dp", "dq", "qi", "k", "oth"]));
        }
    }

    private async Task<Reply> Get(string? forged, RunningProvider? other = null)
    {
        using var agency = new Agency(other ?? provider, "tax-portal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        if (forged is not null)
            request.Headers.TryAddWithoutValidation(forged, "evil.example");
        var reply = await agency.Send(request);
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        return reply;
    }
}
