using System.Net;

namespace Identity.Provider.Token;

/// <summary>RFC 6749 4.4 and RFC 9068: a client's own token, for one resource server.</summary>
public sealed class ClientCredentialsTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task An_agency_gets_a_token_for_the_signing_service_alone()
    {
        using var agency = new Agency(provider, "land-registry");
        var reply = await Ask(agency, "signing");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Null(reply.Json["id_token"]);
        var token = (string)reply.Json["access_token"]!;
        Assert.Equal("at+jwt", (string?)Jwt.Header(token)["typ"]);
        Assert.Equal("ES256", (string?)Jwt.Header(token)["alg"]);
        var claims = Jwt.Payload(token);
        Assert.Equal($"http://localhost:{provider.Issuer.Port + 200}/", (string?)claims["aud"]);
        Assert.Equal(provider.Issuer.AbsoluteUri, (string?)claims["iss"]);
        Assert.Equal("land-registry", (string?)claims["sub"]);
        Assert.Equal("land-registry", (string?)claims["client_id"]);
        Assert.Equal("signing", (string?)claims["scope"]);
        Assert.InRange((long)claims["exp"]! - (long)claims["iat"]!, 1, 300);

        // It names no person.
        Assert.Equal(HttpStatusCode.Forbidden, (await agency.UserInfo(token)).Status);
    }

    [Theory]
    [InlineData("land-registry", "openid", "invalid_scope")]
    [InlineData("land-registry", "signing openid", "invalid_scope")]
    [InlineData("land-registry", "", "invalid_scope")]
    [InlineData("land-registry", "nonsense", "invalid_scope")]
    [InlineData("tax-portal", "signing", "unauthorized_client")]
    public async Task Other_scopes_and_clients_get_none(string client, string scope, string error)
    {
        using var agency = new Agency(provider, client);
        var reply = await Ask(agency, scope);
        Assert.True(reply.Status == HttpStatusCode.BadRequest && reply.Error == error, $"{reply.Status} {reply.Body}");
    }

    [Fact]
    public async Task Another_resource_is_refused()
    {
        using var agency = new Agency(provider, "land-registry");
        var form = agency.Authenticated();
        form["grant_type"] = "client_credentials";
        form["scope"] = "signing";
        form["resource"] = "https://other.example/";
        Assert.Equal("invalid_target", (await agency.Post("/token", form)).Error);
    }

    private static Task<Reply> Ask(Agency agency, string scope)
    {
        var form = agency.Authenticated();
        form["grant_type"] = "client_credentials";
        if (scope.Length > 0)
            form["scope"] = scope;
        return agency.Post("/token", form);
    }
}
