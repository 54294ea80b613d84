using System.Net;
using System.Security.Cryptography;
using Identity.Authority.Revocation;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Ocsp;

public sealed class OcspEndpointTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    private const string Request = "application/ocsp-request";

    [Fact]
    public async Task Openssl_hears_good_and_after_the_revocation_revoked_with_its_own_nonce()
    {
        var serial = await system.NewPerson("person");
        var good = Openssl("person");
        Assert.Contains("Response verify OK", good);
        Assert.Contains(": good", good);

        await system.Services.GetRequiredService<CertificateRevocations>().Revoke("issuing-ca", serial, RevocationReason.KeyCompromise, CancellationToken.None);
        var revoked = Openssl("person");
        Assert.Contains("Response verify OK", revoked);
        Assert.Contains(": revoked", revoked);
        Assert.Contains("Reason: keyCompromise", revoked);
        Assert.DoesNotContain("Nonce", revoked);
    }

    [Fact]
    public void A_serial_that_was_never_issued_is_unknown_to_openssl()
    {
        // Made by openssl with the issuer's key and not entered: a certificate that this service does not know.
        system.Pki.CertifyPerson("stranger", TestKit.Pki.OpensslKey.P256);
        Assert.Contains(": unknown", Openssl("stranger"));
    }

    [Fact]
    public void The_services_own_certificates_are_known() => Assert.Contains(": good", Openssl("tsa"));

    [Fact]
    public async Task Another_issuers_certificate_is_not_answered()
    {
        var root = Certificate("root-ca");
        Assert.Equal(OcspResponseStatus.Unauthorized, (await Ask(new OcspRequest([CertificateId.For(root, Certificate("issuing-ca").SerialNumber)], null).Encode())).Status);
    }

    [Fact]
    public async Task One_of_another_issuer_among_ours_is_unknown()
    {
        var (issuing, tsa) = (Certificate("issuing-ca"), Certificate("tsa"));
        var response = await Ask(new OcspRequest([CertificateId.For(issuing, tsa.SerialNumber), CertificateId.For(Certificate("root-ca"), tsa.SerialNumber)], null).Encode());
        Assert.IsType<CertificateStatus.Good>(response.Basic!.Responses[0].Status);
        Assert.IsType<CertificateStatus.Unknown>(response.Basic.Responses[1].Status);
    }

    [Fact]
    public async Task The_answer_to_a_get_is_that_to_a_post()
    {
        var id = CertificateId.For(HashAlgorithmName.SHA256, Certificate("issuing-ca"), Certificate("tsa").SerialNumber);
        var request = Convert.ToBase64String(new OcspRequest([id], Enumerable.Repeat((byte)0xFF, 16).ToArray()).Encode());
        Assert.Contains('/', request);
        foreach (var path in new[] { Uri.EscapeDataString(request), request })
        {
            using var answer = await system.Http.GetAsync(system.Address + "ocsp/" + path);
            Assert.Equal("application/ocsp-response", answer.Content.Headers.ContentType!.MediaType);
            var response = OcspResponse.Parse(await answer.Content.ReadAsByteArrayAsync());
            Assert.IsType<CertificateStatus.Good>(Assert.Single(response.Basic!.Responses).Status);
            Assert.Equal(SignatureCheck.Valid, response.Basic.VerifySignature(Certificate("ocsp").PublicKey));
            Assert.True(answer.Headers.CacheControl!.NoStore);
        }
    }

    [Fact]
    public async Task An_answer_without_nonce_is_given_again_until_a_revocation_comes_in()
    {
        var serial = await system.NewPerson("kept");
        var path = "ocsp/" + Uri.EscapeDataString(Convert.ToBase64String(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), SerialNumbers.FromHex(serial))], null).Encode()));
        var (first, headers) = await Get(path);
        Assert.IsType<CertificateStatus.Good>(OcspResponse.Parse(first).Basic!.Responses[0].Status);
        // An ECDSA signature is never made twice: the same octets are the same answer. The look for revocations is at most some seconds old.
        await Until(async () => (await Get(path)).Body.AsSpan().SequenceEqual(first) || (first = (await Get(path)).Body).Length == 0);
        var (status, posted, _) = await system.Post("ocsp", new OcspRequest([CertificateId.For(Certificate("issuing-ca"), SerialNumbers.FromHex(serial))], null).Encode(), Request);
        Assert.Equal((HttpStatusCode.OK, first.Length), (status, posted.Length));
        Assert.NotNull(headers.ETag);

        await system.Services.GetRequiredService<CertificateRevocations>().Revoke("issuing-ca", serial, RevocationReason.Superseded, CancellationToken.None);
        await Until(async () => OcspResponse.Parse((await Get(path)).Body).Basic!.Responses[0].Status is CertificateStatus.Revoked { Reason: RevocationReason.Superseded });
    }

    [Fact]
    public async Task A_cache_may_keep_an_answer_to_get_for_seconds_and_asks_by_its_tag()
    {
        var path = system.Address + "ocsp/" + Uri.EscapeDataString(Convert.ToBase64String(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), Certificate("tsa").SerialNumber)], null).Encode()));
        using var answer = await system.Http.GetAsync(path);
        var single = OcspResponse.Parse(await answer.Content.ReadAsByteArrayAsync()).Basic!.Responses[0];
        var caching = answer.Headers.CacheControl!;
        Assert.True(caching.Public && caching.NoTransform && caching.MustRevalidate && !caching.NoStore);
        Assert.InRange(caching.MaxAge!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Equal(single.NextUpdate, answer.Content.Headers.Expires);
        Assert.Equal(single.ThisUpdate, answer.Content.Headers.LastModified);
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await system.Http.SendAsync(again);
        if (unchanged.StatusCode == HttpStatusCode.NotModified) Assert.Empty(await unchanged.Content.ReadAsByteArrayAsync());
        else Assert.NotEqual(answer.Headers.ETag, unchanged.Headers.ETag); // A revocation by another test came in between.
    }

    [Fact]
    public async Task What_must_not_be_kept_says_so()
    {
        var issuing = Certificate("issuing-ca");
        var requests = new[]
        {
            new OcspRequest([CertificateId.For(issuing, Certificate("tsa").SerialNumber)], new byte[16]), // a nonce
            new OcspRequest([CertificateId.For(issuing, 12345)], null), // may be issued a moment later
            new OcspRequest([CertificateId.For(issuing, Certificate("tsa").SerialNumber), CertificateId.For(issuing, Certificate("ocsp").SerialNumber)], null),
            new OcspRequest([CertificateId.For(Certificate("root-ca"), 1)], null), // refused
        };
        foreach (var request in requests)
        {
            using var answer = await system.Http.GetAsync(system.Address + "ocsp/" + Uri.EscapeDataString(Convert.ToBase64String(request.Encode())));
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.Null(answer.Headers.ETag);
        }
    }

    [Fact]
    public async Task Sixteen_certificates_are_answered_under_one_signature_and_seventeen_are_malformed()
    {
        var id = CertificateId.For(Certificate("issuing-ca"), Certificate("tsa").SerialNumber);
        var sixteen = await Ask(new OcspRequest([.. Enumerable.Repeat(id, OcspRequest.MaxCertificates)], null).Encode());
        Assert.Equal(OcspRequest.MaxCertificates, sixteen.Basic!.Responses.Count);
        Assert.Equal(OcspResponseStatus.MalformedRequest, (await Ask(new OcspRequest([.. Enumerable.Repeat(id, OcspRequest.MaxCertificates + 1)], null).Encode())).Status);
    }

    [Theory]
    [InlineData(1, OcspResponseStatus.Successful)]
    [InlineData(128, OcspResponseStatus.Successful)]
    [InlineData(129, OcspResponseStatus.MalformedRequest)]
    public async Task A_nonce_of_1_to_128_octets_comes_back(int length, OcspResponseStatus status)
    {
        var nonce = RandomNumberGenerator.GetBytes(length);
        var response = await Ask(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), Certificate("tsa").SerialNumber)], nonce).Encode());
        Assert.Equal(status, response.Status);
        if (response.Basic is { } basic) Assert.Equal(nonce, basic.Nonce!.Value.ToArray());
    }

    [Fact]
    public void The_responder_is_named_by_the_hash_of_its_key_and_openssl_finds_it_so()
    {
        var pki = system.Pki;
        pki.Openssl("x509", "-in", pki.CertificatePath("ocsp"), "-noout", "-pubkey", "-out", pki.PathOf("ocsp.pub"));
        // RFC 6960 4.2.1: SHA-1 over the bits of the public key, without tag, length and the number of unused bits: 65 octets of a point on P-256.
        pki.Openssl("pkey", "-pubin", "-in", pki.PathOf("ocsp.pub"), "-outform", "DER", "-out", pki.PathOf("ocsp.spki"));
        pki.Write("ocsp.bits", File.ReadAllBytes(pki.PathOf("ocsp.spki")).AsSpan()[^65..]);
        var hash = pki.Openssl("dgst", "-sha1", "-r", pki.PathOf("ocsp.bits")).Output.Split(' ')[0];
        var text = pki.Try("ocsp", "-issuer", pki.CertificatePath("issuing-ca"), "-cert", pki.CertificatePath("tsa"), "-url", system.Address + "ocsp",
            "-CAfile", pki.CertificatePath("root-ca"), "-verify_other", pki.CertificatePath("issuing-ca"), "-resp_text").Text;
        Assert.Contains($"Responder Id: {hash.ToUpperInvariant()}\n", text);
        Assert.Contains("Response verify OK", text);
    }

    [Fact]
    public async Task A_serial_that_was_never_issued_is_revoked_for_who_says_so()
    {
        var address = $"http://localhost:{TestKit.FreePort.Next()}";
        await using var app = AuthorityApp.Build([.. system.Settings, $"--urls={address}", $"--Authority:Audit={system.Pki.PathOf("never.jsonl")}", "--Authority:OcspNeverIssued=revoked"], system.Time);
        await app.StartAsync(TestContext.Current.CancellationToken);
        system.Pki.CertifyPerson("never", TestKit.Pki.OpensslKey.P256);
        var text = system.Pki.Try("ocsp", "-issuer", system.Pki.CertificatePath("issuing-ca"), "-cert", system.Pki.CertificatePath("never"), "-url", address + "/ocsp",
            "-CAfile", system.Pki.CertificatePath("root-ca"), "-verify_other", system.Pki.CertificatePath("issuing-ca"), "-resp_text").Text;
        Assert.Contains("Response verify OK", text);
        Assert.Contains(": revoked", text);
        Assert.Contains("Reason: certificateHold", text);
        Assert.Contains("Revocation Time: Jan  1 00:00:00 1970 GMT", text);
        // id-pkix-ocsp-extended-revoke (RFC 6960 4.4.8), as DER.
        using var content = new ByteArrayContent(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), 12345)], null).Encode());
        content.Headers.ContentType = new(Request);
        using var answer = await system.Http.PostAsync(address + "/ocsp", content, TestContext.Current.CancellationToken);
        Assert.Contains("06092B0601050507300109", Convert.ToHexString(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Times_are_now_and_the_archive_goes_back_to_the_authoritys_first_day()
    {
        var basic = (await Ask(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), Certificate("tsa").SerialNumber)], null).Encode())).Basic!;
        var single = basic.Responses[0];
        Assert.InRange(single.ThisUpdate, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(10), single.NextUpdate - single.ThisUpdate);
        Assert.Equal(Certificate("issuing-ca").NotBefore, single.ArchiveCutoff);
        Assert.True(basic.IsFrom(Certificate("ocsp")));
        Assert.Null(basic.Nonce);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3000")]
    [InlineData("FF00FF00")]
    public async Task Garbage_is_a_malformed_request(string hex) =>
        Assert.Equal(OcspResponseStatus.MalformedRequest, (await Ask(Convert.FromHexString(hex))).Status);

    [Theory]
    [InlineData("%00%00")]
    [InlineData("not*base64")]
    [InlineData("AAAA")]
    public async Task Garbage_in_a_get_is_a_malformed_request(string path)
    {
        using var answer = await system.Http.GetAsync(system.Address + "ocsp/" + path);
        if (answer.StatusCode == HttpStatusCode.BadRequest) return; // Kestrel refuses a NUL before anybody reads it.
        Assert.Equal(OcspResponseStatus.MalformedRequest, OcspResponse.Parse(await answer.Content.ReadAsByteArrayAsync()).Status);
    }

    [Fact]
    public async Task A_request_of_9_kB_is_refused_unread()
    {
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await system.Post("ocsp", new byte[9 * 1024], Request)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await system.Post("ocsp", new byte[OcspRequest.MaxLength + 1], Request)).Status);
        Assert.Equal(HttpStatusCode.OK, (await system.Post("ocsp", new byte[OcspRequest.MaxLength], Request)).Status);
        using var get = await system.Http.GetAsync(system.Address + "ocsp/" + Convert.ToBase64String(new byte[9 * 1024]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, get.StatusCode);
    }

    [Fact]
    public async Task Another_content_type_is_refused() =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await system.Post("ocsp", [], "text/plain")).Status);

    [Fact]
    public async Task After_the_responders_certificate_has_ended_nothing_is_signed()
    {
        system.Time.Offset = TimeSpan.FromDays(3651);
        try
        {
            Assert.Equal(OcspResponseStatus.InternalError, (await Ask(new OcspRequest([CertificateId.For(Certificate("issuing-ca"), 1)], null).Encode())).Status);
        }
        finally
        {
            system.Time.Offset = TimeSpan.Zero;
        }
    }

    private async Task<(byte[] Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> Get(string path)
    {
        using var answer = await system.Http.GetAsync(system.Address + path);
        return (await answer.Content.ReadAsByteArrayAsync(), answer.Headers);
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await holds()) return;
            await Task.Delay(100);
        }
        Assert.Fail("It did not happen within 20 seconds.");
    }

    private Certificate Certificate(string name) => Pkix.X509.Certificate.Parse(system.Pki.Certificate(name));

    private async Task<OcspResponse> Ask(byte[] request)
    {
        var (status, body, type) = await system.Post("ocsp", request, Request);
        Assert.Equal((HttpStatusCode.OK, "application/ocsp-response"), (status, type));
        return OcspResponse.Parse(body);
    }

    private string Openssl(string name) => system.Pki.Try("ocsp", "-issuer", system.Pki.CertificatePath("issuing-ca"), "-cert", system.Pki.CertificatePath(name),
        "-url", system.Address + "ocsp", "-CAfile", system.Pki.CertificatePath("root-ca"), "-verify_other", system.Pki.CertificatePath("issuing-ca")).Text;
}
