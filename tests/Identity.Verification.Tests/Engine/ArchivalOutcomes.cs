using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Engine;

/// <summary>EN 319 102-1 5.6: signatures with archival data, proofs of existence and past validation, years after everything expired.</summary>
public sealed class ArchivalOutcomes(Hierarchy hierarchy)
{
    /// <summary>Authorities and the first time-stamping unit end ten years after their making; this is later.</summary>
    private static readonly DateTimeOffset AfterAll = Hierarchy.Now.AddYears(11);

    /// <summary>When the archive time-stamp was renewed, while all authorities still lived.</summary>
    private static readonly DateTimeOffset Renewed = Hierarchy.Now.AddYears(9);

    private ArchivedDocument Signed(DateTimeOffset statusKnownAt)
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(1), StampedBy = "stamps" });
        return new ArchivedDocument(hierarchy, file)
            .Store(("CRLs", hierarchy.RevocationList("root-ca", statusKnownAt)), ("CRLs", hierarchy.RevocationList("people-ca", statusKnownAt)))
            .Stamp(bytes => hierarchy.StampAt(bytes, Hierarchy.Now.AddHours(2), unit: "stamps"));
    }

    private ArchivedDocument Renew(ArchivedDocument document, DateTimeOffset statusKnownAt, bool sha1 = false) => document
        .Store(("CRLs", hierarchy.RevocationList("root-ca", statusKnownAt)), ("CRLs", hierarchy.RevocationList("people-ca", statusKnownAt)))
        .Stamp(Renewed, sha1);

    private Task<ValidationReport> Report(ArchivedDocument document, DateTimeOffset? at = null, TrustAnchors? anchors = null) =>
        Validating.Report(document.File, anchors ?? hierarchy.AllAnchors, at: at ?? AfterAll);

    private static SignatureReport Signature(ValidationReport report) => Assert.Single(report.Signatures, one => one.Kind == "signature");

    [Fact]
    public async Task Passes_offline_after_everything_expired_when_a_newer_time_stamp_covers_all_of_it()
    {
        var report = await Report(Renew(Signed(Hierarchy.Now.AddHours(1)), Renewed.AddHours(-1)));
        Assert.Equal(["TOTAL-PASSED", "PASSED", "PASSED"], report.Signatures.Select(one => one.Verdict()));
        Assert.Equal(("TOTAL-PASSED", "intact"), (report.Conclusion, report.Integrity));
        Assert.Equal(Validating.Text(Hierarchy.Now.AddMinutes(1)), Signature(report).BestSignatureTime);
    }

    [Fact]
    public async Task Without_the_newer_time_stamp_the_same_file_is_indeterminate()
    {
        var report = await Report(Signed(Hierarchy.Now.AddHours(1)));
        Assert.Equal(["INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", "INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED"], report.Signatures.Select(one => one.Verdict()));
    }

    [Fact]
    public async Task A_newer_time_stamp_that_nobody_trusts_proves_nothing() =>
        Assert.Equal("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", Signature(await Report(Renew(Signed(Hierarchy.Now.AddHours(1)), Renewed.AddHours(-1)), anchors: hierarchy.Anchors)).Verdict());

    [Fact]
    public async Task Status_that_was_out_of_date_when_it_was_archived_leaves_a_proof_missing()
    {
        // The renewal covers only lists of nine years before: nothing says what became of the first unit in the meantime.
        var report = await Report(Renew(Signed(Hierarchy.Now.AddHours(1)), Hierarchy.Now.AddHours(1)));
        Assert.Equal(["INDETERMINATE/NO_POE", "INDETERMINATE/NO_POE", "PASSED"], report.Signatures.Select(one => one.Verdict()));
        Signature(report).Says("past-proof-missing");
    }

    [Fact]
    public async Task A_renewal_with_a_digest_that_was_broken_by_then_proves_nothing()
    {
        var report = await Report(Renew(Signed(Hierarchy.Now.AddHours(1)), Renewed.AddHours(-1), sha1: true));
        Assert.Equal("INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", report.Signatures[^1].Verdict());
        Assert.Equal("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", Signature(report).Verdict());
    }

    [Fact]
    public async Task A_flipped_byte_below_the_time_stamps_is_still_a_hash_failure()
    {
        var file = Renew(Signed(Hierarchy.Now.AddHours(1)), Renewed.AddHours(-1)).File;
        var report = await Validating.Report(HandMadePdf.Flip(file, HandMadePdf.Find(file, "100 EUR")), hierarchy.AllAnchors, at: AfterAll);
        Assert.All(report.Signatures, one => Assert.EndsWith("HASH_FAILURE", one.Verdict(), StringComparison.Ordinal));
        Assert.Equal("TOTAL-FAILED", report.Conclusion);
    }

    [Fact]
    public async Task An_authority_that_was_revoked_after_the_renewal_takes_nothing_back()
    {
        var document = Renew(Signed(Hierarchy.Now.AddHours(1)), Renewed.AddHours(-1));
        var network = new RevocationNetwork(new()
        {
            [Hierarchy.Source + "root.crl"] = hierarchy.RevocationList("root-ca", Renewed.AddDays(20), revoked: ("people-ca", Renewed.AddDays(10))),
            [Hierarchy.Source + "issuing.crl"] = hierarchy.RevocationList("people-ca", Renewed.AddDays(20)),
        });
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(document.File, hierarchy.AllAnchors, network, Renewed.AddDays(21))).Conclusion);
    }

    [Fact]
    public async Task Embedded_status_of_after_the_proven_moment_is_enough_and_nobody_is_asked()
    {
        // RFC 5280 5.3.2: a revocation is not dated before a list that did not have it, so a later one cannot reach back to the signature.
        var (file, network) = (Embedded(Hierarchy.Now.AddHours(1), CmsShape.By("revoked") with { StampedAt = Hierarchy.Now.AddMinutes(1) }), RevokedAt(Hierarchy.Now.AddMinutes(90)));
        var report = await Validating.Report(file, hierarchy.AllAnchors, network, Hierarchy.Now.AddHours(3));
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        Assert.Empty(network.Asked);
        Assert.Equal("security-store", report.Only().Certificates[0].Revocation!.Origin);
    }

    [Theory]
    [InlineData(30, "TOTAL-PASSED")]
    [InlineData(0, "INDETERMINATE/REVOKED_NO_POE")]
    public async Task Embedded_status_of_before_the_proven_moment_is_asked_for_anew(int revokedAfterMinutes, string verdict)
    {
        var (file, network) = (Embedded(Hierarchy.Now.AddMinutes(-10), CmsShape.By("revoked") with { StampedAt = Hierarchy.Now.AddMinutes(1) }), RevokedAt(Hierarchy.Now.AddMinutes(revokedAfterMinutes)));
        var signature = (await Validating.Report(file, hierarchy.AllAnchors, network, Hierarchy.Now.AddHours(3))).Only();
        Assert.Equal(verdict, signature.Verdict());
        Assert.Equal("fetched", signature.Certificates[0].Revocation!.Origin);
    }

    [Fact]
    public async Task Embedded_status_hides_no_later_revocation_where_nothing_proves_the_time_of_signing()
    {
        var file = Embedded(Hierarchy.Now.AddHours(1), CmsShape.By("revoked"));
        Assert.Equal("INDETERMINATE/REVOKED_NO_POE", (await Validating.Report(file, hierarchy.AllAnchors, RevokedAt(Hierarchy.Now.AddMinutes(90)), Hierarchy.Now.AddHours(3))).Only().Verdict());
        // Who cannot ask relies on what is there, while it is fresh.
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy.AllAnchors, at: Hierarchy.Now.AddHours(3))).Conclusion);
    }

    [Fact]
    public async Task A_strangers_time_stamp_keeps_nobody_from_being_asked_about_a_later_revocation()
    {
        var file = Embedded(Hierarchy.Now.AddHours(1), CmsShape.By("revoked", "strange-stamps") with { StampedAt = Hierarchy.Now.AddMinutes(1) });
        var signature = (await Validating.Report(file, hierarchy.Anchors, RevokedAt(Hierarchy.Now.AddMinutes(90)), Hierarchy.Now.AddHours(3))).Only();
        Assert.Equal(("INDETERMINATE/REVOKED_NO_POE", "NO_CERTIFICATE_CHAIN_FOUND"), (signature.Verdict(), signature.Timestamps[0].SubIndication));
    }

    private byte[] Embedded(DateTimeOffset statusKnownAt, CmsShape cms) => new ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(), cms))
        .Store(("CRLs", hierarchy.RevocationList("root-ca", statusKnownAt)), ("CRLs", hierarchy.RevocationList("revoking-ca", statusKnownAt))).File;

    private RevocationNetwork RevokedAt(DateTimeOffset when) => hierarchy.Network(Hierarchy.Now.AddHours(2), revokedAt: when);
}
