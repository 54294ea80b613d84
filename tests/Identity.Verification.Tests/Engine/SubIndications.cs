using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>The sub-indications of EN 319 102-1 table 5 that other tests of this folder do not reach, one test each.</summary>
public sealed class SubIndications(Hierarchy hierarchy)
{
    private static readonly byte[] Document = "the policy's text"u8.ToArray();

    private const string PolicyOid = "1.2.3.4.5";

    private Task<ValidationReport> Report(byte[] file, DateTimeOffset at, ValidationPolicy? policy = null, DateTimeOffset? revokedAt = null) =>
        Validating.Report(file, hierarchy.AllAnchors, hierarchy.Network(at.AddSeconds(-30), revokedAt: revokedAt), at, policy: policy);

    private static SignatureReport Signature(ValidationReport report) => Assert.Single(report.Signatures, one => one.Kind == "signature");

    private byte[] SignedAfter(DateTimeOffset stamped, CmsShape cms) =>
        ArchivedDocument.Unsigned(hierarchy).Stamp(stamped).Sign(bytes => hierarchy.Cms(bytes, cms), new SignatureShape()).File;

    [Fact]
    public async Task REVOKED_when_the_signature_covers_a_time_stamp_of_after_the_revocation()
    {
        var file = SignedAfter(Hierarchy.Now.AddMinutes(30), CmsShape.By("revoked"));
        var report = await Report(file, Hierarchy.Now.AddHours(1), revokedAt: Hierarchy.Now.AddMinutes(10));
        Assert.Equal("TOTAL-FAILED/REVOKED", Signature(report).Verdict());
        Signature(report).Says("signed-after");
    }

