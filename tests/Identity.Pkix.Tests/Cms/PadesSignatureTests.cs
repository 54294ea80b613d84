using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;

namespace Identity.Pkix.Tests.Cms;

public sealed class PadesSignatureTests(OpensslHierarchy hierarchy)
{
    private static readonly byte[] Document = Encoding.UTF8.GetBytes("the bytes of a document\n");

    public static TheoryData<string, string> Signers => new()
    {
        { "person", nameof(SignatureAlgorithm.EcdsaSha256) },
        { "person-384", nameof(SignatureAlgorithm.EcdsaSha384) },
        { "person-rsa", nameof(SignatureAlgorithm.RsaPkcs1Sha256) },
        { "person-rsa", nameof(SignatureAlgorithm.RsaPssSha256) },
        { "person-rsa", nameof(SignatureAlgorithm.RsaPssSha384) },
    };

    [Theory]
    [MemberData(nameof(Signers))]
    public void Openssl_verifies_the_signature_with_and_without_cades(string signer, string algorithm)
    {
        var path = hierarchy.Pki.Write($"{signer}-{algorithm}.p7s", Sign(signer, Named(algorithm)));
        Assert.Contains("Verification successful", Verify(path, Document, "-purpose", "any").Text);
        Assert.Contains("Verification successful", Verify(path, Document, "-purpose", "any", "-cades").Text);
        Assert.Contains("Verification failure", Verify(path, "another document"u8.ToArray(), "-purpose", "any").Text);
    }

    [Fact]
    public void The_structure_is_what_the_baseline_profile_asks_for()
    {
        var signed = SignedData.Parse(Sign("person", SignatureAlgorithm.EcdsaSha256));
        var signer = Assert.Single(signed.Signers);
        Assert.Equal((1, 1), (signed.Version, signer.Version));
        Assert.Equal(Oids.CmsData, signed.ContentType);
        Assert.Null(signed.Content);
        Assert.True(signed.IsStrictDer());
        Assert.Equal(3, signed.Certificates.Count);
        Assert.Equal([Oids.SigningCertificateV2, Oids.ContentType, Oids.MessageDigest, Oids.AlgorithmProtection], signer.SignedAttributes.Select(a => a.Oid).Order(StringComparer.Ordinal));
        Assert.Null(signer.SigningTime);
        Assert.Equal(Oids.CmsData, signer.ContentType);
        Assert.Equal(SHA256.HashData(Document), signer.MessageDigest!.Value.ToArray());
        var reference = Assert.Single(signer.SigningCertificates!);
        Assert.True(reference.Matches(hierarchy["person"]));
        Assert.False(reference.Matches(hierarchy["tsa"]));
        Assert.True(signer.AlgorithmProtection!.Digest.SameAs(signer.DigestAlgorithm));
        Assert.True(signer.AlgorithmProtection.Signature!.SameAs(signer.SignatureAlgorithm.Identifier));
        Assert.True(signer.Names(hierarchy["person"]));
        Assert.False(signer.Names(hierarchy["person-384"]));
        Assert.Equal(SignatureCheck.Valid, signer.VerifySignature(hierarchy["person"].PublicKey));
        Assert.Equal(SignatureCheck.Invalid, signer.VerifySignature(hierarchy["tsa"].PublicKey));
        Assert.Equal(SignatureCheck.KeyMismatch, signer.VerifySignature(hierarchy["person-rsa"].PublicKey));
    }

    // ESSCertIDv2's algorithm has SHA-256 as DEFAULT, and DER omits defaults (RFC 5035 4): SEQUENCE, SEQUENCE OF, SEQUENCE, then the hash.
    [Fact]
    public void The_default_hash_of_the_signing_certificate_reference_is_not_encoded()
    {
        var value = SignedData.Parse(Sign("person", SignatureAlgorithm.EcdsaSha256)).Signers[0].SignedAttributes.Single(a => a.Oid == Oids.SigningCertificateV2).Values[0];
        var hash = hierarchy["person"].Sha256();
        var at = value.Span.IndexOf(hash);
        Assert.Equal([0x04, 0x20], value.Span[(at - 2)..at].ToArray());
        Assert.True(at <= 12);
        Assert.Equal(-1, value.Span[..at].IndexOf((byte)0x06));
    }

