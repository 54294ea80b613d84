using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>
/// Shadow attacks: what a dishonest author prepares before the signature, so that a permitted kind of change shows other content after it.
/// </summary>
public sealed class PreparedOverlays(Hierarchy hierarchy)
{
    private static string Drawing(string text) => HandMadePdf.Stream($"BT /F1 24 Tf 72 650 Td ({text}) Tj ET",
        "/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F1 5 0 R>>>>");

    private static string Catalog(string entries) => $"<</Type/Catalog/Pages 2 0 R{entries}>>";

    private static readonly SignatureShape AnnotationsPermitted = new()
    {
        Dictionary = "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P 3>>>>]",
        Catalog = "/Perms<</DocMDP 7 0 R>>",
    };

    private async Task IsContent((int, string)[] prepared, SignatureShape shape, (int, string)[] update, string text)
    {
        var signed = hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(), prepared), null, shape);
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(signed, hierarchy)).Conclusion);
        Changed(await Validating.Report(HandMadePdf.Append(signed, update), hierarchy), text);
    }

    private static void Changed(ValidationReport report, string text)
    {
        var signature = report.Signatures[0];
        Assert.Equal(("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "changed", "content"), (signature.Verdict(), signature.Integrity, signature.ChangesAfter));
        Assert.NotEqual("TOTAL-PASSED", report.Conclusion);
        Assert.Contains(report.Revisions[^1].Changes, change => change.Text.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("strange-stamps")]
    [InlineData("stamps")]
    public async Task A_time_stamp_that_shows_something_is_a_change_whoever_made_it(string unit)
    {
        var shape = new SignatureShape
        {
            FirstObject = 20, EarlierFields = [6], Name = "Time", Type = "DocTimeStamp", SubFilter = "ETSI.RFC3161", Rectangle = "[60 700 500 760]", Widget = "/AP<</N 30 0 R>>",
        };
        var file = HandMadePdf.Sign(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (30, Drawing("Sold for 1 EUR"))), content => hierarchy.Timestamp(content, unit), shape);
        Changed(await Validating.Report(file, hierarchy), "time-stamp");
    }

    [Theory]
    [InlineData(10, "<</FT/Tx/T(x)/V 40 0 R>>")]
    [InlineData(11, null)]
    public async Task A_field_that_is_the_pages_images_too_is_not_just_filled_in(int number, string? value) =>
        await IsContent([(10, "<</FT/Tx/T(x)/V 11 0 R>>"), (11, Drawing("100 EUR"))],
            new SignatureShape { FirstObject = 20, EarlierFields = [10], Resources = "/XObject 10 0 R" },
            [(40, Drawing("1 EUR")), (number, value ?? Drawing("1 EUR"))], "Page 1");

    [Fact]
    public async Task Content_of_a_page_that_is_an_annotation_too_is_no_annotation() =>
        await IsContent([], AnnotationsPermitted with { Annotations = [HandMadePdf.Content] },
            [(HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 1 EUR) Tj ET"))], "Page 1");

    [Fact]
    public async Task A_page_that_is_its_own_images_too_stays_as_it_was() =>
        await IsContent([(40, Drawing("100 EUR"))], AnnotationsPermitted with { Resources = "/XObject 3 0 R", Page = "/Tabs 40 0 R" }, [(40, Drawing("1 EUR"))], "Page 1");

    [Fact]
    public async Task Metadata_that_the_page_draws_are_content()
    {
        static string Both(string text) => HandMadePdf.Stream($"<a>BT /F1 24 Tf 72 650 Td ({text}) Tj ET</a>", "/Type/XObject/Subtype/Form/BBox[0 0 600 800]");
        await IsContent([(40, Both("100 EUR"))], new SignatureShape { Resources = "/XObject 1 0 R", Catalog = "/Metadata 40 0 R" }, [(40, Both("1 EUR"))], "Page 1");
    }

    [Theory]
    [InlineData("/FT/Tx/F 2/AP<</N 30 0 R>>", "/FT/Tx/F 4/AP<</N 30 0 R>>", "visible or invisible")]
    [InlineData("/FT/Tx/V(100)/F 4/AP<</N 31 0 R>>", "/FT/Tx/V(100)/F 4/AP<</N 30 0 R>>", "its value is the same")]
    [InlineData("/FT/Btn/Ff 65536/F 4/AP<</N 31 0 R>>", "/FT/Btn/Ff 65536/F 4/AP<</N 30 0 R>>", "its value is the same")]
    [InlineData("/FT/Btn/V/Off/AS/Off/F 4/AP<</N<</On 30 0 R/Off 31 0 R>>>>", "/FT/Btn/V/Off/AS/On/F 4/AP<</N<</On 30 0 R/Off 31 0 R>>>>", "its value is the same")]
    [InlineData("/FT/Btn/Ff 65536/F 4/MK<</CA(100)>>", "/FT/Btn/Ff 65536/F 4/MK<</CA(1)>>", "its value is the same")]
    public async Task A_field_that_shows_something_else_with_the_same_value_is_a_change(string before, string after, string text)
    {
        static string Field(string entries) => $"<</Type/Annot/Subtype/Widget/T(x)/P 3 0 R/Rect[60 600 500 760]{entries}>>";
        await IsContent([(10, Field(before)), (30, Drawing("Sold for 1 EUR")), (31, Drawing(""))], new SignatureShape { FirstObject = 20, EarlierFields = [10] },
            [(10, Field(after))], text);
    }

    [Theory]
    [InlineData("/OpenAction 10 0 R", "/S/Launch/F(a.txt)", "/S/Launch/F(b.exe)")]
    [InlineData("/OCProperties<</OCGs[]/D 10 0 R>>", "/OFF[]", "/OFF[]/AS[<</Event/View>>]")]
    public async Task A_field_that_is_another_dictionary_too_has_no_foreign_entries(string catalog, string before, string after) =>
        await IsContent([(10, $"<</FT/Tx/T(x){before}>>")], new SignatureShape { FirstObject = 20, EarlierFields = [10], Catalog = catalog },
            [(10, $"<</FT/Tx/T(x){after}>>")], "not of the kind");

    [Fact]
    public async Task A_locked_field_that_shares_its_looks_with_an_open_one_is_still_locked()
    {
        static string Field(string name) => $"<</Type/Annot/Subtype/Widget/FT/Tx/T({name})/V 32 0 R/P 3 0 R/F 4/Rect[60 600 500 760]/AP<</N 31 0 R>>>>";
        var shape = new SignatureShape
        {
            FirstObject = 20, EarlierFields = [10, 11],
            Dictionary = "/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2/Action/Include/Fields[(b)]>>>>]",
        };
        var signed = hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(), (10, Field("a")), (11, Field("b")), (31, Drawing("100")), (32, "(100)")), null, shape);
        var report = await Validating.Report(HandMadePdf.Append(signed, (31, Drawing("1")), (32, "(1)")), hierarchy);
        Assert.Equal("INDETERMINATE", report.Conclusion);
        report.Signatures[0].Says("locked-field-changed");
    }

    [Fact]
    public async Task A_signature_field_that_runs_a_script_is_more_than_a_signature()
    {
        var shape = new SignatureShape { FirstObject = 20, EarlierFields = [6], Name = "Signature2", Widget = "/AA<</PV<</S/JavaScript/JS(app.beep\\(0\\))>>>>" };
        Changed(await Validating.Report(hierarchy.Sign(hierarchy.Sign(HandMadePdf.Plain()), CmsShape.By("wei"), shape), hierarchy), "Signature2");
    }
}
