using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Signing.Csc;
using Identity.Signing.Storage;
using Identity.Signing.Tests.Ceremonies;
using Identity.TestKit.Pdf;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.10 to 11.12, asynchronous mode: who is told, who may ask, at which copy of the service, and what a stop leaves.</summary>
public sealed class AsynchronousTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] Hash = SHA256.HashData("asynchronous"u8);
    private static readonly byte[] Pdf = HandMadePdf.Plain();

    [Fact]
    public async Task The_program_is_told_the_identifier_and_nothing_else_at_the_address_that_the_operator_has_registered()
    {
        await using var receiver = await Receiver.Start();
        await using var copy = await Copy("told", $"--Signing:Programs:0:ClientId=program", $"--Signing:Programs:0:ResponseUris:0={receiver.Address.AbsoluteUri}");
        using var caller = new CscCaller(copy);
        var (id, body) = await Start(caller, receiver.Address.AbsoluteUri);
        Assert.Equal($$"""{"responseID":"{{id}}"}""", (await receiver.Until(1)).Single());
        Assert.Equal("application/json; charset=utf-8", receiver.MediaTypes.Single());
        // When it is told, the outcome is there.
        Assert.Single((await caller.Expect(HttpStatusCode.OK, "signatures/signPolling", caller.Token("service"), new JsonObject { ["responseID"] = id }))["signatures"]!.AsArray());
        _ = body;
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_a_refusal_is_not_repeated_and_the_outcome_is_there_all_the_same()
    {
        await using var receiver = await Receiver.Start();
        await using var copy = await Copy("redirect", $"--Signing:Programs:0:ClientId=program", $"--Signing:Programs:0:ResponseUris:0={receiver.Address.AbsoluteUri}");
        using var caller = new CscCaller(copy);
        receiver.Answer = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = new Uri(receiver.Address, "elsewhere").AbsoluteUri;
            return Task.CompletedTask;
        };
        var (id, _) = await Start(caller, receiver.Address.AbsoluteUri);
        await receiver.Until(1);
        receiver.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        var (second, _) = await Start(caller, receiver.Address.AbsoluteUri);
        Assert.Contains(second, (await receiver.Until(2))[1], StringComparison.Ordinal);
        Assert.Equal((0, 2), (receiver.Redirected, receiver.Tokens.Count));
        foreach (var one in new[] { id, second })
            Assert.Single((await Outcome(caller, one)).Answer["signatures"]!.AsArray());
    }

    [Fact]
    public async Task Only_the_registered_address_of_this_program_is_called()
    {
        await using var receiver = await Receiver.Start();
        var registered = receiver.Address.AbsoluteUri;
        await using var copy = await Copy("registered", "--Signing:Programs:0:ClientId=program", $"--Signing:Programs:0:ResponseUris:0={registered}", "--Signing:Programs:1:ClientId=other", "--Signing:Programs:1:ResponseUris:0=https://other.example/told");
        using var caller = new CscCaller(copy);
        var credential = await caller.Credential();
        var sad = caller.Approved(credential, Hash);
        var body = CscCaller.Hashes(credential, Hash);
        body["operationMode"] = "A";
        foreach (var address in new[]
        {
            // Of another program; nobody's; with more behind it, another spelling, a user, another scheme, a fragment; no address at all.
            "https://other.example/told", "http://127.0.0.1:1/", registered + "?a=b", registered + "/", registered.Replace("127.0.0.1", "127.0.0.1.", StringComparison.Ordinal),
            registered.Replace("http://", "HTTP://", StringComparison.Ordinal), registered.Replace("http://", "http://user:word@", StringComparison.Ordinal),
            registered.Replace("http://", "https://", StringComparison.Ordinal), registered + "#x", "file:///etc/passwd", "told", "",
        })
        {
            body["response_uri"] = address;
            await caller.Refused("Invalid parameter response_uri", "signatures/signHash", sad, body);
        }

        body["response_uri"] = new string('x', 2001);
        await caller.Refused("Invalid parameter response_uri", "signatures/signHash", sad, body);
        body["response_uri"] = 7;
        await caller.Refused("Missing (or invalid type) string parameter response_uri", "signatures/signHash", sad, body);
        (body["operationMode"], body["response_uri"]) = ("S", registered);
        await caller.Refused("Invalid parameter response_uri", "signatures/signHash", sad, body);
        body["operationMode"] = "B";
        await caller.Refused("Invalid parameter operationMode", "signatures/signHash", sad, body);
        // None of that used the approval, or called anybody.
        body["operationMode"] = "A";
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, body);
        await receiver.Until(1);
    }

    [Theory]
    [InlineData("ftp://program.example/told", "must be an absolute http(s) address without user information and fragment.")]
    [InlineData("https://user:word@program.example/told", "must be an absolute http(s) address without user information and fragment.")]
    [InlineData("https://program.example/told#x", "must be an absolute http(s) address without user information and fragment.")]
    [InlineData("told", "must be an absolute http(s) address without user information and fragment.")]
    public void An_address_that_is_none_is_not_registered(string address, string rule) =>
        Assert.Contains("Programs:0:ResponseUris " + rule, Assert.ThrowsAny<Exception>(() => SigningApp.Build([.. system.Arguments(system.Address), "--Signing:Programs:0:ClientId=program", $"--Signing:Programs:0:ResponseUris:0={address}"])).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Documents_are_signed_while_nobody_waits_and_nothing_of_them_is_left_behind()
    {
        using var caller = new CscCaller(system);
        byte[][] files = [Pdfs.Page("one"), Pdfs.Page("two")];
        var body = Documents(files);
        body["operationMode"] = "A";
        var sad = caller.ApprovedDocument([.. files.Select(SHA256.HashData)]);
        var id = (string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["responseID"]!;
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", sad, body);
        var (status, answer) = await Outcome(caller, id);
        Assert.Equal(HttpStatusCode.OK, status);
        var signed = answer["DocumentWithSignature"]!.AsArray().Select(one => Convert.FromBase64String((string)one!)).ToList();
        Assert.All(files.Zip(signed), pair => Assert.True(pair.Second.AsSpan().StartsWith(pair.First)));
        Assert.Equal("PAdES-BASELINE-T", (await system.Verify(signed[1])).Signatures.Single().Level);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
    }

    [Fact]
    public async Task A_call_that_finds_no_place_to_wait_uses_no_approval_and_one_at_once_needs_none()
    {
        using var caller = new CscCaller(system);
        var room = system.App.Services.GetRequiredService<AsynchronousResponses>().Room;
        var body = Documents([Pdf]);
        body["operationMode"] = "A";
        var (sad, atOnce) = (caller.ApprovedDocument(SHA256.HashData(Pdf)), caller.ApprovedDocument(SHA256.HashData(Pdf)));
        var places = Enumerable.Range(0, AsynchronousResponses.LongestQueue).Select(_ => room.Enter()).ToList();
        try
        {
            await caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "signatures/signDoc", sad, body);
            await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", atOnce, Documents([Pdf]));
        }
        finally
        {
            places.ForEach(place => place.Dispose());
        }

        var id = (string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["responseID"]!;
        Assert.Equal(HttpStatusCode.OK, (await Outcome(caller, id)).Status);
    }

    [Fact]
    public void Nobody_waits_longer_than_what_they_were_approved_with_is_good()
    {
        var room = new WaitingRoom(places: 3, atOnce: 2, longestWait: TimeSpan.FromSeconds(60));
        var first = room.Enter();
        using var second = room.Enter();
        using var third = room.Enter();
        Assert.Throws<CscRefusedException>(room.Enter);
        first.Dispose();
        first.Dispose();
        using var fourth = room.Enter();
        Assert.Throws<CscRefusedException>(room.Enter);
        third.Dispose();
        // Two before it, one at each of two: as long as one takes. A fifth of what is measured counts at once.
        room.Took(TimeSpan.FromSeconds(300));
        using var fifth = room.Enter();
        fourth.Dispose();
        room.Took(TimeSpan.FromSeconds(65));
        Assert.Throws<CscRefusedException>(room.Enter);
        room.Took(TimeSpan.FromSeconds(1));
        using var sixth = room.Enter();
    }

    [Fact]
    public async Task At_another_copy_the_outcome_is_told_and_an_approval_gives_no_second_signature()
    {
        await using var two = await system.StartAnotherOn(system.Data, "--Signing:Instance=two");
        using var here = new CscCaller(system);
        using var there = new CscCaller(two);
        var body = Documents([Pdf]);
        body["operationMode"] = "A";
        var sad = here.ApprovedDocument(SHA256.HashData(Pdf));
        system.Provider.Tokens[sad]["aud"] = new JsonArray(system.Address, two.Address);
        // Asked at both at once: one takes it.
        var asked = await Task.WhenAll(new[] { here, there }.Select(caller => caller.Call("signatures/signDoc", sad, body.ToJsonString())));
        Assert.Single(asked, answer => (string?)answer.Answer["error_description"] == "Invalid parameter SAD");
        var id = (string)Assert.Single(asked, answer => answer.Status == HttpStatusCode.OK).Answer["responseID"]!;
        var outcomes = await Task.WhenAll(Outcome(here, id), Outcome(there, id));
        Assert.All(outcomes, outcome => Assert.Equal(HttpStatusCode.OK, outcome.Status));
        Assert.Equal((string?)outcomes[0].Answer["DocumentWithSignature"]![0], (string?)outcomes[1].Answer["DocumentWithSignature"]![0]);
        await there.Refused("Invalid parameter SAD", "signatures/signDoc", sad, Documents([Pdf]));

        // A credential's key is at the copy that made it, and the approval of its hashes is not used by asking elsewhere.
        var credential = await here.Credential();
        var ofHash = here.Approved(credential, Hash);
        system.Provider.Tokens[ofHash]["aud"] = new JsonArray(system.Address, two.Address);
        await there.Refused("The credential identified by credentialID is disabled", "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await here.Expect(HttpStatusCode.OK, "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await there.Refused("Invalid parameter SAD", "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
    }

    [Fact]
    public async Task A_persons_five_keys_are_counted_at_all_copies_together()
    {
        system.Provider.Person = new StandInPerson("x", "PNOXX-50001010003", "Mari", "Lepp");
        await using var two = await system.StartAnotherOn(system.Data, "--Signing:Instance=two");
        var callers = Enumerable.Range(0, 8).Select(number => new CscCaller(number % 2 == 0 ? system : two, $"copies-{number}", "at-two-copies")).ToList();
        try
        {
            var answers = await Task.WhenAll(callers.Select(caller => caller.Call("credentials/list", caller.Token("service"), "{}")));
            Assert.Equal((5, 3), (answers.Count(answer => answer.Status == HttpStatusCode.OK), answers.Count(answer => answer.Status == HttpStatusCode.ServiceUnavailable)));
        }
        finally
        {
            callers.ForEach(caller => caller.Dispose());
            system.Provider.Person = StandInPerson.Liis;
        }
    }

    [Fact]
    public async Task What_a_crash_cut_short_is_failed_at_the_start_that_follows_and_stays_so()
    {
        var data = Directory.CreateTempSubdirectory("csc-crash-").FullName;
        var (reached, release) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var crashed = await system.StartAnotherOn(data);
        using var before = new CscCaller(crashed);
        var sad = before.ApprovedDocument(SHA256.HashData(Pdf));
        var body = Documents([Pdf]);
        body["operationMode"] = "A";
        system.Authority.Certificates = async _ =>
        {
            reached.TrySetResult();
            await release.Task;
            return null;
        };
        try
        {
            var id = (string)(await before.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["responseID"]!;
            await reached.Task.WaitAsync(SigningSystem.Cancellation);
            // What is on disk in the midst of it is what a crash leaves.
            var left = Directory.CreateTempSubdirectory("csc-crash-").FullName;
            await using (var database = await Database(crashed))
                await database.Database.ExecuteSqlAsync($"VACUUM INTO {Path.Combine(left, Path.GetFileName(database.Database.GetDbConnection().DataSource))}", SigningSystem.Cancellation);
            await using var after = await system.StartAnotherOn(left);
            using var caller = new CscCaller(after);
            foreach (var token in system.Provider.Tokens.Values)
                token["aud"] = new JsonArray(crashed.Address, after.Address);
            var (status, answer) = await Outcome(caller, id);
            Assert.Equal((HttpStatusCode.InternalServerError, "server_error", "The signatures could not be made"), (status, (string?)answer["error"], (string?)answer["error_description"]));
            await caller.Refused("Invalid parameter SAD", "signatures/signDoc", sad, Documents([Pdf]));
            Assert.Equal("interrupted", await OutcomeOfApproval(after, ""));
            release.TrySetResult();
            // The person approves once more, and all is well.
            await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), Documents([Pdf]));
        }
        finally
        {
            release.TrySetResult();
            system.Authority.Reset();
        }
    }

    private Task<SigningSystem> Copy(string name, params string[] settings) => system.StartAnotherOn(system.Pki.PathOf("asynchronous-" + name), settings);

    private static Task<SigningDatabase> Database(SigningSystem copy) => copy.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);

    private static async Task<string?> OutcomeOfApproval(SigningSystem copy, string credential)
    {
        await using var database = await Database(copy);
        return (await database.CredentialApprovals.Where(approval => approval.CredentialId == credential).OrderBy(approval => approval.StoredAt).FirstAsync(SigningSystem.Cancellation)).Outcome;
    }

    private static async Task<(string Id, JsonObject Body)> Start(CscCaller caller, string address)
    {
        var credential = await caller.Credential();
        var body = CscCaller.Hashes(credential, Hash);
        (body["operationMode"], body["response_uri"]) = ("A", address);
        return ((string)(await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(credential, Hash), body))["responseID"]!, body);
    }

    /// <summary>Asks until it is there.</summary>
    private static async Task<(HttpStatusCode Status, JsonNode Answer)> Outcome(CscCaller caller, string id)
    {
        var poll = new JsonObject { ["requestID"] = id }.ToJsonString();
        for (var tries = 0; tries < 500; tries++)
        {
            var answer = await caller.Call("signatures/signPolling", caller.Token("service"), poll);
            if (answer.Status != HttpStatusCode.Accepted)
                return answer;
            Assert.Equal("accepted_request", (string?)answer.Answer["error"]);
            await Task.Delay(40, SigningSystem.Cancellation);
        }

        throw new TimeoutException("It never came to an end.");
    }

    private static JsonObject Documents(byte[][] files) => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documents"] = new JsonArray([.. files.Select(file => new JsonObject { ["document"] = Convert.ToBase64String(file), ["signature_format"] = "P", ["conformance_level"] = "AdES-B-T", ["signAlgo"] = CscCaller.Ecdsa })]),
    };
}
