using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Signing.Storage;
using Identity.TestKit.Pki;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.9: what a person approves at once is signed in several calls, each hash once, and nothing that they have not approved.</summary>
public sealed class ExtendTransactionTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string NotAuthorized = "Hash is not authorized by the SAD";
    private const string Invalid = "Invalid parameter SAD";
    private const string Disabled = "The credential identified by credentialID is disabled";
    private static readonly byte[] One = SHA256.HashData("one"u8);
    private static readonly byte[] Two = SHA256.HashData("two"u8);
    private static readonly byte[] Three = SHA256.HashData("three"u8);
    private static readonly byte[] Four = SHA256.HashData("four"u8);

    [Theory]
    [InlineData("software")]
    [InlineData("hsm")]
    public async Task One_approval_is_signed_in_several_calls_and_the_key_is_gone_after_the_last_hash(string place)
    {
        using var hsm = place == "hsm" ? new SoftHsm(system.Pki.Folder) : null;
        await using var copy = await system.StartAnotherOn(system.Pki.PathOf("extended-" + place), "--Signing:PersonKeys=" + place);
        using var caller = new CscCaller(copy);
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One, Two, Three, Four);
        await Signs(caller, verifier, token, null, credential, Three);
        Assert.Equal("enabled", await Status(caller, credential));
        var sad = await Extended(caller, token, token, credential, Four, One);
        await Signs(caller, verifier, token, sad, credential, One, Four);
        // What was used is exchanged like what was not; the service's token serves beside it.
        sad = await Extended(caller, caller.Token("service"), sad, credential, Two);
        await Signs(caller, verifier, caller.Token("service"), sad, credential, Two);
        Assert.Equal("disabled", await Status(caller, credential));
        await RefusedToSign(caller, Disabled, token, sad, credential, Two);
        await RefusedToSign(caller, Invalid, token, null, credential, Two);
        await Refused(caller, Disabled, token, sad, credential, Two);
        await Refused(caller, Invalid, token, token, credential, Two);
        Assert.Equal(["begin", "end succeeded"], Phases(copy, credential, "transaction-extension").Distinct());
        Assert.Equal(6, Phases(copy, credential, "hash-signing").Count());
        Assert.Contains("\"signed\"", DestroyedBecause(copy, credential), StringComparison.Ordinal);
        if (hsm is not null)
            Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sad_is_extended_before_anything_is_signed_and_is_good_for_nothing_then()
    {
        using var caller = new CscCaller(system);
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One, Two, Three);
        var first = await Extended(caller, token, token, credential, One, Two);
        await RefusedToSign(caller, Invalid, token, null, credential, One);
        await Refused(caller, Invalid, token, token, credential, One);
        var second = await Extended(caller, token, first, credential, Two, Three);
        await RefusedToSign(caller, Invalid, token, first, credential, Two);
        await Refused(caller, Invalid, token, first, credential, Two);
        await Signs(caller, verifier, token, second, credential, Two);
        // Used: it signs nothing more, not even what it was bound to.
        await RefusedToSign(caller, Invalid, token, second, credential, Three);
        await Signs(caller, verifier, token, await Extended(caller, token, second, credential, Three, One), credential, One, Three);
    }

    [Fact]
    public async Task No_hash_is_signed_more_often_than_it_was_approved_nor_any_that_was_not()
    {
        using var caller = new CscCaller(system);
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One, One, Two);
        foreach (var asked in new byte[][][] { [Three], [One, Three], [Two, Two], [One, One, One], [One, One, Two, Two] })
        {
            await Refused(caller, NotAuthorized, token, token, credential, asked);
            await RefusedToSign(caller, NotAuthorized, token, null, credential, asked);
        }

        await Signs(caller, verifier, token, null, credential, One);
        foreach (var asked in new byte[][][] { [One, One], [One, Three], [Three] })
            await Refused(caller, NotAuthorized, token, token, credential, asked);
        var sad = await Extended(caller, token, token, credential, One);
        // Two is approved and unsigned, and this SAD is not for it.
        await RefusedToSign(caller, NotAuthorized, token, sad, credential, Two);
        await RefusedToSign(caller, NotAuthorized, token, sad, credential, One, One);
        await Signs(caller, verifier, token, sad, credential, One);
        await Refused(caller, NotAuthorized, token, sad, credential, One);
        await Signs(caller, verifier, token, await Extended(caller, token, sad, credential, Two), credential, Two);
        Assert.Equal("disabled", await Status(caller, credential));
    }

    [Fact]
    public async Task Of_parallel_calls_with_one_sad_one_wins()
    {
        using var caller = new CscCaller(system, subject: "in-parallel");
        var credential = await caller.Credential();
        var token = caller.Approved(credential, One, Two, Three);
        // The token of the approval: taken in the database.
        var extended = await Parallel(caller, "credentials/extendTransaction", token, token, credential, One, Two, Three);
        var sad = (string)Assert.Single(extended)["SAD"]!;
        // One of extendTransaction: taken in memory.
        sad = (string)Assert.Single(await Parallel(caller, "credentials/extendTransaction", token, sad, credential, One, Two, Three))["SAD"]!;
        Assert.Single(await Parallel(caller, "signatures/signHash", token, sad, credential, One));
        sad = (string)Assert.Single(await Parallel(caller, "credentials/extendTransaction", token, sad, credential, Two, Three))["SAD"]!;
        // Of both methods at once: an extension leaves nothing to sign with, unless the signing came first.
        var mixed = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => caller.Call(
            number % 2 == 0 ? "signatures/signHash" : "credentials/extendTransaction", token, Body(sad, credential, Two).ToJsonString())));
        var signed = mixed.Count(answer => answer is { Status: HttpStatusCode.OK } && answer.Answer["signatures"] is not null);
        Assert.InRange(signed, 0, 1);
        Assert.InRange(mixed.Count(answer => answer is { Status: HttpStatusCode.OK } && answer.Answer["SAD"] is not null), 0, 1);
        Assert.Contains(mixed, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(mixed.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Contains((string)answer.Answer["error_description"]!, new[] { Invalid, NotAuthorized }));
    }

    [Fact]
    public async Task Two_hundred_times_a_transaction_is_extended_and_no_more()
    {
        using var caller = new CscCaller(system, subject: "again-and-again");
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One);
        var sad = token;
        for (var times = 0; times < 200; times++)
            sad = await Extended(caller, token, sad, credential, One);
        await Refused(caller, Invalid, token, sad, credential, One);
        // The last one is still good.
        await Signs(caller, verifier, token, sad, credential, One);
    }

    [Fact]
    public async Task Nobody_elses_sad_serves_nor_the_one_of_another_approval_or_key()
    {
        using var caller = new CscCaller(system);
        using var other = new CscCaller(system, "another-program");
        using var somebody = new CscCaller(system, subject: "somebody-else");
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One, Two);
        var sad = await Extended(caller, token, token, credential, One);
        foreach (var foreign in new[] { other, somebody })
        {
            await Refused(foreign, "Invalid parameter credentialID", foreign.Token("service"), sad, credential, One);
            await RefusedToSign(foreign, "Invalid parameter credentialID", foreign.Token("service"), sad, credential, One);
        }

        var theirs = await other.Credential();
        await Refused(other, Invalid, other.Token("service"), sad, theirs, One);
        await RefusedToSign(other, Invalid, other.Token("service"), sad, theirs, One);
        // Beside the token of another approval, also when that one is for the same credential.
        await RefusedToSign(caller, Invalid, caller.Approved(credential, One), sad, credential, One);
        await Refused(caller, Invalid, caller.Approved(credential, One), sad, credential, One);
        // A token of another approval opens nothing in this credential any more.
        var late = caller.Approved(credential, One);
        await Refused(caller, Invalid, late, late, credential, One);
        foreach (var made in new[] { "sad.", "sad." + new string('A', 43), sad + "A", sad[..^1], sad.ToUpperInvariant() })
            await Refused(caller, Invalid, token, made, credential, One);
        // Without a living token of the Provider it is nothing.
        var (status, answer) = await caller.Call("signatures/signHash", sad, Body(sad, credential, One).ToJsonString());
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), (status, (string?)answer["error"]));
        await caller.Refused(
            HttpStatusCode.Forbidden, "access_denied", "The access token does not allow this method", "credentials/extendTransaction", caller.Token("openid"), Body(sad, credential, One));
        // Nor is it one for documents.
        var document = new JsonObject
        {
            ["signatureQualifier"] = "eu_eidas_aes", ["SAD"] = sad,
            ["documentDigests"] = new JsonArray(new JsonObject { ["hashes"] = new JsonArray(Convert.ToBase64String(One)), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
        };
        await caller.Refused(Invalid, "signatures/signDoc", token, document);
        // None of these spent it.
        await Signs(caller, verifier, token, sad, credential, One);
        await Signs(caller, verifier, token, await Extended(caller, token, sad, credential, Two), credential, Two);
    }

    [Fact]
    public async Task A_sad_ends_when_the_person_was_told_that_it_does()
    {
        using var caller = new CscCaller(system, subject: "too-late");
        var credential = await caller.Credential();
        var token = caller.Approved(credential, [One, Two], null, left: TimeSpan.FromSeconds(10));
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", token, CscCaller.Hashes(credential, One));
        var answer = await caller.Expect(HttpStatusCode.OK, "credentials/extendTransaction", token, Body(token, credential, Two));
        Assert.InRange((int)answer["expiresIn"]!, 0, 10);
        await Task.Delay(TimeSpan.FromSeconds(10), SigningSystem.Cancellation);
        var sad = (string)answer["SAD"]!;
        // The key is taken away before long: disabled then.
        foreach (var method in new[] { "signatures/signHash", "credentials/extendTransaction" })
            Assert.Contains((string?)(await caller.Call(method, token, Body(sad, credential, Two).ToJsonString())).Answer["error_description"], new[] { "SAD expired", Disabled });
        while (await Status(caller, credential) != "disabled")
            await Task.Delay(200, SigningSystem.Cancellation);
        await RefusedToSign(caller, Disabled, token, sad, credential, Two);
        for (var tries = 0; tries < 500 && await Outcome(credential) is null; tries++)
            await Task.Delay(20, SigningSystem.Cancellation);
        // What was signed of it is not called unsigned.
        Assert.Equal("partly_signed", await Outcome(credential));
        Assert.Contains("\"approval_ended\"", DestroyedBecause(system, credential), StringComparison.Ordinal);

        // An approval that is over begins nothing.
        credential = await caller.Credential();
        token = caller.Approved(credential, [One], null, left: TimeSpan.FromMinutes(-2));
        await Refused(caller, "SAD expired", token, token, credential, One);
    }

    [Theory]
    [InlineData("credentialID", null, "Missing (or invalid type) string parameter credentialID")]
    [InlineData("credentialID", "7", "Missing (or invalid type) string parameter credentialID")]
    [InlineData("credentialID", "\"unknown\"", "Invalid parameter credentialID")]
    [InlineData("SAD", null, "Missing (or invalid type) string parameter SAD")]
    [InlineData("SAD", "7", "Missing (or invalid type) string parameter SAD")]
    [InlineData("SAD", "\"xxx\"", "Invalid parameter SAD")]
    [InlineData("hashes", null, "Missing (or invalid type) array parameter hash")]
    [InlineData("hashes", "\"x\"", "Missing (or invalid type) array parameter hash")]
    [InlineData("hashes", "[]", "Empty hash array")]
    [InlineData("hashes", "[7]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AB==\"]", "Invalid Base64 hash string parameter")]
    [InlineData("hashes", "[\"AA==\"]", "Invalid digest value length")]
    [InlineData("hashAlgorithmOID", "\"2.16.840.1.101.3.4.2.2\"", "Invalid parameter hashAlgorithmOID")]
    [InlineData("clientData", "7", "Invalid parameter clientData")]
    public async Task What_is_wrong_with_a_parameter_is_said_and_spends_nothing(string name, string? value, string description)
    {
        using var caller = new CscCaller(system);
        var credential = await caller.Credential();
        var token = caller.Approved(credential, One);
        var body = Body(token, credential, One);
        body.Remove(name);
        if (value is not null)
            body[name] = JsonNode.Parse(value);
        await caller.Refused(description, "credentials/extendTransaction", token, body);
        body = CscCaller.Hashes(credential, One);
        body["SAD"] = await Extended(caller, token, token, credential, One);
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", token, body);
    }

    [Fact]
    public async Task A_restart_ends_the_transaction_and_a_copy_without_the_key_has_none()
    {
        var data = Directory.CreateTempSubdirectory("csc-extended-").FullName;
        string credential, token, sad;
        await using (var first = await system.StartAnotherOn(data))
        {
            using var before = new CscCaller(first);
            credential = await before.Credential();
            token = before.Approved(credential, One, Two);
            sad = await Extended(before, token, token, credential, One);
        }

        await using var second = await system.StartAnotherOn(data);
        using var after = new CscCaller(second);
        foreach (var known in system.Provider.Tokens.Values)
            known["aud"] = second.Address;
        await RefusedToSign(after, Disabled, token, sad, credential, One);
        await RefusedToSign(after, Invalid, token, null, credential, One);
        await Refused(after, Disabled, token, sad, credential, One);
        await Refused(after, Invalid, token, token, credential, One);
    }

    [Fact]
    public async Task While_an_asynchronous_call_waits_its_hashes_are_taken_and_the_others_are_signed_beside_it()
    {
        using var caller = new CscCaller(system);
        var (credential, key) = await Credential(caller);
        using var verifier = key;
        var token = caller.Approved(credential, One, Two);
        var later = CscCaller.Hashes(credential, One);
        later["operationMode"] = "A";
        var id = (string)(await caller.Expect(HttpStatusCode.OK, "signatures/signHash", token, later))["responseID"]!;
        await Refused(caller, NotAuthorized, token, token, credential, One);
        await Signs(caller, verifier, token, await Extended(caller, token, token, credential, Two), credential, Two);
        var (status, answer) = (HttpStatusCode.Accepted, (JsonNode)later);
        for (var tries = 0; status == HttpStatusCode.Accepted && tries < 500; tries++)
        {
            await Task.Delay(40, SigningSystem.Cancellation);
            (status, answer) = await caller.Call("signatures/signPolling", caller.Token("service"), new JsonObject { ["requestID"] = id }.ToJsonString());
        }

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(verifier.VerifyHash(One, Convert.FromBase64String((string)Assert.Single(answer["signatures"]!.AsArray())!), DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal("disabled", await Status(caller, credential));
    }

    private static JsonObject Body(string? sad, string credential, params byte[][] hashes)
    {
        var body = CscCaller.Hashes(credential, hashes);
        if (sad is not null)
            body["SAD"] = sad;
        return body;
    }

    private static async Task<string> Extended(CscCaller caller, string token, string sad, string credential, params byte[][] hashes)
    {
        var answer = await caller.Expect(HttpStatusCode.OK, "credentials/extendTransaction", token, Body(sad, credential, hashes));
        Assert.InRange((int)answer["expiresIn"]!, 1, 600);
        return (string)answer["SAD"]!;
    }

    private static Task Refused(CscCaller caller, string description, string token, string sad, string credential, params byte[][] hashes) =>
        caller.Refused(description, "credentials/extendTransaction", token, Body(sad, credential, hashes));

    private static Task RefusedToSign(CscCaller caller, string description, string token, string? sad, string credential, params byte[][] hashes) =>
        caller.Refused(description, "signatures/signHash", token, Body(sad, credential, hashes));

    private static async Task Signs(CscCaller caller, ECDsa verifier, string token, string? sad, string credential, params byte[][] hashes)
    {
        var signatures = (await caller.Expect(HttpStatusCode.OK, "signatures/signHash", token, Body(sad, credential, hashes)))["signatures"]!.AsArray();
        Assert.Equal(hashes.Length, signatures.Count);
        for (var i = 0; i < hashes.Length; i++)
            Assert.True(verifier.VerifyHash(hashes[i], Convert.FromBase64String((string)signatures[i]!), DSASignatureFormat.Rfc3279DerSequence), $"signature {i}");
    }

    private static async Task<List<JsonNode>> Parallel(CscCaller caller, string method, string token, string sad, string credential, params byte[][] hashes)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => caller.Call(method, token, Body(sad, credential, hashes).ToJsonString())));
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Equal(Invalid, (string?)answer.Answer["error_description"]));
        return [.. answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Answer)];
    }

    private static async Task<(string Credential, ECDsa Key)> Credential(CscCaller caller)
    {
        var listed = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true });
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)listed["credentialInfos"]![0]!["cert"]!["certificates"]![0]!));
        return ((string)listed["credentialIDs"]![0]!, certificate.GetECDsaPublicKey()!);
    }

    private static async Task<string> Status(CscCaller caller, string credential) =>
        (string)(await caller.Expect(HttpStatusCode.OK, "credentials/info", caller.Token("service"), new JsonObject { ["credentialID"] = credential }))["key"]!["status"]!;

    private async Task<string?> Outcome(string credential)
    {
        await using var database = await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);
        return (await database.CredentialApprovals.AsNoTracking().SingleAsync(approval => approval.CredentialId == credential, SigningSystem.Cancellation)).Outcome;
    }

    private static string DestroyedBecause(SigningSystem copy, string credential) =>
        Assert.Single(copy.Audit(credential), line => Event(line).Contains("key-destroyed", StringComparison.Ordinal)).GetRawText();

    private static string Event(System.Text.Json.JsonElement line) => line.GetProperty("event").GetString()!;

    private static IEnumerable<string> Phases(SigningSystem copy, string credential, string kind) =>
        copy.Audit(credential).Where(line => Event(line).Contains(kind, StringComparison.Ordinal))
            .Select(line => string.Join(' ', new[] { "phase", "outcome", "reason" }.Where(name => line.TryGetProperty(name, out _)).Select(name => line.GetProperty(name).GetString())));
}
