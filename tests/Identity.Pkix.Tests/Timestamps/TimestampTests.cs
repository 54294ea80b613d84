using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;

namespace Identity.Pkix.Tests.Timestamps;

public sealed class TimestampTests(OpensslHierarchy hierarchy)
{
    private const string Policy = "1.3.6.1.4.1.99999.1.2";
    private static readonly byte[] Data = Encoding.UTF8.GetBytes("data to be time-stamped");

    [Theory]
    [InlineData("sha256", true)]
    [InlineData("sha384", true)]
    [InlineData("sha512", true)]
    [InlineData("sha512", false)]
    public void Openssl_verifies_the_token_that_answers_its_own_query(string digest, bool certificate)
    {
        var pki = hierarchy.Pki;
        var data = pki.Write("tsp.data", Data);
        var query = pki.PathOf($"{digest}-{certificate}.tsq");
        pki.Openssl(["ts", "-query", "-data", data, "-" + digest, "-out", query, .. certificate ? new[] { "-cert" } : []]);
        var request = TimestampRequest.Parse(File.ReadAllBytes(query));
        Assert.True(request.Imprint.IsWellFormed);
        Assert.Equal(certificate, request.CertificateRequested);

        var reply = pki.Write($"{digest}-{certificate}.tsr", TimestampResponse.Grant(Token(request.Imprint, request.Nonce, certificate ? [hierarchy["tsa"], hierarchy.Issuing] : [])));
        string[] untrusted = certificate ? ["-untrusted", pki.CertificatePath("issuing-ca")] : ["-untrusted", Bundle()];
        var result = pki.Openssl(["ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", pki.CertificatePath("root-ca"), .. untrusted]);
        Assert.Contains("Verification: OK", result.Text);

        var text = pki.Openssl("ts", "-reply", "-in", reply, "-text").Output;
        Assert.Contains("Status: Granted.", text);
        Assert.Contains("Policy OID: " + Policy, text);
        Assert.Contains("Accuracy: 0x01 seconds", text);
        Assert.Contains("Ordering: no", text);
    }

    [Fact]
    public void Openssl_refuses_the_token_for_other_data()
    {
        var imprint = Imprint(Data);
        var reply = hierarchy.Pki.Write("other.tsr", TimestampResponse.Grant(Token(imprint, 5, [hierarchy["tsa"], hierarchy.Issuing])));
        var result = hierarchy.Pki.Try("ts", "-verify", "-data", hierarchy.Pki.Write("other.data", "other"u8), "-in", reply, "-CAfile",
            hierarchy.Pki.CertificatePath("root-ca"), "-untrusted", hierarchy.Pki.CertificatePath("issuing-ca"));
        Assert.Contains("message imprint mismatch", result.Text);
    }

    [Fact]
    public void A_token_made_by_openssl_is_read_and_verified()
    {
        var pki = hierarchy.Pki;
        pki.Openssl("ts", "-query", "-data", pki.Write("by-openssl.data", Data), "-sha384", "-cert", "-out", pki.PathOf("by-openssl.tsq"));
        File.WriteAllText(pki.PathOf("tsserial"), "2B\n");
        File.WriteAllText(pki.PathOf("tsa.cnf"),
            $"[tsa]\ndefault_tsa=t\n[t]\nserial={pki.PathOf("tsserial")}\nsigner_digest=sha256\ndefault_policy={Policy}\ndigests=sha256,sha384,sha512\naccuracy=secs:1,millisecs:500,microsecs:100\nordering=yes\ntsa_name=yes\ness_cert_id_alg=sha256\n");
        pki.Openssl("ts", "-reply", "-config", pki.PathOf("tsa.cnf"), "-queryfile", pki.PathOf("by-openssl.tsq"), "-signer", pki.CertificatePath("tsa"), "-inkey",
            pki.KeyPath("tsa"), "-chain", pki.CertificatePath("issuing-ca"), "-out", pki.PathOf("by-openssl.tsr"));

        var request = TimestampRequest.Parse(File.ReadAllBytes(pki.PathOf("by-openssl.tsq")));
        var token = Assert.IsType<TimestampResponse.TokenGranted>(TimestampResponse.Parse(File.ReadAllBytes(pki.PathOf("by-openssl.tsr")))).Token;
        Assert.Equal(Policy, token.Info.Policy);
        Assert.Equal(0x2C, token.Info.SerialNumber);
        Assert.Equal(TimeSpan.FromMicroseconds(1_500_100), token.Info.Accuracy!.Duration);
        Assert.True(token.Info.Ordering);
        Assert.True(token.Info.Authority!.Directory!.SameAs(hierarchy["tsa"].Subject));
        Assert.Equal(request.Nonce, token.Info.Nonce);
        Assert.True(token.Info.Imprint.SameAs(request.Imprint));
        Assert.Equal(SignatureCheck.Valid, token.VerifySignature(hierarchy["tsa"]));
        Assert.Equal(2, token.SignedData.ReadableCertificates().Count);
    }

