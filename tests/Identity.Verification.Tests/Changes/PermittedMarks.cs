using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>Behind a certification that permits annotations: what passes as a mark, and what is more than one.</summary>
public sealed class PermittedMarks(Hierarchy hierarchy)
{
    private const string Form = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]";
    private const string Certification = "/Perms<</DocMDP 7 0 R>>";

    private static readonly string Forged = HandMadePdf.Stream("BT /F1 24 Tf 72 650 Td (Sold for 1 EUR) Tj ET", Form + "/Resources<</Font<</F1 5 0 R>>>>");

    private static string Page(string annotations) =>
        $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[{annotations}]>>";

    private static SignatureShape Certified(int permission) => new()
    {
        Dictionary = $"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P {permission}>>>>]",
        Catalog = Certification,
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

    private const string Multiply = "/ExtGState<</M<</BM/Multiply>>/N<</BM/Normal>>/S<</BM/Multiply/SMask<</S/Alpha/G 32 0 R>>>>>>";

    [Theory]
    [InlineData("Highlight", "1 1 1 rg 0 0 340 50 re f", "")]
    [InlineData("Highlight", "0 0 0 RG 10 w 20 0 m 20 50 l S", "")]
    [InlineData("Underline", "1 1 1 rg 0 0 340 50 re f", "")]
    [InlineData("Text", "1 1 1 rg 0 0 340 50 re f", "")]
    [InlineData("Caret", "0 0 0 rg 0 0 9 50 re f", "")]
    [InlineData("Highlight", "/N gs 1 1 0 rg 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "q /M gs Q 1 1 0 rg 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "% /M gs\n1 1 0 rg 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "/M gs 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "/M gs 0.2 0.2 0.2 rg 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "/M gs 1 1 0 rg 0 0 340 50 re f 0 0 1 rg 0 0 9 50 re f", Multiply)]
    [InlineData("Highlight", "/S gs 1 1 0 rg 0 0 340 50 re f", Multiply)]
    [InlineData("Highlight", "/M gs /Pattern cs /P scn 0 0 340 50 re f", Multiply + "/Pattern<</P 32 0 R>>")]
    [InlineData("Highlight", "/M gs 1 1 0 rg /A sh", Multiply + "/Shading<</A 32 0 R>>")]
    [InlineData("Highlight", "/M gs /A Do", Multiply + "/XObject<</A 32 0 R>>")]
    [InlineData("Highlight", "/M gs /No Do", Multiply)]
    [InlineData("Highlight", "/M gs 1 1 0 rg 0 0 340 50 re f", Multiply, "/Group<</S/Transparency/I true>>")]
    public async Task A_mark_that_covers_or_draws_is_content_although_the_author_permitted_annotations(string subtype, string drawing, string resources, string form = "")
    {
        var file = HandMadePdf.Append(await Signed(Certified(3)),
            (30, $"<</Type/Annot/Subtype/{subtype}/QuadPoints[60 750 400 750 60 700 400 700]/Rect[60 700 400 750]/AP<</N 31 0 R>>>>"),
            (31, HandMadePdf.Stream(drawing, $"/Type/XObject/Subtype/Form/BBox[0 0 340 50]/Resources<<{resources}>>{form}")),
            (32, Forged), (3, Page("6 0 R 30 0 R")));
        Refused(await Validating.Report(file, hierarchy), "certified-annotation-like-content");
    }

    [Theory]
    [InlineData("/M gs 1 1 0 rg 0 0 340 50 re f")]
    [InlineData("q /M gs 1 1 0 rg 0 0 340 20 re f 0 30 m 340 30 l 340 50 l 0 50 l h f Q")]
    [InlineData("/M gs /F Do")]
    public async Task A_mark_that_leaves_everything_readable_is_what_the_author_permitted(string drawing)
    {
        var file = HandMadePdf.Append(await Signed(Certified(3)),
            (30, "<</Type/Annot/Subtype/Highlight/C[1 1 0]/AAPL:Extra(x)/QuadPoints[60 750 400 750 60 700 400 700]/Rect[60 700 400 750]/AP<</N 31 0 R>>>>"),
            (31, HandMadePdf.Stream(drawing, $"/Type/XObject/Subtype/Form/BBox[0 0 340 50]/Resources<<{Multiply}/XObject<</F 32 0 R>>>>/Group<</S/Transparency>>")),
            (32, HandMadePdf.Stream("1 1 0 rg 0 0 340 50 re f", "/Type/XObject/Subtype/Form/BBox[0 0 340 50]/Group<</S/Transparency/I true>>")), (3, Page("6 0 R 30 0 R")));
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "annotation"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData("/Subtype/Link/Border[0 0 90]/C[1 1 1]")]
    [InlineData("/Subtype/Link/BS<</W 90>>/C[1 1 1]")]
    [InlineData("/Subtype/Highlight/AA<</E<</S/Launch/F(b.exe)>>>>")]
    public async Task A_mark_with_more_than_a_mark_has_is_content(string entries)
    {
        var file = HandMadePdf.Append(await Signed(Certified(3)), (30, $"<</Type/Annot/Rect[60 700 400 750]{entries}>>"), (3, Page("6 0 R 30 0 R")));
        Refused(await Validating.Report(file, hierarchy), "certified-annotation-like-content");
    }

    [Theory]
    [InlineData("/OCProperties 10 0 R", "/OCGs[11 0 R 12 0 R]/D<</OFF[11 0 R]>>", "/OCGs[11 0 R 12 0 R]/D<</OFF[12 0 R]>>", "object-changed")]
    [InlineData("/OCProperties<</OCGs[11 0 R 12 0 R]/D 10 0 R>>", "/OFF[11 0 R]", "/OFF[12 0 R]", "object-changed")]
    [InlineData("/OpenAction 10 0 R", "/S/JavaScript/JS(a)", "/S/JavaScript/JS(b)", "object-changed")]
    [InlineData("", "/O<</S/JavaScript/JS(a)>>", "/O<</S/JavaScript/JS(b)>>", "page-entry-changed")]
    public async Task An_annotation_that_is_a_dictionary_of_the_catalog_or_page_too_stays_as_it_was(string catalog, string before, string after, string reason)
    {
        static string Both(string entries) => $"<</Type/Annot/Subtype/Highlight/Rect[60 700 400 750]{entries}>>";
        var shape = Certified(3) with { Annotations = [10], Catalog = Certification + catalog, Page = catalog.Length == 0 ? "/AA 10 0 R" : "" };
        var file = await Signed(shape, (10, Both(before)), (11, "<</Type/OCG/Name(a)>>"), (12, "<</Type/OCG/Name(b)>>"));
        Refused(await Validating.Report(HandMadePdf.Append(file, (10, Both(after))), hierarchy), reason);
    }

    [Fact]
    public async Task A_shared_appearance_is_judged_for_each_annotation_that_shows_it()
    {
        static string Drawing(string colour) => HandMadePdf.Stream($"/M gs {colour} rg 0 0 340 50 re f", $"{Form}/Resources<<{Multiply}>>");
        static string Mark(string subtype) => $"<</Type/Annot/Subtype/{subtype}/Rect[60 700 400 750]/AP<</N 30 0 R>>>>";
        var file = await Signed(Certified(3) with { Annotations = [10, 11] }, (10, Mark("Highlight")), (11, Mark("Stamp")), (30, Drawing("1 1 0")));
        Refused(await Validating.Report(HandMadePdf.Append(file, (30, Drawing("0 1 0"))), hierarchy), "certified-annotation-like-content");
    }
}
