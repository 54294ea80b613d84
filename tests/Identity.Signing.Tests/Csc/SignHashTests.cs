using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.10: exactly the approved hashes, in the order of the request, once; every other call has the refusal that the specification words.</summary>
public sealed class SignHashTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] One = SHA256.HashData("one"u8);
    private static readonly byte[] Two = SHA256.HashData("two"u8);
    private static readonly byte[] Three = SHA256.HashData("three"u8);

    [Fact]
    public async Task Signatures_come_in_the_order_of_the_request_whatever_the_order_of_the_approval_and_also_when_a_hash_is_there_twice()
    {
        using var caller = new CscCaller(system);
        var info = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true });
        var credential = (string)info["credentialIDs"]![0]!;
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)info["credentialInfos"]![0]!["cert"]!["certificates"]![0]!));
        using var key = certificate.GetECDsaPublicKey()!;
        byte[][] asked = [Three, One, Two, One];
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(credential, One, One, Two, Three), CscCaller.Hashes(credential, asked));
        var signatures = answer["signatures"]!.AsArray();
        Assert.Equal(4, signatures.Count);
        for (var i = 0; i < asked.Length; i++)
            Assert.True(key.VerifyHash(asked[i], Convert.FromBase64String((string)signatures[i]!), DSASignatureFormat.Rfc3279DerSequence), $"signature {i}");
    }

    [Fact]
    public async Task An_approval_is_used_once_also_by_parallel_calls_and_its_key_is_gone_then()
    {
        using var caller = new CscCaller(system);
        var credential = await caller.Credential();
        var sad = caller.Approved(credential, One);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => caller.Call("signatures/signHash", sad, CscCaller.Hashes(credential, One).ToJsonString())));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Contains(
            (string)answer.Answer["error_description"]!, new[] { "Invalid parameter SAD", "The credential identified by credentialID is disabled" }));
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", sad, CscCaller.Hashes(credential, One));
        // Another approval of the same credential finds no key.
        await caller.Refused("The credential identified by credentialID is disabled", "signatures/signHash", caller.Approved(credential, One), CscCaller.Hashes(credential, One));
        Assert.NotEqual(credential, await caller.Credential());
        Assert.Contains(system.Audit(credential), line => line.ToString().Contains("signing.credential-key-destroyed", StringComparison.Ordinal));
        Assert.NotEmpty(system.Audit("signing.credential-key-made"));
        Assert.Single(system.Audit(credential), line => line.ToString().Contains("signing.hash-signing", StringComparison.Ordinal) && line.ToString().Contains("succeeded", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Other_hashes_and_more_are_not_authorized_and_do_not_spend_the_approval()
    {
        using var caller = new CscCaller(system);
        var credential = await caller.Credential();
        var sad = caller.Approved(credential, One, Two);
        foreach (var asked in new byte[][][] { [One, Three], [Three], [One, Two, Three], [One, One], [One, Two, Two] })
            await caller.Refused("Hash is not authorized by the SAD", "signatures/signHash", sad, CscCaller.Hashes(credential, asked));
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, CscCaller.Hashes(credential, Two, One));
    }

    [Fact]
    public async Task A_hundred_hashes_are_signed_and_one_more_is_not()
    {
        using var caller = new CscCaller(system);
        var credential = await caller.Credential();
        byte[][] hashes = [.. Enumerable.Range(0, 100).Select(number => SHA256.HashData(Encoding.ASCII.GetBytes($"{number}")))];
        var sad = caller.Approved(credential, hashes);
        await caller.Refused("Hash is not authorized by the SAD", "signatures/signHash", sad, CscCaller.Hashes(credential, [.. hashes, One]));
        Assert.Equal(100, (await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, CscCaller.Hashes(credential, hashes)))["signatures"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_approval_of_another_credential_person_or_program_does_not_serve()
    {
        using var caller = new CscCaller(system);
        using var other = new CscCaller(system, "another-program");
        using var somebody = new CscCaller(system, subject: "somebody-else");
        var credential = await caller.Credential();
        var foreign = await other.Credential();
        await caller.Refused("Invalid parameter credentialID", "signatures/signHash", caller.Approved(foreign, One), CscCaller.Hashes(credential, One));
        await other.Refused("Invalid parameter credentialID", "signatures/signHash", other.Approved(credential, One), CscCaller.Hashes(credential, One));
        await somebody.Refused("Invalid parameter credentialID", "signatures/signHash", somebody.Approved(credential, One), CscCaller.Hashes(credential, One));
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", caller.Approved(credential, [One], null, StandInPerson.Wei), CscCaller.Hashes(credential, One));
        // Evidence for another program in this one's token.
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", caller.Approved(credential, [One], payload => payload["aud"] = "another-program"), CscCaller.Hashes(credential, One));
        await caller.Refused("SAD expired", "signatures/signHash", caller.Approved(credential, [One], null, left: TimeSpan.FromMinutes(-2)), CscCaller.Hashes(credential, One));
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", caller.Token("credential"), CscCaller.Hashes(credential, One));
        // None of these spent anything.
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(credential, One), CscCaller.Hashes(credential, One));
    }

    [Theory]
    [InlineData("credentialID", null, "Missing (or invalid type) string parameter credentialID")]
    [InlineData("credentialID", "7", "Missing (or invalid type) string parameter credentialID")]
    [InlineData("credentialID", "\"unknown\"", "Invalid parameter credentialID")]
    [InlineData("hashes", null, "Missing (or invalid type) array parameter hash")]
    [InlineData("hashes", "\"x\"", "Missing (or invalid type) array parameter hash")]
    [InlineData("hashes", "[]", "Empty hash array")]
    [InlineData("hashes", "[7]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AA\"]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AB==\"]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AA==\\n\"]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AA==\"]", "Invalid digest value length")]
    [InlineData("signAlgo", null, "Missing (or invalid type) string parameter signAlgo")]
    [InlineData("signAlgo", "\"1.2.840.113549.1.1.11\"", "Invalid parameter signAlgo")]
    [InlineData("signAlgoParams", "\"BQA=\"", "Invalid parameter signAlgoParams")]
    [InlineData("hashAlgorithmOID", "\"2.16.840.1.101.3.4.2.2\"", "Invalid parameter hashAlgorithmOID")]
    [InlineData("operationMode", "\"B\"", "Invalid parameter operationMode")]
    [InlineData("validity_period", "1000", "Invalid parameter validity_period")]
    [InlineData("response_uri", "\"https://program.example/\"", "Invalid parameter response_uri")]
    [InlineData("clientData", "7", "Invalid parameter clientData")]
    [InlineData("SAD", "\"another\"", "Invalid parameter SAD")]
    public async Task What_is_wrong_with_a_parameter_is_said_as_the_specification_words_it(string name, string? value, string description)
    {
        using var caller = new CscCaller(system);
        var credential = await caller.Credential();
        var body = CscCaller.Hashes(credential, One);
        body.Remove(name);
        if (value is not null)
            body[name] = JsonNode.Parse(value);
        await caller.Refused(description, "signatures/signHash", caller.Approved(credential, One), body);
    }

    [Fact]
    public async Task A_credential_token_may_come_as_sad_beside_the_service_token_of_the_same_program_and_person()
    {
        using var caller = new CscCaller(system);
        using var other = new CscCaller(system, "another-program");
        var credential = await caller.Credential();
        var body = CscCaller.Hashes(credential, One);
        await caller.Refused("Missing (or invalid type) string parameter SAD", "signatures/signHash", caller.Token("service"), body);
        foreach (var sad in new[] { "no-token", caller.Token("service"), other.Approved(credential, One) })
        {
            body["SAD"] = sad;
            await caller.Refused("Invalid parameter SAD", "signatures/signHash", caller.Token("service"), body);
        }

        body["SAD"] = caller.Approved(credential, One);
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Token("service"), body);
    }

    [Fact]
    public async Task After_a_restart_a_credential_of_before_is_disabled_and_an_approval_of_before_is_remembered()
    {
        using var caller = new CscCaller(system);
        var data = Directory.CreateTempSubdirectory("csc-restart-").FullName;
        string used, credential, spent;
        await using (var first = await system.StartAnotherOn(data))
        {
            using var before = new CscCaller(first);
            credential = await before.Credential();
            spent = before.Approved(credential, One);
            await before.Expect(HttpStatusCode.OK, "signatures/signHash", spent, CscCaller.Hashes(credential, One));
            used = credential;
            credential = await before.Credential();
        }

        await using var second = await system.StartAnotherOn(data);
        using var after = new CscCaller(second);
        foreach (var token in system.Provider.Tokens.Values)
            token["aud"] = second.Address;
        await after.Refused("Invalid parameter SAD", "signatures/signHash", spent, CscCaller.Hashes(used, One));
        await after.Refused("The credential identified by credentialID is disabled", "signatures/signHash", after.Approved(credential, One), CscCaller.Hashes(credential, One));
        Assert.Equal("disabled", (string?)(await after.Expect(HttpStatusCode.OK, "credentials/info", after.Token("service"), new JsonObject { ["credentialID"] = credential }))["key"]!["status"]);
        Assert.Contains(second.Audit(credential), line => line.ToString().Contains("service_stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asynchronously_the_answer_is_an_identifier_and_the_signatures_are_asked_for()
    {
        using var caller = new CscCaller(system);
        using var other = new CscCaller(system, "another-program");
        var credential = await caller.Credential();
        var body = CscCaller.Hashes(credential, One);
        (body["operationMode"], body["validity_period"]) = ("A", 999);
        var sad = caller.Approved(credential, One);
        await caller.Refused("Out of bounds parameter validity_period", "signatures/signHash", sad, body);
        body["validity_period"] = 3_600_001;
        await caller.Refused("Out of bounds parameter validity_period", "signatures/signHash", sad, body);
        (body["validity_period"], body["response_uri"]) = (3_600_000, "http://localhost:1/never-registered");
        await caller.Refused("Invalid parameter response_uri", "signatures/signHash", sad, body);
        body.Remove("response_uri");
        var id = (string)(await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, body))["responseID"]!;
        var poll = new JsonObject { ["requestID"] = id };
        await other.Refused("Invalid parameter requestID", "signatures/signPolling", other.Token("service"), poll);
        await caller.Refused("Invalid parameter requestID", "signatures/signPolling", caller.Token("service"), new JsonObject { ["requestID"] = "unknown" });
        await caller.Refused("Missing (or invalid type) string parameter requestID", "signatures/signPolling", caller.Token("service"), new JsonObject());
        for (var tries = 0; tries < 200; tries++)
        {
            var (status, answer) = await caller.Call("signatures/signPolling", caller.Token("service"), poll.ToJsonString());
            if (status == HttpStatusCode.OK)
            {
                Assert.Single(answer["signatures"]!.AsArray());
                return;
            }

            Assert.Equal((HttpStatusCode.Accepted, "accepted_request"), (status, (string?)answer["error"]));
            await Task.Delay(50, SigningSystem.Cancellation);
        }

        Assert.Fail("never done");
    }
}
