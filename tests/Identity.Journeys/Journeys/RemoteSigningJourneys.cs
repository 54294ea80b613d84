using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Journeys.Running;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Journeys;

/// <summary>A stranger's program has hashes signed by the CSC API, from the first token to a signature that the certificate verifies.</summary>
public sealed class RemoteSigningJourneys(FreshSystem system) : IClassFixture<FreshSystem>
{
    [Fact]
    public async Task A_program_has_hashes_signed_that_a_person_approves_with_their_passkey()
    {
        using var person = new PersonOverHttp(system.Host);
        await person.Enrol(DemoCodes.Liis);
        using var program = new CscProgram(system.Host);
        var service = await program.Login(person, "service");
        Assert.True(service["access_token"] is not null, service.ToJsonString());
        var token = (string)service["access_token"]!;

        var (status, listed) = await program.Call("credentials/list", token, new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain", ["certInfo"] = true });
        Assert.True(status == HttpStatusCode.OK, listed.ToJsonString());
        var credential = (string)listed["credentialIDs"]![0]!;
        var info = listed["credentialInfos"]![0]!;
        Assert.Equal("disabled", (string)info["key"]!["status"]!);
        var certificate = Convert.FromBase64String((string)info["cert"]!["certificates"]![0]!);
        Assert.Equal(credential, System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(certificate)));

        // Not in the order of their values, and one twice.
        byte[][] hashes = [SHA256.HashData("b"u8), SHA256.HashData("a"u8), SHA256.HashData("b"u8)];
        var answer = await program.Login(person, "credential", CscProgram.Details(credential, ("b.pdf", hashes[0]), ("a.pdf", hashes[1]), ("b once more.pdf", hashes[2])));
        Assert.True(answer["access_token"] is not null, answer.ToJsonString());
        Assert.Contains("Sign command", person.ApprovalPage, StringComparison.Ordinal);
        Assert.Contains("b once more.pdf", person.ApprovalPage, StringComparison.Ordinal);

        var sad = (string)answer["access_token"]!;
        var ask = new JsonObject
        {
            ["credentialID"] = credential, ["hashes"] = new JsonArray([.. hashes.Select(hash => JsonValue.Create(Convert.ToBase64String(hash)))]),
            ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1", ["signAlgo"] = "1.2.840.10045.4.3.2",
        };
        (status, var signed) = await program.Call("signatures/signHash", sad, ask);
        Assert.True(status == HttpStatusCode.OK, signed.ToJsonString());
        using var leaf = X509CertificateLoader.LoadCertificate(certificate);
        using var key = leaf.GetECDsaPublicKey()!;
        for (var i = 0; i < hashes.Length; i++)
            Assert.True(key.VerifyHash(hashes[i], Convert.FromBase64String((string)signed["signatures"]![i]!), DSASignatureFormat.Rfc3279DerSequence), $"signature {i} is of another hash");

        // Once.
        (status, var again) = await program.Call("signatures/signHash", sad, ask);
        Assert.Equal((HttpStatusCode.BadRequest, "Invalid parameter SAD"), (status, (string?)again["error_description"]));
        await WhatIsApprovedAtOnceIsSignedInTwoCalls(person, program);
    }

