using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Journeys.Running;

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
    }
}
