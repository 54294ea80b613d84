using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using StackExchange.Redis;

namespace Identity.Provider.Dpop;

/// <summary>RFC 9449 through the whole login: pushed request, code, token, userinfo; the modules of the FAPI 2.0 test plan are in <see cref="Conformance.Fapi2DpopTests"/>.</summary>
public sealed class SenderConstrainedTests(RunningProvider provider) : IClassFixture<RunningProvider>, IDisposable
{
    private readonly Agency agency = new(provider, "tax-portal");
    private readonly DpopKey key = new(provider);
    private readonly DpopKey other = new(provider);

    public void Dispose()
    {
        agency.Dispose();
        key.Dispose();
        other.Dispose();
    }

    [Fact]
    public async Task Happy_flow_binds_the_token_to_the_key()
    {
        var reply = await agency.Redeem(await Code(), null, key.Proof("POST", "token"));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal("DPoP", (string?)reply.Json["token_type"]);
        var access = (string)reply.Json["access_token"]!;
        Assert.Equal(key.Thumbprint, (string?)Jwt.Payload(access)["cnf"]!["jkt"]);
        Assert.Null(Jwt.Payload(access)["dpop_jkt"]);
        Assert.Null(Jwt.Payload((string)reply.Json["id_token"]!)["cnf"]);
        Assert.Null(Jwt.Payload((string)reply.Json["id_token"]!)["dpop_jkt"]);
        var info = await UserInfo(access, key.Proof("GET", "userinfo", access));
        Assert.True(info.Status == HttpStatusCode.OK, info.Body);
        Assert.Equal("Liis Tamm", (string?)info.Json["name"]);
    }

    [Fact]
    public async Task An_access_token_in_the_address_is_refused()
    {
        var access = (string)(await agency.Redeem(await Code())).Json["access_token"]!;
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo?access_token=" + access);
        var reply = await agency.Send(request);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains("error=\"invalid_request\"", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_proof_the_token_is_a_Bearer_token()
    {
        var reply = await agency.Redeem(await Code());
        Assert.Equal("Bearer", (string?)reply.Json["token_type"]);
        Assert.Null(Jwt.Payload((string)reply.Json["access_token"]!)["cnf"]);
        Assert.False(reply.Headers.Contains("DPoP-Nonce"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_dpop_jkt_that_is_no_thumbprint_is_an_invalid_request(string value)
    {
        var request = agency.Request();
        request["dpop_jkt"] = value;
        Refused("invalid_request", await agency.Push(request));
    }

    [Fact]
    public async Task Ensure_holder_of_key_required()
    {
        await using var strict = await RunningProvider.With("--Provider:Clients:0:Id=bound", "--Provider:Clients:0:Name=Bound", "--Provider:Clients:0:GrantTypes:0=client_credentials",
            "--Provider:Clients:0:Sector=bound.example", "--Provider:Clients:0:Scopes:0=signing", "--Provider:Clients:0:DpopBoundAccessTokens=true",
            $"--Provider:Clients:0:KeyFile={WriteKey()}");
        Refused("invalid_dpop_proof", await ClientCredentials(strict, null));
        using var own = new DpopKey(strict);
        var granted = await ClientCredentials(strict, own.Proof("POST", "token"));
        Assert.True(granted.Status == HttpStatusCode.OK, granted.Body);
        Assert.Equal(own.Thumbprint, (string?)Jwt.Payload((string)granted.Json["access_token"]!)["cnf"]!["jkt"]);
    }

    [Fact]
    public async Task A_proof_is_good_once_at_any_endpoint_and_in_parallel()
    {
        var proof = key.Proof("POST", "token");
        var codes = new List<string>();
        for (var index = 0; index < 6; index++)
            codes.Add(await Code());
        var replies = await Task.WhenAll(codes.Select(code => agency.Redeem(code, null, proof)));
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.OK), reply => Refused("invalid_dpop_proof", reply));
    }

    [Fact]
    public async Task Two_proofs_in_one_request_are_refused() =>
        Refused("invalid_dpop_proof", await agency.Redeem(await Code(), null, key.Proof("POST", "token"), key.Proof("POST", "token")));

    [Fact]
    public async Task Who_is_not_the_client_spends_no_proof()
    {
        var proof = key.Proof("POST", "token");
        var code = await Code();
        var stranger = await agency.Redeem(code, form => form["client_assertion"] = agency.Assertion(claims => claims["aud"] = "https://other.example/"), proof);
        Assert.Equal("invalid_client", stranger.Error);
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code, null, proof)).Status);
    }