    [Fact]
    public void A_token_verifies_only_with_the_certificate_that_it_names()
    {
        var token = TimestampToken.Parse(Token(Imprint(Data), null, []));
        Assert.Equal(SignatureCheck.Valid, token.VerifySignature(hierarchy["tsa"]));
        Assert.Equal(SignatureCheck.KeyMismatch, token.VerifySignature(hierarchy["ocsp"]));
    }

    [Fact]
    public void A_token_whose_time_was_changed_does_not_verify()
    {
        var bytes = Token(Imprint(Data), null, []);
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(OpensslHierarchy.Now.UtcDateTime.ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture)));
        bytes[at + 3] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, TimestampToken.Parse(bytes).VerifySignature(hierarchy["tsa"]));
    }

    [Fact]
    public void A_refusal_is_read_by_openssl_and_by_us()
    {
        var refusal = TimestampResponse.Refuse(TimestampFailures.BadAlgorithm, "The hash algorithm is not accepted.");
        var text = hierarchy.Pki.Openssl("ts", "-reply", "-in", hierarchy.Pki.Write("refusal.tsr", refusal), "-text").Output;
        Assert.Contains("Status: Rejected.", text);
        Assert.Contains("unrecognized or unsupported algorithm identifier", text);
        var refused = Assert.IsType<TimestampResponse.Refused>(TimestampResponse.Parse(refusal));
        Assert.Equal((2, TimestampFailures.BadAlgorithm), (refused.Status, refused.Failures));
    }

    [Theory]
    [InlineData(TimestampFailures.SystemFailure)]
    [InlineData(TimestampFailures.TimeNotAvailable)]
    [InlineData(TimestampFailures.UnacceptedExtension)]
    public void Failure_bits_survive_the_encoding(TimestampFailures failure) =>
        Assert.Equal(failure, Assert.IsType<TimestampResponse.Refused>(TimestampResponse.Parse(TimestampResponse.Refuse(failure, "x"))).Failures);

    [Fact]
    public void A_digest_of_another_length_than_its_algorithms_is_not_well_formed()
    {
        Assert.True(Imprint(Data).IsWellFormed);
        Assert.False((Imprint(Data) with { Digest = new byte[31] }).IsWellFormed);
        Assert.False((Imprint(Data) with { Digest = new byte[33] }).IsWellFormed);
        Assert.False(new MessageImprint(new AlgorithmIdentifier("1.2.3", default), new byte[32]).IsWellFormed);
    }

    [Fact]
    public void A_nonce_of_512_bits_is_read_and_one_more_bit_is_refused()
    {
        var digest = SHA256.HashData(Data);
        Assert.NotNull(TimestampRequest.Parse(TimestampRequest.For(HashAlgorithmName.SHA256, digest, (BigInteger.One << 512) - 1).Encode()).Nonce);
        Assert.Throws<MalformedException>(() => TimestampRequest.Parse(TimestampRequest.For(HashAlgorithmName.SHA256, digest, BigInteger.One << 512).Encode()));
    }

    [Fact]
    public void A_request_longer_than_the_cap_is_refused()
    {
        byte[] tooLong = [0x30, 0x82, 0x20, 0x04, 0x04, 0x82, 0x20, 0x00, .. new byte[8192]];
        Assert.Contains("longer than 8192", Assert.Throws<MalformedException>(() => TimestampRequest.Parse(tooLong)).Message);
    }

    private static MessageImprint Imprint(byte[] data) => new(AlgorithmIdentifier.ForDigest(HashAlgorithmName.SHA256), SHA256.HashData(data));

    private byte[] Token(MessageImprint imprint, BigInteger? nonce, IReadOnlyList<Certificate> enclosed)
    {
        var info = new TimestampInfo(Policy, imprint, 4711, OpensslHierarchy.Now, new TimestampAccuracy(1, 0, 0), nonce);
        return hierarchy.Finish(TimestampTokenBuilder.Build(info, hierarchy["tsa"], enclosed, SignatureAlgorithm.EcdsaSha256), "tsa");
    }

    private string Bundle()
    {
        var path = hierarchy.Pki.PathOf("bundle.pem");
        File.WriteAllText(path, File.ReadAllText(hierarchy.Pki.CertificatePath("issuing-ca")) + File.ReadAllText(hierarchy.Pki.CertificatePath("tsa")));
        return path;
    }
}
