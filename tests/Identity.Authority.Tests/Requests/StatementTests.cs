using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Authority.Tests.Requests;

/// <summary>A certificate for one session of remote signing, on the Provider's statement about a person and one key.</summary>
public sealed class StatementTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task The_certificate_names_the_person_of_the_statement_says_by_its_policy_what_it_is_and_names_no_documents()
    {
        var csr = system.NewCsr(subject: "/CN=Somebody Else");
        var (status, answer) = await Ask(Statement(csr), csr);
        Assert.True(status == HttpStatusCode.Created, answer.ToJsonString());
        var der = Convert.FromBase64String((string)answer["certificate"]!);
        File.WriteAllText(system.Pki.PathOf("session.pem"), PemEncoding.WriteString("CERTIFICATE", der) + "\n");
        var text = system.Pki.Openssl("x509", "-in", system.Pki.PathOf("session.pem"), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,sname").Output;
        Assert.Contains("Subject: C=XX,CN=Liis Tamm,GN=Liis,SN=Tamm,serialNumber=PNOXX-48504210018", text);
        Assert.Contains("Policy: 1.3.6.1.4.1.99999.1.4", text);
        Assert.DoesNotContain("1.3.6.1.4.1.99999.2.1", text);
        Assert.Contains(": OK", system.Pki.Openssl("verify", "-x509_strict", "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted", system.Pki.CertificatePath("issuing-ca"), system.Pki.PathOf("session.pem")).Output);
        Assert.Equal(TimeSpan.FromMinutes(16), Certificate.Parse(der) is var certificate ? certificate.NotAfter - certificate.NotBefore : default);
    }

    [Fact]
    public async Task Which_keys_of_sessions_are_certified_says_the_profile_of_sessions_and_not_that_of_people()
    {
        await system.RestartWith("--Authority:Person:Keys:0=Ed25519", "--Authority:Session:Keys:0=Rsa3072");
        try
        {
            // As a token's key asks: by RSASSA-PSS.
            var csr = system.NewCsr(OpensslKey.Rsa3072, more: ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]);
            var (status, answer) = await Ask(Statement(csr), csr);
            Assert.True(status == HttpStatusCode.Created, answer.ToJsonString());
            foreach (var other in new[] { OpensslKey.P256, OpensslKey.P384 })
            {
                csr = system.NewCsr(other);
                CertificateRequestTests.IsRefused(await Ask(Statement(csr), csr), HttpStatusCode.BadRequest, "invalid_request");
            }

            CertificateRequestTests.IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr(OpensslKey.Rsa3072)), HttpStatusCode.BadRequest, "invalid_request");
        }
        finally
        {
            await system.RestartWith();
        }
    }

    [Fact]
    public async Task A_statement_is_used_once_and_for_its_key_alone()
    {
        var csr = system.NewCsr();
        var statement = Statement(csr);
        CertificateRequestTests.IsRefused(await Ask(statement, system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");
        Assert.Equal(HttpStatusCode.Created, (await Ask(statement, csr)).Status);
        CertificateRequestTests.IsRefused(await Ask(statement, csr), HttpStatusCode.Conflict, "approval_used");
        CertificateRequestTests.IsRefused(await Ask(Statement(csr), csr), HttpStatusCode.Conflict, "key_used");
    }

    [Theory]
    [InlineData("iss", "\"https://another.example/\"")]
    [InlineData("aud", "\"land-registry\"")]
    [InlineData("exp", "1")]
    [InlineData("iat", "99999999999")]
    [InlineData("jti", "\"short\"")]
    [InlineData("key_sha256", "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"")]
    [InlineData("person", "{}")]
    [InlineData("client_id", "null")]
    public async Task A_statement_that_is_not_right_in_every_point_is_refused(string member, string value)
    {
        var csr = system.NewCsr();
        CertificateRequestTests.IsRefused(await Ask(Statement(csr, payload => payload[member] = JsonNode.Parse(value)), csr), HttpStatusCode.BadRequest, "invalid_evidence");
    }

    [Fact]
    public async Task Another_type_or_key_evidence_in_its_place_and_both_together_are_refused()
    {
        var csr = system.NewCsr();
        CertificateRequestTests.IsRefused(await Ask(Statement(csr, type: "approval-evidence+jwt"), csr), HttpStatusCode.BadRequest, "invalid_evidence");
        CertificateRequestTests.IsRefused(await Ask(system.NewEvidence(), csr), HttpStatusCode.BadRequest, "invalid_evidence");
        CertificateRequestTests.IsRefused(await system.Ask(Statement(csr), csr), HttpStatusCode.BadRequest, "invalid_evidence");
        var body = JsonSerializer.SerializeToUtf8Bytes(new { statement = Statement(csr), evidence = system.NewEvidence(), csr = Convert.ToBase64String(csr) });
        CertificateRequestTests.IsRefused(await system.Ask(body, system.Token(body)), HttpStatusCode.BadRequest, "invalid_request");
        using var stranger = new EvidenceBuilder(system.ProviderAddress);
        CertificateRequestTests.IsRefused(await Ask(Statement(csr, by: stranger), csr), HttpStatusCode.BadRequest, "invalid_evidence");
    }

    [Fact]
    public async Task An_approval_of_a_credentials_hashes_gives_no_certificate()
    {
        var evidence = system.NewEvidence(out _);
        var digest = EvidenceBuilder.Base64Url(EvidenceBuilder.DocumentSha256);
        var canonical = system.Evidence.Canonical;
        system.Evidence.Canonical = canonical[..canonical.IndexOf("\"documents\"", StringComparison.Ordinal)].Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)
            + $"\"credential\":\"{digest}\",\"signatures\":[{{\"label\":\"a\",\"hash\":\"{digest}\"}}]" + canonical[canonical.IndexOf(",\"expires\"", StringComparison.Ordinal)..];
        Assert.NotEqual(evidence, system.Evidence.Build());
        CertificateRequestTests.IsRefused(await system.Ask(system.Evidence.Build(), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");
    }

    private string Statement(byte[] csr, Action<JsonObject>? change = null, string type = "person-statement+jwt", EvidenceBuilder? by = null)
    {
        var key = System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256).PublicKey.ExportSubjectPublicKeyInfo();
        var now = system.Time.GetUtcNow().ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = system.ProviderAddress, ["aud"] = "signing", ["jti"] = EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16)), ["iat"] = now, ["exp"] = now + 60,
            ["client_id"] = "program", ["key_sha256"] = EvidenceBuilder.Base64Url(SHA256.HashData(key)),
            ["person"] = new JsonObject { ["identifier"] = "PNOXX-48504210018", ["given_name"] = "Liis", ["family_name"] = "Tamm" },
        };
        change?.Invoke(payload);
        return (by ?? system.Evidence).Sign(new JsonObject { ["alg"] = "ES256", ["typ"] = type, ["kid"] = "key-1" }.ToJsonString(), payload.ToJsonString());
    }

    private Task<(HttpStatusCode Status, JsonNode Answer)> Ask(string statement, byte[] csr)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { statement, csr = Convert.ToBase64String(csr) });
        return system.Ask(body, system.Token(body));
    }
}
