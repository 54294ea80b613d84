using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Identity.Pdf.Appearances;
using Identity.Pdf.Fonts;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Appearances;

/// <summary>What a signature shows, as poppler, MuPDF and qpdf see it.</summary>
public sealed partial class AppearanceTests
{
    private static readonly byte[] Cms = [0x30, 0x03, 0x02, 0x01, 0x01];

    private static readonly TrueTypeFont[] Fonts = [.. new[] { "NotoSans-Regular.ttf", "DroidSansFallbackFull.ttf" }.Select(name => TrueTypeFont.Read(VendoredFont(name)))];

    public static TheoryData<string, double, double> Pages => new()
    {
        // Entries of the page; size in points as shown.
        { "", 595, 842 },
        { "/Rotate 90", 842, 595 },
        { "/Rotate 180", 595, 842 },
        { "/Rotate 270", 842, 595 },
        { "/Rotate -90", 842, 595 },
        { "/Rotate 450", 842, 595 },
        { "/CropBox[50 60 450 760]", 400, 700 },
        { "/CropBox[450 760 50 60]/Rotate 90", 700, 400 },
        { "/CropBox[-100 -100 300 500]/Rotate 270", 500, 300 },
        { "/CropBox[100 100 400 400]/UserUnit 2.5/Rotate 180", 750, 750 },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public void Stands_upright_in_each_corner_of_the_page_as_shown(string page, double width, double height)
    {
        foreach (var corner in Enum.GetValues<PageCorner>())
        {
            var signed = Sign(PdfBytes.OnePage(pageExtra: page).Table(), Appearance("Üllar", new AppearancePlace.InCorner(1, corner)));

            var (size, lines) = Shown(signed);
            Assert.Equal((width, height), size);
            var word = Assert.Single(lines);
            Assert.Equal(("Üllar", "1 0"), (word.Text, word.Direction));
            Assert.Equal(corner is PageCorner.BottomRight or PageCorner.TopRight, word.Left > width - AppearancePlace.CornerWidth - AppearancePlace.Margin - 1);
            Assert.Equal(corner is PageCorner.BottomLeft or PageCorner.BottomRight, word.Top > height - AppearancePlace.CornerHeight - AppearancePlace.Margin - 1);
            Assert.InRange(word.Bottom - word.Top, 8, 20);
        }
    }

    [Fact]
    public void Boxes_and_rotation_may_be_inherited()
    {
        var file = PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 500 400]/CropBox 4 0 R/Rotate 90>>").Indirect(3, "<</Type/Page/Parent 2 0 R>>").Indirect(4, "[0 0 400 300]").Table();

        Assert.Equal((300, 400), Shown(Sign(file, Appearance("x"))).Size);
    }

    [Theory]
    [InlineData("Õnne Šõžäöüßłžß")]
    [InlineData("陈小明签署 第一页")]
    [InlineData("Žanna 王 Ülle 李 Ñandú Ελλάδα Київ")]
    public void Letters_of_the_fonts_are_embedded_and_can_be_read_again(string text)
    {
        var signed = Sign(PdfBytes.OnePage().Table(), Appearance(text));

        Assert.Empty(DrawableText.Undrawable(text, Fonts));
        Assert.Equal(text, string.Concat(Shown(signed).Lines.Select(line => line.Text)));
        WithFile(signed, path =>
        {
            var fonts = Tool.Run("pdffonts", path).Output.Split('\n').Skip(2).Where(line => line.Length > 0).ToList();
            Assert.NotEmpty(fonts);
            Assert.All(fonts, line => Assert.Matches("^[A-Z]{6}\\+(NotoSans-Regular|DroidSansFallback) +CID TrueType +Identity-H +yes yes yes", line));
            Assert.DoesNotContain("rror", Tool.Run("mutool", "draw", "-F", "txt", path).Error, StringComparison.Ordinal);
            Assert.Equal(0, Tool.Run("qpdf", "--check", path).ExitCode);
        });
    }

