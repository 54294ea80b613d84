using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>
/// Changes that stand where something harmless may come, or in an object that is something harmless too. Each is refused by the strictest reading, for a
/// viewer takes whichever shows.
/// </summary>
public sealed class DisguisedChanges(Hierarchy hierarchy)
{
    private const string Form = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]";
    private const string Certification = "/Perms<</DocMDP 7 0 R>>";

    private static readonly string Forged = HandMadePdf.Stream("BT /F1 24 Tf 72 650 Td (Sold for 1 EUR) Tj ET", Form + "/Resources<</Font<</F1 5 0 R>>>>");

    private static string Catalog(string entries) => $"<</Type/Catalog/Pages 2 0 R{entries}>>";

    private static string Page(string annotations) =>
        $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[{annotations}]>>";

    private static SignatureShape Certified(int permission) => new()
    {
        Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P {permission}>>>>]",
        Catalog = Certification,
    };

    private static SignatureShape Locked(string parameters) => new()
    {
        Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2{parameters}>>>>]",
    };

    private async Task<byte[]> Signed(SignatureShape shape, params (int, string)[] prepared)
    {
        var file = hierarchy.Sign(prepared.Length == 0 ? HandMadePdf.Plain() : HandMadePdf.Append(HandMadePdf.Plain(), prepared), null, shape);
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy)).Conclusion);
        return file;
    }

    private static void Refused(ValidationReport report, string reason)
    {
        var found = string.Join(' ', report.Revisions.SelectMany(revision => revision.Changes).Select(change => change.Message!.Key)
            .Concat(report.Signatures[0].Messages.Select(message => message.Key)).Distinct());
        Assert.True(found.Split(' ').Contains(reason), $"{found} instead of {reason}; {report.Conclusion} {report.Integrity}");
        Assert.Equal(("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "changed"), (report.Signatures[0].Verdict(), report.Signatures[0].Integrity));
        Assert.False(report.HasPassed);
    }

    [Theory]
    [InlineData("/Subtype/Stamp")]
    [InlineData("/Subtype/Widget/FT/Sig/T(x)")]
    [InlineData("/Subtype/Highlight")]
    public async Task An_annotation_that_is_a_stream_is_content(string entries)
    {
        var update = (50, HandMadePdf.Stream("BT /F1 24 Tf 72 650 Td (Sold for 1 EUR) Tj ET",
            $"/Type/Annot{entries}/Rect[60 600 500 760]/F 4/AP<</N 50 0 R>>/BBox[0 0 600 800]/Resources<</Font<</F1 5 0 R>>>>"));
        Refused(await Validating.Report(HandMadePdf.Append(await Signed(new SignatureShape()), update, (3, Page("6 0 R 50 0 R"))), hierarchy), "page-entry-changed");
        Refused(await Validating.Report(HandMadePdf.Append(await Signed(Certified(3)), update, (3, Page("6 0 R 50 0 R"))), hierarchy), "page-entry-changed");
    }

    [Theory]
    [InlineData("[10 0 R]")]
    [InlineData("(text)")]
    [InlineData("1")]
    public async Task An_annotation_that_is_no_dictionary_is_content(string value) =>
        Refused(await Validating.Report(HandMadePdf.Append(await Signed(new SignatureShape()), (50, value), (3, Page("6 0 R 50 0 R"))), hierarchy), "page-entry-changed");

    [Theory]
    [InlineData(0, "<</Type/Annot/Subtype/Widget/Parent 20 0 R/Rect[0 0 0 0]>>")]
    [InlineData(1, "<</Type/Annot/Subtype/Widget/Parent 20 0 R/Rect[0 0 0 0]>>")]
    [InlineData(0, "<</Parent 20 0 R>>")]
    public async Task A_time_stamp_whose_field_has_a_widget_and_is_one_too_is_not_invisible(int permission, string kid)
    {
        var file = await Signed(permission == 0 ? new SignatureShape() : Certified(permission), (30, Forged));
        file = HandMadePdf.Append(file,
            (20, "<</Type/Annot/Subtype/Widget/FT/Sig/T(ts)/Rect[60 600 500 760]/F 4/AP<</N 30 0 R>>/Kids[21 0 R]/V 22 0 R>>"),
            (21, kid), (22, "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 1 2 3]>>"),
            (3, Page("6 0 R 20 0 R")),
            (1, Catalog("/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>" + (permission == 0 ? "" : Certification))));
        Refused(await Validating.Report(file, hierarchy), "field-added");
    }

    [Theory]
    // ISO 32000-2 table 167: NoView and Print, NoView and ToggleNoView.
    [InlineData(36)]
    [InlineData(288)]
    [InlineData(292)]
    public async Task A_time_stamp_that_shows_when_printed_or_pointed_at_is_not_invisible(int flags)
    {
        var file = HandMadePdf.Append(await Signed(new SignatureShape(), (30, Forged)),
            (20, $"<</Type/Annot/Subtype/Widget/FT/Sig/T(ts)/Rect[60 600 500 760]/F {flags}/AP<</N 30 0 R>>/P 3 0 R/V 22 0 R>>"),
            (22, "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 1 2 3]>>"),
            (3, Page("6 0 R 20 0 R")), (1, Catalog("/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>")));
        Refused(await Validating.Report(file, hierarchy), "timestamp-visible");
    }

    [Theory]
    [InlineData("/F 2", "/F 36")]
    [InlineData("/F 4", "/F 0")]
    [InlineData("", "/F 4")]
    [InlineData("/F 32", "/F 288")]
    [InlineData("/F 4", "/F 260")]
    public async Task A_field_that_comes_or_goes_in_print_with_the_same_value_is_a_change(string before, string after)
    {
        static string Field(string flags) => $"<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(100)/P 3 0 R/Rect[60 600 500 760]/AP<</N 30 0 R>>{flags}>>";
        var file = await Signed(new SignatureShape { FirstObject = 20, EarlierFields = [10] }, (10, Field(before)), (30, Forged));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Field(after))), hierarchy), "field-shown-or-hidden");
    }

    [Fact]
    public async Task A_hidden_field_that_is_shown_once_it_is_signed_is_a_change()
    {
        static string Field(string entries) => $"<</Type/Annot/Subtype/Widget/FT/Sig/T(x)/P 3 0 R/Rect[60 600 500 760]/AP<</N 30 0 R>>{entries}>>";
        var file = await Signed(Certified(2) with { EarlierFields = [10] }, (10, Field("/F 2")), (30, Forged));
        file = HandMadePdf.Append(file, (10, Field("/F 4/V 22 0 R")), (22, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Contents<00>/ByteRange[0 1 2 3]>>"));
        Refused(await Validating.Report(file, hierarchy), "field-shown-or-hidden");
    }

    [Theory]
    [InlineData("/Action/Include/Fields[(P.b)]", "/V(999)")]
    [InlineData("/Action/Include/Fields[(P.b)]", "/V(100)/Ff 1")]
    [InlineData("/Action/Exclude/Fields[(P.a)]", "/V(999)")]
    [InlineData("/Action/Include/Fields[(P.b)]", "/V(999)", "")]
    public async Task A_locked_field_is_not_changed_through_what_it_inherits(string parameters, string after, string name = "/T(P)")
    {
        string Parent(string entries) => $"<</FT/Tx{name}/Kids[11 0 R 12 0 R]{entries}>>";
        static string Kid(string name) => $"<</Type/Annot/Subtype/Widget/Parent 10 0 R/T({name})/P 3 0 R/Rect[10 10 90 30]>>";
        if (name.Length == 0)
            parameters = parameters.Replace("P.b", "b", StringComparison.Ordinal);
        var file = await Signed(Locked(parameters) with { FirstObject = 20, EarlierFields = [10] }, (10, Parent("/V(100)")), (11, Kid("a")), (12, Kid("b")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Parent(after))), hierarchy), "locked-field-changed");
    }

    [Theory]
    [InlineData("/Action/All", "/DA(/Helv 0 Tf 1 g)")]
    [InlineData("/Action/Include/Fields[(x)]", "/Q 2")]
    [InlineData("/Action/All", "/NeedAppearances false")]
    public async Task What_all_fields_of_a_form_share_is_locked_with_any_of_them(string parameters, string entries)
    {
        var file = HandMadePdf.Append(await Signed(Locked(parameters)), (1, Catalog($"/AcroForm<</Fields[6 0 R]/SigFlags 3{entries}>>")));
        Refused(await Validating.Report(file, hierarchy), "locked-field-changed");
    }

    [Fact]
    public async Task A_locked_field_that_shares_its_widget_with_an_open_one_is_still_locked()
    {
        static string Field(string name) => $"<</FT/Tx/T({name})/V(100)/Kids[12 0 R]>>";
        static string Widget(string entries) => $"<</Type/Annot/Subtype/Widget/P 3 0 R/Rect[10 10 90 30]{entries}>>";
        var file = await Signed(Locked("/Action/Include/Fields[(b)]") with { FirstObject = 20, EarlierFields = [10, 11] }, (10, Field("a")), (11, Field("b")), (12, Widget("")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (12, Widget("/Ff 1"))), hierarchy), "locked-field-changed");
    }
}
