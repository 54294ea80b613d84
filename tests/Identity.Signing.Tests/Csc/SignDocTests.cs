using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Csc;

/// <summary>CSC API v2 11.11: a document, or the digest of what is signed of it, that a person approved, at the level that was asked for.</summary>
public sealed class SignDocTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string NotAuthorized = "documentDigests or documents are not authorized by the SAD";
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
        const string Unmatched = "Document or documentDigest does not match authorized hash";
        await caller.Refused(HttpStatusCode.Forbidden, "invalid_hash", Unmatched, "signatures/signDoc", sad, Document([.. Pdf, 10], "AdES-B-B"));
        await caller.Refused(HttpStatusCode.Forbidden, "invalid_hash", Unmatched, "signatures/signDoc", sad, Digest(SHA256.HashData("x"u8), "AdES-B-B"));
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, Document(Pdf, "AdES-B-B"));
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", sad, Document(Pdf, "AdES-B-B"));
        // Of a credential's hashes, or of several documents.
        var credential = await caller.Credential();
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.Approved(credential, SHA256.HashData(Pdf)), Document(Pdf, "AdES-B-B"));
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf), SHA256.HashData("x"u8)), Document(Pdf, "AdES-B-B"));
        // And an approval of a document is no approval of a hash.
        await caller.Refused("Invalid parameter credentialID", "signatures/signHash", caller.ApprovedDocument(SHA256.HashData(Pdf)), CscCaller.Hashes(credential, SHA256.HashData(Pdf)));
    }

    [Fact]
    public async Task Parallel_calls_with_one_approval_give_one_document()
    {
        using var caller = new CscCaller(system);
        var (sad, body) = (caller.ApprovedDocument(SHA256.HashData(Pdf)), Document(Pdf, "AdES-B-B").ToJsonString());
        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => caller.Call("signatures/signDoc", sad, body)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Single(answers, answer => (string?)answer.Answer["error_description"] == "Invalid parameter SAD");
    }

    [Fact]
    public async Task A_document_that_cannot_be_signed_does_not_spend_the_approval()
    {
        using var caller = new CscCaller(system);
        var broken = "%PDF-1.7 and nothing more"u8.ToArray();
        var sad = caller.ApprovedDocument(SHA256.HashData(broken));
        await caller.Refused("Invalid array parameter documents", "signatures/signDoc", sad, Document(broken, "AdES-B-B"));
        // The same bytes are not a PDF to who signs them from beside.
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, Detached(broken, "AdES-B-B"));
        Assert.Single(answer["SignatureObject"]!.AsArray());
    }

    [Fact]
    public async Task Where_the_operator_has_chosen_another_algorithm_for_peoples_keys_the_one_of_info_is_not_to_be_had()
    {
        await using var edwards = await system.StartAnotherOn(system.Pki.PathOf("edwards"), "--Signing:PersonKeyAlgorithm=Ed25519");
        using var caller = new CscCaller(edwards);
        await caller.Refused("Invalid parameter signAlgo", "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), Document(Pdf, "AdES-B-B"));
        // A credential's key is P-256 always.
        var (credential, hash) = (await caller.Credential(), SHA256.HashData("x"u8));
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(credential, hash), CscCaller.Hashes(credential, hash));
    }

    [Fact]
    public async Task Without_sources_of_status_what_needs_them_is_refused_before_the_approval_is_used()
    {
        await using var without = await system.StartAnotherOn(system.Pki.PathOf("no-sources"), "--Signing:StatusSources:0=");
        using var caller = new CscCaller(without);
        var sad = caller.ApprovedDocument(SHA256.HashData(Pdf));
        await caller.Refused("Invalid parameter conformance_level", "signatures/signDoc", sad, Document(Pdf, "AdES-B-LT"));
        var wanting = Document(Pdf, "AdES-B-T");
        wanting["returnValidationInfo"] = true;
        await caller.Refused("Invalid parameter returnValidationInfo", "signatures/signDoc", sad, wanting);
        var info = await caller.Expect(HttpStatusCode.OK, "info", null, new JsonObject());
        Assert.Equal((false, """["Ades-B-B","Ades-B-T"]"""), ((bool)info["validationInfo"]!, info["conformance_levels"]!.ToJsonString()));
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, Document(Pdf, "AdES-B-T"));
    }

    [Fact]
    public async Task Several_documents_come_back_in_the_order_of_the_request()
    {
        using var caller = new CscCaller(system);
        byte[][] files = [Pdfs.Page("first"), Pdfs.Page("second"), Pdfs.Page("third")];
        // Approved in another order than asked for.
        var sad = caller.ApprovedDocument([.. files.Reverse().Select(SHA256.HashData)]);
        var body = Document(files[0], "AdES-B-B");
        foreach (var file in files.Skip(1))
            body["documents"]!.AsArray().Add(Document(file, "AdES-B-T")["documents"]![0]!.DeepClone());
        var two = body.DeepClone();
        two["documents"]!.AsArray().RemoveAt(2);
        await caller.Refused(NotAuthorized, "signatures/signDoc", sad, two);
        var twice = body.DeepClone();
        twice["documents"]![2] = twice["documents"]![0]!.DeepClone();
        await caller.Refused(NotAuthorized, "signatures/signDoc", sad, twice);
        var signed = (await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["DocumentWithSignature"]!.AsArray().Select(one => Convert.FromBase64String((string)one!)).ToList();
        Assert.Equal(3, signed.Count);
        foreach (var (original, file, level) in files.Zip(signed, ["PAdES-BASELINE-B", "PAdES-BASELINE-T", "PAdES-BASELINE-T"]))
        {
            Assert.True(file.AsSpan().StartsWith(original));
            Assert.Equal(level, (await system.Verify(file)).Signatures.Single().Level);
        }
    }

    [Fact]
    public async Task A_hundred_digests_are_signed_in_order_and_one_more_is_not()
    {
        using var caller = new CscCaller(system);
        var digests = Enumerable.Range(0, 100).Select(number => SHA256.HashData(BitConverter.GetBytes(number))).ToArray();
        var body = Digest(digests[0], "AdES-B-B");
        body["documentDigests"]![0]!["hashes"] = new JsonArray([.. digests.Select(digest => JsonValue.Create(Convert.ToBase64String(digest)))]);
        var signatures = (await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(digests), body))["SignatureObject"]!.AsArray();
        for (var i = 0; i < digests.Length; i++)
            Assert.Equal(digests[i], MessageDigest(Convert.FromBase64String((string)signatures[i]!)));
        body["documentDigests"]![0]!["hashes"]!.AsArray().Add(Convert.ToBase64String(SHA256.HashData("one more"u8)));
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.ApprovedDocument(digests), body);
    }

    [Theory]
    [InlineData("AdES-B-B")]
    [InlineData("AdES-B-T")]
    public async Task A_detached_signature_beside_any_content_is_one_that_openssl_accepts(string level)
    {
        using var caller = new CscCaller(system);
        var content = "anything at all\n"u8.ToArray();
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(content)), Detached(content, level));
        // Known by its digest alone, it is the same kind of thing.
        var byDigest = Digest(SHA256.HashData(content), level);
        byDigest["documentDigests"]![0]!["signature_format"] = "C";
        var other = await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(content)), byDigest);
        await File.WriteAllBytesAsync(system.Pki.PathOf("content"), content, SigningSystem.Cancellation);
        foreach (var made in new[] { answer, other })
        {
            var cms = Convert.FromBase64String((string)made["SignatureObject"]!.AsArray().Single()!);
            await File.WriteAllBytesAsync(system.Pki.PathOf("detached.p7s"), cms, SigningSystem.Cancellation);
            string[] verify = ["cms", "-verify", "-cades", "-inform", "DER", "-in", system.Pki.PathOf("detached.p7s"), "-CAfile", system.Pki.CertificatePath("root-ca"), "-purpose", "any", "-binary", "-content"];
            var accepted = Tool.Run("openssl", [.. verify, system.Pki.PathOf("content")]);
            Assert.True(accepted.ExitCode == 0 && accepted.Error.Contains("CAdES Verification successful", StringComparison.Ordinal), accepted.Error);
            await File.WriteAllTextAsync(system.Pki.PathOf("other-content"), "anything else\n", SigningSystem.Cancellation);
            Assert.NotEqual(0, Tool.Run("openssl", [.. verify, system.Pki.PathOf("other-content")]).ExitCode);
            // EN 319 122-1 6.3: signing-time is there, and at B-T a time-stamp over the value.
            var printed = Tool.Run("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", system.Pki.PathOf("detached.p7s")).Output;
            Assert.Contains("signingTime", printed, StringComparison.Ordinal);
            Assert.Equal(level == "AdES-B-T", printed.Contains("id-smime-aa-timeStampToken", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Validation_data_come_with_the_signature_when_asked_for_and_openssl_reads_them()
    {
        using var caller = new CscCaller(system);
        var body = Digest(SHA256.HashData("x"u8), "AdES-B-T");
        body["returnValidationInfo"] = true;
        var info = (await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData("x"u8)), body))["validationInfo"]!;
        Assert.Equal(["certificates", "crl", "ocsp"], info.AsObject().Select(member => member.Key).Order());
        Assert.True(info["certificates"]!.AsArray().Count >= 3);
        Assert.NotEmpty(info["ocsp"]!.AsArray());
        await File.WriteAllBytesAsync(system.Pki.PathOf("status.der"), Convert.FromBase64String((string)info["ocsp"]![0]!), SigningSystem.Cancellation);
        Assert.Contains("Cert Status: good", Tool.Run("openssl", "ocsp", "-respin", system.Pki.PathOf("status.der"), "-resp_text", "-noverify").Output, StringComparison.Ordinal);
        // Of a document too.
        var document = Document(Pdf, "AdES-B-B");
        document["returnValidationInfo"] = true;
        Assert.NotEmpty((await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), document))["validationInfo"]!["ocsp"]!.AsArray());
        body["returnValidationInfo"] = "yes";
        await caller.Refused("Invalid parameter returnValidationInfo", "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData("x"u8)), body);
    }

    [Theory]
    [InlineData("signature_format", null, "Missing (or invalid type) string parameter signature_format")]
    [InlineData("signature_format", "\"X\"", "Invalid parameter signature_format")]
    [InlineData("signature_format", "\"J\"", "Invalid parameter signature_format")]
    [InlineData("conformance_level", "\"AdES-B-X\"", "Invalid parameter conformance_level")]
    [InlineData("signAlgo", null, "Missing (or invalid type) string parameter signAlgo")]
    [InlineData("signAlgo", "\"1.2.3\"", "Invalid parameter signAlgo")]
    [InlineData("hashAlgorithmOID", "\"2.16.840.1.101.3.4.2.3\"", "String parameter hashAlgorithmOID contradicts with signAlgo parameter")]
    [InlineData("signed_envelope_property", "\"Attached\"", "Invalid parameter signed_envelope_property")]
    [InlineData("signed_envelope_property", "\"Certification\"", "Invalid parameter signed_envelope_property")]
    [InlineData("signed_envelope_property", "\"Detached\"", "Invalid parameter signed_envelope_property")]
    [InlineData("signed_envelope_property", "7", "Missing (or invalid type) string parameter signed_envelope_property")]
    // Without a word the default is Attached, which is not made.
    [InlineData("signature_format", "\"C\"", "Invalid parameter signed_envelope_property")]
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
        var detached = Detached(Pdf, "AdES-B-LT");
        await caller.Refused("Invalid parameter conformance_level", "signatures/signDoc", sad, detached);
        await caller.Refused("Invalid array parameter documents", "signatures/signDoc", sad, new JsonObject { ["signatureQualifier"] = "eu_eidas_aes", ["documents"] = new JsonArray("x") });
        await caller.Refused("Invalid object parameter documentDigests", "signatures/signDoc", sad, new JsonObject { ["signatureQualifier"] = "eu_eidas_aes", ["documentDigests"] = new JsonObject() });
        await caller.Refused("Empty documentDigests and documents objects", "signatures/signDoc", sad, new JsonObject { ["signatureQualifier"] = "eu_eidas_aes", ["documents"] = new JsonArray() });
    }

    [Fact]
    public async Task A_credentials_key_signs_a_digest_whose_signed_attributes_were_approved()
    {
        using var caller = new CscCaller(system);
        var told = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain" });
        var credential = (string)told["credentialIDs"]![0]!;
        var certificate = Convert.FromBase64String((string)told["credentialInfos"]![0]!["cert"]!["certificates"]![0]!);
        var digest = Array.Empty<byte>();
        HandMadePdf.Sign(Pdf, covered => [.. digest = SHA256.HashData(covered)]);
        var body = Digest(digest, "AdES-B-T");
        body.Remove("signatureQualifier");
        body["credentialID"] = credential;
        var attributes = SHA256.HashData(SignedAttributes.Of(digest, certificate));
        // The digest itself is no hash of signed attributes, nor is another's.
        await caller.Refused(NotAuthorized, "signatures/signDoc", caller.Approved(credential, digest), body);
        var sad = caller.Approved(credential, attributes, SHA256.HashData(attributes));
        var asDocument = Document(Pdf, "AdES-B-B");
        asDocument["credentialID"] = credential;
        await caller.Refused("Invalid parameter credentialID", "signatures/signDoc", sad, asDocument);
        var detached = body.DeepClone();
        detached["documentDigests"]![0]!["signature_format"] = "C";
        await caller.Refused("Invalid parameter signature_format", "signatures/signDoc", sad, detached);
        var other = body.DeepClone();
        other["credentialID"] = "unknown";
        await caller.Refused("Invalid parameter credentialID", "signatures/signDoc", sad, other);
        var wanting = body.DeepClone();
        wanting["returnValidationInfo"] = true;
        await caller.Refused("Invalid parameter returnValidationInfo", "signatures/signDoc", sad, wanting);
        var cms = Convert.FromBase64String((string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["SignatureObject"]!.AsArray().Single()!);
        var signature = (await system.Verify(HandMadePdf.Sign(Pdf, _ => cms))).Signatures.Single();
        Assert.Equal((true, "PAdES-BASELINE-T"), (signature.CryptographicallyIntact, signature.Level));
        await caller.Refused("Invalid parameter SAD", "signatures/signDoc", sad, body);
        // What was approved beside it is signed later, and those attributes not once more.
        var rest = CscCaller.Hashes(credential, attributes);
        rest["SAD"] = sad;
        await caller.Refused("Hash is not authorized by the SAD", "credentials/extendTransaction", sad, rest);
        rest["hashes"]![0] = Convert.ToBase64String(SHA256.HashData(attributes));
        var next = (string)(await caller.Expect(HttpStatusCode.OK, "credentials/extendTransaction", sad, rest))["SAD"]!;
        (body["SAD"], rest["SAD"]) = (next, next);
        await caller.Refused(NotAuthorized, "signatures/signDoc", sad, body);
        await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, rest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_time_stamps_no_approval_is_used_that_needs_one(bool ofCredential)
    {
        await using var fresh = await system.StartAnotherOn(system.Pki.PathOf("stamps-" + Guid.CreateVersion7()), "--Signing:Instance=stamps");
        using var caller = new CscCaller(fresh);
        var digest = SHA256.HashData("needs a time-stamp"u8);
        var body = Digest(digest, "AdES-B-T");
        var sad = caller.ApprovedDocument(digest);
        if (ofCredential)
        {
            var told = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain" });
            var certificate = Convert.FromBase64String((string)told["credentialInfos"]![0]!["cert"]!["certificates"]![0]!);
            body.Remove("signatureQualifier");
            body["credentialID"] = (string)told["credentialIDs"]![0]!;
            sad = caller.Approved((string)told["credentialIDs"]![0]!, SHA256.HashData(SignedAttributes.Of(digest, certificate)));
        }

        system.Authority.TimestampStatus = 503;
        try
        {
            await caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "signatures/signDoc", sad, body);
        }
        finally
        {
            system.Authority.TimestampStatus = 200;
        }

        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body);
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

    private static JsonObject Detached(byte[] content, string level)
    {
        var body = Document(content, level);
        (body["documents"]![0]!["signature_format"], body["documents"]![0]!["signed_envelope_property"]) = ("C", "Detached");
        return body;
    }

    private static byte[] MessageDigest(byte[] cms)
    {
        var read = new System.Security.Cryptography.Pkcs.SignedCms();
        read.Decode(cms);
        return read.SignerInfos[0].SignedAttributes.Cast<CryptographicAttributeObject>().SelectMany(attribute => attribute.Values.Cast<AsnEncodedData>())
            .OfType<System.Security.Cryptography.Pkcs.Pkcs9MessageDigest>().Single().MessageDigest;
    }
}
