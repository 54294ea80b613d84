using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Csc;

/// <summary>The keys are in SoftHSM2, and it goes away: what needs no key goes on, signing says to come again, and works again when it is back.</summary>
public sealed class TokenGoneTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] Hash = SHA256.HashData("to be signed"u8);
    private static readonly byte[] Pdf = HandMadePdf.Plain();

    [Fact]
    public async Task Without_the_token_signing_alone_is_refused_and_may_be_repeated()
    {
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        await using var hardware = await system.StartAnotherOn(system.Pki.PathOf("hardware"), "--Signing:PersonKeys=hsm");
        using var caller = new CscCaller(hardware);
        var used = await caller.Credential();
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(used, Hash), CscCaller.Hashes(used, Hash));
        var credential = await caller.Credential();
        var (ofHash, ofDocument) = (caller.Approved(credential, Hash), caller.ApprovedDocument(SHA256.HashData(Pdf)));

        hsm.Pull();
        await Unavailable(caller, "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        await Unavailable(caller, "signatures/signDoc", ofDocument, Document());
        await Unavailable(caller, "credentials/list", caller.Token("service"), new JsonObject());
        // What needs no person's key.
        await caller.Expect(HttpStatusCode.OK, "info", null, new JsonObject());
        Assert.Equal("disabled", (string?)(await caller.Expect(HttpStatusCode.OK, "credentials/info", caller.Token("service"), new JsonObject { ["credentialID"] = credential }))["key"]!["status"]);
        await caller.Expect(HttpStatusCode.OK, "signatures/timestamp", caller.Token("service"), new JsonObject { ["hash"] = Convert.ToBase64String(Hash), ["hashAlgo"] = CscCaller.Sha256 });

        await hardware.PutBack(hsm);
        // No key was made for the document, so the person need not approve again.
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", ofDocument, Document());
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", ofDocument, Document());
        // The credential's key went with the token: its approval is over, and another credential takes its place.
        await caller.Refused("Invalid parameter SAD", "signatures/signHash", ofHash, CscCaller.Hashes(credential, Hash));
        var next = await caller.Credential();
        Assert.NotEqual(credential, next);
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(next, Hash), CscCaller.Hashes(next, Hash));
    }

    private static Task Unavailable(CscCaller caller, string method, string token, JsonObject body) =>
        caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", method, token, body);

    private static JsonObject Document() => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documents"] = new JsonArray(new JsonObject { ["document"] = Convert.ToBase64String(Pdf), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
    };
}
