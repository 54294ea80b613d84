using System.Security.Cryptography.Xml;
using Identity.Pdf.Syntax;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Siva;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>Trusted lists from a folder: who may sign them, whom they make trusted and until when, and what they say about qualification.</summary>
public sealed class TrustedListFolders : IDisposable
{
    private readonly Hierarchy hierarchy;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-lists-").FullName;

    public TrustedListFolders(Hierarchy hierarchy)
    {
        this.hierarchy = hierarchy;
        // Once for all tests of this class, which run one after the other.
        if (File.Exists(hierarchy.Pki.CertificatePath("unqualified")))
            return;
        foreach (var signer in new[] { "lotl", "national", "nobody" })
            hierarchy.Pki.Certify(signer, OpensslKey.Rsa2048, $"/C=XX/CN={signer}", "keyUsage=critical,digitalSignature\n", null, "ListSigner");
        Person("qualified", "1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:qc\n[qc]\na=SEQUENCE:compliance\nb=SEQUENCE:device\n[compliance]\noid=OID:0.4.0.1862.1.1\n[device]\noid=OID:0.4.0.1862.1.4\n");
        const string Statements = "1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:qc\n[qc]\na=SEQUENCE:compliance\n";
        const string Compliance = "[compliance]\noid=OID:0.4.0.1862.1.1\n", Device = "[device]\noid=OID:0.4.0.1862.1.4\n";
        const string Seal = "[type]\noid=OID:0.4.0.1862.1.6\nvalue=SEQUENCE:seal\n[seal]\noid=OID:0.4.0.1862.1.6.2\n";
        Person("without-device", Statements + Compliance);
        Person("seal", Statements + "b=SEQUENCE:device\nc=SEQUENCE:type\n" + Compliance + Device + Seal);
        Person("seal-without-device", Statements + "c=SEQUENCE:type\n" + Compliance + Seal);
        Person("unqualified-seal", Statements.Replace("a=SEQUENCE:compliance", "c=SEQUENCE:type", StringComparison.Ordinal) + Seal);
        // Last: it says that all are there.
        Person("unqualified", "");
    }

    private static DateTimeOffset Long => Hierarchy.Now.AddYears(-5);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Person(string name, string extensions) => hierarchy.Pki.Certify(name, OpensslKey.P256, $"/C=XX/CN={name}",
        "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\n" + extensions, "people-ca", "PersonSignature", days: 1);

    private string Key(string signer) => File.ReadAllText(hierarchy.Pki.KeyPath(signer));

    private void Write(string file, string xml) => File.WriteAllText(Path.Combine(folder, file), xml);

    private string Central(TimeSpan? life = null) => HandMadeList.Of("EU", Hierarchy.Now.AddDays(-1), HandMadeList.Pointer("XX", hierarchy.Pki.Certificate("national")), central: true, life);

    private string National(params IReadOnlyList<(string, DateTimeOffset)> history) =>
        HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", history.Count > 0 ? history : [(HandMadeList.Granted, Long)]));

    private TrustedServices Read() => TrustedServices.FromDirectory(folder, [Certificate.Parse(hierarchy.Pki.Certificate("lotl"))], Hierarchy.Now);

    private TrustedServices Read(string national)
    {
        Write("eu.xml", HandMadeList.Sign(Central(), Key("lotl")));
        Write("xx.xml", HandMadeList.Sign(national, Key("national")));
        return Read();
    }

