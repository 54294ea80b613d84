using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>
/// What a viewer takes from a place where no rule looked, or draws by itself: prepared before the signature, and brought out behind it by something that may come.
/// </summary>
public sealed class UnfollowedPlaces(Hierarchy hierarchy)
{
    private const string Drawn = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F1 5 0 R>>>>";
    private const string Stamp = "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 1 2 3]>>";
    private const string DefaultFonts = "/DR<</Font<</H 5 0 R>>>>";

    private static string Looks(string text) => HandMadePdf.Stream($"BT /F1 24 Tf 72 650 Td ({text}) Tj ET", Drawn);

    private static string Catalog(string fields, string form = "", string entries = "") => $"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]/SigFlags 3{form}>>{entries}>>";

    private static string Page(string annotations) =>
        $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[{annotations}]>>";

    private static SignatureShape Certified(int permission) => new()
    {
        FirstObject = 20,
        Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P {permission}>>>>]",
        Catalog = "/Perms<</DocMDP 21 0 R>>",
    };

    private static string Field(string entries) => $"<</Type/Annot/Subtype/Widget/T(x)/P 3 0 R/Rect[60 600 500 760]/F 4{entries}>>";

    private async Task<byte[]> Signed(SignatureShape shape, params (int, string)[] prepared)
    {
        var file = hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(), prepared), null, shape);
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "none"), (report.Conclusion, report.Signatures[0].ChangesAfter));
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

    // The page takes its resources from a node that does not have it as a kid.
    private static SignatureShape OtherParent => Certified(1) with
    {
        Rewrite = text => text.Replace("/Parent 2 0 R", "/Parent 50 0 R", StringComparison.Ordinal).Replace("/Resources<</Font<</F1 5 0 R>>>>", "", StringComparison.Ordinal),
    };

    private static string Node(string drawing, string entries = "") => $"<</Type/Pages/Kids[3 0 R]/Count 1{entries}/Resources<</Font<</F1 5 0 R>>/XObject<</X {drawing}>>>>>>";

    [Theory]
    [InlineData("", "")]
    [InlineData("/Info 50 0 R", "/Title(a)")]
    [InlineData("/Private 50 0 R", "")]
    public async Task What_a_page_inherits_from_another_parent_than_the_tree_gives_it_stays(string trailer, string entries)
    {
        var file = await Signed(OtherParent with { Trailer = trailer }, (50, Node("51 0 R", entries)), (51, Looks("to Liis")), (52, Looks("to Wei")));
        Refused(await Validating.Report(HandMadePdf.AppendWith(trailer, file, (50, Node("52 0 R", entries))), hierarchy), "page-entry-changed");
        Refused(await Validating.Report(HandMadePdf.AppendWith(trailer, file, (51, Looks("to Wei"))), hierarchy), "page-entry-changed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/Info 50 0 R")]
    [InlineData("/Private 50 0 R")]
    public async Task A_parent_that_comes_only_behind_the_signature_is_a_change(string trailer)
    {
        var file = await Signed(OtherParent, (51, Looks("to Liis")));
        Refused(await Validating.Report(HandMadePdf.AppendWith(trailer, file, (50, Node("51 0 R"))), hierarchy), "page-entry-changed");
    }

    [Fact]
    public async Task A_parent_further_up_that_is_not_of_the_tree_stays()
    {
        var shape = Certified(1) with { Rewrite = text => text.Replace("/Resources<</Font<</F1 5 0 R>>>>", "", StringComparison.Ordinal) };
        var file = await Signed(shape, (2, "<</Type/Pages/Kids[3 0 R]/Count 1/Parent 50 0 R>>"), (50, "<</Type/Pages/Parent 53 0 R>>"), (53, Node("51 0 R")),
            (51, Looks("to Liis")), (52, Looks("to Wei")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (53, Node("52 0 R"))), hierarchy), "object-changed");
    }

    [Fact]
    public async Task A_page_whose_parent_is_another_may_be_signed_again()
    {
        var file = await Signed(OtherParent with { Dictionary = "", Catalog = "" }, (50, Node("51 0 R")), (51, Looks("to Liis")));
        var again = hierarchy.Sign(file, CmsShape.By("wei"), OtherParent with { Dictionary = "", Catalog = "", FirstObject = 30, EarlierFields = [20], Name = "Signature2" });
        Assert.Equal("signature", (await Validating.Report(again, hierarchy)).Signatures[0].ChangesAfter);
    }

    [Theory]
    [InlineData("<</FT/Btn/Ff 65536/T(x)/Kids[60 0 R]>>")]
    [InlineData("<</T(y)/Kids[<</FT/Btn/Ff 65536/T(x)/Kids[60 0 R]>>]>>")]
    [InlineData("<</FT/Tx/V(1)/T(x)/Kids[60 0 R]>>")]
    public async Task A_widget_of_a_field_that_is_a_direct_object_is_not_placed_on_a_page(string field)
    {
        var shape = new SignatureShape { FirstObject = 20, Rewrite = text => text.Replace("/Fields[", "/Fields[" + field, StringComparison.Ordinal) };
        var file = await Signed(shape, (60, "<</Type/Annot/Subtype/Widget/Rect[60 600 500 760]/F 4/AP<</N 61 0 R>>>>"), (61, Looks("Sold for 1 EUR")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (3, Page("20 0 R 60 0 R"))), hierarchy), "field-placed-on-page");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_time_stamp_whose_second_widget_shows_is_not_invisible(int permission)
    {
        static string Parent(string value) => $"<</FT/Sig/T(ts)/Kids[61 0 R 62 0 R]{value}>>";
        static string Second(string looks) => $"<</Type/Annot/Subtype/Widget/Parent 60 0 R/Rect[60 600 500 760]/F 4/P 3 0 R{looks}>>";
        var shape = (permission == 0 ? new SignatureShape { FirstObject = 20 } : Certified(permission))
            with { EarlierFields = [60], Rewrite = text => text.Replace("/Annots[60 0 R", "/Annots[62 0 R", StringComparison.Ordinal) };
        var file = await Signed(shape, (60, Parent("")), (61, "<</Type/Annot/Subtype/Widget/Parent 60 0 R/Rect[0 0 0 0]/F 4>>"), (62, Second("")), (63, Looks("Sold for 1 EUR")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (60, Parent("/V 64 0 R")), (62, Second("/AP<</N 63 0 R>>")), (64, Stamp)), hierarchy), "timestamp-visible");
    }

    [Theory]
    // A push button, a field that nobody fills in.
    [InlineData("/FT/Btn/Ff 65536")]
    [InlineData("/FT/Btn/Ff 65537")]
    [InlineData("/FT/Tx/Ff 1")]
    public async Task What_nobody_fills_in_does_not_show_something_else_with_another_value(string type)
    {
        var file = await Signed(Certified(2) with { EarlierFields = [10] }, (10, Field(type + "/V(100)/AP<</N 30 0 R>>")), (30, Looks("100")), (31, Looks("1")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Field(type + "/V(1)/AP<</N 31 0 R>>"))), hierarchy), "appearance-without-value");
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Field(type + "/V(1)/AP<</N 30 0 R>>"))), hierarchy), "field-structure-changed");
    }

    [Fact]
    public async Task A_field_that_nobody_fills_in_may_be_calculated()
    {
        const string type = "/FT/Tx/Ff 1/AA<</C<</S/JavaScript/JS(sum)>>>>";
        var file = await Signed(Certified(2) with { EarlierFields = [10] }, (10, Field(type + "/V(100)")));
        var report = await Validating.Report(HandMadePdf.Append(file, (10, Field(type + "/V(200)"))), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "form"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData("/FT/Tx/Ff 1", "BT (100) Tj ET")]
    [InlineData("/FT/Tx", "1 1 1 rg 0 0 500 100 re f")]
    [InlineData("/FT/Ch", "/I Do")]
    [InlineData("/FT/Btn/Ff 65537/MK<</CA(1)>>", "BT [(100)]TJ ET")]
    public async Task What_a_field_without_value_shows_stays_when_viewers_are_asked_to_draw_anew(string type, string drawing)
    {
        var file = await Signed(Certified(2) with { EarlierFields = [10] }, (10, Field(type + "/AP<</N 30 0 R>>")), (30, HandMadePdf.Stream(drawing, Drawn)));
        var update = (1, Catalog("10 0 R 20 0 R", "/NeedAppearances true", "/Perms<</DocMDP 21 0 R>>"));
        Refused(await Validating.Report(HandMadePdf.Append(file, update), hierarchy), "appearances-rebuilt");
    }

    [Theory]
    [InlineData("/FT/Tx/AP<</N 30 0 R>>", "/Tx BMC EMC")]
    [InlineData("/FT/Tx/MK<</BG[1]/BC[0]>>/AP<</N 30 0 R>>", "1 g 0 0 440 160 re f 0 G 1 1 438 158 re s")]
    [InlineData("/FT/Btn/AS/Off/AP<</N<</On 30 0 R>>>>", "BT (4) Tj ET")]
    public async Task Empty_fields_may_be_drawn_anew(string entries, string drawing)
    {
        var file = await Signed(new SignatureShape { FirstObject = 20, EarlierFields = [10] }, (10, Field(entries)), (30, HandMadePdf.Stream(drawing, Drawn)));
        var report = await Validating.Report(HandMadePdf.Append(file, (1, Catalog("10 0 R 20 0 R", "/NeedAppearances true"))), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "form"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData("/AS[<</Event/Print/OCGs[50 0 R]/Category[/Print]>>]", "")]
    [InlineData("", "/AS/Print")]
    public async Task Settings_of_layers_that_are_a_field_too_are_not_filled_in(string before, string after)
    {
        static string Both(string value, string entries) => $"<</FT/Tx/T(x)/V({value})/OFF[50 0 R]{entries}>>";
        var shape = Certified(2) with { EarlierFields = [10] };
        var file = await Signed(shape with { Catalog = shape.Catalog + "/OCProperties<</OCGs[50 0 R]/D 10 0 R>>" }, (10, Both("a", before)),
            (50, "<</Type/OCG/Name(x)/Usage<</Print<</PrintState/ON>>>>>>"));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Both("b", after))), hierarchy), "object-changed");
    }

    [Theory]
    [InlineData("/DA(/H 20 Tf 0 g)", "/DA(/H 20 Tf 1 g)")]
    [InlineData("/DA(/H 20 Tf 0 g)/Q 0", "/DA(/H 20 Tf 0 g)/Q 2")]
    [InlineData("/RV(<p>100</p>)", "/RV(<p>1</p>)")]
    [InlineData("/Ff 4096", "/Ff 8192")]
    [InlineData("/Ff 1", "/Ff 0")]
    public async Task How_a_field_is_drawn_does_not_change_without_another_value(string before, string after)
    {
        var file = await Signed(new SignatureShape { FirstObject = 20, EarlierFields = [10] }, (10, Field("/FT/Tx/V(100)" + before)));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Field("/FT/Tx/V(100)" + after))), hierarchy), "field-structure-changed");
    }

    [Fact]
    public async Task What_a_list_shows_first_is_no_setting_without_another_value()
    {
        var file = await Signed(new SignatureShape { FirstObject = 20, EarlierFields = [10] }, (10, Field("/FT/Ch/V(100)/Opt[(100)(1)]/I[0]")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Field("/FT/Ch/V(100)/Opt[(100)(1)]/I[1]"))), hierarchy), "field-structure-changed");
    }

    [Fact]
    public async Task A_field_may_be_closed_to_filling_in()
    {
        var file = await Signed(new SignatureShape { FirstObject = 20, EarlierFields = [10] }, (10, Field("/FT/Tx/V(100)/Ff 4096")));
        var report = await Validating.Report(HandMadePdf.Append(file, (10, Field("/FT/Tx/V(100)/Ff 4097"))), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "form"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData(DefaultFonts, "", "/DR<</Font<</H 5 0 R>>>>/DA(/H 20 Tf 1 g)")]
    [InlineData(DefaultFonts + "/DA(/H 20 Tf 0 g)", "", DefaultFonts + "/DA(/H 20 Tf 1 g)")]
    [InlineData(DefaultFonts, "", DefaultFonts + "/Q 2")]
    [InlineData(DefaultFonts, "/DA(/E 20 Tf 0 g)", "/DR<</Font<</H 5 0 R/E 51 0 R>>>>")]
    [InlineData("", "/DA(/E 20 Tf 0 g)", "/DR<</Font<</E 51 0 R>>>>")]
    [InlineData(DefaultFonts + "/DA(/E 20 Tf 0 g)", "", "/DR<</Font<</H 5 0 R/E 51 0 R>>>>/DA(/E 20 Tf 0 g)")]
    public async Task What_a_field_takes_from_the_form_to_be_drawn_stays(string before, string field, string after)
    {
        var shape = new SignatureShape { FirstObject = 20, EarlierFields = [10], Rewrite = text => text.Replace("/SigFlags 3", "/SigFlags 3" + before, StringComparison.Ordinal) };
        var file = await Signed(shape, (10, Field("/FT/Tx/V(100)" + field)), (51, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[49/nine]>>>>"));
        Refused(await Validating.Report(HandMadePdf.Append(file, (1, Catalog("10 0 R 20 0 R", after))), hierarchy), "form-resources-changed");
    }

    [Theory]
    [InlineData("/FT/Tx", "")]
    [InlineData("/FT/Tx/V(100)/AP<</N 30 0 R>>", "")]
    [InlineData("/FT/Tx/V(100)/DA(/H 9 Tf)/Q 1", DefaultFonts)]
    public async Task A_form_may_get_defaults_that_nothing_that_shows_is_drawn_by(string field, string before)
    {
        var shape = new SignatureShape { FirstObject = 20, EarlierFields = [10], Rewrite = text => text.Replace("/SigFlags 3", "/SigFlags 3" + before, StringComparison.Ordinal) };
        var file = await Signed(shape, (10, Field(field)), (30, Looks("100")));
        var report = await Validating.Report(HandMadePdf.Append(file, (1, Catalog("10 0 R 20 0 R", "/DR<</Font<</H 5 0 R/Z 5 0 R>>>>/DA(/Z 0 Tf 0 g)/Q 1"))), hierarchy);
        Assert.Equal(("TOTAL-PASSED", "form"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData("/C[0 0 0]", true)]
    [InlineData("/C[0.5]", true)]
    [InlineData("", true)]
    [InlineData("/C[]", true)]
    [InlineData("/C[0 0 0 1]", true)]
    [InlineData("/C[1 1]", true)]
    [InlineData("/C[1 2 0]", true)]
    [InlineData("/C[/A 1 1]", true)]
    [InlineData("/C[1 1 0]", false)]
    [InlineData("/C[0.95]", false)]
    public async Task A_highlight_that_viewers_draw_dark_hides_what_it_marks(string colour, bool isRefused)
    {
        var file = HandMadePdf.Append(await Signed(Certified(3)),
            (30, $"<</Type/Annot/Subtype/Highlight/QuadPoints[60 750 400 750 60 700 400 700]/Rect[60 700 400 750]{colour}>>"), (3, Page("20 0 R 30 0 R")));
        var report = await Validating.Report(file, hierarchy);
        if (isRefused)
            Refused(report, "certified-annotation-like-content");
        else
            Assert.Equal(("TOTAL-PASSED", "annotation"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Fact]
    public async Task The_content_of_a_page_stays_with_its_structure_although_the_author_permitted_annotations()
    {
        var shape = Certified(3) with { Page = "/StructParents 0" };
        var file = await Signed(shape with { Catalog = shape.Catalog + "/StructTreeRoot 30 0 R" }, (30, Root("<</Nums[0[31 0 R]1[32 0 R]]>>")), (31, "<</S/P/P 30 0 R>>"),
            (32, "<</S/P/P 30 0 R/ActualText(1)>>"));
        Refused(await Validating.Report(HandMadePdf.Append(file, (3, Page("20 0 R").Replace("/Contents", "/StructParents 1/Contents", StringComparison.Ordinal))), hierarchy), "page-entry-changed");
    }

    private static string Root(string tree) => $"<</Type/StructTreeRoot/K[31 0 R 32 0 R]/ParentTree {tree}>>";

    /// <summary>A parent tree of two leaves with numbers 0 and 10, and what becomes of it.</summary>
    [Theory]
    [InlineData("<</Limits[5 5]/Nums[0 31 0 R]>>", null, null, true)]
    [InlineData("<</Limits[0 15]/Nums[0 31 0 R 15 32 0 R]>>", null, null, true)]
    [InlineData("<</Limits[0 0]/Nums[0 31 0 R 15 32 0 R]>>", null, null, true)]
    [InlineData(null, "<</Limits[10 10]/Nums[10 32 0 R 11 31 0 R]>>", null, true)]
    [InlineData(null, "<</Limits[9 10]/Nums[9 31 0 R 10 32 0 R]>>", null, true)]
    [InlineData(null, null, "<</Limits[10 10]/Nums[10 31 0 R]>>", true)]
    [InlineData(null, null, "<</Limits[11 11]/Nums[10 31 0 R]>>", true)]
    [InlineData(null, null, "<</Nums[11 31 0 R]>>", true)]
    [InlineData(null, "<</Limits[10 11]/Nums[10 32 0 R 11 31 0 R]>>", null, false)]
    [InlineData(null, null, "<</Limits[11 11]/Nums[11 31 0 R]>>", false)]
    public async Task Numbers_of_the_structure_are_found_where_they_were(string? first, string? second, string? third, bool isRefused)
    {
        var shape = new SignatureShape { FirstObject = 20, Catalog = "/StructTreeRoot 30 0 R" };
        var file = await Signed(shape, (30, Root("33 0 R")), (31, "<</S/P/P 30 0 R>>"), (32, "<</S/P/P 30 0 R>>"), (33, "<</Kids[34 0 R 35 0 R]>>"),
            (34, "<</Limits[0 0]/Nums[0 31 0 R]>>"), (35, "<</Limits[10 10]/Nums[10 32 0 R]>>"));
        var update = new[] { (34, first), (35, second), (36, third), (33, third is null ? null : "<</Kids[34 0 R 35 0 R 36 0 R]>>") };
        var report = await Validating.Report(HandMadePdf.Append(file, [.. update.Where(entry => entry.Item2 is not null).Select(entry => (entry.Item1, entry.Item2!))]), hierarchy);
        if (isRefused)
            Refused(report, "structure-changed");
        else
            Assert.Equal("TOTAL-PASSED", report.Conclusion);
    }
}
