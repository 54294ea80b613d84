using Identity.Pdf.Syntax;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Engine;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>What a trusted list makes an anchor of, and when: beginnings, gaps, purposes, and lists that grow old while the service runs.</summary>
public sealed class TrustPeriods : IDisposable
{
    private const string NoChain = "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND";
    private const string NoProof = "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE";
    private readonly Hierarchy hierarchy;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-periods-").FullName;

    public TrustPeriods(Hierarchy hierarchy)
    {
        this.hierarchy = hierarchy;
        if (File.Exists(hierarchy.Pki.CertificatePath("period-national")))
            return;
        foreach (var signer in new[] { "period-lotl", "period-national" })
            hierarchy.Pki.Certify(signer, OpensslKey.Rsa2048, $"/C=XX/CN={signer}", "keyUsage=critical,digitalSignature\n", null, "ListSigner");
    }

    private static DateTimeOffset Long => Hierarchy.Now.AddYears(-5);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static (string, DateTimeOffset) Granted(int minutes) => (HandMadeList.Granted, Hierarchy.Now.AddMinutes(minutes));

    private static (string, DateTimeOffset) Withdrawn(int minutes) => (HandMadeList.Withdrawn, Hierarchy.Now.AddMinutes(minutes));

    private TrustedServices Listed(string type, byte[] certificate, TimeSpan? life, params IReadOnlyList<(string, DateTimeOffset)> history)
    {
        void Write(string file, string xml, string signer) => File.WriteAllText(Path.Combine(folder, file), HandMadeList.Sign(xml, File.ReadAllText(hierarchy.Pki.KeyPath(signer))));
        var pointer = HandMadeList.Pointer("XX", hierarchy.Pki.Certificate("period-national"));
        Write("eu.xml", HandMadeList.Of("EU", Hierarchy.Now.AddDays(-1), pointer, central: true), "period-lotl");
        Write("xx.xml", HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), HandMadeList.Service(type, certificate, "ForeSignatures", history), life: life), "period-national");
        return TrustedServices.FromDirectory(folder, [Certificate.Parse(hierarchy.Pki.Certificate("period-lotl"))], Hierarchy.Now);
    }

    private TrustedServices People(params IReadOnlyList<(string, DateTimeOffset)> history) => Listed(HandMadeList.Authority, hierarchy.Pki.Certificate("people-ca"), null, history);

    /// <param name="others">What the operator trusts besides; without it only the root of the lasting unit.</param>
    private async Task<ValidationReport> Report(TrustedServices services, byte[] file, TrustAnchors? others = null, DateTimeOffset? at = null)
    {
        var now = at ?? Hierarchy.Now.AddHours(1);
        var anchors = services.Anchors(others ?? new TrustAnchors(hierarchy.AllAnchors.Certificates.Except(hierarchy.Anchors.Certificates)));
        using var online = new OnlineRevocation(AllowedRevocationSources.From([Hierarchy.Source]), hierarchy.Network(now.AddSeconds(-30)));
        var validation = new ValidateDocument(anchors, online, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(now)) { Services = services };
        return BuildReport.From(await validation.Run(file, TestContext.Current.CancellationToken), "test.pdf", file, now, ValidationPolicy.Default);
    }

    private async Task<SignatureReport> Signed(TrustedServices services, int? stamped = null) =>
        (await Report(services, hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = stamped is { } minutes ? Hierarchy.Now.AddMinutes(minutes) : null }))).Only();

    [Fact]
    public async Task A_certificate_that_was_issued_while_the_service_was_withdrawn_counts_never()
    {
        var signature = await Signed(People(Granted(-30), Withdrawn(-120), (HandMadeList.Granted, Long)));
        Assert.Equal(NoChain, signature.Verdict());
        signature.Says("anchor-not-trusted-then");
        // Issued an hour before, and proven used, at a time that the list vouches for: the same history does not hinder.
        Assert.Equal("TOTAL-PASSED", (await Signed(People(Granted(-120), Withdrawn(-180), (HandMadeList.Granted, Long)), stamped: 5)).Verdict());
    }

    [Fact]
    public async Task A_service_makes_nobody_trusted_before_its_beginning() =>
        Assert.Equal(NoChain, (await Signed(People(Granted(-30)))).Verdict());

    [Theory]
    [InlineData(5, "TOTAL-PASSED")]
    [InlineData(15, NoProof)]
    [InlineData(25, "TOTAL-PASSED")]
    public async Task What_was_signed_in_a_gap_is_not_trusted_though_the_service_is_granted_again(int stamped, string verdict) =>
        Assert.Equal(verdict, (await Signed(People(Granted(20), Withdrawn(10), (HandMadeList.Granted, Long)), stamped)).Verdict());

    [Fact]
    public async Task A_service_that_is_withdrawn_now_needs_a_proof_from_when_it_was_not()
    {
        var services = People(Withdrawn(30), Granted(20), Withdrawn(10), (HandMadeList.Granted, Long));
        Assert.Equal(NoProof, (await Signed(services)).Verdict());
        Assert.Equal(NoProof, (await Signed(services, 15)).Verdict());
        Assert.Equal(NoProof, (await Signed(services, 35)).Verdict());
        Assert.Equal("TOTAL-PASSED", (await Signed(services, 25)).Verdict());
    }

    [Theory]
    [InlineData(HandMadeList.Timestamping)]
    [InlineData("Certstatus/OCSP/QC")]
    [InlineData("Certstatus/CRL/QC")]
    [InlineData("CA/PKC")]
    [InlineData("IdV")]
    public async Task A_service_of_another_purpose_anchors_no_signer(string type) =>
        Assert.Equal(NoChain, (await Signed(Listed(type, hierarchy.Pki.Certificate("people-ca"), null, (HandMadeList.Granted, Long)))).Verdict());

    [Theory]
    [InlineData(HandMadeList.Authority, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")]
    [InlineData(HandMadeList.Timestamping, "PASSED", null)]
    public async Task Only_a_service_for_time_stamps_anchors_a_time_stamp(string type, string indication, string? why)
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(5), StampedBy = "stamps" });
        var stamp = (await Report(Listed(type, hierarchy.Pki.Certificate("people-ca"), null, (HandMadeList.Granted, Long)), file, TrustAnchors.None)).Only().Timestamps[0];
        Assert.Equal((indication, why), (stamp.Indication, stamp.SubIndication));
    }

    [Fact]
    public async Task A_signer_passes_by_an_anchor_for_time_stamps_on_the_way_to_one_for_signers()
    {
        var services = Listed(HandMadeList.Timestamping, hierarchy.Pki.Certificate("people-ca"), null, (HandMadeList.Granted, Long));
        Assert.Equal("TOTAL-PASSED", (await Report(services, hierarchy.Sign(HandMadePdf.Plain()), hierarchy.Anchors)).Only().Verdict());
    }

    [Theory]
    [InlineData(5, null, "PASSED")]
    [InlineData(15, null, "NO_CERTIFICATE_CHAIN_FOUND")]
    [InlineData(15, 16, "NO_CERTIFICATE_CHAIN_FOUND")]
    public async Task A_unit_that_was_withdrawn_when_it_stamped_proves_no_time(int stamped, int? covered, string outcome)
    {
        // The unit itself is what lists name, mostly: leaf and anchor in one.
        var services = Listed(HandMadeList.Timestamping, hierarchy.Pki.Certificate("stamps"), null, Granted(20), Withdrawn(10), (HandMadeList.Granted, Long));
        Assert.Equal(outcome, await Unit(services, stamped, covered));
    }

    [Theory]
    [InlineData(5, null, "NO_CERTIFICATE_CHAIN_FOUND_NO_POE")]
    [InlineData(5, 15, "NO_CERTIFICATE_CHAIN_FOUND_NO_POE")]
    [InlineData(5, 6, "PASSED")]
    public async Task A_unit_that_is_withdrawn_now_needs_a_newer_time_stamp_from_before(int stamped, int? covered, string outcome) =>
        Assert.Equal(outcome, await Unit(Listed(HandMadeList.Timestamping, hierarchy.Pki.Certificate("stamps"), null, Withdrawn(10), (HandMadeList.Granted, Long)), stamped, covered));

    private async Task<string> Unit(TrustedServices services, int stamped, int? covered)
    {
        var document = new ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(stamped), StampedBy = "stamps" }));
        if (covered is { } minutes)
            document.Stamp(Hierarchy.Now.AddMinutes(minutes));
        var report = await Report(services, document.File);
        var stamp = report.Signatures.First(one => one.Kind == "signature").Timestamps[0];
        return stamp.SubIndication ?? stamp.Indication;
    }

    [Fact]
    public async Task A_list_that_grows_old_while_the_service_runs_makes_nobody_trusted_any_more()
    {
        var services = Listed(HandMadeList.Authority, hierarchy.Pki.Certificate("people-ca"), TimeSpan.FromDays(1) + TimeSpan.FromMinutes(30), (HandMadeList.Granted, Long));
        var file = hierarchy.Sign(HandMadePdf.Plain());
        Assert.Equal("TOTAL-PASSED", (await Report(services, file, at: Hierarchy.Now.AddMinutes(29))).Only().Verdict());
        var late = (await Report(services, file, at: Hierarchy.Now.AddMinutes(31))).Only();
        Assert.Equal(NoChain, late.Verdict());
        late.Says("trusted-list-out-of-date");
        Assert.DoesNotContain(late.Messages, message => message.Key.StartsWith("qualification-", StringComparison.Ordinal));
        // What the operator trusts without a list stays.
        Assert.Equal("TOTAL-PASSED", (await Report(services, file, hierarchy.Anchors, Hierarchy.Now.AddMinutes(31))).Only().Verdict());
    }
}
