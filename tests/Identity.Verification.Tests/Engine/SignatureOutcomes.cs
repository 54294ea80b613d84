using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Engine;

/// <summary>The outcomes of EN 319 102-1 for whole signatures; each row changes one thing of a signature that passes.</summary>
public sealed class SignatureOutcomes(Hierarchy hierarchy)
{
    private static readonly DateTimeOffset AfterExpiry = Hierarchy.Now.AddDays(2);

    [Fact]
    public async Task Passes_a_time_stamped_signature_and_names_signer_time_and_level()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "intact"), (report.Conclusion, report.Integrity));
        var signature = report.Only();
        Assert.Equal(("Signature1", "signature", "TOTAL-PASSED", null, "PAdES-BASELINE-T", "PAdES"),
            (signature.Field, signature.Kind, signature.Indication, signature.SubIndication, signature.Level, signature.Format));
        Assert.Equal(("Person liis", "none", true, true, true), (signature.SignedBy, signature.ChangesAfter, signature.CryptographicallyIntact, signature.CoversWholeRevision, signature.CoversWholeDocument));
        Assert.NotNull(signature.BestSignatureTime);
        Assert.Equal("2026-11-23T10:00:00Z", signature.ClaimedSigningTime);
        Assert.Equal(["none", "signature"], report.Revisions.Select(revision => revision.Kind));
    }

    [Fact]
    public async Task Passes_a_signature_without_time_stamp_while_its_certificate_is_valid_as_level_B()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-B", null), (report.Conclusion, report.Only().Level, report.Only().BestSignatureTime));
    }

    [Fact]
    public async Task Passes_after_the_certificate_expired_when_a_time_stamp_lies_within_its_validity()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy, AfterExpiry)).Conclusion);
    }

    [Fact]
    public async Task Does_not_pass_an_expired_certificate_without_time_stamp()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy, AfterExpiry);
        Assert.Equal("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", report.Only().Verdict());
    }

    [Fact]
    public async Task A_time_stamp_of_a_stranger_proves_no_time()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "strange-stamps"));
        var signature = (await Validating.Report(file, hierarchy, AfterExpiry)).Only();
        Assert.Equal("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", signature.Verdict());
        Assert.Equal(("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"), (signature.Timestamps[0].Indication, signature.Timestamps[0].SubIndication));
        Assert.Null(signature.BestSignatureTime);
    }

    [Fact]
    public async Task A_list_that_does_not_speak_of_expired_certificates_says_nothing_about_one()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        var network = hierarchy.Network(AfterExpiry.AddSeconds(-30), coversExpired: false);
        var signature = (await Validating.Report(file, hierarchy.Anchors, network, AfterExpiry)).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        signature.Says("revocation-after-expiry");
    }

    [Fact]
    public async Task Revoked_before_the_time_stamp_does_not_pass()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked", "stamps"));
        var network = hierarchy.Network(Hierarchy.Now.AddHours(1), revokedAt: Hierarchy.Now.AddMinutes(-30));
        var signature = (await Validating.Report(file, hierarchy.Anchors, network, Hierarchy.Now.AddHours(2))).Only();
        Assert.Equal("INDETERMINATE/REVOKED_NO_POE", signature.Verdict());
        signature.Says("certificate-revoked");
    }

    [Fact]
    public async Task Revoked_after_the_time_stamp_passes()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked", "stamps"));
        var network = hierarchy.Network(Hierarchy.Now.AddHours(2), revokedAt: Hierarchy.Now.AddHours(1));
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy.Anchors, network, Hierarchy.Now.AddHours(3))).Conclusion);
    }

    [Fact]
    public async Task Revoked_without_a_time_stamp_does_not_pass()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked"));
        var network = hierarchy.Network(Hierarchy.Now.AddHours(2), revokedAt: Hierarchy.Now.AddHours(1));
        Assert.Equal("INDETERMINATE/REVOKED_NO_POE", (await Validating.Report(file, hierarchy.Anchors, network, Hierarchy.Now.AddHours(3))).Only().Verdict());
    }

    [Fact]
    public async Task A_source_that_gives_nothing_is_named_and_asks_to_try_later()
    {
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors, new RevocationNetwork([]))).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        Assert.Contains(signature.Messages, message => message.Key == "revocation-source-failed" && message.Text.Contains(Hierarchy.Source + "issuing.crl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_source_that_is_not_allowed_is_never_asked()
    {
        var network = hierarchy.Network(Hierarchy.Now);
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors, network, source: "http://other.test/")).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        signature.Says("revocation-source-not-allowed");
        Assert.Empty(network.Asked);
    }

    [Fact]
    public async Task Offline_says_that_nobody_was_asked()
    {
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors)).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        signature.Says("revocation-offline");
    }

    [Fact]
    public async Task A_revocation_list_of_another_key_is_not_believed()
    {
        var network = new RevocationNetwork(new()
        {
            [Hierarchy.Source + "root.crl"] = hierarchy.RevocationList("root-ca", Hierarchy.Now),
            [Hierarchy.Source + "issuing.crl"] = hierarchy.RevocationList("revoking-ca", Hierarchy.Now),
        });
        Assert.Equal("INDETERMINATE/TRY_LATER", (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors, network)).Only().Verdict());
    }

    [Fact]
    public async Task A_revocation_list_from_the_future_is_not_believed()
    {
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors, hierarchy.Network(Hierarchy.Now.AddHours(5)))).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        signature.Says("revocation-from-future");
    }

    [Fact]
    public async Task A_strangers_signature_is_intact_but_leads_to_no_trusted_issuer()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger") with { Chain = [] });
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", "intact", true), (report.Only().Verdict(), report.Integrity, report.Only().CryptographicallyIntact));
    }

    [Fact]
    public async Task Without_anchors_nothing_passes()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), TrustAnchors.None, hierarchy.Network(Hierarchy.Now));
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", report.Only().Verdict());
    }

    [Fact]
    public async Task A_certificate_for_another_use_does_not_pass()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("tls")), hierarchy);
        Assert.Equal("INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE", report.Only().Verdict());
        report.Only().Says("signer-key-usage");
    }

    [Fact]
    public async Task A_signed_reference_to_another_certificate_does_not_pass()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { ReferenceTo = "wei" }), hierarchy);
        Assert.Equal("INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND", report.Only().Verdict());
    }

    [Fact]
    public async Task PAdES_without_a_signed_reference_does_not_pass()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { ReferenceTo = null }), hierarchy);
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", report.Only().Verdict());
        report.Only().Says("signing-certificate-not-signed");
    }

    [Fact]
    public async Task Pkcs7_without_a_signed_reference_passes_with_a_warning()
    {
        var report = await Validating.Report(
            hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { ReferenceTo = null }, new SignatureShape { SubFilter = "adbe.pkcs7.detached" }), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "PKCS7-B"), (report.Conclusion, report.Only().Level));
        report.Only().Says("signing-certificate-not-signed");
    }

    [Fact]
    public async Task Sha1_is_recognised_and_named_as_too_weak()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { DigestOid = "1.3.14.3.2.26" }), hierarchy);
        Assert.Equal(("INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "intact"), (report.Only().Verdict(), report.Integrity));
        Assert.Contains(report.Only().Messages, message => message.Text.Contains("SHA-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pdf_without_signatures_says_so()
    {
        var report = await Validating.Report(HandMadePdf.Plain(), hierarchy);
        Assert.Equal(("NO-SIGNATURE", "none", 0), (report.Conclusion, report.Integrity, report.Signatures.Count));
        Assert.False(report.HasPassed);
    }

    [Fact]
    public async Task The_worst_of_two_signatures_decides()
    {
        var once = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger") with { Chain = [] });
        var twice = hierarchy.Sign(once, CmsShape.By("liis"), new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2" });
        var report = await Validating.Report(twice, hierarchy);
        Assert.Equal(["INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", "TOTAL-PASSED"], report.Signatures.Select(signature => signature.Verdict()));
        Assert.Equal(("INDETERMINATE", "intact", "signature"), (report.Conclusion, report.Integrity, report.Signatures[0].ChangesAfter));
    }

    [Fact]
    public async Task The_same_input_policy_and_time_give_the_same_report()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        Assert.Equal(ReportJson.Serialize(await Validating.Report(file, hierarchy)), ReportJson.Serialize(await Validating.Report(file, hierarchy)));
    }
}
