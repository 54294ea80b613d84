using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;

namespace Identity.Authority.Tests.Timestamps;

public sealed class TimestampEndpointTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    private const string Query = "application/timestamp-query";
    private static readonly byte[] Digest = SHA256.HashData("data"u8);

    [Theory]
    [InlineData("sha256", true)]
    [InlineData("sha384", true)]
    [InlineData("sha512", true)]
    [InlineData("sha256", false)]
    public async Task Openssl_verifies_a_stamp_on_its_query(string digest, bool certificate)
    {
        var pki = system.Pki;
        var data = pki.Write("data", "the data"u8);
        var query = pki.PathOf("query.tsq");
        pki.Openssl(["ts", "-query", "-data", data, "-" + digest, "-out", query, .. certificate ? new[] { "-cert" } : []]);
        var (status, body, type) = await system.Post("tsa", File.ReadAllBytes(query), Query);
        Assert.Equal((HttpStatusCode.OK, "application/timestamp-reply"), (status, type));

        var reply = pki.Write("reply.tsr", body);
        File.WriteAllText(pki.PathOf("untrusted.pem"), File.ReadAllText(pki.CertificatePath("issuing-ca")) + (certificate ? "" : File.ReadAllText(pki.CertificatePath("tsa"))));
        var verified = pki.Openssl("ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", pki.CertificatePath("root-ca"), "-untrusted", pki.PathOf("untrusted.pem"));
        Assert.Contains("Verification: OK", verified.Text);
        var token = Granted(body);
        Assert.Equal(certificate ? 3 : 0, token.SignedData.Certificates.Count);
        Assert.InRange(token.Info.Time, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow());
        Assert.False(token.Info.Ordering);
    }

    [Fact]
    public async Task Serial_numbers_are_never_given_twice_not_even_over_a_restart_and_in_parallel()
    {
        var before = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Stamp()));
        await system.Restart();
        var after = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Stamp()));
        Assert.Equal(50, before.Concat(after).Select(t => t.Info.SerialNumber).Distinct().Count());
    }

    [Theory]
    [InlineData(Oids.Sha1, 20, TimestampFailures.BadAlgorithm)]
    [InlineData("1.2.840.113549.2.5", 16, TimestampFailures.BadAlgorithm)]
    [InlineData(Oids.Sha3With256, 32, TimestampFailures.BadAlgorithm)]
    [InlineData("1.2.3.4", 32, TimestampFailures.BadAlgorithm)]
    [InlineData(Oids.Sha256, 31, TimestampFailures.BadDataFormat)]
    [InlineData(Oids.Sha256, 33, TimestampFailures.BadDataFormat)]
    [InlineData(Oids.Sha512, 32, TimestampFailures.BadDataFormat)]
    public Task Refuses_weak_and_unknown_digests_and_wrong_lengths(string oid, int length, TimestampFailures failure) =>
        IsRefused(new TimestampRequest(new MessageImprint(new AlgorithmIdentifier(oid, default), new byte[length]), null, 1, true, []).Encode(), failure);

    [Fact]
    public Task Refuses_a_policy_that_is_not_its_own() =>
        IsRefused((TimestampRequest.For(HashAlgorithmName.SHA256, Digest, 1) with { Policy = "1.2.3" }).Encode(), TimestampFailures.UnacceptedPolicy);

    // Written by hand: the end of the request is its certReq TRUE; an extension [0] follows, and the length grows by as much.
    [Fact]
    public Task Refuses_an_extension()
    {
        byte[] request = TimestampRequest.For(HashAlgorithmName.SHA256, Digest, 1).Encode();
        byte[] extension = [0xA0, 0x0B, 0x30, 0x09, 0x06, 0x03, 0x2A, 0x03, 0x04, 0x04, 0x02, 0x05, 0x00];
        request[1] += (byte)extension.Length;
        return IsRefused([.. request, .. extension], TimestampFailures.UnacceptedExtension);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("3003020101")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    public Task Refuses_garbage(string hex) => IsRefused(Convert.FromHexString(hex), TimestampFailures.BadDataFormat);

    [Fact]
    public async Task Refuses_a_body_over_the_cap_and_reads_one_at_the_cap()
    {
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await system.Post("tsa", new byte[TimestampRequest.MaxLength + 1], Query)).Status);
        Assert.Equal(HttpStatusCode.OK, (await system.Post("tsa", new byte[TimestampRequest.MaxLength], Query)).Status);
    }

    [Fact]
    public async Task Refuses_another_content_type() =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await system.Post("tsa", TimestampRequest.For(HashAlgorithmName.SHA256, Digest, 1).Encode(), "application/octet-stream")).Status);

    [Fact]
    public async Task Stamps_nothing_after_the_units_certificate_has_ended()
    {
        system.Time.Offset = TimeSpan.FromDays(3651);
        try
        {
            await IsRefused(TimestampRequest.For(HashAlgorithmName.SHA256, Digest, 1).Encode(), TimestampFailures.SystemFailure);
        }
        finally
        {
            system.Time.Offset = TimeSpan.Zero;
            // The service stamps nothing before a time that it has seen; the tests after this one are in the present again.
            await system.Restart();
        }
    }

    [Fact]
    public async Task Each_stamp_is_in_the_audit_log_before_and_after_it_was_made()
    {
        var token = await Stamp();
        var lines = AuditLines(system).Where(l => l.Contains("authority.timestamp-issue", StringComparison.Ordinal)
            && l.Contains($"\"{token.Info.SerialNumber}\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, lines.Count);
        Assert.Contains("begin", lines[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("succeeded", lines[1], StringComparison.OrdinalIgnoreCase);
    }

    internal static IEnumerable<string> AuditLines(AuthoritySystem system)
    {
        using var stream = new FileStream(system.AuditFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<TimestampToken> Stamp()
    {
        var nonce = new BigInteger(RandomNumberGenerator.GetBytes(8), isUnsigned: true);
        var (status, body, _) = await system.Post("tsa", TimestampRequest.For(HashAlgorithmName.SHA256, Digest, nonce).Encode(), Query);
        Assert.Equal(HttpStatusCode.OK, status);
        var token = Granted(body);
        Assert.Equal(nonce, token.Info.Nonce);
        return token;
    }

    private async Task IsRefused(byte[] request, TimestampFailures failure)
    {
        var (status, body, type) = await system.Post("tsa", request, Query);
        Assert.Equal((HttpStatusCode.OK, "application/timestamp-reply"), (status, type));
        Assert.Equal((2, failure), Assert.IsType<TimestampResponse.Refused>(TimestampResponse.Parse(body)) is var r ? (r.Status, r.Failures) : default);
    }

    private static TimestampToken Granted(byte[] body) => Assert.IsType<TimestampResponse.TokenGranted>(TimestampResponse.Parse(body)).Token;
}