    /// <summary>CSC API v2 11.9, by the program that has the key of the token and no other.</summary>
    private async Task WhatIsApprovedAtOnceIsSignedInTwoCalls(PersonOverHttp person, CscProgram program)
    {
        using var thief = new CscProgram(system.Host);
        var listed = (await program.Call("credentials/list", (string)(await program.Login(person, "service"))["access_token"]!, new JsonObject { ["credentialInfo"] = true })).Json;
        var credential = (string)listed["credentialIDs"]![0]!;
        using var leaf = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)listed["credentialInfos"]![0]!["cert"]!["certificates"]![0]!));
        using var key = leaf.GetECDsaPublicKey()!;
        var (first, second) = (SHA256.HashData("first"u8), SHA256.HashData("second"u8));
        var token = (string)(await program.Login(person, "credential", CscProgram.Details(credential, ("first.pdf", first), ("second.pdf", second))))["access_token"]!;
        JsonObject Of(byte[] hash, string? sad = null) => new()
        {
            ["credentialID"] = credential, ["hashes"] = new JsonArray(Convert.ToBase64String(hash)), ["signAlgo"] = "1.2.840.10045.4.3.2", ["SAD"] = sad,
        };
        async Task<HttpStatusCode> Signs(byte[] hash, string? sad)
        {
            var (status, signed) = await program.Call("signatures/signHash", token, Of(hash, sad));
            Assert.True(status != HttpStatusCode.OK || key.VerifyHash(hash, Convert.FromBase64String((string)signed["signatures"]![0]!), DSASignatureFormat.Rfc3279DerSequence));
            return status;
        }

        Assert.Equal(HttpStatusCode.OK, await Signs(first, null));
        Assert.Equal(HttpStatusCode.BadRequest, await Signs(second, null));
        Assert.Equal(HttpStatusCode.BadRequest, (await program.Call("credentials/extendTransaction", token, Of(first, token))).Status);
        var (extended, answer) = await program.Call("credentials/extendTransaction", token, Of(second, token));
        Assert.True(extended == HttpStatusCode.OK, answer.ToJsonString());
        // Who has both and not the key that the token is bound to has nothing.
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.Call("signatures/signHash", token, Of(second, (string)answer["SAD"]!))).Status);
        Assert.Equal(HttpStatusCode.OK, await Signs(second, (string)answer["SAD"]!));
        Assert.Equal(HttpStatusCode.BadRequest, await Signs(second, (string)answer["SAD"]!));
    }

    [Fact]
    public async Task A_signature_value_becomes_a_cms_that_openssl_accepts()
    {
        using var person = new PersonOverHttp(system.Host);
        await person.Enrol(DemoCodes.Wei);
        using var program = new CscProgram(system.Host);
        var listed = (await program.Call("credentials/list", (string)(await program.Login(person, "service"))["access_token"]!, new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain" })).Json;
        var credential = (string)listed["credentialIDs"]![0]!;
        byte[][] certificates = [.. listed["credentialInfos"]![0]!["cert"]!["certificates"]!.AsArray().Select(one => Convert.FromBase64String((string)one!))];
        var content = "signed where it is"u8.ToArray();
        var answer = await program.Login(person, "credential", CscProgram.Details(credential, ("note.txt", SHA256.HashData(content))));
        var signed = (await program.Call("signatures/signHash", (string)answer["access_token"]!, new JsonObject
        {
            ["credentialID"] = credential, ["hashes"] = new JsonArray(Convert.ToBase64String(SHA256.HashData(content))), ["signAlgo"] = "1.2.840.10045.4.3.2",
        })).Json;
        string Path(string name) => System.IO.Path.Combine(system.Host.Data, name);
        File.WriteAllBytes(Path("note.txt"), content);
        File.WriteAllBytes(Path("note.p7s"), HandMadeCms.Detached(certificates, Convert.FromBase64String((string)signed["signatures"]![0]!)));
        string[] verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", Path("note.p7s"), "-CAfile", system.Host.RootCertificate, "-purpose", "any", "-out", Path("note.out"), "-content"];
        Assert.Contains("Verification successful", Tool.Run("openssl", [.. verify, Path("note.txt")]).Text, StringComparison.Ordinal);
        File.WriteAllBytes(Path("other.txt"), "another text"u8.ToArray());
        Assert.DoesNotContain("Verification successful", Tool.Run("openssl", [.. verify, Path("other.txt")]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_digest_of_what_is_signed_of_a_pdf_is_approved_and_its_certificate_is_good_for_nothing_else()
    {
        using var person = new PersonOverHttp(system.Host);
        await person.Enrol(DemoCodes.Amira);
        using var program = new CscProgram(system.Host);
        var pdf = HandMadePdf.Plain();
        var digest = Array.Empty<byte>();
        HandMadePdf.Sign(pdf, covered => [.. digest = SHA256.HashData(covered)]);
        var details = CscProgram.Details("", ("sale.pdf", digest));
        details[0]!.AsObject().Remove("credentialID");
        details[0]!["signatureQualifier"] = "eu_eidas_aes";
        var answer = await program.Login(person, "credential", details);
        var (status, signed) = await program.Call("signatures/signDoc", (string)answer["access_token"]!, new JsonObject
        {
            ["signatureQualifier"] = "eu_eidas_aes",
            ["documentDigests"] = new JsonArray(new JsonObject
            {
                ["hashes"] = new JsonArray(Convert.ToBase64String(digest)), ["signature_format"] = "P", ["conformance_level"] = "AdES-B-T", ["signAlgo"] = "1.2.840.10045.4.3.2",
            }),
        });
        Assert.True(status == HttpStatusCode.OK, signed.ToJsonString());
        var cms = Convert.FromBase64String((string)signed["SignatureObject"]![0]!);
        var verification = new AtVerification(system.Host);
        var good = AtVerification.SignatureOf(await verification.Report(HandMadePdf.Sign(pdf, _ => cms)));
        Assert.Equal("TOTAL-PASSED", good.GetProperty("indication").GetString());
        var other = AtVerification.SignatureOf(await verification.Report(HandMadePdf.Sign(HandMadePdf.Plain(page: "/Rotate 90"), _ => cms)));
        Assert.NotEqual("TOTAL-PASSED", other.GetProperty("indication").GetString());
    }
}
