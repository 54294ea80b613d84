using Identity.Pdf.Syntax;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>Lists that say of some certificates of a service what the certificates do not say, or say otherwise (TS 119 612 5.5.9.2).</summary>
public sealed class QualificationByCriteria : IDisposable
{
    private const string Svc = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
    private const string Policy = "<PolicySet><PolicyIdentifier><x:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.99999.1.2</x:Identifier></PolicyIdentifier></PolicySet>";
    private const string OtherPolicy = "<PolicySet><PolicyIdentifier><x:Identifier>1.3.6.1.4.1.99999.1.3</x:Identifier></PolicyIdentifier></PolicySet>";
    private const string Signs = "<KeyUsage><KeyUsageBit name=\"nonRepudiation\">true</KeyUsageBit></KeyUsage>";
    private const string SignsNot = "<KeyUsage><KeyUsageBit name=\"nonRepudiation\">false</KeyUsageBit></KeyUsage>";
    private const string Country = "<otherCriteriaList><a:CertSubjectDNAttribute><a:AttributeOID><x:Identifier>2.5.4.6</x:Identifier></a:AttributeOID></a:CertSubjectDNAttribute></otherCriteriaList>";
    private const string ForMail = "<otherCriteriaList><a:ExtendedKeyUsage><a:KeyPurposeId><x:Identifier>urn:oid:1.3.6.1.5.5.7.3.4</x:Identifier></a:KeyPurposeId></a:ExtendedKeyUsage></otherCriteriaList>";
    private const string Strange = "<otherCriteriaList><s:Eyes xmlns:s=\"urn:strange\">brown</s:Eyes></otherCriteriaList>";

    private readonly Hierarchy hierarchy;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-criteria-").FullName;

    public QualificationByCriteria(Hierarchy hierarchy)
    {
        this.hierarchy = hierarchy;
        // Once for all tests of this class, which run one after the other.
        if (File.Exists(hierarchy.Pki.CertificatePath("criteria-plain")))
            return;
        foreach (var signer in new[] { "criteria-lotl", "criteria-national" })
            hierarchy.Pki.Certify(signer, OpensslKey.Rsa2048, $"/C=XX/CN={signer}", "keyUsage=critical,digitalSignature\n", null, "ListSigner");
        const string Common = "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\ncertificatePolicies=1.3.6.1.4.1.99999.1.2\n";
        Person("criteria-compliant", Common + "1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:qc\n[qc]\na=SEQUENCE:compliance\n[compliance]\noid=OID:0.4.0.1862.1.1\n");
        Person("criteria-device", Common + "1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:qc\n[qc]\na=SEQUENCE:compliance\nb=SEQUENCE:device\n[compliance]\noid=OID:0.4.0.1862.1.1\n[device]\noid=OID:0.4.0.1862.1.4\n");
        Person("criteria-plain", Common);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("compliant", "QCWithQSCD", "all", Policy, "qualified-signature")]
    [InlineData("compliant", "QCWithQSCD", "all", OtherPolicy, "qualified-certificate")]
    [InlineData("compliant", "QCWithQSCD", "all", Policy + Signs + Country, "qualified-signature")]
    [InlineData("compliant", "QCWithQSCD", "all", Policy + SignsNot, "qualified-certificate")]
    [InlineData("compliant", "QCWithQSCD", "all", Policy + ForMail, "qualified-certificate")]
    [InlineData("compliant", "QCWithQSCD", "atLeastOne", OtherPolicy + Signs, "qualified-signature")]
    [InlineData("compliant", "QCWithQSCD", "atLeastOne", OtherPolicy + SignsNot, "qualified-certificate")]
    [InlineData("compliant", "QCWithQSCD", "none", OtherPolicy + SignsNot, "qualified-signature")]
    [InlineData("compliant", "QCWithQSCD", "none", OtherPolicy + Signs, "qualified-certificate")]
    [InlineData("compliant", "QCWithQSCD", "all", "<CriteriaList assert=\"none\">" + OtherPolicy + "</CriteriaList>", "qualified-signature")]
    [InlineData("compliant", "QCQSCDManagedOnBehalf", "all", Policy, "qualified-signature")]
    [InlineData("device", "QCNoQSCD", "all", Policy, "qualified-certificate")]
    [InlineData("device", "QCQSCDStatusAsInCert", "all", Policy, "qualified-signature")]
    [InlineData("device", "NotQualified", "all", Policy, "not-qualified")]
    [InlineData("device", "NotQualified", "all", OtherPolicy, "qualified-signature")]
    [InlineData("device", "QCForWSA", "all", Policy, "not-qualified")]
    [InlineData("plain", "QCStatement", "all", Policy, "qualified-certificate")]
    [InlineData("plain", "QCStatement QCWithSSCD", "all", Policy, "qualified-signature")]
    [InlineData("plain", "QCStatement", "all", OtherPolicy, "not-qualified")]
    // Listed for signatures, and not for seals.
    [InlineData("device", "QCForESeal", "all", Policy, "not-qualified")]
    [InlineData("device", "QCForESig", "all", Policy, "qualified-signature")]
    // What is contradictory or not known decides nothing, unless it does not matter.
    [InlineData("device", "QCWithQSCD QCNoQSCD", "all", Policy, "by-criteria")]
    [InlineData("device", "QCStatement NotQualified", "all", Policy, "by-criteria")]
    [InlineData("device", "QCForESig QCForESeal", "all", Policy, "by-criteria")]
    [InlineData("device", "QCSomethingNew", "all", Policy, "by-criteria")]
    [InlineData("device", "QCSomethingNew", "all", OtherPolicy, "qualified-signature")]
    [InlineData("device", "NotQualified", "all", Policy + Strange, "by-criteria")]
    [InlineData("device", "NotQualified", "all", OtherPolicy + Strange, "qualified-signature")]
    [InlineData("device", "NotQualified", "atLeastOne", Policy + Strange, "not-qualified")]
    [InlineData("device", "NotQualified", "none", Policy + Strange, "qualified-signature")]
    [InlineData("device", "NotQualified", "all", "", "by-criteria")]
    [InlineData("device", "NotQualified", "some", Policy, "by-criteria")]
    [InlineData("device", "NotQualified", "all", "<KeyUsage><KeyUsageBit name=\"nonRepudiation\">perhaps</KeyUsageBit></KeyUsage>", "by-criteria")]
    [InlineData("device", "NotQualified", "all", "<KeyUsage/>", "by-criteria")]
    [InlineData("device", "NotQualified", "all", "<PolicySet><PolicyIdentifier><x:Identifier>our policy</x:Identifier></PolicyIdentifier></PolicySet>", "by-criteria")]
    public async Task Says_what_the_list_says_of_it(string signer, string qualifiers, string assertion, string criteria, string finding) =>
        (await Report(signer, Element(qualifiers, $"<CriteriaList assert=\"{assertion}\">{criteria}</CriteriaList>"))).Says("qualification-" + finding);

