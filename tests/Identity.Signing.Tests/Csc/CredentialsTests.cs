using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.1, 11.4 to 11.9, 11.13: what is told of the service and of credentials, who may ask, and what is refused.</summary>
public sealed class CredentialsTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task Info_names_the_methods_that_answer_and_no_others()
    {
        using var caller = new CscCaller(system);
        var info = await caller.Expect(HttpStatusCode.OK, "info", null, new JsonObject());
        Assert.Equal(system.Provider.Issuer, (string?)info["oauth2Issuer"]);
        Assert.Equal(["oauth2code"], info["authType"]!.AsArray().Select(type => (string)type!));
        var methods = info["methods"]!.AsArray().Select(method => (string)method!).ToList();
        foreach (var method in new[] { "auth/login", "auth/revoke", "credentials/authorizeCheck", "credentials/getChallenge", "credentials/sendOTP" })
        {
            Assert.DoesNotContain(method, methods);
            await caller.Refused(HttpStatusCode.NotImplemented, "invalid_request", "The method is not implemented", method, caller.Token("service"), new JsonObject());
        }

        foreach (var method in methods.Where(method => method != "info"))
            await caller.Refused(HttpStatusCode.Unauthorized, "invalid_token", "The access token is not valid", method, null, new JsonObject());
    }

    [Fact]
    public async Task Info_lists_exactly_the_routes_that_do_more_than_refuse_and_the_formats_that_are_made()
    {
        using var caller = new CscCaller(system);
        var info = await caller.Expect(HttpStatusCode.OK, "info", null, new JsonObject());
        var body = new JsonObject { ["credentialID"] = await caller.Credential() };
        var working = new List<string>();
        foreach (var route in system.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText!).Where(route => route.StartsWith("/csc/", StringComparison.Ordinal)))
        {
            Assert.StartsWith("/csc/v2/", route, StringComparison.Ordinal);
            var (status, answer) = await caller.Call(route["/csc/v2/".Length..], caller.Token("service"), body.ToJsonString());
            if (status != HttpStatusCode.NotImplemented && (string?)answer["error"] != "unauthorized_client")
                working.Add(route["/csc/v2/".Length..]);
        }

        Assert.Equal(working.Order(StringComparer.Ordinal), info["methods"]!.AsArray().Select(method => (string)method!).Order(StringComparer.Ordinal));
        Assert.Equal("""{"formats":["P","C"],"envelope_properties":[["Revision"],["Detached"]]}""", info["signature_formats"]!.ToJsonString());
        Assert.Equal("""["Ades-B-B","Ades-B-T","Ades-B-LT","Ades-B-LTA"]""", info["conformance_levels"]!.ToJsonString());
        Assert.Equal("""{"algos":["1.2.840.10045.4.3.2"]}""", info["signAlgorithms"]!.ToJsonString());
        Assert.Equal((true, true), ((bool)info["validationInfo"]!, (bool)info["asynchronousOperationMode"]!));
    }

    [Fact]
    public async Task A_person_has_one_credential_until_it_is_used_also_when_asked_in_parallel_and_its_identifier_is_its_certificate()
    {
        using var caller = new CscCaller(system, subject: "asks-often");
        var ask = new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain", ["certInfo"] = true, ["onlyValid"] = true }.ToJsonString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => caller.Call("credentials/list", caller.Token("service"), ask)));
        var credential = (string)Assert.Single(answers.Select(answer => (string)answer.Answer["credentialIDs"]!.AsArray().Single()!).Distinct());
        var told = answers[0].Answer["credentialInfos"]![0]!;
        var certificates = told["cert"]!["certificates"]!.AsArray();
        Assert.Equal(credential, System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Convert.FromBase64String((string)certificates[0]!))));
        Assert.True(certificates.Count >= 2);
        Assert.Equal(("disabled", "2", 100, "oauth2code", "valid"), ((string)told["key"]!["status"]!, (string)told["SCAL"]!, (int)told["multisign"]!, (string)told["auth"]!["mode"]!, (string)told["cert"]!["status"]!));
        Assert.Contains("PNOXX-48504210018", (string)told["cert"]!["subjectDN"]!, StringComparison.Ordinal);
        Assert.True((bool)answers[0].Answer["onlyValid"]!);
    }

    [Fact]
    public async Task A_person_has_no_more_than_five_keys_through_whatever_programs()
    {
        system.Provider.Person = new StandInPerson("x", "PNOXX-50001010001", "Mari", "Kask");
        try
        {
            for (var program = 0; program < 5; program++)
            {
                using var caller = new CscCaller(system, $"program-{program}", "many-programs");
                await caller.Credential();
            }

            using var sixth = new CscCaller(system, "program-5", "many-programs");
            await sixth.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "credentials/list", sixth.Token("service"), new JsonObject());
        }
        finally
        {
            system.Provider.Person = StandInPerson.Liis;
        }
    }

    [Fact]
    public async Task Nothing_is_certified_beyond_a_persons_five_keys_also_when_asked_in_parallel()
    {
        var certified = 0;
        system.Provider.Person = new StandInPerson("x", "PNOXX-50001010002", "Mari", "Mets");
        system.Authority.Certificates = _ =>
        {
            Interlocked.Increment(ref certified);
            return Task.FromResult<Microsoft.AspNetCore.Http.IResult?>(null);
        };
        var callers = Enumerable.Range(0, 9).Select(program => new CscCaller(system, $"crowd-{program}", "many-at-once")).ToList();
        try
        {
            var answers = await Task.WhenAll(callers.Select(caller => caller.Call("credentials/list", caller.Token("service"), "{}")));
            Assert.Equal(5, answers.Count(answer => answer.Status == HttpStatusCode.OK));
            Assert.Equal(4, answers.Count(answer => answer is { Status: HttpStatusCode.ServiceUnavailable } && (string?)answer.Answer["error"] == "temporarily_unavailable"));
            Assert.Equal(5, certified);
            // A key that is used up leaves its place.
            var (place, _) = callers.Zip(answers).First(pair => pair.Second.Status == HttpStatusCode.OK);
            var (credential, hash) = (await place.Credential(), SHA256.HashData("x"u8));
            await place.Expect(HttpStatusCode.OK, "signatures/signHash", place.Approved(credential, [hash], null, system.Provider.Person), CscCaller.Hashes(credential, hash));
            await place.Credential();
            Assert.Equal(6, certified);
            // What the Authority does not certify leaves it too.
            await place.Expect(HttpStatusCode.OK, "signatures/signHash", place.Approved(credential = await place.Credential(), [hash], null, system.Provider.Person), CscCaller.Hashes(credential, hash));
            system.Authority.Certificates = _ => Task.FromResult<Microsoft.AspNetCore.Http.IResult?>(Microsoft.AspNetCore.Http.Results.StatusCode(503));
            await place.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "credentials/list", place.Token("service"), new JsonObject());
            system.Authority.Certificates = _ => Task.FromResult<Microsoft.AspNetCore.Http.IResult?>(null);
            await place.Credential();
        }
        finally
        {
            callers.ForEach(caller => caller.Dispose());
            system.Reset();
        }
    }

    [Fact]
    public async Task For_a_known_person_whose_places_are_taken_no_key_is_made()
    {
        var statements = 0;
        system.Provider.Person = new StandInPerson("x", "PNOXX-50001010003", "Mari", "Mänd");
        system.Provider.ChangeStatement = _ => Interlocked.Increment(ref statements);
        var callers = Enumerable.Range(0, 6).Select(program => new CscCaller(system, $"known-{program}", "known-already")).ToList();
        try
        {
            var (credential, hash) = (await callers[0].Credential(), SHA256.HashData("x"u8));
            await callers[0].Expect(HttpStatusCode.OK, "signatures/signHash", callers[0].Approved(credential, [hash], null, system.Provider.Person), CscCaller.Hashes(credential, hash));
            foreach (var other in callers.Skip(1))
                await other.Credential();
            Assert.Equal(6, statements);
            await callers[0].Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "credentials/list", callers[0].Token("service"), new JsonObject());
            // Nobody was asked about a key.
            Assert.Equal(6, statements);
        }
        finally
        {
            callers.ForEach(caller => caller.Dispose());
            system.Provider.Person = StandInPerson.Liis;
            system.Reset();
        }
    }

    [Fact]
    public async Task A_program_whose_people_list_and_do_not_sign_leaves_half_of_the_places_to_others()
    {
        await using var copy = await system.StartAnotherOn(system.Pki.PathOf("crowded"));
        try
        {
            async Task<string> Next(int number)
            {
                system.Provider.Person = new StandInPerson("x", $"PNOXX-6{number:d10}", "Mari", "Mets");
                using var caller = new CscCaller(copy, "crowded", $"person-{number}");
                var (status, answer) = await caller.Call("credentials/list", caller.Token("service"), "{}");
                return status == HttpStatusCode.OK ? (string)answer["credentialIDs"]![0]! : $"{status} {answer["error"]}";
            }

            var made = new List<string>();
            for (var number = 0; number < 128; number++)
                made.Add(await Next(number));
            Assert.Equal(128, made.Distinct().Count());
            Assert.All(made, credential => Assert.Equal(43, credential.Length));
            Assert.Equal("ServiceUnavailable temporarily_unavailable", await Next(128));
            // Who has one is told of it, and another program's people are served.
            Assert.Equal(made[7], await Next(7));
            using var other = new CscCaller(copy, "not-crowded", "somebody");
            await other.Credential();
        }
        finally
        {
            system.Provider.Person = StandInPerson.Liis;
        }
    }

    [Theory]
    [InlineData("userID", "\"PNOXX-1\"", "userID parameter MUST be null")]
    [InlineData("certificates", "\"all\"", "Invalid parameter certificates")]
    [InlineData("credentialInfo", "\"yes\"", "Invalid parameter credentialInfo")]
    [InlineData("lang", "7", "Invalid parameter lang")]
    public async Task Refuses_a_list_with_a_wrong_parameter(string name, string value, string description)
    {
        using var caller = new CscCaller(system);
        await caller.Refused(description, "credentials/list", caller.Token("service"), new JsonObject { [name] = JsonNode.Parse(value) });
    }

    [Fact]
    public async Task Client_data_have_two_thousand_characters_at_most_and_a_null_is_nothing()
    {
        using var caller = new CscCaller(system);
        await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["clientData"] = new string('x', 2000), ["userID"] = null });
        await caller.Refused("Invalid parameter clientData", "credentials/list", caller.Token("service"), new JsonObject { ["clientData"] = new string('x', 2001) });
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("{\"lang\":\"en\",\"lang\":\"et\"}")]
    [InlineData("{\"a\":[[[[[[[[1]]]]]]]]}")]
    public async Task Refuses_a_body_that_is_no_plain_object(string body)
    {
        using var caller = new CscCaller(system);
        var (status, answer) = await caller.Call("info", null, body);
        Assert.Equal((HttpStatusCode.BadRequest, "The body must be a JSON object without repeated names"), (status, (string?)answer["error_description"]));
    }

    [Fact]
    public async Task Refuses_another_type_and_a_body_one_byte_too_large()
    {
        using var caller = new CscCaller(system);
        Assert.Equal("The content type must be application/json", (string?)(await caller.Call("info", null, "{}", "text/plain")).Answer["error_description"]);
        string Filled(int bytes) => "{\"x\":\"" + new string('x', bytes - 8) + "\"}";
        Assert.Equal(HttpStatusCode.OK, (await caller.Call("info", null, Filled(64 * 1024))).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await caller.Call("info", null, Filled(64 * 1024 + 1))).Status);
    }

    [Fact]
    public async Task A_token_of_another_scope_audience_kind_or_none_is_refused()
    {
        using var caller = new CscCaller(system);
        await caller.Refused(HttpStatusCode.Unauthorized, "invalid_token", "The access token is not valid", "credentials/list", "unknown", new JsonObject());
        await caller.Refused(HttpStatusCode.Forbidden, "access_denied", "The access token does not allow this method", "credentials/list", caller.Token("signing"), new JsonObject());
        await caller.Refused(HttpStatusCode.Forbidden, "access_denied", "The access token does not allow this method", "credentials/list", caller.Token("credential"), new JsonObject());
        foreach (var change in new Action<JsonObject>[]
        {
            said => said["aud"] = "https://another.example/",
            said => said["active"] = false,
            // Bound to a certificate, which nobody shows here; bound to a key, and shown as a bearer token.
            said => said["cnf"] = new JsonObject { ["x5t#S256"] = "x" },
            said => said["cnf"] = new JsonObject { ["jkt"] = "x" },
        })
        {
            await caller.Refused(HttpStatusCode.Unauthorized, "invalid_token", "The access token is not valid", "credentials/list", caller.Token("service", change), new JsonObject());
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await caller.Call("credentials/list", caller.Token("service"), "{}", scheme: "DPoP")).Status);
        Assert.Equal("invalid_dpop_proof", (string?)(await caller.Call("credentials/list", caller.Token("service", said => said["cnf"] = new JsonObject { ["jkt"] = "x" }), "{}", scheme: "DPoP")).Answer["error"]);
        Assert.Equal("Malformed authorization header", (string?)(await caller.Call("credentials/list", "x", "{}", scheme: "Basic")).Answer["error_description"]);
    }

    [Fact]
    public async Task Without_the_provider_nothing_is_answered()
    {
        using var caller = new CscCaller(system);
        var token = caller.Token("service");
        system.Provider.Down = true;
        try
        {
            await caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "credentials/list", token, new JsonObject());
        }
        finally
        {
            system.Provider.Down = false;
        }
    }

    [Fact]
    public async Task Explicit_authorization_is_refused_for_a_credential_that_is_authorized_at_the_provider()
    {
        using var caller = new CscCaller(system);
        var body = new JsonObject { ["credentialID"] = await caller.Credential(), ["numSignatures"] = 1 };
        await caller.Refused(HttpStatusCode.BadRequest, "unauthorized_client", "The credential is authorized by OAuth 2.0 only", "credentials/authorize", caller.Token("service"), body);
        await caller.Refused("Invalid parameter credentialID", "credentials/authorize", caller.Token("service"), new JsonObject { ["credentialID"] = "unknown" });
        await caller.Refused("Missing (or invalid type) string parameter credentialID", "credentials/info", caller.Token("service"), new JsonObject());
        await caller.Refused("Invalid parameter credentialID", "credentials/info", caller.Token("service"), new JsonObject { ["credentialID"] = "unknown" });
    }

    [Fact]
    public async Task A_timestamp_has_the_hash_and_the_nonce_of_who_asks()
    {
        using var caller = new CscCaller(system);
        var hash = SHA256.HashData("stamped"u8);
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/timestamp", caller.Token("service"), new JsonObject
        {
            ["hash"] = Convert.ToBase64String(hash), ["hashAlgo"] = CscCaller.Sha256, ["nonce"] = "7FA30001",
        });
        Assert.True(System.Security.Cryptography.Pkcs.Rfc3161TimestampToken.TryDecode(Convert.FromBase64String((string)answer["timestamp"]!), out var token, out _));
        Assert.Equal(hash, token.TokenInfo.GetMessageHash().ToArray());
        Assert.Equal("7FA30001", Convert.ToHexString(token.TokenInfo.GetNonce()!.Value.Span));
    }

    [Theory]
    [InlineData("hash", null, "Missing (or invalid type) string parameter hash")]
    [InlineData("hash", "\"\"", "Empty hash parameter")]
    [InlineData("hash", "\"AA\"", "Invalid Base64 hash string parameter")]
    [InlineData("hash", "\"AA==\"", "Invalid digest value length")]
    [InlineData("hashAlgo", "\"1.3.14.3.2.26\"", "Invalid parameter hashAlgo")]
    [InlineData("nonce", "\"xyz\"", "Invalid parameter nonce")]
    [InlineData("nonce", "\"\"", "Invalid parameter nonce")]
    public async Task Refuses_a_timestamp_with_a_wrong_parameter(string name, string? value, string description)
    {
        using var caller = new CscCaller(system);
        var body = new JsonObject { ["hash"] = Convert.ToBase64String(SHA256.HashData("x"u8)), ["hashAlgo"] = CscCaller.Sha256 };
        body.Remove(name);
        if (value is not null)
            body[name] = JsonNode.Parse(value);
        await caller.Refused(description, "signatures/timestamp", caller.Token("service"), body);
    }
}
