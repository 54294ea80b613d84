using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.CommandLine;

namespace Identity.Provider.Registration;

/// <summary>RFC 7591: clients that register themselves, with a token that the operator has made.</summary>
public sealed class RegistrationTests(RunningProvider provider) : IClassFixture<RunningProvider>, IDisposable
{
    private static int made;
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly HttpClient http = new() { BaseAddress = provider.Issuer };

    public void Dispose()
    {
        key.Dispose();
        http.Dispose();
    }

    [Fact]
    public async Task A_client_that_registered_itself_signs_people_in_and_is_told_all_that_is_registered()
    {
        var reply = await Register(Metadata("museum.example", document =>
        {
            document["require_pushed_authorization_requests"] = true;
            document["contacts"] = new JsonArray("somebody@museum.example");
            document["client_id"] = "tax-portal";
        }), await Token());
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        Assert.True(reply.Headers.CacheControl!.NoStore);
        var answer = reply.Json.AsObject();
        var id = (string)answer["client_id"]!;
        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal(
            ("museum.example", "openid profile", "private_key_jwt", "ES256", "baseline", "pairwise"),
            ((string)answer["client_name"]!, (string)answer["scope"]!, (string)answer["token_endpoint_auth_method"]!, (string)answer["id_token_signed_response_alg"]!, (string)answer["profile"]!, (string)answer["subject_type"]!));
        Assert.Equal(["authorization_code"], answer["grant_types"]!.AsArray().Select(grant => (string)grant!));
        Assert.InRange((long)answer["client_id_issued_at"]!, 1, long.MaxValue);
        Assert.False(answer.ContainsKey("client_secret") || answer.ContainsKey("client_secret_expires_at") || answer.ContainsKey("contacts"));

        provider.ClientKeys[id] = key;
        using var agency = new Agency(provider, id) { RedirectUri = "https://museum.example/back" };
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
        Assert.Contains((await Command.Run(provider, "client", "list")).Lines, line => line.StartsWith(id, StringComparison.Ordinal) && line.Contains("registration", StringComparison.Ordinal));
        var records = await provider.AuditRecords();
        Assert.Contains(records, record => record.Contains("provider.initial-access-token-use", StringComparison.Ordinal) && record.Contains(id, StringComparison.Ordinal));
        Assert.Equal(2, records.Count(record => record.Contains("provider.client-addition", StringComparison.Ordinal) && record.Contains(id, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_profile_follows_from_what_is_asked_and_legacy_from_the_token_alone()
    {
        Assert.Equal("fapi2", (string)(await Register(Metadata("fapi.example", document => document["dpop_bound_access_tokens"] = true), await Token())).Json["profile"]!);

        var withSecret = Metadata("legacy.example", document => { document.Remove("jwks"); document["token_endpoint_auth_method"] = "client_secret_basic"; });
        await Refused(withSecret, await Token(), "invalid_client_metadata", "token_endpoint_auth_method");
        await Refused(Metadata("legacy.example", document => document["profile"] = "legacy"), await Token(), "invalid_client_metadata", "profile");

        withSecret.Remove("token_endpoint_auth_method");
        var legacy = (await Register(withSecret, await Token("--legacy"))).Json;
        Assert.Equal(("legacy", "client_secret_basic", 0), ((string)legacy["profile"]!, (string)legacy["token_endpoint_auth_method"]!, (int)legacy["client_secret_expires_at"]!));
        Assert.Equal(43, ((string)legacy["client_secret"]!).Length);
    }

    [Fact]
    public async Task Without_a_good_token_nobody_registers()
    {
        var none = await Register(Metadata("none.example"), null);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token", "Bearer"), (none.Status, none.Error, none.Headers.WwwAuthenticate.ToString()));
        foreach (var bad in (string[])["x", new string('x', 300), await Spent(), await Revoked()])
        {
            var reply = await Register(Metadata("bad.example"), bad);
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token", "Bearer error=\"invalid_token\""), (reply.Status, reply.Error, reply.Headers.WwwAuthenticate.ToString()));
        }

        async Task<string> Spent()
        {
            var token = await Token();
            Assert.Equal(HttpStatusCode.Created, (await Register(Metadata("spent.example"), token)).Status);
            return token;
        }

        async Task<string> Revoked()
        {
            var token = await Token("--uses", "5");
            Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "token", "revoke", $"token{made}")).ExitCode);
            return token;
        }
    }

    [Fact]
    public async Task A_token_is_good_for_as_many_clients_as_it_was_made_for_also_when_they_come_at_once()
    {
        var token = await Token("--uses", "3");
        await Refused(Metadata("many.example", document => document["scope"] = "openid birthdate"), token, "invalid_client_metadata", "scope");
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => Register(Metadata($"many{index}.example"), token)));
        Assert.Equal(3, replies.Count(reply => reply.Status == HttpStatusCode.Created));
        Assert.Equal(5, replies.Count(reply => reply.Status == HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Of_registrations_at_one_time_for_one_sector_or_name_at_most_one_stays()
    {
        for (var round = 0; round < 4; round++)
        {
            var token = await Token("--uses", "8");
            var host = $"at-once{round}.example";
            var sector = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Register(Metadata(host), token)));
            var name = await Task.WhenAll(Enumerable.Range(0, 4).Select(index => Register(Metadata($"{index}.{host}", document => document["client_name"] = $"At once {round}"), token)));
            foreach (var replies in new[] { sector, name })
            {
                Assert.InRange(replies.Count(reply => reply.Status == HttpStatusCode.Created), 0, 1);
                Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.Created), reply => Assert.Contains("another client", reply.Body, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task Nobody_joins_the_sector_of_a_resource_server()
    {
        await using var another = await RunningProvider.With(
            "--Provider:Resources:0:Scope=ledger", "--Provider:Resources:0:Address=http://localhost:7802/", "--Provider:Resources:0:Sector=ledger.example");
        using var there = new RegistrationTests(another);
        await there.Refused(there.Metadata("ledger.example"), await there.Token(), "invalid_redirect_uri", "sector belongs to");
    }

    [Fact]
    public async Task Nobody_joins_the_sector_of_another_client_unless_the_token_says_so()
    {
        Assert.Equal(HttpStatusCode.Created, (await Register(Metadata("sector.example"), await Token())).Status);
        await Refused(Metadata("sector.example"), await Token(), "invalid_redirect_uri", "sector belongs to another client");
        await Refused(Metadata("sector.example"), await Token("--sector", "other.example"), "invalid_redirect_uri", "sector belongs to another client");
        Assert.Equal(HttpStatusCode.Created, (await Register(Metadata("sector.example"), await Token("--sector", "sector.example"))).Status);
        await Refused(
            Metadata("x", document => document["redirect_uris"] = new JsonArray($"http://localhost:{provider.Issuer.Port + 401}/signin-oidc")), await Token(), "invalid_redirect_uri", "sector belongs");
        // A sector that is asked for is not a request for one.
        await Refused(Metadata("sector.example", document => document["sector"] = "free.example"), await Token(), "invalid_redirect_uri", "sector belongs");
    }

    [Theory]
    [InlineData("Tax Portal")]
    [InlineData("TAX-portal.")]
    [InlineData("\uff34ax  Portal")]
    public async Task Nobody_takes_the_name_by_which_people_know_another_agency(string name) =>
        await Refused(Metadata("spoof.example", document => document["client_name"] = name), await Token(), "invalid_client_metadata", "the name of another client");

    public static TheoryData<string, string, string> BadMetadata => new()
    {
        { "redirect_uris", """["https://a.example/", "https://b.example/"]""", "invalid_redirect_uri" },
        { "redirect_uris", "[]", "invalid_redirect_uri" },
        { "redirect_uris", """["http://a.example/"]""", "invalid_redirect_uri" },
        { "redirect_uris", """["https://a.example/*"]""", "invalid_redirect_uri" },
        { "redirect_uris", """["https://a.example/#"]""", "invalid_redirect_uri" },
        { "redirect_uris", """["https://а.example/"]""", "invalid_redirect_uri" },
        { "redirect_uris", """["javascript:alert(1)"]""", "invalid_redirect_uri" },
        { "redirect_uris", "\"https://a.example/\"", "invalid_redirect_uri" },
        { "redirect_uris", "[null]", "invalid_redirect_uri" },
        { "client_name", "\"a\\u0000b\"", "invalid_client_metadata" },
        { "client_name", "\"Tax \\u202elatroP\"", "invalid_client_metadata" },
        { "client_name", "7", "invalid_client_metadata" },
        { "client_name", "\"T\\u0430x Portal\"", "invalid_client_metadata" },
        { "scope", "\"openid person_identifier\"", "invalid_client_metadata" },
        { "scope", "[\"openid\"]", "invalid_client_metadata" },
        { "grant_types", "[\"client_credentials\"]", "invalid_client_metadata" },
        { "grant_types", "[\"implicit\"]", "invalid_client_metadata" },
        { "response_types", "[\"token\"]", "invalid_client_metadata" },
        { "response_types", "[\"code\", \"token\"]", "invalid_client_metadata" },
        { "subject_type", "\"public\"", "invalid_client_metadata" },
        { "application_type", "\"desktop\"", "invalid_client_metadata" },
        { "application_type", "[\"web\"]", "invalid_client_metadata" },
        { "authorization_details_types", "[\"credential\"]", "invalid_client_metadata" },
        { "token_endpoint_auth_method", "\"client_secret_jwt\"", "invalid_client_metadata" },
        { "id_token_signed_response_alg", "\"none\"", "invalid_client_metadata" },
        { "profile", "\"best\"", "invalid_client_metadata" },
        { "jwks", """{"keys":[]}""", "invalid_client_metadata" },
        { "jwks", "null", "invalid_client_metadata" },
        { "jwks_uri", "\"https://a.example/jwks\"", "invalid_client_metadata" },
        { "backchannel_logout_uri", "\"https://a.example/#x\"", "invalid_client_metadata" },
    };

    [Theory]
    [MemberData(nameof(BadMetadata))]
    public async Task Metadata_that_break_a_rule_are_refused_by_name(string member, string value, string error)
    {
        var description = member is "jwks_uri" or "jwks" ? "jwks" : member;
        await Refused(Metadata("refused.example", document => document[member] = JsonNode.Parse(value)), await Token(), error, description);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"scope":"openid","scope":"openid"}""")]
    [InlineData("""{"client_name":"\ud800"}""")]
    [InlineData("""{"jwks":{"keys":[{"x":{"x":{"x":{"x":{"x":{}}}}}}]}}""")]
    public async Task A_body_that_is_not_one_sound_object_is_refused(string body)
    {
        var reply = await Send(body, await Token());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_client_metadata"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task Size_type_method_and_bytes_are_refused_as_such()
    {
        var token = await Token();
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Send(new string(' ', ClientDocument.Longest + 1), token)).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Send("{}", token, "text/plain")).Status);
        using var get = new HttpRequestMessage(HttpMethod.Get, "/register");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.SendAsync(get, TestContext.Current.CancellationToken)).StatusCode);
        using var bytes = new HttpRequestMessage(HttpMethod.Post, "/register") { Content = new ByteArrayContent([.. "{\"client_name\":\""u8, 0xff, .. "\"}"u8]), Headers = { Authorization = new("Bearer", token) } };
        bytes.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await http.SendAsync(bytes, TestContext.Current.CancellationToken)).StatusCode);
        var largest = Metadata("largest.example").ToJsonString().PadRight(ClientDocument.Longest);
        Assert.Equal(HttpStatusCode.Created, (await Send(largest, token)).Status);
    }

    [Fact]
    public async Task A_program_that_tries_without_end_is_stopped_and_the_token_stays_good()
    {
        var token = await Token();
        var replies = new List<Reply>();
        for (var attempt = 0; attempt <= 2 * RegistrationEndpoint.PerToken && replies.LastOrDefault()?.Status != HttpStatusCode.TooManyRequests; attempt++)
            replies.Add(await Send("{}", token));
        Assert.Equal(HttpStatusCode.TooManyRequests, replies[^1].Status);
        Assert.NotNull(replies[^1].Headers.RetryAfter);
        Assert.InRange(replies.Count, RegistrationEndpoint.PerToken + 1, 2 * RegistrationEndpoint.PerToken + 1);
        Assert.Equal(HttpStatusCode.Created, (await Register(Metadata("patient.example"), await Token())).Status);
    }

    [Theory]
    [InlineData("add", "label", "--uses", "0")]
    [InlineData("add", "label", "--uses", "1001")]
    [InlineData("add", "label", "--hours", "2161")]
    [InlineData("add", "la bel")]
    [InlineData("add")]
    [InlineData("revoke")]
    [InlineData("other")]
    public async Task A_token_is_not_made_by_wrong_usage(params string[] arguments) =>
        Assert.Equal(ProviderCommand.WrongUsage, (await Command.Run(provider, ["client", "token", .. arguments])).ExitCode);

    [Fact]
    public async Task A_token_is_listed_without_itself_and_its_label_is_its_own()
    {
        var token = await Token();
        var list = await Command.Run(provider, "client", "token", "list");
        Assert.Contains($"token{made}", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, list.Output + (await Command.Run(provider, "client", "token", "list", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(ProviderCommand.Refused, (await Command.Run(provider, "client", "token", "add", $"token{made}")).ExitCode);
        Assert.Equal(ProviderCommand.Refused, (await Command.Run(provider, "client", "token", "add", "wide", "--scope", "signing")).ExitCode);
        Assert.Equal(ProviderCommand.Refused, (await Command.Run(provider, "client", "token", "revoke", "nobody")).ExitCode);
    }

    [Fact]
    public async Task Discovery_names_the_endpoint()
    {
        var document = JsonNode.Parse(await http.GetStringAsync("/.well-known/openid-configuration", TestContext.Current.CancellationToken))!;
        Assert.Equal($"{provider.Issuer}register", (string)document["registration_endpoint"]!);
    }

    private async Task<string> Token(params string[] options)
    {
        var label = $"token{Interlocked.Increment(ref made)}";
        var result = await Command.Run(provider, ["client", "token", "add", label, .. options, "--json"]);
        Assert.True(result.ExitCode == ProviderCommand.Done, result.Complaints);
        return (string)result.Json["initial_access_token"]!;
    }

    private JsonObject Metadata(string host, Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["client_name"] = host, ["redirect_uris"] = new JsonArray($"https://{host}/back"), ["jwks"] = JsonNode.Parse(ClientSettings.Jwks(key, "own")),
        };
        change?.Invoke(document);
        return document;
    }

    private Task<Reply> Register(JsonObject metadata, string? token) => Send(metadata.ToJsonString(), token);

    private async Task Refused(JsonObject metadata, string token, string error, string description)
    {
        var reply = await Register(metadata, token);
        Assert.True((reply.Status, reply.Error) == (HttpStatusCode.BadRequest, error), reply.Body);
        Assert.Contains(description, (string)reply.Json["error_description"]!, StringComparison.Ordinal);
        Assert.True(reply.Headers.CacheControl!.NoStore);
    }

    private async Task<Reply> Send(string body, string? token, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/register") { Content = new StringContent(body, Encoding.UTF8, type) };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var message = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(message.StatusCode, await message.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), message.Headers);
    }
}