    [Theory]
    [InlineData("Jaan \u202Enamhcam", "Jaan \uFFFDnamhcam", new[] { 0x202E })]
    [InlineData("a\u0000b\u2066c\uE000", "a\uFFFDb\uFFFDc\uFFFD", new[] { 0, 0x2066, 0xE000 })]
    [InlineData("\u05D0\u05D1 Tamm", "\uFFFD\uFFFD Tamm", new[] { 0x05D0, 0x05D1 })]
    [InlineData("\U0001F600", "\uFFFD", new[] { 0x1F600 })]
    public void What_cannot_be_drawn_is_replaced_and_named(string text, string shown, int[] named)
    {
        Assert.Equal(shown, string.Concat(Shown(Sign(PdfBytes.OnePage().Table(), Appearance(text))).Lines.Select(line => line.Text)));
        Assert.Equal(named, DrawableText.Undrawable(text, Fonts).Select(rune => rune.Value));
    }

    [Fact]
    public void Nothing_leaves_its_box_however_hostile()
    {
        string[] floods = [new('W', 20_000), string.Join(' ', Enumerable.Repeat("ä陈", 5_000)), "Z" + string.Concat(Enumerable.Repeat("\u0301\u0316\u0489", 3_000)) + "algo", string.Concat(Enumerable.Repeat("a\n\n\n", 9_000)), new('\uD800', 9_000)];
        foreach (var flood in floods)
        {
            var signed = Sign(PdfBytes.OnePage().Table(), Appearance(flood, new AppearancePlace.Within(1, new ShownRectangle(100, 200, 150, 60))));

            Assert.True(signed.Length < 120_000, "the text grew the file");
            Assert.All(Shown(signed).Lines, word => Assert.True(word.Left >= 100 && word.Right <= 250 && word.Top >= 842 - 260 && word.Bottom <= 842 - 200, word.ToString()));
        }
    }

    [Fact]
    public void Letters_read_from_the_right_stand_in_their_order_and_turn_nothing_else_round()
    {
        List<DrawnCharacter> line = [.. "ab אבג דה 12 c".EnumerateRunes().Select(rune => new DrawnCharacter(rune, 0, 1, 1))];

        DrawableText.TurnRightToLeft(line);

        Assert.Equal("ab הד גבא 12 c", string.Concat(line.Select(character => character.Character)));
    }

    [Fact]
    public void A_later_signature_does_not_cover_an_earlier_one_and_a_full_page_takes_no_more()
    {
        var file = PdfBytes.OnePage(pageExtra: "/CropBox[0 0 300 260]/Rotate 90").Table().ToArray();
        var taken = new List<(double, double, double, double)>();
        while (SignatureUpdate.Prepare(Read.Document(file), Request(Appearance("n"))) is SignaturePreparation.Prepared prepared && taken.Count < 20)
        {
            file = Assert.IsType<SignedPdf.Written>(prepared.Signature.WriteSigned(Cms)).File.ToArray();
            taken.Add(RectangleOf(Read.Document(file), taken.Count));
        }

        Assert.Equal(3, taken.Count);
        for (var i = 0; i < taken.Count; i++)
        {
            for (var j = 0; j < i; j++)
                Assert.True(taken[i].Item1 >= taken[j].Item3 || taken[j].Item1 >= taken[i].Item3 || taken[i].Item2 >= taken[j].Item4 || taken[j].Item2 >= taken[i].Item4);
        }
        Assert.Equal(SignatureRefusal.NoRoomOnPage, Refused(file, Appearance("n")));
    }