    private async Task<SignatureReport> Report(TrustedServices services, string signer, DateTimeOffset? stamped = null)
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By(signer) with { StampedAt = stamped });
        var now = Hierarchy.Now.AddHours(1);
        var anchors = services.Anchors(new TrustAnchors(hierarchy.AllAnchors.Certificates.Except(hierarchy.Anchors.Certificates)));
        var validation = new ValidateDocument(anchors, OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(now)) { Services = services };
        return BuildReport.From(await validation.Run(file, TestContext.Current.CancellationToken), "test.pdf", file, now, ValidationPolicy.Default).Only();
    }

    [Fact]
    public async Task A_listed_authority_is_an_anchor_and_its_qualified_certificate_is_said_to_be_one()
    {
        var signature = await Report(Read(National()), "qualified");
        Assert.Equal("TOTAL-PASSED", signature.Verdict());
        Assert.Contains(signature.Messages, message => message.Key == "qualification-qualified-signature" && message.Text.Contains("Provider", StringComparison.Ordinal));
    }

    /// <summary>Signer, the words of our report, of SiVa for a signature that passes, is in doubt or is forged, and of TS 119 102-2.</summary>
    [Theory]
    [InlineData("qualified", "QESIG", "NOT_ADES_QC_QSCD", "QESig")]
    [InlineData("without-device", "ADESIG_QC", "NOT_ADES_QC", "AdESig-QC")]
    [InlineData("seal", "QESEAL", "NOT_ADES_QC_QSCD", "QESeal")]
    [InlineData("seal-without-device", "ADESEAL_QC", "NOT_ADES_QC", "AdESeal-QC")]
    [InlineData("unqualified", "ADESIG", "NOT_ADES", "AdESig")]
    [InlineData("unqualified-seal", "ADESEAL", "NOT_ADES", "AdESeal")]
    public async Task What_a_signature_is_in_law_is_a_value_in_every_report(string signer, string word, string forged, string etsi)
    {
        var services = Read(HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", (HandMadeList.Granted, Long))
            .Replace("</Extension>", "</Extension><Extension Critical=\"true\"><AdditionalServiceInformation><URI xml:lang=\"en\">http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals</URI></AdditionalServiceInformation></Extension>", StringComparison.Ordinal)));
        var signature = await Report(services, signer);
        Assert.Equal(("TOTAL-PASSED", word), (signature.Verdict(), signature.Qualification));
        var whole = new ValidationReport
        {
            File = "a.pdf", Sha256 = new string('0', 64), Error = null, Conclusion = "", Integrity = "intact", Revisions = [], ValidationTime = "2026-01-01T00:00:00Z", Policy = new PolicyReport("p", "1"), Size = 1,
            Signatures = [signature, signature with { Indication = "INDETERMINATE" }, signature with { Indication = "TOTAL-FAILED" }, signature with { Qualification = null }],
        };
        Assert.Equal([word, "INDETERMINATE_" + word, forged, "NA"],
            SivaMapping.Answer(whole, SivaPolicyName.POLv4, SivaReportType.Simple).ValidationReport.ValidationConclusion.Signatures!.Select(one => one.SignatureLevel));
        var xml = System.Text.Encoding.UTF8.GetString(EtsiReport.Render(whole));
        Assert.Equal(["urn:cef:dss:signatureQualification:" + etsi], System.Text.RegularExpressions.Regex.Matches(xml, "<SignatureQualityInformation>([^<]*)<").Select(match => match.Groups[1].Value));
        using var json = System.Text.Json.JsonDocument.Parse(ReportJson.Serialize(whole));
        Assert.Equal(word, json.RootElement.GetProperty("signatures")[0].GetProperty("qualification").GetString());
    }

    [Theory]
    [InlineData(HandMadeList.Granted, "QTSA")]
    [InlineData(HandMadeList.Withdrawn, "TSA")]
    [InlineData(null, null)]
    public async Task What_a_time_stamp_is_in_law_is_a_value_too(string? status, string? word)
    {
        var unit = hierarchy.Units.Certificate("long-stamps");
        var listed = status is null ? "" : HandMadeList.Service(HandMadeList.Timestamping, unit, "ForeSignatures", [(status, Long)]);
        var services = Read(HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", (HandMadeList.Granted, Long)) + listed));
        var signature = await Report(services, "qualified", stamped: Hierarchy.Now.AddMinutes(5));
        Assert.Equal(word, Assert.Single(signature.Timestamps).Qualification);
    }

    [Fact]
    public async Task Where_no_list_speaks_there_is_no_such_value() =>
        Assert.Null((await Report(Read(HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), HandMadeList.Service(hierarchy.Pki.Certificate("nobody"), "ForeSignatures", (HandMadeList.Granted, Long)))), "qualified")).Qualification);

    [Fact]
    public async Task A_certificate_that_does_not_claim_it_is_not_qualified() =>
        (await Report(Read(National()), "unqualified")).Says("qualification-not-qualified");

    [Fact]
    public async Task A_service_that_was_withdrawn_is_trusted_for_what_was_signed_before()
    {
        var services = Read(National((HandMadeList.Withdrawn, Hierarchy.Now.AddMinutes(10)), (HandMadeList.Granted, Long)));
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", (await Report(services, "qualified")).Verdict());
        var signature = await Report(services, "qualified", stamped: Hierarchy.Now.AddMinutes(5));
        Assert.Equal("TOTAL-PASSED", signature.Verdict());
        signature.Says("qualification-qualified-signature");
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", (await Report(services, "qualified", stamped: Hierarchy.Now.AddMinutes(15))).Verdict());
    }

    [Fact]
    public async Task A_service_that_was_never_granted_is_no_anchor() =>
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", (await Report(Read(National((HandMadeList.Withdrawn, Long))), "qualified")).Verdict());

    [Fact]
    public async Task A_service_that_was_granted_only_later_qualifies_nothing_before() =>
        (await Report(Read(National((HandMadeList.Granted, Hierarchy.Now))), "qualified")).Says("qualification-service-not-granted");

    [Fact]
    public void A_list_that_is_signed_by_somebody_else_is_refused()
    {
        Write("eu.xml", HandMadeList.Sign(Central(), Key("nobody")));
        Assert.StartsWith("list of lists not signed by its signer", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
        Write("eu.xml", HandMadeList.Sign(Central(), Key("lotl")));
        Write("xx.xml", HandMadeList.Sign(National(), Key("lotl")));
        Assert.StartsWith("trusted list not signed by whom the list of lists names", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not-signed")]
    [InlineData("changed")]
    [InlineData("twice")]
    [InlineData("part-only")]
    [InlineData("sha1")]
    public void A_list_whose_signature_does_not_hold_is_refused(string how)
    {
        Write("eu.xml", HandMadeList.Sign(Central(), Key("lotl")));
        var signed = HandMadeList.Sign(National(), Key("national"));
        var start = signed.IndexOf("<Signature", StringComparison.Ordinal);
        Write("xx.xml", how switch
        {
            "not-signed" => National(),
            "changed" => signed.Replace("ForeSignatures", "ForeSeals", StringComparison.Ordinal),
            "twice" => signed.Insert(start, signed[start..^"</TrustServiceStatusList>".Length]),
            "part-only" => HandMadeList.Sign(National().Replace("<TrustServiceProviderList>", "<TrustServiceProviderList Id=\"part\">", StringComparison.Ordinal), Key("national"), uri: "#part"),
            _ => HandMadeList.Sign(National(), Key("national"), digest: SignedXml.XmlDsigSHA1Url),
        });
        Assert.StartsWith("trusted list not signed by whom the list of lists names", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "trusted list cannot be read")]
    [InlineData("<a/>", "not a trusted list")]
    [InlineData("", "trusted list cannot be read")]
    public void What_is_no_trusted_list_is_refused(string xml, string refusal)
    {
        Write("eu.xml", xml);
        Assert.StartsWith(refusal, Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_out_of_date_is_refused()
    {
        Write("eu.xml", HandMadeList.Sign(Central(TimeSpan.FromHours(23)), Key("lotl")));
        Assert.StartsWith("trusted list out of date", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_lists_of_one_territory_and_a_folder_without_a_list_of_lists_are_refused()
    {
        Assert.StartsWith("not exactly one list of lists", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
        Read(National());
        Write("xx2.xml", HandMadeList.Sign(National(), Key("national")));
        Assert.StartsWith("two trusted lists of one territory", Assert.Throws<TrustedListException>(Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_name_the_folder_that_is_wrong()
    {
        var options = new VerificationOptions { PublicAddress = "http://localhost/", TrustedListSigners = folder };
        Assert.StartsWith("Verification:TrustedListSigners", Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(options, production: false)).Message, StringComparison.Ordinal);
        options.TrustedListDirectory = folder;
        Assert.StartsWith("Verification:TrustedListDirectory", Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(options, production: false)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service-not-granted")]
    [InlineData("by-criteria")]
    [InlineData("not-qualified")]
    [InlineData("qualified-signature")]
    [InlineData("qualified-certificate")]
    [InlineData("qualified-seal")]
    [InlineData("qualified-seal-certificate")]
    public void Every_finding_has_a_text(string finding) =>
        Assert.Contains("Provider", ValidationMessage.Information("qualification-" + finding, "Provider", "XX").Text, StringComparison.Ordinal);
}
