using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Signing.Tests.Agencies;

/// <summary>What an agency's program may ask, and how it is refused.</summary>
public sealed class AgencyApiTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    public static TheoryData<string, int, string> Tokens() => new()
    {
        { "none", 401, "invalid_token" },
        { "not a token", 401, "invalid_token" },
        { "basic", 401, "invalid_token" },
        { "another issuer", 401, "invalid_token" },
        { "another audience", 401, "invalid_token" },
        { "expired", 401, "invalid_token" },
        { "without expiry", 401, "invalid_token" },
        { "not yet valid", 401, "invalid_token" },
        { "an id token", 401, "invalid_token" },
        { "unsigned", 401, "invalid_token" },
        { "hmac", 401, "invalid_token" },
        { "unknown key", 401, "invalid_token" },
        { "signature tampered", 401, "invalid_token" },
        { "signed by a stranger", 401, "invalid_token" },
        { "too long", 401, "invalid_token" },
        { "another scope", 403, "insufficient_scope" },
        { "scope as a part of a word", 403, "insufficient_scope" },
        { "unregistered client", 403, "access_denied" },
        { "without client", 403, "access_denied" },
        { "for a person", 403, "access_denied" },
    };

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task A_wrong_access_token_is_refused(string what, int status, string error)
    {
        system.Reset();
        using var stranger = new EvidenceBuilder(system.Provider.Issuer, TimeProvider.System.GetUtcNow());
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var good = system.Provider.AccessToken(system.Address);
        var token = what switch
        {
            "not a token" => "hello",
            "another issuer" => Token((_, payload) => payload["iss"] = "http://evil.example/"),
            "another audience" => Token((_, payload) => payload["aud"] = "http://localhost:5300/"),
            "expired" => Token((_, payload) => payload["exp"] = now - 61),
            "without expiry" => Token((_, payload) => payload.Remove("exp")),
            "not yet valid" => Token((_, payload) => payload["nbf"] = now + 120),
            "an id token" => Token((header, _) => header["typ"] = "JWT"),
            "unsigned" => Unsigned(good),
            "hmac" => Token((header, _) => header["alg"] = "HS256"),
            "unknown key" => Token((header, _) => header["kid"] = "key-2"),
            "signature tampered" => good[..^10] + (good[^10] == 'A' ? 'B' : 'A') + good[^9..],
            "signed by a stranger" => stranger.Sign("""{"alg":"ES256","typ":"at+jwt","kid":"key-1"}""", Payload(good)),
            "too long" => new string('a', 9000),
            "another scope" => Token((_, payload) => payload["scope"] = "openid"),
            "scope as a part of a word" => Token((_, payload) => payload["scope"] = "signing.read designing"),
            "unregistered client" => Token((_, payload) => payload["client_id"] = "nobody"),
            "without client" => Token((_, payload) => payload.Remove("client_id")),
            "for a person" => Token((_, payload) => payload["sub"] = "somebody"),
            _ => "",
        };
        using var client = new HttpClient { BaseAddress = new Uri(system.Address) };
        if (what != "none")
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(what == "basic" ? "Basic" : "Bearer", what == "basic" ? good : token);
        using var content = new MultipartFormDataContent();
        using var answer = await client.PostAsync("requests", content, SigningSystem.Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(error, (await SigningSystem.Json(answer))["error"]!.GetValue<string>());
        Assert.Contains(error, answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_token_within_the_skew_is_still_accepted()
    {
        system.Reset();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        using var answer = await system.PostRequest(Pdfs.Page(), token: Token((_, payload) => payload["exp"] = now - 50));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    public static TheoryData<string?> ReturnUrls() => new(
        null, "", "/back", "https://registry.example/back", "https://registry.example/other/", "https://registry.example.evil.example/back/",
        "https://registry.example@evil.example/back/", "https://user@registry.example/back/", "http://registry.example/back/", "https://registry.example:8443/back/",
        "https://registry.example/back/../evil", "https://registry.example/back/%2e%2e/evil", "https://registry.example/back/..%2fevil", "https://registry.example/back/%5c..%5cevil",
        "https://registry.example/back/#fragment", "https://registry.example\\back/", "javascript:alert(1)", "https://tax.example/", "https://registry.example/back/\tx",
        "https://registry.example/BACK/", "//registry.example/back/");

    [Theory]
    [MemberData(nameof(ReturnUrls))]
    public async Task A_return_address_that_is_not_registered_is_refused(string? address)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), returnUrl: address);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("return_url is not registered for this client.", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("https://registry.example/back/")]
    [InlineData("https://registry.example/back/case/7?tab=signatures")]
    [InlineData("https://REGISTRY.example:443/back/x")]
    public async Task A_return_address_below_a_registered_one_is_accepted(string address)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), returnUrl: address);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    public static TheoryData<string?, string?> WrongFields() => new()
    {
        { null, null }, { "", null }, { "   ", null }, { new string('a', 501), null }, { "line\nbreak", null }, { "right-to-left \u202e override", null },
        { "isolate \u2066 inside", null }, { "zero width \u200b", null }, { "private \ue000 use", null }, { "pay\u200dpal", null },
        { "fine", "48504210018" }, { "fine", "pnoxx-1" }, { "fine", "PNOXX-" }, { "fine", "PNOXX-" + new string('1', 60) }, { "fine", "PNOXX-1 2" },
    };

    [Theory]
    [MemberData(nameof(WrongFields))]
    public async Task A_field_outside_its_limits_is_refused(string? purpose, string? signer)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), purpose: purpose, signer: signer);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await SigningSystem.Json(answer);
        Assert.Equal("invalid_request", error["error"]!.GetValue<string>());
        Assert.StartsWith(signer is null ? "purpose" : "signer", error["error_description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0646\u0627\u0645\u200c\u0647\u0627")]
    [InlineData("\u0915\u094d\u200d\u0937")]
    public async Task A_joiner_that_its_script_needs_is_accepted(string purpose)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), purpose: purpose);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task A_purpose_at_its_cap_is_accepted()
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), purpose: new string('a', 500));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task The_same_key_and_content_give_the_same_answer()
    {
        system.Reset();
        using var first = await system.PostRequest(Pdfs.Page(), key: "same");
        using var second = await system.PostRequest(Pdfs.Page(), key: "same");
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal((await SigningSystem.Json(first)).ToJsonString(), (await SigningSystem.Json(second)).ToJsonString());
    }

    [Theory]
    [InlineData("document")]
    [InlineData("purpose")]
    [InlineData("return_url")]
    [InlineData("signer")]
    [InlineData("file name")]
    public async Task The_same_key_with_other_content_is_a_conflict(string changed)
    {
        system.Reset();
        var key = "other-" + changed.Replace(' ', '-');
        using var first = await system.PostRequest(Pdfs.Page(), key);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        var files = CountFiles();
        using var second = await system.PostRequest(
            changed == "document" ? Pdfs.Page("Other") : Pdfs.Page(), key,
            purpose: changed == "purpose" ? "Other" : "Sign the deed",
            returnUrl: changed == "return_url" ? SigningSystem.AgencyReturn + "other" : SigningSystem.AgencyReturn,
            signer: changed == "signer" ? "PNOXX-48504210018" : null,
            fileName: changed == "file name" ? "other.pdf" : "deed.pdf");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal("idempotency_conflict", (await SigningSystem.Json(second))["error"]!.GetValue<string>());
        Assert.Equal(files, CountFiles());
    }

    [Fact]
    public async Task Parallel_posts_of_one_key_make_one_request()
    {
        system.Reset();
        var files = CountFiles();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => system.PostRequest(Pdfs.Page(), key: "parallel")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        var identifiers = new HashSet<string>();
        foreach (var answer in answers)
            identifiers.Add((await SigningSystem.Json(answer))["id"]!.GetValue<string>());
        Assert.Single(identifiers);
        Assert.Equal(files + 1, CountFiles());
    }

    [Fact]
    public async Task The_same_key_of_two_agencies_makes_two_requests()
    {
        system.Reset();
        using var one = await system.PostRequest(Pdfs.Page(), key: "shared");
        using var two = await system.PostRequest(
            Pdfs.Page(), key: "shared", returnUrl: "https://tax.example/x", token: system.Provider.AccessToken(system.Address, client: "tax-portal"));
        Assert.Equal(HttpStatusCode.Created, one.StatusCode);
        Assert.Equal(HttpStatusCode.Created, two.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("129")]
    public async Task A_key_outside_its_limits_is_refused(string key)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), key: key == "129" ? new string('k', 129) : key);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var atCap = await system.PostRequest(Pdfs.Page(), key: new string('k', 128 - key.Length) + key.Replace(' ', '-'));
        Assert.Equal(HttpStatusCode.Created, atCap.StatusCode);
    }

    [Fact]
    public async Task Another_agencys_request_is_as_if_it_were_not_there()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var other = system.AgencyClient(system.Provider.AccessToken(system.Address, client: "tax-portal"));
        foreach (var address in new[] { $"requests/{id}", $"requests/{id}/document", "requests/aaaaaaaaaaaaaaaaaaaaaa", "requests/..%2f..%2fetc", "requests/short/document" })
        {
            using var answer = await other.GetAsync(address, SigningSystem.Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_document_that_is_not_signed_yet_is_not_given_out()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var client = system.AgencyClient();
        using var answer = await client.GetAsync($"requests/{id}/document", SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("not_signed", (await SigningSystem.Json(answer))["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_provider_that_does_not_tell_its_keys_is_503_and_never_a_yes()
    {
        system.Reset();
        await using var fresh = await system.StartAnotherOn(system.Pki.PathOf("fresh"));
        var token = system.Provider.AccessToken(fresh.Address);
        system.Provider.Down = true;
        using var answer = await fresh.PostRequest(Pdfs.Page(), token: token);
        system.Provider.Down = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    private string Token(Action<JsonObject, JsonObject> change) => system.Provider.AccessToken(system.Address, change: change);

    private static string Unsigned(string token) =>
        EvidenceBuilder.Base64Url("""{"alg":"none","typ":"at+jwt"}"""u8.ToArray()) + "." + token.Split('.')[1] + ".";

    private static string Payload(string token) => System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]));

    private int CountFiles() => Directory.EnumerateFiles(system.Documents, "*", SearchOption.AllDirectories).Count();
}
