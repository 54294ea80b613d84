using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>What may be added to a signed file, and what is called a change of it.</summary>
public sealed class LaterRevisions(Hierarchy hierarchy)
{
    private const string SignedCatalog = "/AcroForm<</Fields[6 0 R]/SigFlags 3>>";
    private const string TextField = "<</Type/Annot/Subtype/Widget/FT/Tx/T(price)/V(100)/P 3 0 R/Rect[10 10 90 30]>>";

    private static string Catalog(string entries) => $"<</Type/Catalog/Pages 2 0 R{entries}>>";

    private static string Page(string entries) => $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{entries}>>";

    private async Task<ValidationReport> After(params (int, string)[] update) =>
        await Validating.Report(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), update), hierarchy);

    private static void IsIntact(ValidationReport report, string kind)
    {
        var signature = report.Only();
        Assert.Equal(("TOTAL-PASSED", "intact", kind), (report.Conclusion, report.Integrity, signature.ChangesAfter));
        Assert.False(signature.CoversWholeDocument);
        Assert.True(signature.CoversWholeRevision);
        Assert.Equal(kind, report.Revisions[^1].Kind);
    }

    private static ChangeReport IsChanged(ValidationReport report, string kind, string text)
    {
        var signature = report.Only();
        Assert.Equal(("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "changed", true), (signature.Verdict(), report.Integrity, signature.CryptographicallyIntact));
        Assert.Equal((kind, kind), (signature.ChangesAfter, report.Revisions[^1].Kind));
        return Assert.Single(report.Revisions[^1].Changes, change => change.Text.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Replaced_content_is_a_change_with_page_and_object_named()
    {
        var change = IsChanged(await After((HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 1 EUR) Tj ET"))), "content", "Page 1");
        Assert.Equal((1, "4 0"), (change.Page, change.ChangedObject));
    }

    [Fact]
    public async Task A_page_that_points_to_other_content_is_a_change()
    {
        var change = IsChanged(await After(
            (30, HandMadePdf.Stream("BT ET")),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 30 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>")), "content", "content was replaced");
        Assert.Equal(1, change.Page);
    }

    [Fact]
    public async Task An_exchanged_font_is_a_change() =>
        IsChanged(await After((5, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")), "content", "fonts");

    [Fact]
    public async Task An_added_page_is_a_change() =>
        IsChanged(await After((30, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"), (2, "<</Type/Pages/Kids[3 0 R 30 0 R]/Count 2>>")), "content", "Pages were added");

    [Fact]
    public async Task A_rotated_page_is_a_change() =>
        IsChanged(await After((HandMadePdf.Page, Page("/Annots[6 0 R]/Rotate 180"))), "content", "rotation");

    [Fact]
    public async Task A_script_in_the_catalog_is_a_change() =>
        IsChanged(await After((1, Catalog(SignedCatalog + "/OpenAction<</S/JavaScript/JS(app.alert(1))>>"))), "content", "OpenAction");

    [Fact]
    public async Task An_annotation_is_a_change_unless_the_author_permitted_it()
    {
        var update = new (int, string)[]
        {
            (30, "<</Type/Annot/Subtype/Highlight/QuadPoints[60 750 400 750 60 700 400 700]/Rect[60 700 400 750]/AP<</N 31 0 R>>>>"),
            (31, HandMadePdf.Stream("/M gs 1 1 0 rg 0 0 340 50 re f", "/Type/XObject/Subtype/Form/BBox[0 0 340 50]/Resources<</ExtGState<</M<</BM/Multiply>>>>>>")),
            (HandMadePdf.Page, Page("/Annots[6 0 R 30 0 R]")),
        };
        var change = IsChanged(await After(update), "annotation", "Highlight");
        Assert.Equal((1, "30 0"), (change.Page, change.ChangedObject));

        var permitted = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain(), null, Certified(3)), [.. update, (1, Catalog(SignedCatalog + "/Perms<</DocMDP 7 0 R>>"))]);
        var report = await Validating.Report(permitted, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "annotation"), (report.Conclusion, report.Only().ChangesAfter));
    }

    [Theory]
    // The attack on certified documents: what a reader takes for the page's own words comes as an annotation that the certification permits.
    [InlineData("FreeText", "")]
    [InlineData("Stamp", "/AP<</N 31 0 R>>")]
    [InlineData("Square", "/IC[1 1 1]")]
    [InlineData("Redact", "")]
    [InlineData("NoSuchType", "")]
    [InlineData("Highlight", "/AP<</N 31 0 R>>")]
    [InlineData("Text", "/AP<</N<</On 32 0 R>>>>")]
    [InlineData("Underline", "/AP<</N 33 0 R>>")]
    public async Task An_annotation_that_looks_like_content_is_a_change_although_the_author_permitted_annotations(string subtype, string entries)
    {
        const string form = "/Type/XObject/Subtype/Form/BBox[0 0 340 50]";
        var file = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain(), null, Certified(3)),
            (30, $"<</Type/Annot/Subtype/{subtype}/Contents(Sold for 1 EUR)/Rect[60 700 400 750]{entries}>>"),
            (31, HandMadePdf.Stream("BT /F1 24 Tf (Sold for 1 EUR) Tj ET", form + "/Resources<</Font<</F1 5 0 R>>>>")),
            (32, HandMadePdf.Stream("/A Do", form + "/Resources<</XObject<</A 31 0 R>>>>")),
            (33, HandMadePdf.Stream("q 9 0 0 9 0 0 cm BI /W 1/H 1/CS/G/BPC 8 ID x EI Q", form)),
            (HandMadePdf.Page, Page("/Annots[6 0 R 30 0 R]")));
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("INDETERMINATE", "changed", "annotation"), (report.Conclusion, report.Integrity, report.Only().ChangesAfter));
        report.Only().Says("certified-annotation-like-content");
    }

    [Theory]
    [InlineData("/Annots[10 0 R 6 0 R]", "<</Type/Annot/Subtype/FreeText/Contents(for 1 EUR)/Rect[60 700 400 750]>>")]
    [InlineData("/Annots[6 0 R]", "null")]
    [InlineData("/Annots[10 0 R 6 0 R]", "<</Type/Annot/Subtype/Highlight/Contents(for 100 EUR)/Rect[60 700 400 750]>>")]
    public async Task An_annotation_that_was_signed_as_content_is_not_changed_or_removed_by_permission(string annotations, string now)
    {
        var file = HandMadePdf.Append(HandMadePdf.Plain(), (10, "<</Type/Annot/Subtype/FreeText/Contents(for 100 EUR)/Rect[60 700 400 750]>>"));
        file = hierarchy.Sign(file, null, Certified(3) with { FirstObject = 6, Annotations = [10] });
        var report = await Validating.Report(HandMadePdf.Append(file, (10, now), (HandMadePdf.Page, Page(annotations))), hierarchy);
        Assert.Equal(("changed", "annotation"), (report.Integrity, report.Only().ChangesAfter));
    }

    [Fact]
    public async Task A_removed_signature_field_is_suspicious() =>
        IsChanged(await After((1, Catalog("/AcroForm<</Fields[]/SigFlags 3>>"))), "suspicious", "removed from the form");

    [Fact]
    public async Task A_rewritten_signature_dictionary_is_suspicious()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var dictionary = System.Text.Encoding.Latin1.GetString(signed);
        dictionary = dictionary[dictionary.IndexOf("<</Type/Sig/", StringComparison.Ordinal)..];
        dictionary = dictionary[..dictionary.IndexOf("\nendobj", StringComparison.Ordinal)].Replace("/M(D:20261123", "/M(D:20201123", StringComparison.Ordinal);
        var report = await Validating.Report(HandMadePdf.Append(signed, (7, dictionary)), hierarchy);
        IsChanged(report, "suspicious", "altered after it was signed");
    }

    [Fact]
    public async Task Bytes_behind_the_end_are_suspicious()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain()).Concat("4 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n"u8.ToArray()).ToArray();
        IsChanged(await Validating.Report(file, hierarchy), "suspicious", "behind the end");
    }

    [Fact]
    public async Task A_second_signature_is_permitted()
    {
        var twice = hierarchy.Sign(hierarchy.Sign(HandMadePdf.Plain()), CmsShape.By("wei"), new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2" });
        var report = await Validating.Report(twice, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "intact", "signature"), (report.Conclusion, report.Integrity, report.Signatures[0].ChangesAfter));
        Assert.Equal([false, true], report.Signatures.Select(signature => signature.CoversWholeDocument));
    }

    [Fact]
    public async Task A_new_field_that_nobody_signed_is_a_change() =>
        IsChanged(await After(
            (30, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Later)/P 3 0 R/Rect[0 0 90 90]>>"),
            (HandMadePdf.Page, Page("/Annots[6 0 R 30 0 R]")),
            (1, Catalog("/AcroForm<</Fields[6 0 R 30 0 R]/SigFlags 3>>"))), "content", "without being signed");

    [Fact]
    public async Task Validation_data_and_metadata_are_permitted()
    {
        var report = await After(
            (30, HandMadePdf.Stream("not read as a certificate")),
            (31, "<</Certs[30 0 R]>>"),
            (32, HandMadePdf.Stream("<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'/><?xpacket end='w'?>", "/Type/Metadata/Subtype/XML")),
            (1, Catalog(SignedCatalog + "/DSS 31 0 R/Metadata 32 0 R/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>")));
        IsIntact(report, "archival");
    }

    [Fact]
    public async Task Metadata_with_entities_are_suspicious() =>
        IsChanged(await After(
            (32, HandMadePdf.Stream("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "/Type/Metadata/Subtype/XML")),
            (1, Catalog(SignedCatalog + "/Metadata 32 0 R"))), "suspicious", "metadata");

    [Fact]
    public async Task An_object_written_again_without_change_is_no_change() =>
        IsIntact(await After((5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")), "none");

    [Fact]
    public async Task An_object_that_nothing_uses_is_no_change() => IsIntact(await After((50, "(unused)")), "none");

    [Theory]
    [InlineData(0, "TOTAL-PASSED")]
    [InlineData(2, "TOTAL-PASSED")]
    [InlineData(1, "INDETERMINATE")]
    public async Task Filling_in_a_form_is_permitted_unless_the_author_forbade_it(int permission, string conclusion)
    {
        var form = HandMadePdf.Append(HandMadePdf.Plain(),
            (10, TextField), (1, Catalog("/AcroForm<</Fields[10 0 R]>>")), (HandMadePdf.Page, Page("/Annots[10 0 R]")));
        var shape = (permission == 0 ? new SignatureShape() : Certified(permission)) with { FirstObject = 20, EarlierFields = [10] };
        var filled = HandMadePdf.Append(hierarchy.Sign(form, null, shape), (10, TextField.Replace("(100)", "(1)", StringComparison.Ordinal)));
        var report = await Validating.Report(filled, hierarchy);
        Assert.Equal((conclusion, "form"), (report.Conclusion, report.Only().ChangesAfter));
        Assert.Contains(report.Revisions[^1].Changes, change => change.Text.Contains("price", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/Action/All", "INDETERMINATE")]
    [InlineData("/Action/Include/Fields[(price)]", "INDETERMINATE")]
    [InlineData("/Action/Include/Fields[(other)]", "TOTAL-PASSED")]
    [InlineData("/Action/Exclude/Fields[(other)]", "INDETERMINATE")]
    [InlineData("/Action/Exclude/Fields[(price)]", "TOTAL-PASSED")]
    [InlineData("/Action/Sometimes/Fields[(other)]", "INDETERMINATE")]
    public async Task A_locked_field_may_not_be_filled_in(string parameters, string conclusion)
    {
        var form = HandMadePdf.Append(HandMadePdf.Plain(),
            (10, TextField), (1, Catalog("/AcroForm<</Fields[10 0 R]>>")), (HandMadePdf.Page, Page("/Annots[10 0 R]")));
        var shape = new SignatureShape
        {
            FirstObject = 20,
            EarlierFields = [10],
            Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2{parameters}>>>>]",
        };
        var filled = HandMadePdf.Append(hierarchy.Sign(form, null, shape), (10, TextField.Replace("(100)", "(1)", StringComparison.Ordinal)));
        Assert.Equal(conclusion, (await Validating.Report(filled, hierarchy)).Conclusion);
    }

    [Fact]
    public async Task Moving_a_field_is_more_than_filling_it_in()
    {
        var form = HandMadePdf.Append(HandMadePdf.Plain(),
            (10, TextField), (1, Catalog("/AcroForm<</Fields[10 0 R]>>")), (HandMadePdf.Page, Page("/Annots[10 0 R]")));
        var moved = HandMadePdf.Append(hierarchy.Sign(form, null, new SignatureShape { FirstObject = 20, EarlierFields = [10] }),
            (10, TextField.Replace("[10 10 90 30]", "[60 700 400 750]", StringComparison.Ordinal)));
        IsChanged(await Validating.Report(moved, hierarchy), "content", "price");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_certified_document_takes_no_signature_that_shows_on_a_page(int permission)
    {
        var certified = hierarchy.Sign(HandMadePdf.Plain(), null, Certified(permission));
        var invisible = hierarchy.Sign(certified, CmsShape.By("wei"), new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2", Catalog = "/Perms<</DocMDP 7 0 R>>" });
        var visible = hierarchy.Sign(certified, CmsShape.By("wei"),
            new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2", Rectangle = "[60 700 400 750]", Catalog = "/Perms<</DocMDP 7 0 R>>" });
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(invisible, hierarchy)).Conclusion);
        var report = await Validating.Report(visible, hierarchy);
        Assert.Equal(("INDETERMINATE", "changed"), (report.Conclusion, report.Signatures[0].Integrity));
        report.Signatures[0].Says("certified-no-visible-signature");
    }

    [Theory]
    [InlineData("/Lock<</Type/SigFieldLock/Action/All/P 1>>", "", "INDETERMINATE")]
    [InlineData("/Lock<</Type/SigFieldLock/Action/All/P 2>>", "", "TOTAL-PASSED")]
    [InlineData("", "FieldMDP/TransformParams<</Action/All/P 1>>", "INDETERMINATE")]
    [InlineData("", "DocMDP/TransformParams<</P 7>>", "INDETERMINATE")]
    public async Task A_document_that_a_signer_closed_takes_no_further_signature(string widget, string method, string conclusion)
    {
        var shape = new SignatureShape { Widget = widget, Dictionary = method.Length == 0 ? "" : $"/Reference[<</TransformMethod/{method}>>]" };
        var closed = hierarchy.Sign(HandMadePdf.Plain(), null, shape);
        var report = await Validating.Report(hierarchy.Sign(closed, CmsShape.By("wei"), new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2" }), hierarchy);
        Assert.Equal(conclusion, report.Conclusion);
        if (conclusion == "INDETERMINATE")
            report.Signatures[0].Says("certified-no-changes");
    }

    [Fact]
    public async Task Taking_the_authors_permissions_away_is_suspicious()
    {
        var file = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain(), null, Certified(2)), (1, Catalog(SignedCatalog)));
        IsChanged(await Validating.Report(file, hierarchy), "suspicious", "Perms");
    }

    [Fact]
    public async Task An_unused_object_that_is_replaced_and_used_is_suspicious()
    {
        var prepared = HandMadePdf.Append(HandMadePdf.Plain(), (40, HandMadePdf.Stream("BT ET", "/Type/Metadata/Subtype/XML")));
        var file = HandMadePdf.Append(hierarchy.Sign(prepared),
            (40, HandMadePdf.Stream("<x/>", "/Type/Metadata/Subtype/XML")), (1, Catalog(SignedCatalog + "/Metadata 40 0 R")));
        IsChanged(await Validating.Report(file, hierarchy), "suspicious", "did not use");
    }

    // ISO 32000-2 12.8.2.2: the first signature, named by Perms, with its permission.
    private static SignatureShape Certified(int permission) => new()
    {
        Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P {permission}>>>>]",
        Catalog = "/Perms<</DocMDP 7 0 R>>",
    };
}