    [Fact]
    public async Task REVOKED_when_a_time_stamp_of_after_the_revocation_is_signed_with_the_content()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked") with { ContentStampedAt = Hierarchy.Now.AddMinutes(30) });
        Assert.Equal("TOTAL-FAILED/REVOKED", (await Report(file, Hierarchy.Now.AddHours(1), revokedAt: Hierarchy.Now.AddMinutes(10))).Only().Verdict());
        Assert.Equal("INDETERMINATE/REVOKED_NO_POE", (await Report(file, Hierarchy.Now.AddHours(1), revokedAt: Hierarchy.Now.AddMinutes(40))).Only().Verdict());
    }

    [Fact]
    public async Task EXPIRED_when_the_signature_covers_a_time_stamp_of_after_the_validity()
    {
        var file = SignedAfter(Hierarchy.Now.AddDays(2), CmsShape.By("liis"));
        Assert.Equal("TOTAL-FAILED/EXPIRED", Signature(await Report(file, Hierarchy.Now.AddDays(3))).Verdict());
    }

    [Fact]
    public async Task NOT_YET_VALID_when_the_signature_is_proven_older_than_its_certificate()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddHours(-2) });
        Assert.Equal("TOTAL-FAILED/NOT_YET_VALID", (await Report(file, Hierarchy.Now.AddMinutes(1))).Only().Verdict());
    }

    [Fact]
    public async Task CRYPTO_CONSTRAINTS_FAILURE_when_the_weak_signature_was_made_after_the_algorithms_end()
    {
        var file = SignedAfter(Hierarchy.Now.AddMinutes(1), CmsShape.By("liis") with { DigestOid = "1.3.14.3.2.26" });
        Assert.Equal("INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE", Signature(await Report(file, Hierarchy.Now.AddMinutes(5))).Verdict());
    }

    [Fact]
    public async Task TIMESTAMP_ORDER_FAILURE_when_the_document_was_stamped_before_the_signature_in_it()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddHours(2) });
        var file = new ArchivedDocument(hierarchy, signed).Stamp(Hierarchy.Now.AddHours(1)).File;
        Assert.Equal("INDETERMINATE/TIMESTAMP_ORDER_FAILURE", Signature(await Report(file, Hierarchy.Now.AddHours(3))).Verdict());
    }

    [Fact]
    public async Task TIMESTAMP_ORDER_FAILURE_when_the_content_was_stamped_after_the_signature()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { ContentStampedAt = Hierarchy.Now.AddHours(2), StampedAt = Hierarchy.Now.AddHours(1) });
        Assert.Equal("INDETERMINATE/TIMESTAMP_ORDER_FAILURE", (await Report(file, Hierarchy.Now.AddHours(3))).Only().Verdict());
    }

    [Fact]
    public async Task NO_CERTIFICATE_CHAIN_FOUND_NO_POE_when_the_anchor_is_trusted_no_longer()
    {
        var anchors = hierarchy.AllAnchors.Until(hierarchy.Anchors.Certificates.ToDictionary(anchor => anchor, _ => Hierarchy.Now.AddMinutes(10)));
        var at = Hierarchy.Now.AddHours(1);
        async Task<string> Verdict(CmsShape cms) => (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), cms), anchors, hierarchy.Network(at.AddSeconds(-30)), at)).Only().Verdict();
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", await Verdict(CmsShape.By("liis")));
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", await Verdict(CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(11) }));
        Assert.Equal("TOTAL-PASSED", await Verdict(CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(5) }));
    }

    [Fact]
    public async Task REVOKED_CA_NO_POE_when_the_issuing_authority_was_revoked()
    {
        var at = Hierarchy.Now.AddHours(1);
        var network = new RevocationNetwork(new()
        {
            [Hierarchy.Source + "root.crl"] = hierarchy.RevocationList("root-ca", at.AddSeconds(-30), revoked: ("people-ca", Hierarchy.Now.AddMinutes(10))),
            [Hierarchy.Source + "issuing.crl"] = hierarchy.RevocationList("people-ca", at.AddSeconds(-30)),
        });
        async Task<string> Verdict(CmsShape cms) => (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), cms), hierarchy.AllAnchors, network, at)).Only().Verdict();
        Assert.Equal("INDETERMINATE/REVOKED_CA_NO_POE", await Verdict(CmsShape.By("liis")));
        Assert.Equal("TOTAL-PASSED", await Verdict(CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(5) }));
    }

    [Fact]
    public async Task CERTIFICATE_CHAIN_GENERAL_FAILURE_when_a_certificate_cannot_be_understood()
    {
        hierarchy.Pki.Certify("obscure", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Obscure", "keyUsage=critical,nonRepudiation\n1.2.3.4=critical,ASN1:NULL\n", "people-ca", "PersonSignature", days: 1);
        Assert.Equal("INDETERMINATE/CERTIFICATE_CHAIN_GENERAL_FAILURE", (await Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("obscure")), Hierarchy.Now.AddMinutes(1))).Only().Verdict());
    }

    [Fact]
    public async Task OUT_OF_BOUNDS_NO_POE_when_nobody_knows_whether_the_expired_certificate_was_revoked() =>
        Assert.Equal("INDETERMINATE/OUT_OF_BOUNDS_NO_POE", (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.AllAnchors, at: Hierarchy.Now.AddDays(2))).Only().Verdict());

    [Fact]
    public async Task REVOCATION_OUT_OF_BOUNDS_NO_POE_when_the_responder_has_outlived_its_certificate()
    {
        var status = hierarchy.OcspOfShortLivedResponder("lasting");
        var signed = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("lasting"));
        var at = Hierarchy.Now.AddDays(3);
        var list = hierarchy.RevocationList("root-ca", at.AddMinutes(-1));
        var bare = new ArchivedDocument(hierarchy, signed).Store(("OCSPs", status), ("CRLs", list)).File;
        Assert.Equal("INDETERMINATE/REVOCATION_OUT_OF_BOUNDS_NO_POE", (await Validating.Report(bare, hierarchy.AllAnchors, at: at)).Only().Verdict());
        var proven = new ArchivedDocument(hierarchy, signed).Store(("OCSPs", status), ("CRLs", list)).Stamp(Hierarchy.Now.AddHours(1)).File;
        Assert.Equal("TOTAL-PASSED", Signature(await Validating.Report(proven, hierarchy.AllAnchors, at: at)).Verdict());
    }

    [Fact]
    public async Task SIGNED_DATA_NOT_FOUND_when_the_digest_that_is_signed_is_not_enclosed()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis"), new SignatureShape { SubFilter = "adbe.pkcs7.sha1" });
        Assert.Equal("INDETERMINATE/SIGNED_DATA_NOT_FOUND", (await Report(file, Hierarchy.Now.AddMinutes(1))).Only().Verdict());
    }

    [Fact]
    public async Task CUSTOM_when_the_policy_demands_a_proven_time_and_there_is_none()
    {
        var policy = ValidationPolicy.Default with { DemandProvenTime = true };
        Assert.Equal("INDETERMINATE/CUSTOM", (await Report(hierarchy.Sign(HandMadePdf.Plain()), Hierarchy.Now.AddMinutes(1), policy)).Only().Verdict());
        Assert.Equal("TOTAL-PASSED", (await Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now }), Hierarchy.Now.AddMinutes(1), policy)).Only().Verdict());
    }

    [Theory]
    [InlineData(true, true, "TOTAL-PASSED")]
    [InlineData(true, false, "INDETERMINATE/POLICY_PROCESSING_ERROR")]
    [InlineData(false, true, "INDETERMINATE/SIGNATURE_POLICY_NOT_AVAILABLE")]
    public async Task POLICY_PROCESSING_ERROR_and_SIGNATURE_POLICY_NOT_AVAILABLE(bool known, bool sameText, string verdict)
    {
        var policy = ValidationPolicy.Default with
        {
            SignaturePolicies = new SignaturePolicies(known ? new Dictionary<string, ReadOnlyMemory<byte>> { [PolicyOid] = Document } : [], DemandKnown: true),
        };
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { SignedAttribute = ("1.2.840.113549.1.9.16.2.15", Named(sameText ? Document : [1])) });
        Assert.Equal(verdict, (await Report(file, Hierarchy.Now.AddMinutes(1), policy)).Only().Verdict());
        // Where the policy demands nothing, the signature's own policy is reported and not processed.
        Assert.Equal("TOTAL-PASSED", (await Report(file, Hierarchy.Now.AddMinutes(1))).Only().Verdict());
    }

    [Fact]
    public async Task POLICY_PROCESSING_ERROR_when_the_policy_identifier_cannot_be_read()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { SignedAttribute = ("1.2.840.113549.1.9.16.2.15", [0x02, 0x01, 0x00]) });
        Assert.Equal("INDETERMINATE/POLICY_PROCESSING_ERROR", (await Report(file, Hierarchy.Now.AddMinutes(1))).Only().Verdict());
    }

    [Fact]
    public async Task A_time_stamp_from_before_its_unit_proves_no_time()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddDays(-40) });
        var signature = (await Report(file, Hierarchy.Now.AddMinutes(1))).Only();
        Assert.Equal(("TOTAL-PASSED", null, "INDETERMINATE"), (signature.Verdict(), signature.BestSignatureTime, signature.Timestamps[0].Indication));
        signature.Says("timestamp-outside-unit");
    }

    // SignaturePolicyId: SEQUENCE { OID, SEQUENCE { AlgorithmIdentifier, OCTET STRING } }.
    private static byte[] Named(byte[] document)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(PolicyOid);
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
                writer.WriteOctetString(SHA256.HashData(document));
            }
        }
        return writer.Encode();
    }
}
