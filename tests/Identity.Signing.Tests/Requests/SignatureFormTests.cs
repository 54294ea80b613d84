using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Identity.Signing.Requests;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Reports;

namespace Identity.Signing.Tests.Requests;

/// <summary>What an agency may want of a signature, what the person is told of it, and what comes of it.</summary>
public sealed class SignatureFormTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Policy = """{"oid":"1.3.6.1.4.1.99999.7","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","uri":"https://example.org/policy.pdf"}""";

    public static TheoryData<string, string> Unusable() => new()
    {
        { "no json", "signature must be a JSON object." },
        { "[]", "signature must be a JSON object." },
        { """{"role":"a","role":"b"}""", "signature must be a JSON object." },
        { """{"role":"\ud800"}""", "signature must be a JSON object." },
        { """{"\udfff":1}""", "signature must be a JSON object." },
        { """{"certification":1e999}""", "signature: certification must be 1, 2 or 3." },
        { """{"rolle":"notary"}""", "signature has an unknown member." },
        { """{"field_locks":{"action":"all"}}""", "signature has an unknown member." },
        { """{"role":""}""", "signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { $$"""{"role":"{{new string('r', 65)}}"}""", "signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { """{"role":"not\u202ea ry"}""", "signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { """{"role":7}""", "signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { """{"certification":0}""", "signature: certification must be 1, 2 or 3." },
        { """{"certification":4}""", "signature: certification must be 1, 2 or 3." },
        { """{"certification":"2"}""", "signature: certification must be 1, 2 or 3." },
        { """{"accepts_no_changes":1}""", "signature: accepts_no_changes must be true or false." },
        { """{"lock":{"action":"include"}}""", "signature: lock must have an action (all, include, exclude) and, but for all, 1 to 50 names of fields." },
        { """{"lock":{"action":"all","fields":["a"]}}""", "signature: lock must have an action (all, include, exclude) and, but for all, 1 to 50 names of fields." },
        { """{"lock":{"action":"some","fields":["a"]}}""", "signature: lock must have an action (all, include, exclude) and, but for all, 1 to 50 names of fields." },
        { """{"field":"buyer","lock":{"action":"all"}}""", "an existing field has a lock of its own: lock is for new ones." },
        { """{"commitment":"love"}""", "signature: commitment must be one of origin, receipt, delivery, sender, approval, creation." },
        { """{"policy":{"oid":"1.40.1","sha256":"00"}}""", "signature: policy must have oid, sha256 (hexadecimal, of the policy's document) and perhaps uri (http or https)." },
        { $$"""{"policy":{"oid":"3.1","sha256":"{{new string('0', 64)}}"} }""", "signature: policy must have oid, sha256 (hexadecimal, of the policy's document) and perhaps uri (http or https)." },
        { $$"""{"policy":{"oid":"1.2.3","sha256":"{{new string('0', 64)}}","uri":"file:///etc/passwd"} }""", "signature: policy must have oid, sha256 (hexadecimal, of the policy's document) and perhaps uri (http or https)." },
        { $$"""{"location":"{{new string('l', 101)}}"}""", "signature: location must have 1 to 100 characters, none of which hides or reorders text." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task A_form_that_breaks_a_rule_is_refused_by_its_name(string signature, string description)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), signature: signature);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(description, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_certification_that_permits_nothing_needs_an_acknowledgement_and_the_refusal_says_why()
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), signature: """{"certification":1}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Acrobat and Foxit call the document changed", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>(), StringComparison.Ordinal);

        var (file, _) = await Sign(Pdfs.Page("Final"), """{"certification":1,"accepts_no_changes":true}""");
        await Passed(file, 1);
    }

    [Theory]
    [InlineData("""{"field":"price"}""", "field_missing")]
    [InlineData("""{"field":"notary"}""", "seed_value: sub_filter")]
    [InlineData("""{"field":"guarded"}""", "lock_permits_no_changes")]
    public async Task A_document_that_does_not_take_the_form_is_refused_when_it_arrives(string signature, string detail)
    {
        system.Reset();
        using var answer = await system.PostRequest(Form(), signature: signature);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var refusal = await SigningSystem.Json(answer);
        Assert.Equal(("document_refused", "form", detail), (refusal["error"]!.GetValue<string>(), refusal["reason"]!.GetValue<string>(), refusal["error_description"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Fields_of_a_form_are_signed_as_asked_and_what_earlier_signatures_protect_is_refused()
    {
        system.Reset();
        var (buyer, review) = await Sign(Form(), """{"field":"seller"}""");
        Assert.Contains("Locks the form fields: buyer", review, StringComparison.Ordinal);
        using (var locked = await system.PostRequest(buyer, signature: """{"field":"buyer"}"""))
            Assert.Equal("field_locked", (await SigningSystem.Json(locked))["error_description"]!.GetValue<string>());
        using (var again = await system.PostRequest(buyer, signature: """{"field":"seller"}"""))
            Assert.Equal("field_signed", (await SigningSystem.Json(again))["error_description"]!.GetValue<string>());
        using (var late = await system.PostRequest(buyer, signature: """{"certification":2}"""))
            Assert.Equal("already_signed", (await SigningSystem.Json(late))["error_description"]!.GetValue<string>());
        Assert.Equal("seller", (await Passed(buyer, 1)).Signatures[0].Field);
    }

    [Fact]
    public async Task What_a_signature_does_is_shown_approved_and_done()
    {
        system.Reset();
        var (file, review) = await Sign(
            Pdfs.Page("Deed"),
            $$"""{"certification":2,"lock":{"action":"exclude","fields":["remarks"]},"commitment":"approval","policy":{{Policy}},"role":"notary","location":"Tallinn","contact":"registry@example.org"}""");
        string[] said =
        [
            "In the claimed role: notary (not verified)", "Certifies the document: afterwards only forms may be filled in and signatures added", "Locks all form fields except: remarks",
            "Confirms that you approve the content of the document", "Under the signature policy 1.3.6.1.4.1.99999.7 (SHA-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, https://example.org/policy.pdf)", "Place of signing: Tallinn", "Contact: registry@example.org",
        ];
        Assert.All(said, line => Assert.Contains(line, review, StringComparison.Ordinal));
        Assert.Equal("Sign the deed \u00b7 " + string.Join(" \u00b7 ", said), ApprovedPurpose());

        var report = await Passed(file, 1);
        var signature = report.Signatures[0];
        Assert.Equal(["notary"], signature.ClaimedRoles);
        Assert.Equal("Tallinn", signature.Location);
        Assert.Null(signature.Reason);
        using var examined = new ExaminedPdf(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = 0 };
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        system.Pki.Write("role.der", examined.Cms());
        var printed = system.Pki.Openssl("asn1parse", "-inform", "DER", "-in", system.Pki.PathOf("role.der")).Output;
        // EN 319 122-1 5.2.6.1 and X.520 6.4.4, as openssl names them.
        Assert.Matches("(?s)OBJECT +:0\\.4\\.0\\.19122\\.1\\.1.*cont \\[ 0 \\].*OBJECT +:title.*UTF8STRING +:notary", printed);
        Assert.Contains("id-smime-cti-ets-proofOfApproval", printed, StringComparison.Ordinal);
        Assert.Contains("id-smime-aa-ets-sigPolicyId", printed, StringComparison.Ordinal);
        Assert.Contains("/TransformMethod/DocMDP", Flat(file), StringComparison.Ordinal);
        Assert.Contains("/Action/Exclude", Flat(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("et", "Väidetavas rollis: notary (kontrollimata)")]
    [InlineData("zh-Hans", "以声称的角色签名：notary（未经核实）")]
    public async Task What_a_signature_does_is_approved_in_the_persons_language(string language, string line)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(language), signature: """{"role":"notary"}""", level: "B-T");
        var id = (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
        using var browser = system.NewBrowser();
        browser.Language = language;
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        Assert.Equal("Sign the deed \u00b7 " + line, ApprovedPurpose());
    }

    [Fact]
    public async Task An_approval_that_leaves_out_what_the_signature_does_is_refused()
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page("Hidden"), signature: """{"certification":3,"role":"notary"}""");
        var id = (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
        system.Provider.Change = approval => approval.Purpose = "Sign the deed";
        await SigningSystem.Approve(system.NewBrowser(), id);
        Assert.Equal("evidence_refused", (await system.Ended(id))["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_an_approval_has_no_room_for_is_refused_when_it_is_asked_for()
    {
        system.Reset();
        const string Form = """{"certification":3}""";
        var room = SigningRequest.LongestPurpose - Identity.Web.Languages.Supported.Max(language => SignatureStatement.ApprovedPurpose("", Stored(Form), language.Culture).Length);
        using var fits = await system.PostRequest(Pdfs.Page(), purpose: new string('p', room), signature: Form);
        Assert.Equal(HttpStatusCode.Created, fits.StatusCode);
        using var answer = await system.PostRequest(Pdfs.Page(), purpose: new string('p', room + 1), signature: Form);
        Assert.Equal("purpose and what the signature does must together have at most 500 characters.", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_same_key_with_another_form_is_other_content()
    {
        system.Reset();
        var document = Pdfs.Page("Twice");
        using var first = await system.PostRequest(document, key: "form-key", signature: """{"role":"notary","location":"Tartu"}""");
        using var same = await system.PostRequest(document, key: "form-key", signature: """{ "location": "Tartu", "role": "notary" }""");
        using var other = await system.PostRequest(document, key: "form-key", signature: """{"role":"witness","location":"Tartu"}""");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict), (first.StatusCode, same.StatusCode, other.StatusCode));
    }

    private static RequestedForm Stored(string json) => Assert.IsType<FormRead.Good>(RequestedForm.ReadAsked(json)).Form;

    private static string Flat(byte[] file) => System.Text.Encoding.Latin1.GetString(file).Replace(" /", "/", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>What the last approval says, as the passkey signed it.</summary>
    private string ApprovedPurpose()
    {
        var payload = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(system.Provider.LastEvidence!.Split('.')[1]))!;
        var structure = System.Buffers.Text.Base64Url.DecodeFromChars(payload["approval"]!.GetValue<string>());
        return JsonNode.Parse(structure)!["purpose"]!.GetValue<string>();
    }

    private async Task<(byte[] File, string Review)> Sign(byte[] document, string signature)
    {
        using var answer = await system.PostRequest(document, signature: signature);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        var id = (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = system.AgencyClient();
        return (await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation), WebUtility.HtmlDecode(await review.Content.ReadAsStringAsync(SigningSystem.Cancellation)));
    }

    private async Task<ValidationReport> Passed(byte[] file, int signatures)
    {
        var report = await system.Verify(file);
        Assert.True(report.Conclusion == "TOTAL-PASSED", string.Join('\n', report.Signatures.SelectMany(one => one.Messages.Select(message => $"{one.Field}: {message.Text}"))));
        Assert.Equal(signatures, report.Signatures.Count(one => one.Kind == "signature"));
        return report;
    }

    private static byte[] Form() => HandMadePdf.Append(HandMadePdf.Plain(),
        (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 7 0 R 8 0 R 11 0 R]>>>>"),
        (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R 11 0 R]>>"),
        (6, Field("buyer", "/SV<</Ff 66/SubFilter[/ETSI.CAdES.detached]/DigestMethod[(SHA256)]>>")), (7, Field("seller", "/Lock 9 0 R")),
        (8, Field("notary", "/SV<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>")), (9, "<</Type/SigFieldLock/Action/Include/Fields[(buyer)]>>"),
        (10, "<</Type/SigFieldLock/Action/All/P 1>>"), (11, Field("guarded", "/Lock 10 0 R")));

    private static string Field(string name, string more) =>
        string.Create(CultureInfo.InvariantCulture, $"<</Type/Annot/Subtype/Widget/FT/Sig/T({name})/P 3 0 R/F 132/Rect[0 0 0 0]{more}>>");
}
