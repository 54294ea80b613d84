using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Csc;

/// <summary>Where people's keys are RSA-3072: remote signing says so, signs by RSASSA-PSS with SHA-256, and takes no other algorithm.</summary>
public sealed class RsaCredentialTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Pss = "1.2.840.113549.1.1.10";
    private static readonly byte[] One = SHA256.HashData("one"u8);
    private static readonly byte[] Two = SHA256.HashData("two"u8);

    /// <summary>RFC 4055 3.1: SHA-256, MGF1 with SHA-256, 32 octets; as openssl writes it, with the trailer that is the default, and with SHA-1, 20 octets, and nothing said.</summary>
    private const string Canonical = "MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg";
    private const string WithTrailer = "MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE=";
    private const string Salt20 = "MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEU";
    private const string Defaults = "MAA=";

    [Theory]
    [InlineData("software")]
    [InlineData("hsm")]
    public async Task Hashes_are_signed_by_pss_as_info_says_and_nothing_else_is_taken(string place)
    {
        using var hsm = place == "hsm" ? new SoftHsm(system.Pki.Folder, timeoutSeconds: 60) : null;
        await using var copy = await system.StartAnotherOn(system.Pki.PathOf("rsa-" + place), "--Signing:PersonKeyAlgorithm=Rsa3072", "--Signing:PersonKeys=" + place);
        using var caller = new CscCaller(copy);
        var info = await caller.Expect(HttpStatusCode.OK, "info", null, new JsonObject());
        Assert.Equal($$"""{"algos":["{{Pss}}"],"algoParams":["{{Canonical}}"]}""", info["signAlgorithms"]!.ToJsonString());
        var listed = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true });
        var (credential, told) = ((string)listed["credentialIDs"]![0]!, listed["credentialInfos"]![0]!);
        Assert.Equal($$"""{"status":"disabled","algo":["{{Pss}}"],"len":3072}""", told["key"]!.ToJsonString());
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)told["cert"]!["certificates"]![0]!));
        using var key = certificate.GetRSAPublicKey()!;
        var sad = caller.Approved(credential, One, Two);
        foreach (var (algorithm, parameters, refusal) in new[]
        {
            (CscCaller.Ecdsa, null, "Invalid parameter signAlgo"), ("1.2.840.113549.1.1.11", null, "Invalid parameter signAlgo"), ("1.2.840.113549.1.1.1", null, "Invalid parameter signAlgo"),
            (Pss, null, "Missing (or invalid type) string parameter signAlgoParams"), (Pss, Salt20, "Invalid parameter signAlgoParams"), (Pss, Defaults, "Invalid parameter signAlgoParams"),
            (Pss, "AA==", "Invalid parameter signAlgoParams"), (Pss, "", "Invalid parameter signAlgoParams"), (Pss, "BQA=", "Invalid parameter signAlgoParams"),
        })
            await caller.Refused(refusal, "signatures/signHash", sad, Asked(credential, algorithm, parameters, One));
        await Signs(caller, key, sad, credential, Canonical, One);
        var rest = Asked(credential, Pss, Canonical, Two);
        rest["SAD"] = sad;
        var next = (string)(await caller.Expect(HttpStatusCode.OK, "credentials/extendTransaction", sad, rest))["SAD"]!;
        await Signs(caller, key, sad, credential, WithTrailer, Two, next);
        if (hsm is not null)
            Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_are_signed_by_pss_too_and_stand_before_openssl_and_pdfsig()
    {
        var pki = system.Pki;
        await using var copy = await system.StartAnotherOn(pki.PathOf("rsa-documents"), "--Signing:PersonKeyAlgorithm=Rsa3072");
        using var caller = new CscCaller(copy);
        var pdf = Pdfs.Page("By a program");
        var body = new JsonObject
        {
            ["signatureQualifier"] = "eu_eidas_aes",
            ["documents"] = new JsonArray(new JsonObject { ["document"] = Convert.ToBase64String(pdf), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
        };
        var sad = caller.ApprovedDocument(SHA256.HashData(pdf));
        await caller.Refused("Invalid parameter signAlgo", "signatures/signDoc", sad, body);
        body["documents"]![0]!["signAlgo"] = Pss;
        await caller.Refused("Missing (or invalid type) string parameter signAlgoParams", "signatures/signDoc", sad, body);
        body["documents"]![0]!["signAlgoParams"] = Salt20;
        await caller.Refused("Invalid parameter signAlgoParams", "signatures/signDoc", sad, body);
        body["documents"]![0]!["signAlgoParams"] = Canonical;
        var file = Convert.FromBase64String((string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, body))["DocumentWithSignature"]![0]!);
        using var examined = new ExaminedPdf(file, pki.CertificatePath("root-ca"), pki.CertificatePath("issuing-ca"));
        Assert.Contains("Verification successful", examined.OpensslCms().Text, StringComparison.Ordinal);
        Assert.Contains("Signature is Valid.", examined.Pdfsig().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_is_signed_by_a_credential_when_its_signed_attributes_with_the_algorithm_were_approved()
    {
        await using var copy = await system.StartAnotherOn(system.Pki.PathOf("rsa-digest"), "--Signing:PersonKeyAlgorithm=Rsa3072");
        using var caller = new CscCaller(copy);
        var listed = await caller.Expect(HttpStatusCode.OK, "credentials/list", caller.Token("service"), new JsonObject { ["credentialInfo"] = true });
        var (credential, certificate) = ((string)listed["credentialIDs"]![0]!, Convert.FromBase64String((string)listed["credentialInfos"]![0]!["cert"]!["certificates"]![0]!));
        var (pdf, digest) = (HandMadePdf.Plain(), Array.Empty<byte>());
        HandMadePdf.Sign(pdf, covered => [.. digest = SHA256.HashData(covered)]);
        var body = new JsonObject
        {
            ["credentialID"] = credential,
            ["documentDigests"] = new JsonArray(new JsonObject
            {
                ["hashes"] = new JsonArray(Convert.ToBase64String(digest)), ["signature_format"] = "P", ["signAlgo"] = Pss, ["signAlgoParams"] = Canonical,
            }),
        };
        // Attributes that protect another algorithm are others.
        var ofEcdsa = SHA256.HashData(SignedAttributes.Of(digest, certificate));
        await caller.Refused("documentDigests or documents are not authorized by the SAD", "signatures/signDoc", caller.Approved(credential, ofEcdsa), body);
        var attributes = SHA256.HashData(SignedAttributes.Of(digest, certificate, Pss, Convert.FromBase64String(Canonical)));
        var cms = Convert.FromBase64String((string)(await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.Approved(credential, attributes), body))["SignatureObject"]![0]!);
        using var examined = new ExaminedPdf(HandMadePdf.Sign(pdf, _ => cms), system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Contains("Verification successful", examined.OpensslCms().Text, StringComparison.Ordinal);
        Assert.Contains("Signature is Valid.", examined.Pdfsig().Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EcdsaP384")]
    [InlineData("Ed25519")]
    public async Task With_keys_that_sign_no_sha_256_credentials_are_p256(string algorithm)
    {
        await using var copy = await system.StartAnotherOn(system.Pki.PathOf("p256-beside-" + algorithm), "--Signing:PersonKeyAlgorithm=" + algorithm);
        using var caller = new CscCaller(copy);
        var credential = await caller.Credential();
        Assert.Single((await caller.Expect(HttpStatusCode.OK, "signatures/signHash", caller.Approved(credential, One), CscCaller.Hashes(credential, One)))["signatures"]!.AsArray());
    }

    private static JsonObject Asked(string credential, string algorithm, string? parameters, byte[] hash)
    {
        var body = CscCaller.Hashes(credential, hash);
        (body["signAlgo"], body["signAlgoParams"], body["hashAlgorithmOID"]) = (algorithm, parameters, CscCaller.Sha256);
        return body;
    }

    private static async Task Signs(CscCaller caller, RSA key, string token, string credential, string parameters, byte[] hash, string? sad = null)
    {
        var body = Asked(credential, Pss, parameters, hash);
        body["SAD"] = sad;
        var signature = (string)Assert.Single((await caller.Expect(HttpStatusCode.OK, "signatures/signHash", token, body))["signatures"]!.AsArray())!;
        Assert.True(key.VerifyHash(hash, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
    }
}
