using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.Tests.Ocsp;

public sealed class OcspTests(OpensslHierarchy hierarchy)
{
    [Theory]
    [InlineData("good")]
    [InlineData("revoked")]
    [InlineData("unknown")]
    public void Openssl_accepts_the_answer_of_a_delegated_responder_with_its_nonce(string status)
    {
        var pki = hierarchy.Pki;
        var requestPath = pki.PathOf($"{status}.ocsp-request");
        string[] about = ["-issuer", pki.CertificatePath("issuing-ca"), "-cert", pki.CertificatePath("person")];
        pki.Openssl(["ocsp", .. about, "-reqout", requestPath]);
        var request = OcspRequest.Parse(File.ReadAllBytes(requestPath));
        Assert.NotNull(request.Nonce);
        Assert.True(request.Certificates[0].IsIssuedBy(hierarchy.Issuing));
        Assert.False(request.Certificates[0].IsIssuedBy(hierarchy.Root));
        Assert.Equal(hierarchy["person"].SerialNumber, request.Certificates[0].SerialNumber);

        var response = Answer(request.Certificates[0], status, request.Nonce);
        Assert.Equal(request.Nonce!.Value.ToArray(), OcspResponse.Parse(response).Basic!.Nonce!.Value.ToArray());
        // -no_nonce: openssl would add a nonce of its own to the request that it reads.
        var responsePath = pki.Write($"{status}.ocsp-response", response);
        var result = pki.Openssl(["ocsp", .. about, "-no_nonce", "-reqin", requestPath, "-respin", responsePath, "-CAfile", pki.CertificatePath("root-ca"),
            "-verify_other", pki.CertificatePath("issuing-ca")]);
        Assert.Contains("Response verify OK", result.Text);
        Assert.Contains($": {status}", result.Output);
        if (status == "revoked") Assert.Contains("Reason: keyCompromise", result.Output);
    }

    [Fact]
    public void What_is_built_is_read_back()
    {
        var id = CertificateId.For(HashAlgorithmName.SHA256, hierarchy.Issuing, 4711);
        var basic = OcspResponse.Parse(Answer(id, "revoked", new byte[] { 1, 2, 3 })).Basic!;
        Assert.True(basic.IsFrom(hierarchy["ocsp"]));
        Assert.False(basic.IsFrom(hierarchy["tsa"]));
        Assert.Equal(SignatureCheck.Valid, basic.VerifySignature(hierarchy["ocsp"].PublicKey));
        Assert.Equal(SignatureCheck.Invalid, basic.VerifySignature(hierarchy["tsa"].PublicKey));
        Assert.Equal([1, 2, 3], basic.Nonce!.Value.ToArray());
        Assert.Equal(hierarchy["ocsp"].Raw.ToArray(), Assert.Single(basic.Certificates).ToArray());
        var single = Assert.Single(basic.Responses);
        Assert.Equal(new BigInteger(4711), single.Certificate.SerialNumber);
        Assert.True(single.Certificate.IsIssuedBy(hierarchy.Issuing));
        Assert.Equal(RevocationReason.KeyCompromise, Assert.IsType<CertificateStatus.Revoked>(single.Status).Reason);
        Assert.NotNull(single.ArchiveCutoff);
    }

    [Fact]
    public void A_request_made_here_is_read_by_openssl()
    {
        var request = new OcspRequest([CertificateId.For(hierarchy.Issuing, 4711)], new byte[16]).Encode();
        var text = hierarchy.Pki.Openssl("ocsp", "-reqin", hierarchy.Pki.Write("own.request", request), "-req_text").Output;
        Assert.Contains("Serial Number: 1267", text);
        Assert.Contains("OCSP Nonce", text);
    }

    [Theory]
    [InlineData(OcspResponseStatus.MalformedRequest, "malformedrequest")]
    [InlineData(OcspResponseStatus.Unauthorized, "unauthorized")]
    [InlineData(OcspResponseStatus.TryLater, "trylater")]
    public void Refusals_are_understood_by_openssl(OcspResponseStatus status, string text)
    {
        var refusal = OcspResponse.Refusal(status);
        Assert.Equal(status, OcspResponse.Parse(refusal).Status);
        Assert.Contains(text, hierarchy.Pki.Try("ocsp", "-respin", hierarchy.Pki.Write("refusal", refusal), "-text").Text);
    }

    [Fact]
    public void A_request_at_the_cap_of_certificates_is_read_and_one_more_is_refused()
    {
        var ids = Enumerable.Range(1, OcspRequest.MaxCertificates + 1).Select(i => CertificateId.For(hierarchy.Issuing, i)).ToList();
        Assert.Equal(OcspRequest.MaxCertificates, OcspRequest.Parse(new OcspRequest(ids[1..], null).Encode()).Certificates.Count);
        Assert.Throws<MalformedException>(() => OcspRequest.Parse(new OcspRequest(ids, null).Encode()));
    }

    [Fact]
    public void A_nonce_of_128_octets_is_read_and_one_more_octet_is_refused()
    {
        var id = CertificateId.For(hierarchy.Issuing, 1);
        Assert.Equal(128, OcspRequest.Parse(new OcspRequest([id], new byte[128]).Encode()).Nonce!.Value.Length);
        Assert.Throws<MalformedException>(() => OcspRequest.Parse(new OcspRequest([id], new byte[129]).Encode()));
    }

    [Fact]
    public void A_request_for_nothing_is_refused() =>
        Assert.Throws<MalformedException>(() => OcspRequest.Parse(new OcspRequest([], null).Encode()));

    private byte[] Answer(CertificateId id, string status, ReadOnlyMemory<byte>? nonce)
    {
        CertificateStatus stated = status switch
        {
            "good" => new CertificateStatus.Good(),
            "revoked" => new CertificateStatus.Revoked(OpensslHierarchy.Now.AddMinutes(-1), RevocationReason.KeyCompromise),
            _ => new CertificateStatus.Unknown(),
        };
        var single = new SingleOcspResponse(id, stated, OpensslHierarchy.Now.AddSeconds(-30), OpensslHierarchy.Now.AddHours(1)) { ArchiveCutoff = OpensslHierarchy.Now.AddYears(-1) };
        return hierarchy.Finish(OcspResponseBuilder.Build(new OcspResponseContent(hierarchy["ocsp"], OpensslHierarchy.Now, [single], nonce), SignatureAlgorithm.EcdsaSha256), "ocsp");
    }
}
