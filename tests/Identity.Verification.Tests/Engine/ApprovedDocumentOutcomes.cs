using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.X509;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>A certificate that names the documents its key was made for, by openssl, over signatures on these and on others.</summary>
public sealed class ApprovedDocumentOutcomes(Hierarchy hierarchy)
{
    [Fact]
    public async Task The_document_that_was_approved_passes()
    {
        var document = HandMadePdf.Plain();
        Assert.Equal("TOTAL-PASSED", (await Signed("approved", document, Named(document))).Verdict());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n \n\n")]
    public async Task White_space_at_its_end_belongs_to_the_document(string end)
    {
        byte[] document = [.. HandMadePdf.Plain(), .. Encoding.ASCII.GetBytes(end)];
        Assert.Equal("TOTAL-PASSED", (await Signed("approved-end", document, Named(document))).Verdict());
    }

    [Fact]
    public async Task One_of_several_approved_documents_passes()
    {
        var document = HandMadePdf.Plain();
        Assert.Equal("TOTAL-PASSED", (await Signed("approved-several", document, Named("another"u8.ToArray(), document))).Verdict());
    }

    [Fact]
    public async Task A_document_signed_before_by_somebody_else_passes_as_it_was_then()
    {
        var document = hierarchy.Sign(HandMadePdf.Plain());
        var file = Sign("approved-second", document, Named(document), new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2" });
        var report = await Validating.Report(file, hierarchy);
        Assert.All(report.Signatures, signature => Assert.Equal("TOTAL-PASSED", signature.Verdict()));
        Assert.Equal(2, report.Signatures.Count);
    }

    [Fact]
    public async Task Another_document_does_not_pass_although_every_digest_and_value_is_right()
    {
        var signature = await Signed("approved-other", HandMadePdf.Plain(catalog: "/Lang(en)"), Named(HandMadePdf.Plain()));
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", signature.Verdict());
        Assert.True(signature.CryptographicallyIntact);
        signature.Says("approved-document-differs");
    }

    // What an operator does, whose identifiers are their own: a policy that does not know them sees an ordinary certificate.
    [Fact]
    public async Task The_policy_names_the_extension_of_a_real_authority()
    {
        var (document, other) = (HandMadePdf.Plain(), HandMadePdf.Plain(catalog: "/Lang(en)"));
        Assert.Equal("TOTAL-PASSED", await Verdict(document, "1.2.3.6", "1.2.3.6"));
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", await Verdict(other, "1.2.3.6", "1.2.3.6"));
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", await Verdict(other, "1.2.3.6", "1.2.3.5\",\"1.2.3.6"));
        Assert.Equal("TOTAL-PASSED", await Verdict(other, "1.2.3.6", "1.2.3.5"));

        async Task<string> Verdict(byte[] signed, string extension, string known)
        {
            using var policy = new TemporaryFile(Encoding.UTF8.GetBytes($$"""{"name":"p","version":"7","approvedDocumentsExtensions":["{{known}}"]}"""));
            var report = await Validating.Report(
                Sign("approved-own", signed, Named(document), extension: extension), hierarchy.Anchors, hierarchy.Network(Hierarchy.Now.AddSeconds(30)), policy: PolicyFile.Read(policy.Path));
            return report.Only().Verdict();
        }
    }

    [Fact]
    public async Task A_document_with_a_byte_more_does_not_pass()
    {
        var document = HandMadePdf.Plain();
        (await Signed("approved-byte", document, Named([.. document, (byte)'%']))).Says("approved-document-differs");
    }

    [Fact]
    public async Task A_change_that_comes_with_the_signature_does_not_pass()
    {
        var document = HandMadePdf.Plain();
        var file = Sign("approved-rotated", document, Named(document), new SignatureShape { Page = "/Rotate 90" });
        var signature = (await Validating.Report(file, hierarchy)).Only();
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", signature.Verdict());
        signature.Says("approved-document-differs");
    }

    [Theory]
    [InlineData("/Reason(endobj 4 0 obj [1] endobj)", "")]
    [InlineData("", " 10 0 R")]
    public async Task What_would_be_a_change_behind_a_signature_is_one_when_it_comes_with_the_signature(string dictionary, string field)
    {
        var document = HandMadePdf.Append(HandMadePdf.Plain(), (10, "<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(1)/Rect[0 0 9 9]>>"));
        var shape = new SignatureShape { Dictionary = dictionary, Rewrite = text => text.Replace("/Fields[6 0 R", "/Fields[6 0 R" + field, StringComparison.Ordinal) };
        var signature = (await Validating.Report(Sign("approved-hidden", document, Named(document), shape), hierarchy)).Only();
        Assert.Equal("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", signature.Verdict());
        signature.Says("approved-document-differs");
    }

    [Theory]
    [InlineData("3000")]
    [InlineData("3003040100")]
    [InlineData("0500")]
    [InlineData("30220420000000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_list_of_another_form_does_not_pass(string der) =>
        (await Signed("approved-odd", HandMadePdf.Plain(), der)).Says("approved-documents-unreadable");

    [Fact]
    public void A_hundred_digests_are_read_and_one_more_is_not()
    {
        Assert.Equal(100, ApprovedDocuments.Read(Convert.FromHexString(Named([.. Enumerable.Range(0, 100).Select(index => new[] { (byte)index })])))!.Count);
        Assert.Null(ApprovedDocuments.Read(Convert.FromHexString(Named([.. Enumerable.Range(0, 101).Select(index => new[] { (byte)index })]))));
    }

    private async Task<SignatureReport> Signed(string name, byte[] document, string der) =>
        (await Validating.Report(Sign(name, document, der), hierarchy)).Only();

    private byte[] Sign(string name, byte[] document, string der, SignatureShape? shape = null, string extension = ApprovedDocuments.ExampleOid)
    {
        hierarchy.Pki.Certify(name, OpensslKey.P256, "/C=XX/CN=Person/GN=Person/SN=Person/serialNumber=PNOXX-1",
            "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\ncrlDistributionPoints=URI:" + Hierarchy.Source + "issuing.crl\n"
            + $"keyUsage=critical,nonRepudiation\n{extension}=DER:{der}\n", "people-ca", "PersonSignature", days: 1);
        return hierarchy.Sign(document, CmsShape.By(name), shape);
    }

    // By hand: SEQUENCE OF OCTET STRING.
    private static string Named(params byte[][] documents)
    {
        var inner = string.Concat(documents.Select(document => "0420" + Convert.ToHexString(SHA256.HashData(document))));
        var length = inner.Length / 2;
        return "30" + (length < 128 ? $"{length:X2}" : length < 256 ? $"81{length:X2}" : $"82{length:X4}") + inner;
    }
}
