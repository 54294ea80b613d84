using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Buffers.Text;
using System.Text.Json.Nodes;

namespace Identity.Provider.Authorize;

/// <summary>The whole flow as it should be, over HTTP; what must not work stands in the tests beside it.</summary>
public sealed class CodeFlowTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task A_signed_in_person_who_has_consented_is_back_at_the_agency_at_once()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        var session = await browser.SignIn();
        await provider.Consent("tax-portal");

        var answer = await browser.Authorize(agency);
        Assert.Equal(agency.State, answer["state"]);
        Assert.Equal(provider.Issuer.AbsoluteUri, answer["iss"]);
        Assert.Equal(["code", "iss", "state"], answer.Keys.Order());

        var tokens = await agency.Redeem(answer["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        Assert.Equal("Bearer", (string?)tokens.Json["token_type"]);
        Assert.Equal(["access_token", "expires_in", "id_token", "scope", "token_type"], tokens.Json.AsObject().Select(member => member.Key).Order());
        Assert.InRange((int)tokens.Json["expires_in"]!, 290, 300);

        var idToken = (string)tokens.Json["id_token"]!;
        Assert.Equal("ES256", (string?)Jwt.Header(idToken)["alg"]);
        var claims = Jwt.Payload(idToken);
        Assert.Equal(
            ["acr", "amr", "at_hash", "aud", "auth_time", "azp", "exp", "iat", "iss", "nonce", "sid", "sub"],
            claims.Select(claim => claim.Key).Order());
        Assert.Equal(agency.Nonce, (string?)claims["nonce"]);
        Assert.Equal("tax-portal", (string?)claims["aud"]);
        Assert.Equal(session.SessionId, (string?)claims["sid"]);
        Assert.Equal(session.AuthenticatedAt.ToUnixTimeSeconds(), (long)claims["auth_time"]!);
        Assert.Equal("http://eidas.europa.eu/LoA/substantial", (string?)claims["acr"]);
        Assert.Contains("pop", claims["amr"]!.AsArray().Select(value => (string?)value));
        Assert.NotEqual(session.PersonId, (string?)claims["sub"]);
        await Verify(idToken);
        await Verify((string)tokens.Json["access_token"]!);

        var info = await agency.UserInfo((string)tokens.Json["access_token"]!);
        Assert.Equal(HttpStatusCode.OK, info.Status);
        Assert.Equal((string?)claims["sub"], (string?)info.Json["sub"]);
        Assert.Equal("Liis Tamm", (string?)info.Json["name"]);
        Assert.Null(info.Json["birthdate"]);
        Assert.Null(info.Json["person_identifier"]);
    }

    [Fact]
    public async Task No_token_and_no_answer_holds_the_inner_pseudonym()
    {
        using var agency = new Agency(provider, "land-registry");
        using var browser = new Browser(provider);
        var session = await browser.SignIn();
        await provider.Consent("land-registry");
        var tokens = await agency.Redeem((await browser.Authorize(agency, scope: "openid profile person_identifier"))["code"]);
        var access = (string)tokens.Json["access_token"]!;
        var info = await agency.UserInfo(access);
        Assert.Equal("PNOXX-48504210018", (string?)info.Json["person_identifier"]);
        foreach (var text in new[] { Jwt.Payload(access).ToJsonString(), Jwt.Payload((string)tokens.Json["id_token"]!).ToJsonString(), tokens.Body, info.Body })
            Assert.DoesNotContain(session.PersonId, text, StringComparison.Ordinal);
        Assert.DoesNotContain("oi_", Jwt.Payload((string)tokens.Json["id_token"]!).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_subject_differs_between_sectors_and_stays_within_one()
    {
        using var browser = new Browser(provider);
        await browser.SignIn();
        var subjects = new List<string>();
        foreach (var client in new[] { "tax-portal", "health-portal", "tax-portal" })
        {
            using var agency = new Agency(provider, client);
            await provider.Consent(client);
            var tokens = await agency.Redeem((await browser.Authorize(agency))["code"]);
            subjects.Add((string)Jwt.Payload((string)tokens.Json["id_token"]!)["sub"]!);
        }

        Assert.Equal(subjects[0], subjects[2]);
        Assert.NotEqual(subjects[0], subjects[1]);
    }

    // With the published keys and the framework's verification: nothing of the Provider's code.
    private async Task Verify(string jwt)
    {
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        var keys = JsonNode.Parse(await http.GetStringAsync("/.well-known/jwks"))!["keys"]!.AsArray();
        Assert.Equal(["EC", "RSA", "RSA"], keys.Select(key => (string)key!["kty"]!).Order());
        var key = keys.Single(key => (string?)key!["kid"] == (string?)Jwt.Header(jwt)["kid"])!;
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars((string)key["x"]!), Y = Base64Url.DecodeFromChars((string)key["y"]!) },
        });
        var parts = jwt.Split('.');
        Assert.True(ecdsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
    }
}
