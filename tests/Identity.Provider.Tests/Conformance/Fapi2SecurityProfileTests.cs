using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Authorize;
using Identity.Provider.Dpop;

namespace Identity.Provider.Conformance;

/// <summary>
/// The modules of <c>fapi2-security-profile-final-test-plan</c> for private_key_jwt and DPoP that concern clients, requests and codes; each test has the
/// name of its module without <c>fapi2-security-profile-final-</c>. Those that concern the proof itself are in <see cref="Fapi2DpopTests"/>.
/// </summary>
public sealed class Fapi2SecurityProfileTests(ProviderWithFapiClients running) : IClassFixture<ProviderWithFapiClients>, IDisposable
{
    private readonly Agency first = new(running.Provider, ProviderWithFapiClients.First) { RedirectUri = ProviderWithFapiClients.RedirectUri(ProviderWithFapiClients.First) };
    private readonly Agency second = new(running.Provider, ProviderWithFapiClients.Second) { RedirectUri = ProviderWithFapiClients.RedirectUri(ProviderWithFapiClients.Second) };
    private readonly DpopKey key = new(running.Provider);

    private RunningProvider Provider => running.Provider;

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
        key.Dispose();
    }

    [Fact]
    public async Task Discovery_end_point_verification()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var document = (await first.Send(request)).Json.AsObject();
        string[] List(string member) => [.. document[member]!.AsArray().Select(value => (string)value!)];
        Assert.Equal(Provider.Issuer.AbsoluteUri, (string?)document["issuer"]);
        Assert.Equal(new Uri(Provider.Issuer, "par").AbsoluteUri, (string?)document["pushed_authorization_request_endpoint"]);
        Assert.Contains("code", List("response_types_supported"));
        Assert.Equal(["S256"], List("code_challenge_methods_supported"));
        Assert.True((bool)document["authorization_response_iss_parameter_supported"]!);
        Assert.Contains("ES256", List("id_token_signing_alg_values_supported"));
        Assert.Contains("private_key_jwt", List("token_endpoint_auth_methods_supported"));
        Assert.Contains("ES256", List("token_endpoint_auth_signing_alg_values_supported"));
        Assert.Contains("PS256", List("token_endpoint_auth_signing_alg_values_supported"));
        Assert.DoesNotContain("none", List("token_endpoint_auth_signing_alg_values_supported"));
        Assert.Equal(["ES256", "PS256"], List("dpop_signing_alg_values_supported").Order());
        Assert.Contains("authorization_code", List("grant_types_supported"));
    }

    [Fact]
    public async Task Happy_flow()
    {
        var pushed = await first.Push(first.Request(), null, key.Proof("POST", "par"));
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        // 128 bits at least, in base64url.
        Assert.True(((string)pushed.Json["request_uri"]!)["urn:ietf:params:oauth:request_uri:".Length..].Length >= 22);
        Assert.InRange((int)pushed.Json["expires_in"]!, 5, 599);
        var answer = await Answer(pushed);
        Assert.Equal(Provider.Issuer.AbsoluteUri, answer["iss"]);
        Assert.Equal(first.State, answer["state"]);
        Assert.True(answer["code"].Length >= 22);
        var tokens = await Redeem(answer["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        Assert.Equal("DPoP", (string?)tokens.Json["token_type"]);
        Assert.True((int)tokens.Json["expires_in"]! > 0);
        var idToken = Jwt.Payload((string)tokens.Json["id_token"]!);
        Assert.Equal(first.Nonce, (string?)idToken["nonce"]);
        Assert.Equal("ES256", (string?)Jwt.Header((string)tokens.Json["id_token"]!)["alg"]);
        var info = await UserInfo((string)tokens.Json["access_token"]!);
        Assert.True(info.Status == HttpStatusCode.OK, info.Body);
        Assert.Equal((string?)idToken["sub"], (string?)info.Json["sub"]);
        Assert.Contains("no-store", tokens.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_rejects_authentication()
    {
        using var browser = new Browser(Provider);
        var address = await first.Pushed();
        var login = await browser.Get(address);
        var page = await browser.Get(login.Location!);
        var cancelled = await browser.Post("/login?handler=Cancel&returnUrl=" + Uri.EscapeDataString(address), page);
        Assert.Equal(HttpStatusCode.SeeOther, cancelled.Status);
        var answer = SignedIn.Query((await browser.Get(cancelled.Location!)).Location!);
        Assert.Equal(("access_denied", first.State, Provider.Issuer.AbsoluteUri), (answer["error"], answer["state"], answer["iss"]));
    }

    [Fact]
    public async Task Ensure_authorization_request_without_state_success()
    {
        var answer = await Code(request => request.Remove("state"));
        Assert.False(answer.ContainsKey("state"));
        Assert.Equal(HttpStatusCode.OK, (await Redeem(answer["code"])).Status);
    }

    [Fact]
    public async Task Ensure_authorization_request_without_nonce_success()
    {
        var tokens = await Redeem((await Code(request => request.Remove("nonce")))["code"]);
        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        Assert.Null(Jwt.Payload((string)tokens.Json["id_token"]!)["nonce"]);
    }

    [Fact]
    public Task Ensure_authorization_request_with_64_char_nonce_success() => NonceComesBack(new string('n', 64));

    [Fact]
    public Task Ensure_authorization_request_with_long_nonce() => NonceComesBack(string.Concat(Enumerable.Repeat("nonce-é-", 48)));

    [Fact]
    public async Task Ensure_authorization_request_with_long_state()
    {
        var state = new string('s', 1024);
        Assert.Equal(state, (await Code(request => request["state"] = state))["state"]);
    }

    [Fact]
    public async Task Ensure_other_scope_order_succeeds() =>
        Assert.Equal(HttpStatusCode.OK, (await Redeem((await Code(request => request["scope"] = "profile openid"))["code"])).Status);

    [Fact]
    public async Task Test_claims_parameter_identity_claims()
    {
        var code = await Code(request => request["claims"] = """{"userinfo":{"name":{"essential":true},"nickname":null},"id_token":{"auth_time":{"essential":true}}}""");
        var tokens = await Redeem(code["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        Assert.NotNull(Jwt.Payload((string)tokens.Json["id_token"]!)["auth_time"]);
    }

    [Fact]
    public async Task State_only_outside_request_object_not_used()
    {
        var answer = await AnswerAt(await first.Pushed(request => request.Remove("state")) + "&state=outside");
        Assert.False(answer.ContainsKey("state"));
    }

    [Fact]
    public async Task Ensure_different_state_inside_and_outside_request_object()
    {
        var answer = await AnswerAt(await first.Pushed() + "&state=outside");
        Assert.Equal(first.State, answer["state"]);
    }

    [Fact]
    public async Task Ensure_different_nonce_inside_and_outside_request_object()
    {
        var answer = await AnswerAt(await first.Pushed() + "&nonce=outside");
        Assert.Equal(first.Nonce, (string?)Jwt.Payload((string)(await Redeem(answer["code"])).Json["id_token"]!)["nonce"]);
    }

    [Fact]
    public async Task Ensure_request_object_without_redirect_uri_fails() => Refused("invalid_request", await Push(request => request.Remove("redirect_uri")));

    [Fact]
    public async Task Plain_fapi_tolerate_unregistered_redirect_uri() =>
        Refused("invalid_request", await Push(request => request["redirect_uri"] = first.RedirectUri + "/other"));

    [Fact]
    public async Task Ensure_unsigned_authorization_request_without_using_par_fails()
    {
        var request = first.Request();
        request["client_id"] = first.ClientId;
        var answer = await AnswerAt("/authorize?" + RedirectUriTests.Query(request));
        Assert.Equal("invalid_request", answer["error"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task Ensure_redirect_uri_in_authorization_request()
    {
        // The pushed address counts, whatever stands beside the request_uri.
        var answer = await AnswerAt(await first.Pushed() + "&redirect_uri=" + Uri.EscapeDataString("https://evil.example/"));
        Assert.True(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task Ensure_response_type_code_idtoken_fails() =>
        Refused("unsupported_response_type", await Push(request => request["response_type"] = "code id_token"));

    [Fact]
    public async Task Ensure_response_type_token_fails() => Refused("unsupported_response_type", await Push(request => request["response_type"] = "token"));

    [Fact]
    public async Task Ensure_client_id_in_token_endpoint()
    {
        var reply = await Redeem((await Code())["code"], form => form["client_id"] = second.ClientId);
        Assert.True(reply.Error is "invalid_client" or "invalid_grant", reply.Body);
    }

    [Fact]
    public async Task Ensure_authorization_code_is_bound_to_client()
    {
        var code = (await Code())["code"];
        Refused("invalid_grant", await second.Redeem(code, form =>
        {
            form["redirect_uri"] = first.RedirectUri;
            form["code_verifier"] = first.Verifier;
        }, key.Proof("POST", "token")));
    }

    [Fact]
    public async Task Attempt_reuse_authorization_code_after_one_second()
    {
        var code = (await Code())["code"];
        var access = (string)(await Redeem(code)).Json["access_token"]!;
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Refused("invalid_grant", await Redeem(code));
        Assert.Equal(HttpStatusCode.Unauthorized, (await UserInfo(access)).Status);
    }

    [Fact]
    public async Task Ensure_token_endpoint_fails_with_expired_auth_code()
    {
        await using var quick = await ProviderWithFapiClients.Start("--Provider:CodeLifetime=00:00:01");
        using var agency = new Agency(quick, first.ClientId) { RedirectUri = first.RedirectUri };
        using var browser = new Browser(quick);
        using var own = new DpopKey(quick);
        await browser.SignIn();
        var code = (await browser.Authorize(agency))["code"];
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Refused("invalid_grant", await agency.Redeem(code, null, own.Proof("POST", "token")));
    }

    [Fact]
    public async Task Ensure_signed_client_assertion_with_RS256_fails()
    {
        using var rsa = RSA.Create(2048);
        var assertion = first.Assertion(header: header => header["alg"] = "RS256", sign: bytes => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        NoClient(await first.Push(first.Request(), assertion));
    }

    [Fact]
    public async Task Ensure_client_assertion_in_token_endpoint()
    {
        var reply = await Redeem((await Code())["code"], form =>
        {
            form.Remove("client_assertion");
            form.Remove("client_assertion_type");
        });
        Assert.True(reply.Error is "invalid_client" or "invalid_request", reply.Body);
    }

    [Fact]
    public Task Ensure_client_assertion_with_exp_is_5_minutes_in_past_fails() =>
        AssertionFails(claims => claims["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(-5).ToUnixTimeSeconds());

    [Fact]
    public Task Ensure_client_assertion_with_wrong_aud_fails() => AssertionFails(claims => claims["aud"] = "https://wrong.example/");

    [Fact]
    public Task Ensure_client_assertion_with_no_sub_fails() => AssertionFails(claims => claims.Remove("sub"));

    [Fact]
    public async Task Refresh_token()
    {
        var tokens = await Redeem((await Code())["code"]);
        var refresh = (string)tokens.Json["refresh_token"]!;
        Task<Reply> Refresh(Agency agency, DpopKey? proof) =>
            agency.Post("/token", agency.Authenticated().Append(new("grant_type", "refresh_token")).Append(new("refresh_token", refresh)), proof is null ? [] : [proof.Proof("POST", "token")]);

        // FAPI 2.0 5.3.2.1 (9): not rotated, so what was used goes on working.
        for (var use = 0; use < 2; use++)
        {
            var again = await Refresh(first, key);
            Assert.True(again.Status == HttpStatusCode.OK, again.Body);
            Assert.Equal("DPoP", (string?)again.Json["token_type"]);
            Assert.True((string?)again.Json["refresh_token"] is null || (string?)again.Json["refresh_token"] == refresh);
            Assert.Equal(HttpStatusCode.OK, (await UserInfo((string)again.Json["access_token"]!)).Status);
        }

        Refused("invalid_grant", await Refresh(second, key));
        Refused("invalid_dpop_proof", await Refresh(first, null));
    }

    [Fact]
    public async Task Par_ensure_reused_request_uri_prior_to_auth_completion_succeeds()
    {
        using var browser = new Browser(Provider);
        var address = await first.Pushed();
        Assert.StartsWith("/login", (await browser.Get(address)).Location, StringComparison.Ordinal);
        await browser.SignIn();
        Assert.True(SignedIn.Query((await browser.Get(address)).Location!).ContainsKey("code"));
    }

    [Fact]
    public async Task Par_attempt_reuse_request_uri()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var address = await first.Pushed();
        Assert.True(SignedIn.Query((await browser.Get(address)).Location!).ContainsKey("code"));
        RedirectUriTests.Stays(await browser.Get(address));
    }

    [Fact]
    public async Task Par_attempt_to_use_expired_request_uri()
    {
        await using var quick = await ProviderWithFapiClients.Start("--Provider:RequestLifetime=00:00:01");
        using var agency = new Agency(quick, first.ClientId) { RedirectUri = first.RedirectUri };
        using var browser = new Browser(quick);
        await browser.SignIn();
        var address = await agency.Pushed();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        RedirectUriTests.Stays(await browser.Get(address));
    }

    [Fact]
    public async Task Par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted()
    {
        var reply = await first.Push(first.Request(), first.Assertion(claims => claims["nbf"] = TimeProvider.System.GetUtcNow().AddSeconds(8).ToUnixTimeSeconds()));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
    }

    [Fact]
    public async Task Par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails() =>
        NoClient(await first.Push(first.Request(), first.Assertion(claims => claims["nbf"] = TimeProvider.System.GetUtcNow().AddSeconds(65).ToUnixTimeSeconds())));

    [Fact]
    public async Task Par_attempt_to_use_request_uri_for_different_client()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var address = await first.Pushed();
        RedirectUriTests.Stays(await browser.Get(address.Replace(first.ClientId, second.ClientId, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Par_authorization_request_containing_request_uri_form_param() =>
        Refused("invalid_request", await Push(request => request["request_uri"] = "urn:ietf:params:oauth:request_uri:other"));

    [Fact]
    public async Task Par_attempt_invalid_http_method()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/par?" + RedirectUriTests.Query(first.Request()));
        var reply = await first.Send(request);
        Assert.True(reply.Status is HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed, $"{reply.Status}");
    }

    [Fact]
    public async Task Par_ensure_pkce_required() => Refused("invalid_request", await Push(request =>
    {
        request.Remove("code_challenge");
        request.Remove("code_challenge_method");
    }));

    [Fact]
    public async Task Ensure_pkce_code_verifier_required() => Refused("invalid_grant", await Redeem((await Code())["code"], form => form.Remove("code_verifier")));

    [Fact]
    public async Task Incorrect_pkce_code_verifier_rejected() =>
        Refused("invalid_grant", await Redeem((await Code())["code"], form => form["code_verifier"] = Agency.Random(32)));

    [Fact]
    public async Task Par_plain_pkce_rejected() => Refused("invalid_request", await Push(request =>
    {
        request["code_challenge"] = first.Verifier;
        request["code_challenge_method"] = "plain";
    }));

    [Fact]
    public async Task Par_without_duplicate_parameters()
    {
        var address = await first.Pushed();
        Assert.Equal(["client_id", "request_uri"], SignedIn.Query(new Uri(Provider.Issuer, address).AbsoluteUri).Keys.Order());
        Assert.True((await AnswerAt(address)).ContainsKey("code"));
    }

    [Fact]
    public async Task Par_test_array_as_audience_fails() =>
        NoClient(await first.Push(first.Request(), first.Assertion(claims => claims["aud"] = new JsonArray(Provider.Issuer.AbsoluteUri, "https://other.example/"))));

    [Fact]
    public async Task Par_test_par_endpoint_url_as_audience_fails() =>
        NoClient(await first.Push(first.Request(), first.Assertion(claims => claims["aud"] = new Uri(Provider.Issuer, "par").AbsoluteUri)));

    [Fact]
    public async Task Par_test_token_endpoint_url_as_audience_fails() =>
        NoClient(await first.Push(first.Request(), first.Assertion(claims => claims["aud"] = new Uri(Provider.Issuer, "token").AbsoluteUri)));

    private async Task NonceComesBack(string nonce)
    {
        var tokens = await Redeem((await Code(request => request["nonce"] = nonce))["code"]);
        Assert.Equal(nonce, (string?)Jwt.Payload((string)tokens.Json["id_token"]!)["nonce"]);
    }

    private async Task AssertionFails(Action<JsonObject> change)
    {
        NoClient(await first.Push(first.Request(), first.Assertion(change)));
        NoClient(await Redeem((await Code())["code"], form => form["client_assertion"] = first.Assertion(change)));
    }

    private Task<Reply> Push(Action<Dictionary<string, string>> change)
    {
        var request = first.Request();
        change(request);
        return first.Push(request);
    }

    private async Task<Dictionary<string, string>> Code(Action<Dictionary<string, string>>? change = null) => await AnswerAt(await first.Pushed(change));

    private Task<Dictionary<string, string>> Answer(Reply pushed) => AnswerAt(first.AuthorizeUrl((string)pushed.Json["request_uri"]!));

    private async Task<Dictionary<string, string>> AnswerAt(string address)
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var page = await browser.Get(address);
        Assert.True(page.Location?.StartsWith(first.RedirectUri + "?", StringComparison.Ordinal), $"{page.Status} {page.Location} {page.Body}");
        return SignedIn.Query(page.Location!);
    }

    private Task<Reply> Redeem(string code, Action<Dictionary<string, string>>? change = null) => first.Redeem(code, change, key.Proof("POST", "token"));

    private async Task<Reply> UserInfo(string access)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + access);
        request.Headers.TryAddWithoutValidation("DPoP", key.Proof("GET", "userinfo", access));
        return await first.Send(request);
    }

    private static void Refused(string error, Reply reply) =>
        Assert.True(reply.Status == HttpStatusCode.BadRequest && reply.Error == error, $"{reply.Status} {reply.Body}");

    // RFC 6749 5.2: 401 when it authenticated; the plan takes invalid_request too.
    private static void NoClient(Reply reply) => Assert.True(reply.Error is "invalid_client" or "invalid_request", $"{reply.Status} {reply.Body}");
}