    [Fact]
    public void An_empty_field_keeps_its_place_and_is_filled()
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]/SigFlags 3/NeedAppearances false>>", "/Annots[4 0 R]/Rotate 90")
            .Indirect(4, "<</Type/Annot/Subtype/Widget/FT/Sig/T(here)/F 4/Rect[100.5 200 150 400]/P 3 0 R>>").Table().ToArray();

        var signed = Written(file, Request(Appearance("Šõž")) with { ExistingField = "here" });

        var document = Read.Document(signed);
        var widget = Assert.Single(Assert.Single(document.Latest.Form.Fields).Widgets).Dictionary;
        Assert.Equal("[100.5 200 150 400]", Read.Raw(widget["Rect"]!));
        Assert.Equal(["Type", "Subtype", "FT", "T", "F", "Rect", "P", "V", "AP"], widget.Entries.Select(entry => entry.Key.Value));
        // 200 wide and 49.5 high as shown.
        var word = Assert.Single(Shown(signed).Lines);
        Assert.Equal("Šõž", word.Text);
        Assert.InRange(word.Left, 200, 215);
        Assert.InRange(word.Top, 100, 115);
        Assert.Equal([4], document.Latest.Revision.Changes.Where(change => change.Kind == ObjectChangeKind.Overridden).Select(change => change.Id.Number));
    }

    [Fact]
    public void The_form_has_resources_of_its_own_and_nothing_transparent()
    {
        var document = Read.Document(Sign(PdfBytes.OnePage().Table(), Appearance("Ülle 陈")));

        var widget = Assert.Single(Assert.Single(document.Latest.Form.Fields).Widgets).Dictionary;
        var appearance = document.Latest.Get<PdfDictionary>(widget, "AP")!;
        Assert.Equal(["N"], appearance.Entries.Select(entry => entry.Key.Value));
        var form = Assert.IsType<PdfStream>(document.Latest.Resolve(appearance["N"]));
        Assert.Equal(["Type", "Subtype", "BBox", "Matrix", "Resources", "Length"], form.Dictionary.Entries.Select(entry => entry.Key.Value));
        Assert.Equal(["ColorSpace", "Font"], document.Latest.Get<PdfDictionary>(form.Dictionary, "Resources")!.Entries.Select(entry => entry.Key.Value));
        Assert.Equal("132", Read.Raw(widget["F"]!));
        Assert.Equal(["Fields", "SigFlags"], document.Latest.Form.Dictionary!.Entries.Select(entry => entry.Key.Value));
    }

    [Theory]
    [InlineData(-1, "", SignatureRefusal.PageMissing)]
    [InlineData(2, "", SignatureRefusal.PageMissing)]
    [InlineData(1, "/MediaBox[0 0 (x) 3]", SignatureRefusal.PageMissing)]
    [InlineData(1, "/MediaBox[0 0 9999999 9999999]", SignatureRefusal.PageMissing)]
    [InlineData(1, "/CropBox[0 0 50 50]", SignatureRefusal.NoRoomOnPage)]
    public void Refuses_a_page_that_cannot_show_it(int page, string entries, SignatureRefusal reason) =>
        Assert.Equal(reason, Refused(PdfBytes.OnePage().Indirect(3, $"<</Type/Page/Parent 2 0 R{(entries.Contains("MediaBox", StringComparison.Ordinal) ? "" : "/MediaBox[0 0 595 842]")}{entries}>>").Table().ToArray(),
            Appearance("x", new AppearancePlace.InCorner(page, PageCorner.TopLeft))));

    [Theory]
    [InlineData(0, 0, 60, 20, null)]
    [InlineData(535, 822, 60, 20, null)]
    [InlineData(535.1, 822, 60, 20, SignatureRefusal.NoRoomOnPage)]
    [InlineData(-0.1, 0, 60, 20, SignatureRefusal.NoRoomOnPage)]
    [InlineData(0, 0, 59.9, 20, SignatureRefusal.NoRoomOnPage)]
    [InlineData(0, 0, 60, 19.9, SignatureRefusal.NoRoomOnPage)]
    [InlineData(0, double.NaN, 60, 20, SignatureRefusal.NoRoomOnPage)]
    [InlineData(290, 390, 60, 20, SignatureRefusal.NoRoomOnPage)]
    public void A_rectangle_lies_on_the_page_and_on_no_field(double left, double bottom, double width, double height, SignatureRefusal? reason)
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]>>", "/Annots[4 0 R]").Indirect(4, "<</Type/Annot/Subtype/Widget/FT/Tx/T(t)/Rect[300 400 400 420]>>").Table().ToArray();
        var appearance = Appearance("x", new AppearancePlace.Within(1, new ShownRectangle(left, bottom, width, height)));

        if (reason is null)
            Written(file, Request(appearance));
        else
            Assert.Equal(reason, Refused(file, appearance));
    }

    [Fact]
    public void A_certified_document_lets_nothing_new_be_shown()
    {
        var certified = Written(PdfBytes.OnePage().Table().ToArray(), Request(null) with { Certification = CertificationPermission.FormFilling });
        var annotated = Written(PdfBytes.OnePage().Table().ToArray(), Request(null) with { Certification = CertificationPermission.Annotations });

        Assert.Equal(SignatureRefusal.CertifiedNothingShown, Refused(certified, Appearance("x")));
        Written(certified, Request(null));
        Assert.Equal(SignatureRefusal.CertifiedNothingShown, Refused(annotated, Appearance("x")));
        Written(annotated, Request(null));
        Written(PdfBytes.OnePage().Table().ToArray(), Request(Appearance("x")) with { Certification = CertificationPermission.FormFilling });
    }

    [Fact]
    public void Keeps_its_own_limits()
    {
        var file = PdfBytes.OnePage().Table().ToArray();
        void Bad(SignatureAppearance appearance) => Assert.Throws<ArgumentException>(() => SignatureUpdate.Prepare(Read.Document(file), Request(appearance)));

        Written(file, Request(Appearance("x") with { Texts = [.. Enumerable.Repeat(new AppearanceText("x"), SignatureAppearance.MostTexts)] }));
        Bad(Appearance("x") with { Texts = [.. Enumerable.Repeat(new AppearanceText("x"), SignatureAppearance.MostTexts + 1)] });
        Bad(Appearance("x") with { Texts = [new("x", double.NaN)] });
        Bad(Appearance("x") with { Fonts = [] });
        Bad(Appearance("x") with { Place = null });
        Assert.Throws<ArgumentException>(() => new AppearanceCode(new bool[178, 178]));
        Assert.Throws<ArgumentException>(() => new AppearanceCode(new bool[2, 3]));
        Assert.Throws<ArgumentException>(() =>
            SignatureUpdate.Prepare(Read.Document(file), new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = 8, Appearance = Appearance("x") }));
    }

    [Theory]
    [InlineData("/ParentTree<</Nums[]>>/K 5 0 R", 0)]
    [InlineData("/ParentTree 6 0 R/K[5 0 R]/ParentTreeNextKey 9", 9)]
    [InlineData("/ParentTree<</Kids[7 0 R]>>/K[5 0 R 8 0 R]/ParentTreeNextKey 2", 5)]
    public void A_tagged_document_gets_a_tag_for_it(string root, int key)
    {
        var file = PdfBytes.OnePage("/MarkInfo<</Marked true>>/StructTreeRoot 4 0 R").Indirect(4, "<</Type/StructTreeRoot" + root + ">>").Indirect(5, "<</Type/StructElem/S/Document/P 4 0 R>>")
            .Indirect(6, "<</Nums[1 5 0 R]>>").Indirect(7, "<</Limits[1 4]/Nums[1 5 0 R 4 5 0 R]>>").Indirect(8, "<</Type/StructElem/S/P/P 4 0 R>>").Table().ToArray();

        var document = Read.Document(Written(file, Request(Appearance("x") with { Description = "Signature of Ülle" })));

        var field = Assert.Single(document.Latest.Form.Fields);
        Assert.Equal(key.ToString(CultureInfo.InvariantCulture), Read.Raw(field.Dictionary["StructParent"]!));
        var (element, id) = document.Latest.Objects.Select(id => (document.Latest.Resolve(id) as PdfDictionary, id)).Single(found => found.Item1?["S"] is PdfName { Value: "Form" });
        Assert.Equal(field.Id, ((PdfReference)document.Latest.Get<PdfDictionary>(element!, "K")!["Obj"]!).Target);
        Assert.Equal("Signature of Ülle", document.Latest.Get<PdfString>(element!, "Alt")!.GetText());
        Assert.True(document.Latest.Closure.Contains(id));
        WithFile(document.File.ToArray(), path => Assert.Equal(0, Tool.Run("qpdf", "--check", path).ExitCode));
    }

    private static byte[] VendoredFont(string name) => File.ReadAllBytes(Path.Combine(Repository.Root, "src", "Identity.Signing", "Appearances", "Fonts", name));

    private static SignatureAppearance Appearance(string text, AppearancePlace? place = null) =>
        new() { Texts = [new(text)], Fonts = Fonts, Place = place ?? new AppearancePlace.InCorner(1, PageCorner.BottomRight) };

    private static SignatureRequest Request(SignatureAppearance? appearance) =>
        new() { ContentsBytes = 64, SigningTime = new DateTimeOffset(2026, 11, 23, 9, 8, 7, TimeSpan.FromHours(2)), Appearance = appearance };

    private static byte[] Sign(PdfBytes file, SignatureAppearance appearance) => Written(file.ToArray(), Request(appearance));

    private static byte[] Written(byte[] file, SignatureRequest request)
    {
        var prepared = Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(Read.Document(file), request)).Signature;
        return Assert.IsType<SignedPdf.Written>(prepared.WriteSigned(Cms)).File.ToArray();
    }

    private static SignatureRefusal Refused(byte[] file, SignatureAppearance appearance) =>
        Assert.IsType<SignaturePreparation.Refused>(SignatureUpdate.Prepare(Read.Document(file), Request(appearance))).Reason;

    private static (double, double, double, double) RectangleOf(PdfDocument document, int field)
    {
        var sides = ((PdfArray)document.Latest.Form.Fields[field].Dictionary["Rect"]!).Items.Select(item => double.Parse(Read.Raw(item), CultureInfo.InvariantCulture)).ToArray();
        return (sides[0], sides[1], sides[2], sides[3]);
    }

    private sealed record Line(string Text, string Direction, double Left, double Top, double Right, double Bottom);

    // As MuPDF draws it: points from the top left of the page as shown.
    private static ((double, double) Size, List<Line> Lines) Shown(byte[] file)
    {
        var xml = "";
        WithFile(file, path => xml = Tool.Run("mutool", "draw", "-F", "stext", path).Output);
        var page = PageElement().Match(xml);
        return ((Parse(page.Groups[1].Value), Parse(page.Groups[2].Value)), [.. LineElement().Matches(xml).Select(match => new Line(
            string.Concat(CharacterElement().Matches(match.Groups[6].Value).Select(character => System.Net.WebUtility.HtmlDecode(character.Groups[1].Value))), match.Groups[5].Value,
            Parse(match.Groups[1].Value), Parse(match.Groups[2].Value), Parse(match.Groups[3].Value), Parse(match.Groups[4].Value)))]);
    }

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    private static void WithFile(byte[] file, Action<string> look)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, file);
        look(path);
        File.Delete(path);
    }

    [GeneratedRegex("<page id=\"page1\" width=\"([0-9.]+)\" height=\"([0-9.]+)\"")]
    private static partial Regex PageElement();

    [GeneratedRegex("<line bbox=\"([-0-9.]+) ([-0-9.]+) ([-0-9.]+) ([-0-9.]+)\" wmode=\"0\" dir=\"([-0-9. ]+)\">(.*?)</line>", RegexOptions.Singleline)]
    private static partial Regex LineElement();

    [GeneratedRegex(" c=\"([^\"]*)\"/>")]
    private static partial Regex CharacterElement();
}