    [Fact]
    public async Task A_nonce_comes_with_every_answer_and_serves_for_the_next_proof()
    {
        var pushed = await agency.Push(agency.Request(), null, key.Proof("POST", "par"));
        var nonce = pushed.Headers.GetValues("DPoP-Nonce").Single();
        var code = await CodeOf(pushed);
        var reply = await agency.Redeem(code, null, key.Proof("POST", "token", claims: claims => claims["nonce"] = nonce));
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.NotEqual(nonce, reply.Headers.GetValues("DPoP-Nonce").Single());
    }

    [Theory]
    [InlineData("")]
    [InlineData("made-up")]
    [InlineData("AAAA")]
    public async Task A_nonce_of_somebody_else_is_answered_with_a_good_one(string nonce)
    {
        var code = await Code();
        var refused = await agency.Redeem(code, null, key.Proof("POST", "token", claims: claims => claims["nonce"] = nonce));
        Refused("use_dpop_nonce", refused);
        var offered = refused.Headers.GetValues("DPoP-Nonce").Single();
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code, null, key.Proof("POST", "token", claims: claims => claims["nonce"] = offered))).Status);
    }

    [Fact]
    public async Task Where_nonces_are_required_a_proof_without_one_is_told_so()
    {
        await using var strict = await RunningProvider.With("--Provider:RequireDpopNonce=true");
        using var client = new Agency(strict, "tax-portal");
        using var own = new DpopKey(strict);
        var refused = await client.Push(client.Request(), null, own.Proof("POST", "par"));
        Refused("use_dpop_nonce", refused);
        var nonce = refused.Headers.GetValues("DPoP-Nonce").Single();
        var pushed = await client.Push(client.Request(), null, own.Proof("POST", "par", claims: claims => claims["nonce"] = nonce));
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
    }

    [Fact]
    public async Task Discovery_names_the_algorithms()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var document = (await agency.Send(request)).Json;
        Assert.Equal(["ES256", "PS256"], document["dpop_signing_alg_values_supported"]!.AsArray().Select(algorithm => (string?)algorithm).Order());
    }

    // RFC 9449 7: at the resource.

    [Fact]
    public async Task A_bound_token_is_no_Bearer_token()
    {
        var access = await Token();
        var reply = await agency.UserInfo(access);
        Challenged("invalid_token", reply);
        Challenged("invalid_token", await UserInfo(access, key.Proof("GET", "userinfo", access), "Bearer"));
    }

    [Fact]
    public async Task A_Bearer_token_is_no_DPoP_token()
    {
        var access = (string)(await agency.Redeem(await Code())).Json["access_token"]!;
        Challenged("invalid_token", await UserInfo(access, key.Proof("GET", "userinfo", access)));
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
    }

    [Fact]
    public async Task The_token_in_header_and_form_is_an_invalid_request()
    {
        var access = await Token();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/userinfo") { Content = new FormUrlEncodedContent([new("access_token", access)]) };
        request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + access);
        request.Headers.TryAddWithoutValidation("DPoP", key.Proof("POST", "userinfo", access));
        Assert.Equal(HttpStatusCode.BadRequest, (await agency.Send(request)).Status);
    }

    [Fact]
    public async Task Who_sends_no_token_hears_of_both_schemes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        var reply = await agency.Send(request);
        Assert.Contains("DPoP algs=\"ES256 PS256\"", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_FLUSHALL_a_token_with_its_used_proof_is_refused()
    {
        await using var own = await RunningProvider.With();
        using var client = new Agency(own, "tax-portal");
        using var ownKey = new DpopKey(own);
        using var browser = new Browser(own);
        await browser.SignIn();
        await own.Consent(client.ClientId);
        var code = (await browser.Authorize(client))["code"];
        var access = (string)(await client.Redeem(code, null, ownKey.Proof("POST", "token"))).Json["access_token"]!;
        var proof = ownKey.Proof("GET", "userinfo", access);
        async Task<Reply> Ask()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
            request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + access);
            request.Headers.TryAddWithoutValidation("DPoP", proof);
            return await client.Send(request);
        }

        Assert.Equal(HttpStatusCode.OK, (await Ask()).Status);
        using (var redis = await ConnectionMultiplexer.ConnectAsync($"{own.Redis.Endpoint},allowAdmin=true"))
            await redis.GetServers()[0].FlushDatabaseAsync();
        Challenged("invalid_token", await Ask());
    }

    [Fact]
    public async Task A_stopped_Redis_lets_no_proof_pass()
    {
        await using var own = await RunningProvider.With();
        using var client = new Agency(own, "tax-portal");
        using var ownKey = new DpopKey(own);
        own.Redis.Dispose();
        var reply = await client.Push(client.Request(), null, ownKey.Proof("POST", "par"));
        Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" }, $"{reply.Status} {reply.Body}");
    }

    private async Task<string> Token() => (string)(await agency.Redeem(await Code(), null, key.Proof("POST", "token"))).Json["access_token"]!;

    private async Task<string> Code(Action<Dictionary<string, string>>? change = null)
    {
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent(agency.ClientId);
        return (await browser.Authorize(agency, change))["code"];
    }

    private async Task<string> CodeOf(Reply pushed)
    {
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent(agency.ClientId);
        var page = await browser.Get(agency.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        return SignedIn.Query(page.Location!)["code"];
    }

    private Task<Reply> UserInfo(string access, string proof, string scheme = "DPoP") => UserInfo(access, [proof], scheme);

    private async Task<Reply> UserInfo(string access, string[] proofs, string scheme = "DPoP")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {access}");
        if (proofs.Length > 0)
            request.Headers.TryAddWithoutValidation("DPoP", proofs);
        return await agency.Send(request);
    }

    private string WriteKey()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, other.Jwk.ToJsonString());
        return path;
    }

    private async Task<Reply> ClientCredentials(RunningProvider at, string? proof)
    {
        using var http = new HttpClient { BaseAddress = at.Issuer };
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var assertion = Jwt.Sign(
            new JsonObject { ["iss"] = "bound", ["sub"] = "bound", ["aud"] = at.Issuer.AbsoluteUri, ["jti"] = Agency.Random(16), ["iat"] = now, ["exp"] = now + 60 },
            null, bytes => other.Key.SignData(bytes, HashAlgorithmName.SHA256));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/token")
        {
            Content = new FormUrlEncodedContent([
                new("grant_type", "client_credentials"), new("scope", "signing"), new("client_id", "bound"), new("client_assertion", assertion),
                new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]),
        };
        if (proof is not null)
            request.Headers.TryAddWithoutValidation("DPoP", proof);
        using var answer = await http.SendAsync(request);
        return new Reply(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers);
    }

    private static void Refused(string error, Reply reply) =>
        Assert.True(reply.Status == HttpStatusCode.BadRequest && reply.Error == error, $"{reply.Status} {reply.Body}");

    private static void Challenged(string error, Reply reply)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        var challenge = reply.Headers.WwwAuthenticate.ToString();
        Assert.StartsWith($"DPoP error=\"{error}\"", challenge, StringComparison.Ordinal);
        Assert.Contains("algs=\"ES256 PS256\"", challenge, StringComparison.Ordinal);
    }
}