    [Fact]
    public async Task Elements_add_up() =>
        (await Report("plain", Element("QCStatement", $"<CriteriaList assert=\"all\">{Policy}</CriteriaList>") + Element("QCWithQSCD", $"<CriteriaList assert=\"all\">{Signs}</CriteriaList>"))).Says("qualification-qualified-signature");

    [Fact]
    public async Task Without_criteria_an_element_speaks_of_nobody_known() => (await Report("device", Element("NotQualified", ""))).Says("qualification-by-criteria");

    [Fact]
    public async Task Criteria_at_the_deepest_are_read_and_one_deeper_are_not_known()
    {
        string Nested(int depth) => depth == 0 ? Policy : $"<CriteriaList assert=\"all\">{Nested(depth - 1)}</CriteriaList>";
        (await Report("device", Element("NotQualified", Nested(QualificationReader.DeepestCriteria)))).Says("qualification-not-qualified");
        (await Report("device", Element("NotQualified", Nested(QualificationReader.DeepestCriteria + 1)))).Says("qualification-by-criteria");
    }

    private static string Element(string qualifiers, string criteria) =>
        $"<QualificationElement><Qualifiers>{string.Concat(qualifiers.Split(' ').Select(one => $"<Qualifier uri=\"http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/{one}\"/>"))}</Qualifiers>{criteria}</QualificationElement>";

    private void Person(string name, string extensions) => hierarchy.Pki.Certify(name, OpensslKey.P256, $"/C=XX/CN={name}", extensions, "people-ca", "PersonSignature", days: 1);

    private async Task<SignatureReport> Report(string signer, string elements)
    {
        var service = HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", (HandMadeList.Granted, Hierarchy.Now.AddYears(-5))).Replace("</ServiceInformationExtensions>",
            $"<Extension Critical=\"true\"><Qualifications xmlns=\"{Svc}\" xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\" xmlns:a=\"http://uri.etsi.org/02231/v2/additionaltypes#\">{elements}</Qualifications></Extension></ServiceInformationExtensions>",
            StringComparison.Ordinal);
        Write("eu.xml", HandMadeList.Of("EU", Hierarchy.Now.AddDays(-1), HandMadeList.Pointer("XX", hierarchy.Pki.Certificate("criteria-national")), central: true), "criteria-lotl");
        Write("xx.xml", HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1), service), "criteria-national");
        var services = TrustedServices.FromDirectory(folder, [Certificate.Parse(hierarchy.Pki.Certificate("criteria-lotl"))], Hierarchy.Now);
        var (file, now) = (hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("criteria-" + signer)), Hierarchy.Now.AddHours(1));
        var validation = new ValidateDocument(services.Anchors(TrustAnchors.None), OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(now)) { Services = services };
        return BuildReport.From(await validation.Run(file, TestContext.Current.CancellationToken), "test.pdf", file, now, ValidationPolicy.Default).Only();
    }

    private void Write(string file, string list, string signer) => File.WriteAllText(Path.Combine(folder, file), HandMadeList.Sign(list, File.ReadAllText(hierarchy.Pki.KeyPath(signer))));
}