    [Fact]
    public void A_time_stamp_is_added_without_touching_what_is_signed()
    {
        var cms = Sign("person", SignatureAlgorithm.EcdsaSha256);
        var imprint = new MessageImprint(AlgorithmIdentifier.ForDigest(HashAlgorithmName.SHA256), SHA256.HashData(PadesSignature.TimestampedValue(cms).Span));
        var info = new TimestampInfo("1.3.6.1.4.1.99999.1.2", imprint, 1, OpensslHierarchy.Now, null, null);
        var token = hierarchy.Finish(TimestampTokenBuilder.Build(info, hierarchy["tsa"], [hierarchy["tsa"]], SignatureAlgorithm.EcdsaSha256), "tsa");

        var stamped = PadesSignature.WithSignatureTimestamp(cms, token);
        var before = SignedData.Parse(cms);
        var after = SignedData.Parse(stamped);
        Assert.True(after.IsStrictDer());
        Assert.Equal(token, Assert.Single(after.Signers[0].SignatureTimestamps).ToArray());
        Assert.Equal(before.Signers[0].SignatureValue.ToArray(), after.Signers[0].SignatureValue.ToArray());
        Assert.Equal(before.Signers[0].SignedAttributesDer!.Value.ToArray(), after.Signers[0].SignedAttributesDer!.Value.ToArray());
        Assert.Equal(before.Certificates.Select(c => Convert.ToHexString(c.Span)), after.Certificates.Select(c => Convert.ToHexString(c.Span)));
        Assert.Contains("Verification successful", Verify(hierarchy.Pki.Write("stamped.p7s", stamped), Document, "-purpose", "any", "-cades").Text);

        var twice = SignedData.Parse(PadesSignature.WithSignatureTimestamp(stamped, token));
        Assert.Equal(2, twice.Signers[0].SignatureTimestamps.Count());
        Assert.True(twice.IsStrictDer());
    }

    [Theory]
    [InlineData("person", 1)]
    [InlineData("person", 100)]
    [InlineData("person", 8 * 1024)]
    [InlineData("person-rsa", 70_000)]
    public void A_time_stamp_takes_no_more_than_is_kept_free_for_it(string signer, int octets)
    {
        var cms = Sign(signer, signer == "person" ? SignatureAlgorithm.EcdsaSha256 : SignatureAlgorithm.RsaPssSha256);
        var token = new AsnWriter(AsnEncodingRules.DER);
        token.WriteOctetString(new byte[octets]);

        Assert.InRange(PadesSignature.WithSignatureTimestamp(cms, token.Encode()).Length - cms.Length - token.GetEncodedLength(), 1, PadesSignature.MostBesideToken);
    }

    [Fact]
    public void Openssl_prints_it_as_der_without_complaint()
    {
        var path = hierarchy.Pki.Write("printed.p7s", Sign("person", SignatureAlgorithm.EcdsaSha256));
        Assert.Contains("signedAttrs:", hierarchy.Pki.Openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", path).Output);
        Assert.DoesNotContain("Error", hierarchy.Pki.Openssl("asn1parse", "-inform", "DER", "-in", path).Text);
    }

    [Fact]
    public void A_document_digest_of_another_length_is_not_signed() =>
        Assert.Throws<ArgumentException>(() => PadesSignature.Build(new PadesContent(new byte[31], hierarchy["person"], []), SignatureAlgorithm.EcdsaSha256));

    internal byte[] Sign(string signer, SignatureAlgorithm algorithm)
    {
        var digest = Digests.Compute(PadesSignature.DocumentDigestAlgorithm(algorithm), Document);
        return hierarchy.Finish(PadesSignature.Build(new PadesContent(digest, hierarchy[signer], [hierarchy.Issuing, hierarchy.Root]), algorithm), signer);
    }

    internal static SignatureAlgorithm Named(string name) => (SignatureAlgorithm)typeof(SignatureAlgorithm).GetProperty(name)!.GetValue(null)!;

    private TestKit.ToolResult Verify(string path, byte[] document, params string[] more) => hierarchy.Pki.Try(
        ["cms", "-verify", "-binary", "-inform", "DER", "-in", path, "-content", hierarchy.Pki.Write("document", document), "-CAfile",
            hierarchy.Pki.CertificatePath("root-ca"), "-out", hierarchy.Pki.PathOf("out"), .. more]);
}
