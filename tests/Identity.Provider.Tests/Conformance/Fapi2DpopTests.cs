using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Dpop;

namespace Identity.Provider.Conformance;

/// <summary>The modules of <c>fapi2-security-profile-final-test-plan</c> that concern the DPoP proof, at the endpoints that the plan asks.</summary>
public sealed class Fapi2DpopTests(ProviderWithFapiClients running) : IClassFixture<ProviderWithFapiClients>, IDisposable
{
    private readonly Agency client = new(running.Provider, ProviderWithFapiClients.First) { RedirectUri = ProviderWithFapiClients.RedirectUri(ProviderWithFapiClients.First) };
    private readonly DpopKey key = new(running.Provider);
    private readonly DpopKey other = new(running.Provider);

    public void Dispose()
    {
        client.Dispose();
        key.Dispose();
        other.Dispose();
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task Check_dpop_proof_nbf_exp() => await Accepted(claims =>
    {
        claims["nbf"] = Now;
        claims["exp"] = Now + 60;
    });

    [Fact]
    public Task Ensure_dpopproof_with_iat_10seconds_before_succeeds() => Accepted(claims => claims["iat"] = Now - 10);

    [Fact]
    public Task Ensure_dpopproof_with_iat_10seconds_after_succeeds() => Accepted(claims => claims["iat"] = Now + 10);

    [Fact]
    public async Task Ensure_mismatched_dpop_jkt_fails()
    {
        var request = client.Request();
        request["dpop_jkt"] = other.Thumbprint;
        var reply = await client.Push(request, null, key.Proof("POST", "par"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_dpop_proof"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task Ensure_token_endpoint_fails_with_mismatched_dpop_jkt()
    {
        var code = await Code(request => request["dpop_jkt"] = key.Thumbprint);
        var reply = await client.Redeem(code, null, other.Proof("POST", "token"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (reply.Status, reply.Error));
        // A thief who has no key at all gains nothing by leaving the proof out.
        var without = await client.Redeem(code);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (without.Status, without.Error));
    }

    [Fact]
    public async Task Ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt()
    {
        var pushed = await client.Push(client.Request(), null, key.Proof("POST", "par"));
        var reply = await client.Redeem(await CodeAt(client.AuthorizeUrl((string)pushed.Json["request_uri"]!)), null, other.Proof("POST", "token"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task Ensure_dpopproof_at_par_endpoint_binding_success()
    {
        var pushed = await client.Push(client.Request(), null, key.Proof("POST", "par"));
        var code = await CodeAt(client.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        Assert.Equal(HttpStatusCode.OK, (await client.Redeem(code, null, key.Proof("POST", "token"))).Status);
    }

    [Fact]
    public async Task Ensure_dpop_auth_code_binding_success()
    {
        var code = await Code(request => request["dpop_jkt"] = key.Thumbprint);
        Assert.Equal(HttpStatusCode.OK, (await client.Redeem(code, null, key.Proof("POST", "token"))).Status);
    }

    [Fact]
    public async Task Ensure_holder_of_key_required()
    {
        var reply = await client.Redeem(await Code());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_dpop_proof"), (reply.Status, reply.Error));
    }

    [Theory]
    [InlineData("dpop")]
    [InlineData("DPOP")]
    public async Task Access_token_type_header_case_sensitivity(string scheme)
    {
        var access = await Token();
        Assert.Equal(HttpStatusCode.OK, (await UserInfo(scheme, access, key.Proof("GET", "userinfo", access))).Status);
    }

    public static TheoryData<string, Action<JsonObject>, Action<JsonObject>> Negative => new()
    {
        { "no typ", Same, header => header.Remove("typ") },
        { "typ JWT", Same, header => header["typ"] = "JWT" },
        { "no alg", Same, header => header.Remove("alg") },
        { "alg none", Same, header => header["alg"] = "none" },
        { "alg RS256", Same, header => header["alg"] = "RS256" },
        { "no jwk", Same, header => header.Remove("jwk") },
        { "a private key in jwk", Same, header => header["jwk"]!["d"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE" },
        { "no jti", claims => claims.Remove("jti"), Same },
        { "no htm", claims => claims.Remove("htm"), Same },
        { "no htu", claims => claims.Remove("htu"), Same },
        { "no iat", claims => claims.Remove("iat"), Same },
        { "no ath", claims => claims.Remove("ath"), Same },
        { "another htm", claims => claims["htm"] = "POST", Same },
        { "another htu", claims => claims["htu"] = "https://other.example/userinfo", Same },
        { "another ath", claims => claims["ath"] = DpopKey.Ath("another"), Same },
        { "iat an hour ago", claims => claims["iat"] = Now - 3600, Same },
        { "iat in an hour", claims => claims["iat"] = Now + 3600, Same },
    };

    [Theory]
    [MemberData(nameof(Negative))]
    public async Task Dpop_negative_tests(string row, Action<JsonObject> claims, Action<JsonObject> header)
    {
        Assert.NotEmpty(row);
        var access = await Token();
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, key.Proof("GET", "userinfo", access, claims, header)));
    }

    [Fact]
    public async Task Dpop_negative_tests_of_key_signature_replay_and_scheme()
    {
        var access = await Token();
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, other.Proof("GET", "userinfo", access)));
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, key.Proof("GET", "userinfo", access, sign: bytes => other.Key.SignData(bytes, HashAlgorithmName.SHA256))));
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, "not-a-jwt"));
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access));
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, key.Proof("GET", "userinfo", access), key.Proof("GET", "userinfo", access)));
        Challenged("invalid_token", await UserInfo("Bearer", access));
        var proof = key.Proof("GET", "userinfo", access);
        Assert.Equal(HttpStatusCode.OK, (await UserInfo("DPoP", access, proof)).Status);
        Challenged("invalid_dpop_proof", await UserInfo("DPoP", access, proof));
    }

    public static TheoryData<string, Func<string, string>> Addresses => new()
    {
        { "host in capitals", address => address.Replace("localhost", "LOCALHOST", StringComparison.Ordinal) },
        { "with a query", address => address + "?ignored=1" },
        { "with a fragment", address => address + "#ignored" },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Dpop_negative_tests_accept_the_same_address_in_other_spelling(string row, Func<string, string> spelt)
    {
        Assert.NotEmpty(row);
        var access = await Token();
        var proof = key.Proof("GET", "userinfo", access, claims =>
        {
            claims["htu"] = spelt((string)claims["htu"]!);
            claims["further"] = "claim";
        });
        Assert.Equal(HttpStatusCode.OK, (await UserInfo("DPoP", access, proof)).Status);
    }

    private static void Same(JsonObject unchanged)
    {
    }

    private async Task Accepted(Action<JsonObject> claims)
    {
        var tokens = await client.Redeem(await Code(), null, key.Proof("POST", "token", claims: claims));
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        var access = (string)tokens.Json["access_token"]!;
        Assert.Equal(HttpStatusCode.OK, (await UserInfo("DPoP", access, key.Proof("GET", "userinfo", access, claims))).Status);
    }

    private async Task<string> Token() => (string)(await client.Redeem(await Code(), null, key.Proof("POST", "token"))).Json["access_token"]!;

    private async Task<string> Code(Action<Dictionary<string, string>>? change = null) => await CodeAt(await client.Pushed(change));

    private async Task<string> CodeAt(string address)
    {
        using var browser = new Browser(running.Provider);
        await browser.SignIn();
        return SignedIn.Query((await browser.Get(address)).Location!)["code"];
    }

    private async Task<Reply> UserInfo(string scheme, string access, params string[] proofs)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {access}");
        if (proofs.Length > 0)
            request.Headers.TryAddWithoutValidation("DPoP", proofs);
        return await client.Send(request);
    }

    private static void Challenged(string error, Reply reply)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Assert.StartsWith($"DPoP error=\"{error}\"", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }
}
