using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Authority.Requests;
using Identity.Authority.Storage;
using Identity.Authority.Tests.Timestamps;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Tests.Requests;

public sealed class CertificateRequestTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    private static int outages;

    [Fact]
    public async Task One_approval_gives_one_certificate_that_openssl_accepts_and_that_names_whom_the_evidence_names()
    {
        var (status, answer) = await system.Ask(system.NewEvidence(out var approval), system.NewCsr(subject: "/C=XX/CN=Somebody Else/serialNumber=PNOXX-1"));
        Assert.Equal(HttpStatusCode.Created, status);
        var der = Convert.FromBase64String(answer["certificate"]!.GetValue<string>());
        var path = system.Pki.PathOf("issued.pem");
        File.WriteAllText(path, PemEncoding.WriteString("CERTIFICATE", der) + "\n");
        Assert.Contains(": OK", system.Pki.Openssl("verify", "-x509_strict", "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted", system.Pki.CertificatePath("issuing-ca"), path).Output);
        var text = system.Pki.Openssl("x509", "-in", path, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,sname").Output;
        Assert.Contains("Subject: C=XX,CN=Liis Tamm,GN=Liis,SN=Tamm,serialNumber=PNOXX-48504210018", text);
        Assert.Contains("X509v3 Key Usage: critical\n                Non Repudiation\n", text);
        // Which document the key is for, as openssl reads the extension.
        var extension = Regex.Match(system.Pki.Openssl("asn1parse", "-in", path).Output, "1\\.3\\.6\\.1\\.4\\.1\\.99999\\.2\\.1\n.*OCTET STRING +\\[HEX DUMP\\]:([0-9A-F]+)");
        Assert.Equal("30220420" + Convert.ToHexString(EvidenceBuilder.DocumentSha256), extension.Groups[1].Value);
        Assert.Contains($"OCSP - URI:{system.Address}ocsp", text);
        Assert.Contains($"CA Issuers - URI:{system.Address}ca/issuing-ca.cer", text);
        Assert.Contains($"URI:{system.Address}crl/issuing-ca.crl", text);

        var certificate = Certificate.Parse(der);
        Assert.Equal(answer["serial"]!.GetValue<string>(), certificate.SerialHex);
        Assert.Equal(TimeSpan.FromMinutes(16), certificate.NotAfter - certificate.NotBefore);
        Assert.Equal([system.Pki.Certificate("issuing-ca"), system.Pki.Certificate("root-ca")], answer["chain"]!.AsArray().Select(c => Convert.FromBase64String(c!.GetValue<string>())));
        await using var database = system.Database();
        var record = await database.Certificates.SingleAsync(c => c.ApprovalId == approval);
        Assert.Equal((CertificateState.Issued, certificate.SerialHex), (record.State, record.Serial));
        Assert.Equal(der, record.Der);
        Assert.Equal(certificate.ToBeSigned.ToArray(), record.Intended);
        var audit = TimestampEndpointTests.AuditLines(system).Where(l => l.Contains(approval, StringComparison.Ordinal)).ToList();
        Assert.Equal(2, audit.Count);
        Assert.All(audit, line => Assert.DoesNotContain("Tamm", line));
        Assert.All(audit, line => Assert.DoesNotContain("PNOXX", line));
    }

    [Fact]
    public async Task A_key_is_certified_once()
    {
        var csr = system.NewCsr();
        Assert.Equal(HttpStatusCode.Created, (await system.Ask(system.NewEvidence(), csr)).Status);
        IsRefused(await system.Ask(system.NewEvidence(out var approval), csr), HttpStatusCode.Conflict, "key_used");
        await using var database = system.Database();
        Assert.False(await database.Certificates.AnyAsync(c => c.ApprovalId == approval));
    }

    [Fact]
    public async Task A_second_ask_for_one_approval_is_refused_also_with_another_key()
    {
        var evidence = system.NewEvidence();
        Assert.Equal(HttpStatusCode.Created, (await system.Ask(evidence, system.NewCsr())).Status);
        IsRefused(await system.Ask(evidence, system.NewCsr()), HttpStatusCode.Conflict, "approval_used");
    }

    [Fact]
    public async Task Parallel_asks_for_one_approval_give_exactly_one_certificate()
    {
        var evidence = system.NewEvidence(out var approval);
        var csrs = Enumerable.Range(0, 8).Select(_ => system.NewCsr()).ToList();
        var answers = await Task.WhenAll(csrs.Select(csr => Task.Run(() => system.Ask(evidence, csr))));
        Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(a => a.Status == HttpStatusCode.Conflict));
        await using var database = system.Database();
        Assert.Single(await database.Certificates.Where(c => c.ApprovalId == approval).ToListAsync());
    }

    [Theory]
    [InlineData("iss", "https://other.example/")]
    [InlineData("aud", "land-registry")]
    [InlineData("jti", "AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Evidence_of_another_provider_client_or_approval_is_refused(string claim, string value) =>
        IsRefused(await system.Ask(system.NewEvidence(out _, change: payload => payload[claim] = value), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");

    [Fact]
    public async Task Evidence_whose_person_is_not_the_approving_one_is_refused() =>
        IsRefused(await system.Ask(system.NewEvidence(out _, change: p => p["person"]!["identifier"] = "PNOXX-37911030025"), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");

    [Fact]
    public async Task Expired_evidence_is_refused_as_expired()
    {
        var evidence = system.NewEvidence();
        system.Time.Offset = TimeSpan.FromMinutes(7);
        try
        {
            IsRefused(await system.Ask(evidence, system.NewCsr()), HttpStatusCode.BadRequest, "approval_expired");
        }
        finally
        {
            system.Time.Offset = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task Evidence_signed_by_a_strangers_key_is_refused()
    {
        using var stranger = new EvidenceBuilder(system.ProviderAddress, TimeProvider.System.GetUtcNow());
        IsRefused(await system.Ask(stranger.Build(), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");
    }

    [Fact]
    public async Task An_unknown_key_name_makes_the_provider_be_asked_no_more_than_twice_a_minute()
    {
        system.Time.Offset += TimeSpan.FromMinutes(1);
        var before = system.KeySetRequests;
        system.Evidence.Header["kid"] = "key-2";
        try
        {
            for (var i = 0; i < 5; i++)
                IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");
        }
        finally
        {
            system.Evidence.Header["kid"] = "key-1";
        }
        Assert.InRange(system.KeySetRequests - before, 1, 2);
        system.Time.Offset = TimeSpan.Zero;
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("too large")]
    [InlineData("error")]
    public async Task Without_the_providers_keys_nothing_is_decided(string what)
    {
        // Each time later than any key set that was kept by the time before.
        system.Time.Offset = ++outages * TimeSpan.FromMinutes(11);
        system.OtherKeySet = what switch
        {
            "not json" => Results.Text("<html>"),
            "too large" => Results.Text($$"""{"keys":[],"x":"{{new string('x', EvidenceKeys.MaxLength)}}"}""", "application/json"),
            _ => Results.StatusCode(500),
        };
        try
        {
            IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr()), HttpStatusCode.ServiceUnavailable, "unavailable");
            system.OtherKeySet = null;
            Assert.Equal(HttpStatusCode.Created, (await system.Ask(system.NewEvidence(), system.NewCsr())).Status);
        }
        finally
        {
            system.OtherKeySet = null;
            system.Time.Offset = TimeSpan.Zero;
        }
    }

    public static TheoryData<string, RequestTokenRefusal> Tokens => new()
    {
        { "none", RequestTokenRefusal.Missing },
        { "garbage", RequestTokenRefusal.Malformed },
        { "long", RequestTokenRefusal.Malformed },
        { "alg-none", RequestTokenRefusal.WrongHeader },
        { "alg-hs256", RequestTokenRefusal.WrongHeader },
        { "crit", RequestTokenRefusal.WrongHeader },
        { "typ", RequestTokenRefusal.WrongHeader },
        { "other-key", RequestTokenRefusal.WrongSignature },
        { "other-client", RequestTokenRefusal.WrongClient },
        { "other-subject", RequestTokenRefusal.WrongClient },
        { "other-audience", RequestTokenRefusal.WrongAudience },
        { "expired", RequestTokenRefusal.WrongTime },
        { "future", RequestTokenRefusal.WrongTime },
        { "61-seconds", RequestTokenRefusal.WrongTime },
        { "other-body", RequestTokenRefusal.WrongBody },
        { "no-body", RequestTokenRefusal.Malformed },
        { "empty-jti", RequestTokenRefusal.Malformed },
        { "long-jti", RequestTokenRefusal.Malformed },
    };

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task A_request_token_that_is_not_right_in_every_point_is_refused(string what, RequestTokenRefusal exactly)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = AuthoritySystem.Body(system.NewEvidence(), system.NewCsr());
        var now = system.Time.GetUtcNow().ToUnixTimeSeconds();
        var token = what switch
        {
            "none" => null,
            "garbage" => "a.b.c",
            "long" => system.Token(body, p => p["x"] = new string('x', RequestToken.MaxLength)),
            "alg-none" => system.Token(body, header: h => h["alg"] = "none"),
            "alg-hs256" => system.Token(body, header: h => h["alg"] = "HS256"),
            "crit" => system.Token(body, header: h => h["crit"] = new JsonArray("x")),
            "typ" => system.Token(body, header: h => h["typ"] = "at+jwt"),
            "other-key" => system.Token(body, otherKey: other),
            "other-client" => system.Token(body, p => p["iss"] = "land-registry"),
            "other-subject" => system.Token(body, p => p["sub"] = "land-registry"),
            "other-audience" => system.Token(body, p => p["aud"] = system.ProviderAddress),
            "expired" => system.Token(body, p => (p["iat"], p["exp"]) = (now - 100, now - 40)),
            "future" => system.Token(body, p => (p["iat"], p["exp"]) = (now + 40, now + 100)),
            "61-seconds" => system.Token(body, p => p["exp"] = now + 61),
            "other-body" => system.Token([1, 2, 3]),
            "no-body" => system.Token(body, p => p.Remove("body_sha256")),
            "empty-jti" => system.Token(body, p => p["jti"] = ""),
            _ => system.Token(body, p => p["jti"] = new string('j', RequestToken.MaxIdentifierLength + 1)),
        };
        IsRefused(await system.Ask(body, token), HttpStatusCode.Unauthorized, "invalid_client");
        var verifier = (RequestToken)system.Services.GetService(typeof(RequestToken))!;
        Assert.Equal(exactly, await verifier.Verify(token is null ? null : "Bearer " + token, body, CancellationToken.None));
    }

    [Fact]
    public async Task A_request_token_is_used_once_also_over_a_restart()
    {
        var body = AuthoritySystem.Body(system.NewEvidence(), system.NewCsr());
        var token = system.Token(body);
        Assert.Equal(HttpStatusCode.Created, (await system.Ask(body, token)).Status);
        IsRefused(await system.Ask(body, token), HttpStatusCode.Unauthorized, "invalid_client");
        await system.Restart();
        IsRefused(await system.Ask(body, token), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Theory]
    [InlineData(OpensslKey.P384)]
    [InlineData(OpensslKey.Rsa2048)]
    [InlineData(OpensslKey.Ed25519)]
    public async Task A_key_that_is_not_on_p256_is_refused(OpensslKey key) =>
        IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr(key)), HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    public async Task A_request_whose_signature_does_not_verify_is_refused_and_leaves_the_approval_unused()
    {
        var csr = system.NewCsr();
        csr[^1] ^= 1;
        var evidence = system.NewEvidence();
        IsRefused(await system.Ask(evidence, csr), HttpStatusCode.BadRequest, "invalid_request");
        Assert.Equal(HttpStatusCode.Created, (await system.Ask(evidence, system.NewCsr())).Status);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"evidence":"x"}""")]
    [InlineData("""{"evidence":1,"csr":"AAAA"}""")]
    [InlineData("""{"evidence":"x","csr":"*"}""")]
    [InlineData("""{"evidence":"x","evidence":"y","csr":"AAAA"}""")]
    public async Task A_body_that_is_not_as_described_is_refused(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        IsRefused(await system.Ask(bytes, system.Token(bytes)), HttpStatusCode.BadRequest, "invalid_request");
    }

    [Fact]
    public async Task One_approval_of_a_hundred_documents_gives_one_certificate_that_names_them_all_in_order()
    {
        var digests = Enumerable.Range(0, 100).Select(index => SHA256.HashData(BitConverter.GetBytes(index))).ToArray();
        var documents = string.Join(',', digests.Select(digest => $$"""{"label":"{{new string('限', 255)}}","sha256":"{{EvidenceBuilder.Base64Url(digest)}}"}"""));
        var (status, answer) = await system.Ask(system.NewEvidence(out _, documents: documents), system.NewCsr());
        Assert.Equal(HttpStatusCode.Created, status);
        var certificate = Certificate.Parse(Convert.FromBase64String(answer["certificate"]!.GetValue<string>()));
        var named = ApprovedDocuments.Read(certificate.Extensions.Single(extension => extension.Oid == ApprovedDocuments.ExampleOid).Value)!;
        Assert.Equal(digests.Select(Convert.ToHexString), named.Select(digest => Convert.ToHexString(digest.Span)));
        IsRefused(await system.Ask(system.NewEvidence(out _, documents: documents + "," + documents[..documents.IndexOf("},", StringComparison.Ordinal)] + "}"), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_evidence");
    }

    [Fact]
    public async Task A_body_over_the_cap_is_refused_unread()
    {
        var body = new byte[CertificateRequestEndpoint.MaxBody + 1];
        IsRefused(await system.Ask(body, system.Token(body)), HttpStatusCode.RequestEntityTooLarge, "invalid_request");
        Array.Resize(ref body, CertificateRequestEndpoint.MaxBody);
        IsRefused(await system.Ask(body, system.Token(body)), HttpStatusCode.BadRequest, "invalid_request");
    }

    [Theory]
    [InlineData("Li\u202Eis")]
    [InlineData("Li\0is")]
    public async Task What_lint_refuses_is_not_signed_and_leaves_a_trace(string givenName)
    {
        IsRefused(await system.Ask(system.NewEvidence(out var approval, givenName), system.NewCsr()), HttpStatusCode.InternalServerError, "lint_failed");
        await using var database = system.Database();
        var record = await database.Certificates.SingleAsync(c => c.ApprovalId == approval);
        Assert.Equal(CertificateState.LintFailed, record.State);
        Assert.Null(record.Der);
        Assert.StartsWith("subject:", record.LintFindings);
        Assert.Contains(TimestampEndpointTests.AuditLines(system), l => l.Contains(approval, StringComparison.Ordinal) && l.Contains("lint_failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_long_name_is_shortened_in_the_common_name_only()
    {
        var family = new string('Õ', 150);
        var (status, answer) = await system.Ask(system.NewEvidence(out _, "Liis", family), system.NewCsr());
        Assert.Equal(HttpStatusCode.Created, status);
        var subject = Certificate.Parse(Convert.FromBase64String(answer["certificate"]!.GetValue<string>())).Subject;
        Assert.Equal(family, subject[Pkix.Asn1.Oids.Surname]);
        Assert.Equal("Liis " + new string('Õ', 58) + "…", subject[Pkix.Asn1.Oids.CommonName]);
    }

    internal static void IsRefused((HttpStatusCode Status, JsonNode Answer) result, HttpStatusCode status, string error)
    {
        Assert.Equal((status, error), (result.Status, result.Answer["error"]!.GetValue<string>()));
        Assert.NotEqual("", result.Answer["error_description"]!.GetValue<string>());
        Assert.Null(result.Answer["certificate"]);
    }
}
