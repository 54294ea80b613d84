using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Signing.Storage;
using Identity.TestKit.Pdf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Csc;

/// <summary>The database refuses a write (a trigger in it): before the signatures, nothing is used up; after them, they are answered all the same.</summary>
public sealed class LateWriteTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] Hash = SHA256.HashData("late"u8);
    private static readonly byte[] Pdf = HandMadePdf.Plain();

    private static readonly string[] Ends =
    [
        "CREATE TRIGGER refuse_approval BEFORE UPDATE OF EndedAt ON CredentialApprovals BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "CREATE TRIGGER refuse_credential BEFORE UPDATE OF EndedAt ON RemoteCredentials BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "CREATE TRIGGER refuse_place BEFORE DELETE ON KeyPlaces BEGIN SELECT RAISE(ABORT, 'refused'); END",
    ];

    [Fact]
    public async Task Signatures_that_are_made_are_answered_although_their_end_cannot_be_written()
    {
        await using var copy = await Copy("ends");
        using var caller = new CscCaller(copy);
        var credential = await caller.Credential();
        var (ofHash, ofDocument) = (caller.Approved(credential, Hash), caller.ApprovedDocument(SHA256.HashData(Pdf)));
        await Execute(copy, Ends);
        Assert.Single((await caller.Expect(HttpStatusCode.OK, "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash)))["signatures"]!.AsArray());
        Assert.Single((await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", ofDocument, Document()))["DocumentWithSignature"]!.AsArray());
        // The log says how it ended, and that the key is gone.
        Assert.Equal(["begin", "end succeeded"], Phases(copy, credential, "hash-signing"));
        Assert.Single(copy.Audit(credential), line => line.GetRawText().Contains("key-destroyed", StringComparison.Ordinal));
        Assert.Equal(["begin", "end succeeded"], Phases(copy, Convert.ToHexStringLower(SHA256.HashData(Pdf)), "document-signing"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(copy.Documents, "staging")));
        // Used they are.
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", ofDocument, Document());
    }

    [Fact]
    public async Task A_stop_destroys_every_key_and_says_so_although_none_of_it_can_be_written()
    {
        var copy = await Copy("stop");
        using var first = new CscCaller(copy);
        using var second = new CscCaller(copy, "another");
        string[] credentials = [await first.Credential(), await second.Credential()];
        await Execute(copy, Ends);
        await copy.App.StopAsync(SigningSystem.Cancellation);
        Assert.All(credentials, credential => Assert.Single(copy.Audit(credential), line => line.GetRawText().Contains("service_stops", StringComparison.Ordinal)));
        await copy.DisposeAsync();
    }

    [Fact]
    public async Task An_approval_that_could_not_be_taken_is_not_used_and_its_operation_is_ended()
    {
        await using var copy = await Copy("takes");
        using var caller = new CscCaller(copy);
        var credential = await caller.Credential();
        var (ofHash, ofDocument) = (caller.Approved(credential, Hash), caller.ApprovedDocument(SHA256.HashData(Pdf)));
        await Execute(copy, "CREATE TRIGGER refuse_taking BEFORE UPDATE OF TakenAt ON CredentialApprovals BEGIN SELECT RAISE(ABORT, 'refused'); END");
        await caller.Expect(HttpStatusCode.ServiceUnavailable, "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await caller.Expect(HttpStatusCode.ServiceUnavailable, "signatures/signDoc", ofDocument, Document());
        Assert.Equal(["begin", "end failed internal_error"], Phases(copy, credential, "hash-signing"));
        Assert.Equal(["begin", "end failed internal_error"], Phases(copy, Convert.ToHexStringLower(SHA256.HashData(Pdf)), "document-signing"));
        await Execute(copy, "DROP TRIGGER refuse_taking");
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", ofDocument, Document());
    }

    [Fact]
    public async Task An_asynchronous_outcome_that_could_not_be_kept_at_first_is_kept()
    {
        await using var copy = await Copy("outcome");
        using var caller = new CscCaller(copy);
        // What FAIL leaves of the statement is kept, so the second refusal is the last.
        await Execute(
            copy, "CREATE TABLE Refusals (Number INTEGER)",
            "CREATE TRIGGER refuse_twice BEFORE UPDATE OF Answer ON AsynchronousResponses WHEN (SELECT count(*) FROM Refusals) < 2 BEGIN INSERT INTO Refusals VALUES (1); SELECT RAISE(FAIL, 'refused'); END");
        var body = Document();
        body["operationMode"] = "A";
        var id = (string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), body))["responseID"]!;
        var (status, answer) = (HttpStatusCode.Accepted, (JsonNode)body);
        for (var tries = 0; status == HttpStatusCode.Accepted && tries < 500; tries++)
        {
            await Task.Delay(40, SigningSystem.Cancellation);
            (status, answer) = await caller.Call("signatures/signPolling", caller.Token("service"), new JsonObject { ["requestID"] = id }.ToJsonString());
        }

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Single(answer["DocumentWithSignature"]!.AsArray());
        await using var database = await Database(copy);
        Assert.Equal(2, await database.Database.SqlQuery<int>($"SELECT count(*) AS Value FROM Refusals").SingleAsync(SigningSystem.Cancellation));
    }

    private Task<SigningSystem> Copy(string name) => system.StartAnotherOn(system.Pki.PathOf("late-" + name));

    private static Task<SigningDatabase> Database(SigningSystem copy) => copy.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);

    private static async Task Execute(SigningSystem copy, params string[] statements)
    {
        await using var database = await Database(copy);
        foreach (var statement in statements)
            await database.Database.ExecuteSqlRawAsync(statement, SigningSystem.Cancellation);
    }

    private static IEnumerable<string> Phases(SigningSystem copy, string about, string kind) =>
        copy.Audit(about).Where(line => line.GetProperty("event").GetString()!.Contains(kind, StringComparison.Ordinal))
            .Select(line => string.Join(' ', new[] { "phase", "outcome", "reason" }.Where(name => line.TryGetProperty(name, out _)).Select(name => line.GetProperty(name).GetString())));

    private static JsonObject Document() => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documents"] = new JsonArray(new JsonObject { ["document"] = Convert.ToBase64String(Pdf), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
    };
}
