using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.11: a document, or the digest of what is signed of it, that a person approved, at the level that was asked for.</summary>
public sealed class SignDocTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] Pdf = HandMadePdf.Plain();

    [Theory]
    [InlineData("AdES-B-B", "PAdES-BASELINE-B")]
    [InlineData("Ades-B-T", "PAdES-BASELINE-T")]
    [InlineData("AdES-B-LT", "PAdES-BASELINE-LT")]
    [InlineData("AdES-B-LTA", "PAdES-BASELINE-LTA")]
    public async Task A_document_comes_back_signed_at_its_level(string level, string reported)
    {
        using var caller = new CscCaller(system);
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), Document(Pdf, level));
        var signed = Convert.FromBase64String((string)answer["DocumentWithSignature"]!.AsArray().Single()!);
        Assert.True(signed.AsSpan().StartsWith(Pdf));
        var report = await system.Verify(signed);
        Assert.Equal(reported, report.Signatures.Single(signature => signature.Kind == "signature").Level);
    }

    [Fact]
    public async Task The_signature_over_a_digest_is_put_into_the_document_by_who_has_it()
    {
        using var caller = new CscCaller(system);
        var digest = Array.Empty<byte>();
        HandMadePdf.Sign(Pdf, covered => [.. digest = SHA256.HashData(covered)]);
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(digest), Digest(digest, "AdES-B-T"));
        var cms = Convert.FromBase64String((string)answer["SignatureObject"]!.AsArray().Single()!);
        var signature = (await system.Verify(HandMadePdf.Sign(Pdf, _ => cms))).Signatures.Single();
        Assert.True(signature.CryptographicallyIntact);
    }

    [Fact]
    public async Task An_approval_of_a_document_is_used_once_and_for_no_other()
    {
        using var caller = new CscCaller(system);
        var sad = caller.ApprovedDocument(SHA256.HashData(Pdf));
        await caller.Refused(HttpStatusCode.Forbidden, "invalid_hash", "Document or documentDigest does not match authorized hash", "signatures/signDoc", sad, Document([.. Pdf, 10], "AdES-B-B"));
        await caller.Refused(HttpStatusCode.Forbidden, "invalid_hash", "Document or documentDigest does not match authorized hash", "signatures/signDoc", sad, Digest(SHA256.HashData("x"u8), "AdES-B-B"));
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, Document(Pdf, "AdES-B-B"));
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", sad, Document(Pdf, "AdES-B-B"));
        // Of a credential's hashes, or of several documents.
        var credential = await caller.Credential();
        const string NotAuthorized = "documentDigests or documents are not authorized by the SAD";
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.Approved(credential, SHA256.HashData(Pdf)), Document(Pdf, "AdES-B-B"));
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf), SHA256.HashData("x"u8)), Document(Pdf, "AdES-B-B"));
        // And an approval of a document is no approval of a hash.
        await caller.Refused("Invalid parameter credentialID", "signatures/signHash", caller.ApprovedDocument(SHA256.HashData(Pdf)), CscCaller.Hashes(credential, SHA256.HashData(Pdf)));
    }

    [Theory]
    [InlineData("signature_format", null, "Missing (or invalid type) string parameter signature_format")]
    [InlineData("signature_format", "\"C\"", "Invalid parameter signature_format")]
    [InlineData("signature_format", "\"X\"", "Invalid parameter signature_format")]
    [InlineData("signature_format", "\"J\"", "Invalid parameter signature_format")]
    [InlineData("conformance_level", "\"AdES-B-X\"", "Invalid parameter conformance_level")]
    [InlineData("signAlgo", null, "Missing (or invalid type) string parameter signAlgo")]
    [InlineData("signAlgo", "\"1.2.3\"", "Invalid parameter signAlgo")]
    [InlineData("hashAlgorithmOID", "\"2.16.840.1.101.3.4.2.3\"", "String parameter hashAlgorithmOID contradicts with signAlgo parameter")]
    [InlineData("signed_envelope_property", "\"Attached\"", "Invalid parameter signed_envelope_property")]
    [InlineData("signed_props", "[{\"attribute_name\":\"Reason\"}]", "Invalid parameter signed_props")]
    [InlineData("document", null, "Invalid Base64 documents string parameter")]
    [InlineData("document", "\"AA\"", "Invalid Base64 documents string parameter")]
    public async Task What_is_wrong_with_a_document_is_said_as_the_specification_words_it(string name, string? value, string description)
    {
        using var caller = new CscCaller(system);
        var body = Document(Pdf, "AdES-B-B");
        var entry = body["documents"]![0]!.AsObject();
        entry.Remove(name);
        if (value is not null)
            entry[name] = JsonNode.Parse(value);
        await caller.Refused(description, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), body);
    }

    [Fact]
    public async Task Documents_or_digests_one_of_the_two_and_for_no_credential()
    {
        using var caller = new CscCaller(system);
        var sad = caller.ApprovedDocument(SHA256.HashData(Pdf));
        var body = Document(Pdf, "AdES-B-B");
        body["documentDigests"] = Digest(SHA256.HashData(Pdf), "AdES-B-B")["documentDigests"]!.DeepClone();
        await caller.Refused("Both documentDigests and documents parameters passed", "signatures/signDoc", sad, body);
        await caller.Refused("Empty documentDigests and documents objects", "signatures/signDoc", sad, new JsonObject { ["signatureQualifier"] = "eu_eidas_aes" });
        await caller.Refused("Missing (or invalid type) string parameter credentialID", "signatures/signDoc", sad, new JsonObject());
        await caller.Refused("Invalid parameter signatureQualifier", "signatures/signDoc", sad, new JsonObject { ["signatureQualifier"] = "eu_eidas_qes" });
        await caller.Refused("Invalid parameter conformance_level", "signatures/signDoc", sad, Digest(SHA256.HashData(Pdf), "AdES-B-LT"));
        await caller.Refused("Invalid parameter credentialID", "signatures/signDoc", sad, new JsonObject { ["credentialID"] = "x", ["documents"] = new JsonArray() });
    }

    private static JsonObject Document(byte[] document, string level) => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documents"] = new JsonArray(new JsonObject
        {
            ["document"] = Convert.ToBase64String(document), ["signature_format"] = "P", ["conformance_level"] = level, ["signAlgo"] = CscCaller.Ecdsa,
        }),
    };

    private static JsonObject Digest(byte[] digest, string level) => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documentDigests"] = new JsonArray(new JsonObject
        {
            ["hashes"] = new JsonArray(Convert.ToBase64String(digest)), ["hashAlgorithmOID"] = CscCaller.Sha256, ["signature_format"] = "P", ["conformance_level"] = level, ["signAlgo"] = CscCaller.Ecdsa,
        }),
    };
}
