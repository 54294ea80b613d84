using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Identity.TestKit;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Reports;

/// <summary>The report of TS 119 102-2: the schema's elements in the schema's order, and references that lead somewhere.</summary>
public sealed partial class EtsiXml(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private static readonly XNamespace Report = "http://uri.etsi.org/19102/v1.4.1#";
    private static readonly XNamespace Signature = "http://www.w3.org/2000/09/xmldsig#";

    // TS 119 102-2 V1.4.1 annex A: children in their order; ! is mandatory, * may repeat. Types whose content is free are not listed.
    private static readonly Dictionary<string, string> Sequences = new()
    {
        ["ValidationReport"] = "SignatureValidationReport*! SignatureValidationObjects SignatureValidator Signature",
        ["SignatureValidationReport"] = "SignatureIdentifier ValidationConstraintsEvaluationReport ValidationTimeInfo SignersDocument SignatureAttributes SignerInformation SignatureQuality SignatureValidationProcess SignatureValidationStatus!",
        ["SignatureIdentifier"] = "DigestAlgAndValue SignatureValue HashOnly! DocHashOnly! DAIdentifier",
        ["ValidationConstraintsEvaluationReport"] = "SignatureValidationPolicy ValidationConstraint*",
        ["SignatureValidationPolicy"] = "SignaturePolicyIdentifier! PolicyName FormalPolicyURI ReadablePolicyURI FormalPolicyObject",
        ["ValidationTimeInfo"] = "ValidationTime! BestSignatureTime!",
        ["BestSignatureTime"] = "POETime! TypeOfProof! POEObject",
        ["POE"] = "POETime! TypeOfProof! POEObject",
        ["SignersDocument"] = "DigestAlgAndValue! SignersDocumentRepresentation SignersDocumentRef",
        ["SignerInformation"] = "SignerCertificate! Signer",
        ["SignatureValidationProcess"] = "SignatureValidationProcessID SignatureValidationServicePolicy SignatureValidationPracticeStatement",
        ["SignatureValidationStatus"] = "MainIndication! SubIndication* AssociatedValidationReportData*",
        ["AssociatedValidationReportData"] = "TrustAnchor CertificateChain RelatedValidationObject* RevocationStatusInformation CryptoInformation AdditionalValidationReportData",
        ["CertificateChain"] = "SigningCertificate! IntermediateCertificate* TrustAnchor",
        ["RevocationStatusInformation"] = "ValidationObjectId! RevocationTime! RevocationReason RevocationObject",
        ["CryptoInformation"] = "ValidationObjectId! Algorithm! AlgorithmParameters SecureAlgorithm! NotAfter",
        ["AdditionalValidationReportData"] = "ReportData*!",
        ["ReportData"] = "Type! Value",
        ["SigningTime"] = "AttributeObject* Time!",
        ["AllDataObjectsTimeStamp"] = "AttributeObject* TimeStampValue!",
        ["SignatureTimeStamp"] = "AttributeObject* TimeStampValue!",
        ["DocTimeStamp"] = "AttributeObject* TimeStampValue!",
        ["Reason"] = "AttributeObject* ReasonElement!",
        ["SubFilter"] = "AttributeObject* SubFilterElement!",
        ["SignatureValidationObjects"] = "ValidationObject*!",
        ["ValidationObject"] = "ObjectType! ValidationObjectRepresentation! POE POEProvisioning ValidationReport",
        ["POEProvisioning"] = "POETime! ValidationObject* SignatureReference*",
        ["DigestAlgAndValue"] = "DigestMethod! DigestValue!",
    };

    // TS 119 102-2 4.3.4.2, 4.3.4.3, 4.3.6.3, 4.3.11, 4.4.4 and EN 319 102-1 tables 5 and 6.
    private static readonly Dictionary<string, (string Prefix, string Words)> Words = new()
    {
        ["MainIndication"] = ("mainindication:", "total-passed total-failed indeterminate passed failed"),
        ["SubIndication"] = ("subindication:", "FORMAT_FAILURE HASH_FAILURE SIG_CRYPTO_FAILURE REVOKED EXPIRED NOT_YET_VALID SIG_CONSTRAINTS_FAILURE CHAIN_CONSTRAINTS_FAILURE "
            + "CERTIFICATE_CHAIN_GENERAL_FAILURE CRYPTO_CONSTRAINTS_FAILURE CRYPTO_CONSTRAINTS_FAILURE_NO_POE POLICY_PROCESSING_ERROR SIGNATURE_POLICY_NOT_AVAILABLE TIMESTAMP_ORDER_FAILURE "
            + "NO_SIGNING_CERTIFICATE_FOUND NO_CERTIFICATE_CHAIN_FOUND NO_CERTIFICATE_CHAIN_FOUND_NO_POE REVOKED_NO_POE REVOKED_CA_NO_POE OUT_OF_BOUNDS_NO_POE OUT_OF_BOUNDS_NOT_REVOKED "
            + "REVOCATION_OUT_OF_BOUNDS_NO_POE TRY_LATER NO_POE SIGNED_DATA_NOT_FOUND CUSTOM"),
        ["TypeOfProof"] = ("poetype:", "validation provided policy"),
        ["SignatureValidationProcessID"] = ("validationprocess:", "Basic LTVM LTA"),
        ["ObjectType"] = ("validationObject:", "certificate CRL OCSPResponse timestamp evidencerecord publicKey signedData other"),
    };

    private static void IsWord(XElement element)
    {
        if (Words.TryGetValue(element.Name.LocalName, out var known))
            Assert.Contains(element.Value, known.Words.Split(' ').Select(word => "urn:etsi:019102:" + known.Prefix + word));
    }

    [Fact]
    public async Task Every_word_of_the_standard_is_one()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy);
        foreach (var word in Enum.GetValues<Verification.Engine.SubIndication>())
        {
            var xml = Rendered(report with { Signatures = [report.Only() with { Indication = "INDETERMINATE", SubIndication = Verification.Engine.StandardWords.Word(word) }] });
            Assert.Contains(xml.Descendants(Report + "SubIndication"), one => one.Value.EndsWith(":" + Verification.Engine.StandardWords.Word(word), StringComparison.Ordinal));
        }
    }

    private static XDocument Rendered(ValidationReport report)
    {
        var xml = XDocument.Parse(System.Text.Encoding.UTF8.GetString(EtsiReport.Render(report)));
        IsOrdered(xml.Root!);
        Assert.All(xml.Descendants(), IsWord);
        var ids = xml.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches(Name(), id));
        Assert.All(xml.Descendants().Attributes("VOReference"), reference => Assert.Contains(reference.Value, ids));
        return xml;
    }

    private static void IsOrdered(XElement element)
    {
        // The element ValidationReport inside an object is of the type of a SignatureValidationReport.
        var type = element.Parent is not null && element.Name.LocalName == "ValidationReport" ? "SignatureValidationReport" : element.Name.LocalName;
        if (Sequences.TryGetValue(type, out var sequence))
        {
            var children = element.Elements().Select(child => child.Name.LocalName).ToList();
            var at = 0;
            foreach (var (name, isMandatory, repeats) in sequence.Split(' ').Select(word => (word.TrimEnd('!', '*'), word.Contains('!', StringComparison.Ordinal), word.Contains('*', StringComparison.Ordinal))))
            {
                var count = children.Skip(at).TakeWhile(child => child == name).Count();
                Assert.True(count <= 1 || repeats, $"{type} has {count} {name}");
                Assert.True(count > 0 || !isMandatory, $"{type} lacks {name}");
                at += count;
            }
            Assert.True(at == children.Count, $"{type} has {string.Join(' ', children)}");
        }
        foreach (var child in element.Elements())
        {
            Assert.True(child.Name.Namespace == Report || child.Name.Namespace == Signature || child.Name.Namespace == "http://uri.etsi.org/01903/v1.3.2#", child.Name.ToString());
            IsOrdered(child);
        }
    }

    [Fact]
    public async Task A_time_stamped_signature_is_reported_with_all_that_took_part()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"), new SignatureShape { Dictionary = "/Reason(I <agree> & sign)" }), hierarchy);
        var xml = Rendered(report);
        string? Value(string name) => xml.Descendants(Report + name).FirstOrDefault()?.Value;
        Assert.Equal(("urn:etsi:019102:mainindication:total-passed", "urn:etsi:019102:validationprocess:LTVM"), (Value("MainIndication"), Value("SignatureValidationProcessID")));
        Assert.Equal((report.Only().BestSignatureTime, report.ValidationTime, "I <agree> & sign"), (xml.Descendants(Report + "BestSignatureTime").Single().Element(Report + "POETime")!.Value, Value("ValidationTime"), Value("ReasonElement")));
        Assert.Empty(xml.Descendants(Report + "SubIndication"));
        var types = xml.Descendants(Report + "ObjectType").Select(type => type.Value.Split(':')[^1]).ToHashSet();
        Assert.Superset(new HashSet<string> { "certificate", "CRL", "timestamp", "signedData" }, types);
        // The certificates are those that the report names, byte for byte.
        var leaf = xml.Descendants(Report + "SigningCertificate").Single().Attribute("VOReference")!.Value;
        Assert.Equal(hierarchy.Pki.Certificate("liis"), Convert.FromBase64String(xml.Descendants(Report + "ValidationObject").Single(one => one.Attribute("id")!.Value == leaf).Descendants(Report + "base64").Single().Value));
    }

    [Fact]
    public async Task Large_objects_are_named_by_their_digest()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy);
        var (at, over) = (new byte[EtsiObjects.CarriedBytes], new byte[EtsiObjects.CarriedBytes + 1]);
        XElement Of(byte[] crl) => Rendered(report with { Evidence = [new EvidenceItem(EvidenceKind.Crl, crl, true)] }).Descendants(Report + "ValidationObject").First();
        Assert.NotNull(Of(at).Descendants(Report + "base64").SingleOrDefault());
        Assert.Empty(Of(over).Descendants(Report + "base64"));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(over), Convert.FromBase64String(Of(over).Descendants(Signature + "DigestValue").Single().Value));
    }

    [Fact]
    public async Task A_revoked_certificate_is_named_with_its_time()
    {
        var at = Hierarchy.Now.AddMinutes(1);
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked")), hierarchy.Anchors, hierarchy.Network(at.AddSeconds(-30), revokedAt: Hierarchy.Now.AddMinutes(-5)), at);
        var xml = Rendered(report);
        Assert.Equal("urn:etsi:019102:subindication:REVOKED_NO_POE", xml.Descendants(Report + "SubIndication").Single().Value);
        Assert.Equal("urn:etsi:019102:revocationReason:keyCompromise", xml.Descendants(Report + "RevocationReason").Single().Value);
    }

    [Fact]
    public async Task A_file_without_signatures_and_one_that_is_not_read_say_so()
    {
        Assert.Contains("no-signature", Rendered(await Validating.Report(HandMadePdf.Plain(), hierarchy)).Descendants(Report + "Type").Single().Value, StringComparison.Ordinal);
        Assert.Contains("malformed", Rendered(await Validating.Report("garbage"u8.ToArray(), hierarchy)).Descendants(Report + "Type").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_text_stays_text()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), null, new SignatureShape { Dictionary = "/Reason(]]><x/>\\000\\000&#0;)" }), hierarchy);
        Assert.Equal("]]><x/>\uFFFD\uFFFD&#0;", Rendered(report).Descendants(Report + "ReasonElement").Single().Value);
    }

    [Fact]
    public void Every_file_of_the_corpus_is_reported_in_the_schemas_order()
    {
        var anchors = TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]);
        var files = CorpusFile.All().Where((_, index) => index % 5 == 0).ToList();
        Assert.NotEmpty(files);
        Parallel.ForEach(files, file => Rendered(Validating.Report(file.Bytes(), anchors).GetAwaiter().GetResult()));
    }

    [Theory]
    [InlineData("application/xml", "application/xml")]
    [InlineData("application/json;q=0.5, application/xml", "application/xml")]
    [InlineData("application/json, application/xml", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task The_service_answers_in_the_form_that_is_accepted(string accept, string type)
    {
        using var document = new ByteArrayContent(HandMadePdf.Plain());
        using var form = new MultipartFormDataContent { { document, "file", "a.pdf" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/validations") { Content = form };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    // XML Names 3: an NCName, as xs:ID wants it.
    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9._-]*$")]
    private static partial Regex Name();
}
