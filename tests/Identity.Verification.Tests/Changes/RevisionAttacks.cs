using System.Globalization;
using System.Text;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>
/// What can be written behind a signed file, or in front of it, byte by byte: each is refused for its own reason. None of it is made by the code under test.
/// An update that cannot be read, or not in one way only, counts as bytes behind the end: the document is judged as it was signed, and never called unchanged.
/// </summary>
public sealed class RevisionAttacks(Hierarchy hierarchy)
{
    private const string OtherContent = "<</Length 51>>\nstream\nBT /F1 24 Tf 72 720 Td (Sold for 1 EUR) Tj ET         \nendstream";
    private const string Form = "/AcroForm<</Fields[6 0 R]/SigFlags 3>>";

    private static string Catalog(string entries) => $"<</Type/Catalog/Pages 2 0 R{entries}>>";

    private static string Page(string entries) => $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]{entries}>>";

    /// <summary>Objects, a table of them with further lines, and a trailer with further entries, as they are given.</summary>
    private static byte[] Update(byte[] file, (int Number, string Value)[] objects, string lines = "", string trailer = "", long? previous = null, string? end = null)
    {
        var text = new StringBuilder();
        var table = new StringBuilder();
        foreach (var (number, value) in objects)
        {
            table.Append(CultureInfo.InvariantCulture, $"{number} 1\n{file.Length + text.Length:D10} 00000 n \n");
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n{value}\nendobj\n");
        }
        var section = file.Length + text.Length;
        text.Append(CultureInfo.InvariantCulture, $"xref\n{table}{lines}trailer\n<</Size 100{(trailer.Contains("/Root", StringComparison.Ordinal) ? "" : "/Root 1 0 R")}/Prev {previous ?? LastSection(file)}{trailer}>>\n");
        text.Append(end?.Replace("HERE", section.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) ?? FormattableString.Invariant($"startxref\n{section}\n%%EOF\n"));
        return [.. file, .. Encoding.Latin1.GetBytes(text.ToString())];
    }

    private static long LastSection(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        return long.Parse(text[(text.LastIndexOf("startxref\n", StringComparison.Ordinal) + 10)..].Split('\n')[0], CultureInfo.InvariantCulture);
    }

    private static byte[] Behind(byte[] file, string text) => [.. file, .. Encoding.Latin1.GetBytes(text)];

    private static string Entry(int number, long offset, int generation = 0, char kind = 'n') => FormattableString.Invariant($"{number} 1\n{offset:D10} {generation:D5} {kind} \n");

    /// <summary>The font exchanged in an object stream that a cross-reference stream names, both as they stand without compression.</summary>
    private static byte[] ByObjectStream(byte[] file, string type, bool hybrid)
    {
        const string font = "5 0 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>";
        var body = FormattableString.Invariant($"50 0 obj\n<</Type/ObjStm/N 1/First 4/Length {font.Length}>>\nstream\n{font}\nendstream\nendobj\n");
        var at = file.Length + body.Length;
        byte[] rows = [2, 0, 0, 0, 50, 0, 1, .. BitConverter.GetBytes(file.Length).Reverse(), 0, 1, .. BitConverter.GetBytes(at).Reverse(), 0];
        var stream = FormattableString.Invariant($"51 0 obj\n<</Type/{type}/Size 100/Root 1 0 R{(hybrid ? "" : FormattableString.Invariant($"/Prev {LastSection(file)}"))}/W[1 4 1]/Index[5 1 50 2]/Length {rows.Length}>>\nstream\n");
        byte[] all = [.. file, .. Encoding.Latin1.GetBytes(body + stream), .. rows, .. "\nendstream\nendobj\n"u8];
        return hybrid ? Update(all, [], trailer: FormattableString.Invariant($"/XRefStm {at}"), previous: LastSection(file))
            : Behind(all, FormattableString.Invariant($"startxref\n{at}\n%%EOF\n"));
    }

    private static byte[] Attack(string name, byte[] file) => name switch
    {
        "content freed" => Update(file, [], Entry(4, 0, 1, 'f')),
        "content freed and its number used again" => Update(Update(file, [], Entry(4, 0, 1, 'f')), [], Entry(4, file.Length + 5, 1)),
        "signature value freed" => Update(file, [], Entry(7, 0, 1, 'f')),
        "entry of another generation" => Update(file, [], Entry(4, Offset(file, "\n4 0 obj"), 3)),
        "entry that points to another object" => Update(file, [], Entry(4, Offset(file, "\n5 0 obj"))),
        "entry that points into the signature value" => Update(file, [], Entry(4, Offset(file, "/Contents<") + 20)),
        "two entries for one object" => Update(file, [(50, OtherContent)], Entry(4, Offset(file, "\n4 0 obj")) + Entry(4, file.Length)),
        "an entry that revives a replaced object" => Update(Update(file, [(4, OtherContent)]), [], Entry(4, Offset(file, "\n4 0 obj"))),
        "font in an object stream" => ByObjectStream(file, "XRef", hybrid: false),
        "font in the hidden part of a hybrid" => ByObjectStream(file, "XRef", hybrid: true),
        "cross-reference stream of another type" => ByObjectStream(file, "XRefs", hybrid: false),
        "previous section skips the signature" => Update(file, [(4, OtherContent)], previous: Offset(file, "\nxref")),
        "previous section is the section itself" => Update(file, [(4, OtherContent)], previous: file.Length + OtherContent.Length + 16),
        "no previous section" => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Update(file, [(4, OtherContent)], previous: 7)).Replace("/Prev 7>>", "/Nope 7>>", StringComparison.Ordinal)),
        "startxref of an older section" => Update(file, [(4, OtherContent)], end: FormattableString.Invariant($"startxref\n{LastSection(file)}\n%%EOF\n")),
        "startxref twice" => Update(file, [(4, OtherContent)], end: FormattableString.Invariant($"startxref\nHERE\nstartxref\n{LastSection(file)}\n%%EOF\n")),
        "startxref twice, the new one last" => Update(file, [(4, OtherContent)], end: FormattableString.Invariant($"startxref\n{LastSection(file)}\nstartxref\nHERE\n%%EOF\n")),
        "no startxref" => Update(file, [(4, OtherContent)], end: "%%EOF\n"),
        "no end of file" => Update(file, [(4, OtherContent)], end: "startxref\nHERE\n"),
        "body without cross-references" => Behind(file, $"4 0 obj\n{OtherContent}\nendobj\n"),
        "body and trailer without cross-references" => Behind(file, $"4 0 obj\n{OtherContent}\nendobj\ntrailer\n<</Size 100/Root 1 0 R>>\n%%EOF\n"),
        "bytes between objects" => Update(Behind(file, $"4 0 obj\n{OtherContent}\nendobj\n"), [(50, "(unused)")], previous: LastSection(file)),
        "comment before the header" => [.. "%!PS-Adobe-3.0\n"u8, .. file],
        "bytes before the header" => [.. "MZ\n"u8, .. file],
        "another header before the header" => [.. "%PDF-1.4\n"u8, .. file],
        "two keys in the page" => Update(file, [(50, OtherContent), (3, Page("/Contents 50 0 R"))]),
        "two keys in the trailer" => Update(file, [(50, Catalog("/Lang(en)"))], trailer: "/Root 1 0 R/Root 50 0 R"),
        "another catalog" => Update(file, [(50, Catalog(Form).Replace("2 0 R", "51 0 R", StringComparison.Ordinal)), (51, "<</Type/Pages/Kids[]/Count 0>>")], trailer: "/Root 50 0 R"),
        "another page tree" => Update(file, [(50, "<</Type/Pages/Kids[51 0 R]/Count 1>>"), (51, "<</Type/Page/Parent 50 0 R/MediaBox[0 0 9 9]>>"), (1, Catalog(Form).Replace("2 0 R", "50 0 R", StringComparison.Ordinal))]),
        "encryption in the last trailer" => Update(file, [(50, "<</Filter/Standard/V 1/R 2/O(a)/U(b)/P -4>>")], trailer: "/Encrypt 50 0 R/ID[(a)(b)]"),
        "size lowered" => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Update(file, [(4, OtherContent)], trailer: "/Size 3")).Replace("/Size 100/Root 1 0 R/Prev", "/Prev", StringComparison.Ordinal).Replace("/Size 3>>", "/Size 3/Root 1 0 R>>", StringComparison.Ordinal)),
        "an object that only the trailer names, replaced" => Update(Update(file, [(50, "<</A 1>>")], trailer: "/App 50 0 R"), [(50, "<</A 2>>")], trailer: "/App 50 0 R"),
        "an object below the information, replaced" => Update(Update(file, [(50, "<</Custom 51 0 R>>"), (51, "<</A 1>>")], trailer: "/Info 50 0 R"), [(51, "<</A 2>>")], trailer: "/Info 50 0 R"),
        "information that is no dictionary" => Update(file, [(50, "(text)")], trailer: "/Info 50 0 R"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such attack"),
    };

    private static long Offset(byte[] file, string text) => HandMadePdf.Find(file, text) + (text[0] == '\n' ? 1 : 0);

    [Theory]
    [InlineData("content freed", "used-object-freed")]
    [InlineData("content freed and its number used again", "used-object-freed")]
    [InlineData("signature value freed", "used-object-freed")]
    [InlineData("entry of another generation", "bytes-behind-end")]
    [InlineData("entry that points to another object", "bytes-behind-end")]
    [InlineData("entry that points into the signature value", "bytes-behind-end")]
    [InlineData("two entries for one object", "bytes-behind-end")]
    [InlineData("an entry that revives a replaced object", "page-content-changed")]
    [InlineData("font in an object stream", "page-resources-changed")]
    [InlineData("font in the hidden part of a hybrid", "page-resources-changed")]
    [InlineData("cross-reference stream of another type", "bytes-behind-end")]
    [InlineData("previous section is the section itself", "bytes-behind-end")]
    [InlineData("no previous section", "bytes-behind-end")]
    [InlineData("startxref of an older section", "bytes-behind-end")]
    [InlineData("startxref twice", "bytes-behind-end")]
    [InlineData("startxref twice, the new one last", "page-content-changed")]
    [InlineData("no startxref", "bytes-behind-end")]
    [InlineData("no end of file", "bytes-behind-end")]
    [InlineData("body without cross-references", "bytes-behind-end")]
    [InlineData("body and trailer without cross-references", "bytes-behind-end")]
    [InlineData("bytes between objects", "unexplained-bytes")]
    [InlineData("comment before the header", "malformed")]
    [InlineData("bytes before the header", "malformed")]
    [InlineData("another header before the header", "malformed")]
    [InlineData("two keys in the page", "bytes-behind-end")]
    [InlineData("two keys in the trailer", "bytes-behind-end")]
    [InlineData("another catalog", "pages-changed")]
    [InlineData("another page tree", "pages-changed")]
    [InlineData("encryption in the last trailer", "encrypted")]
    [InlineData("size lowered", "malformed")]
    [InlineData("an object that only the trailer names, replaced", "entry-unexplained")]
    [InlineData("an object below the information, replaced", "entry-unexplained")]
    [InlineData("information that is no dictionary", "object-changed")]
    public async Task A_file_that_is_built_otherwise_behind_its_signature_is_refused(string attack, string reason) =>
        Refused(await Validating.Report(Attack(attack, hierarchy.Sign(HandMadePdf.Plain())), hierarchy), attack, reason);

    [Fact]
    public async Task A_revision_that_leaves_the_signed_one_out_leaves_no_signature()
    {
        var report = await Validating.Report(Attack("previous section skips the signature", hierarchy.Sign(HandMadePdf.Plain())), hierarchy);
        Assert.Equal(("NO-SIGNATURE", "none"), (report.Conclusion, report.Integrity));
        Assert.Contains(report.Revisions.SelectMany(revision => revision.Changes), change => change.Message.Key == "unexplained-bytes");
    }

    /// <summary>What the document has when it is signed (catalog, page, objects), and what a later revision makes of it.</summary>
    public static TheoryData<string, string, string, (int, string)[], (int, string)[], string> Exchanged => new()
    {
        { "layer switched off", "/OCProperties<</OCGs[30 0 R]/D 31 0 R>>", "", [(30, "<</Type/OCG/Name(x)>>"), (31, "<<>>")], [(31, "<</OFF[30 0 R]>>")], "object-changed" },
        { "layers that come", "", "", [(30, "<</Type/OCG/Name(x)>>")], [(1, Catalog(Form + "/OCProperties<</OCGs[30 0 R]/D<</OFF[30 0 R]>>>>"))], "object-changed" },
        { "mapping to characters", "", "", [(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 30 0 R>>"), (30, HandMadePdf.Stream("a"))], [(30, HandMadePdf.Stream("b"))], "page-resources-changed" },
        { "encoding of a font", "", "", [(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding 30 0 R>>"), (30, "<</Differences[49/one]>>")], [(30, "<</Differences[49/nine]>>")], "page-resources-changed" },
        { "length of the content", "", "", [(4, "<</Length 30 0 R>>\nstream\nBT /F1 24 Tf 72 720 Td (Sold for 100 EUR) Tj ET\nendstream"), (30, "47")], [(30, "9")], "bytes-behind-end" },
        { "replacement text of the structure", "/StructTreeRoot 30 0 R", "", [(30, "<</Type/StructTreeRoot/K[31 0 R]>>"), (31, "<</S/P/P 30 0 R/ActualText(100)>>")], [(31, "<</S/P/P 30 0 R/ActualText(1)>>")], "object-changed" },
        { "structure taken away", "/StructTreeRoot 30 0 R", "", [(30, "<</Type/StructTreeRoot/K[31 0 R]>>"), (31, "<</S/P/P 30 0 R>>")], [(30, "<</Type/StructTreeRoot/K[]>>")], "structure-changed" },
        { "attachment that comes", "", "", [], [(30, "<</Type/Filespec/F(a.txt)/EF<</F 31 0 R>>>>"), (31, HandMadePdf.Stream("text")), (1, Catalog(Form + "/Names<</EmbeddedFiles<</Names[(a)30 0 R]>>>>"))], "object-changed" },
        { "attachment exchanged", "/Names<</EmbeddedFiles<</Names[(a)30 0 R]>>>>", "", [(30, "<</Type/Filespec/F(a.txt)/EF<</F 31 0 R>>>>"), (31, HandMadePdf.Stream("text"))], [(31, HandMadePdf.Stream("exec"))], "object-changed" },
        { "script by name", "", "", [], [(1, Catalog(Form + "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>"))], "object-changed" },
        { "action on opening", "", "", [], [(1, Catalog(Form + "/OpenAction<</S/URI/URI(https://example.org)>>"))], "object-changed" },
        { "action of the page", "", "", [], [(3, Page("/AA<</O<</S/Named/N/Print>>>>"))], "page-entry-changed" },
        { "page cropped", "", "", [], [(3, Page("/CropBox[0 0 595 100]"))], "page-geometry-changed" },
        { "size of all pages", "", "", [], [(2, "<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 180>>")], "object-changed" },
        { "XFA form", "", "", [], [(30, HandMadePdf.Stream("<xdp/>")), (1, Catalog("/AcroForm<</Fields[6 0 R]/SigFlags 3/XFA 30 0 R>>"))], "object-changed" },
        { "viewers asked to draw fields anew", "", "", [(10, "<</Type/Annot/Subtype/Widget/FT/Tx/T(price)/V(1)/P 3 0 R/Rect[10 10 90 30]/AP<</N 30 0 R>>>>"), (30, HandMadePdf.Stream("BT (100) Tj ET", "/Subtype/Form/BBox[0 0 9 9]"))],
            [(1, Catalog("/AcroForm<</Fields[10 0 R 6 0 R]/SigFlags 3/NeedAppearances true>>"))], "appearances-rebuilt" },
        { "signature flags cleared", "", "", [], [(1, Catalog("/AcroForm<</Fields[6 0 R]/SigFlags 0>>"))], "signature-flags-cleared" },
        { "signed field moved", "", "", [], [(6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 7 0 R/P 3 0 R/F 132/Rect[60 700 400 750]>>")], "signed-field-changed" },
        { "extensions withdrawn", "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>", "", [], [(1, Catalog(Form))], "extensions-lowered" },
        { "extension lowered", "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>", "", [], [(1, Catalog(Form + "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 3>>>>"))], "extensions-lowered" },
        { "version lowered", "/Version/2.0", "", [], [(1, Catalog(Form + "/Version/1.7"))], "version-lowered" },
        { "validation data taken away", "/DSS 30 0 R", "", [(30, "<</Certs[31 0 R]>>"), (31, HandMadePdf.Stream("a"))], [(1, Catalog(Form))], "validation-data-removed" },
        { "validation data exchanged", "/DSS 30 0 R", "", [(30, "<</Certs[31 0 R]>>"), (31, HandMadePdf.Stream("a"))], [(31, HandMadePdf.Stream("b"))], "object-changed" },
        { "validation data of a signature taken away", "/DSS 30 0 R", "", [(30, "<</VRI<</AA<</Cert[31 0 R]>>>>>>"), (31, HandMadePdf.Stream("a"))], [(30, "<</VRI<<>>>>")], "validation-data-removed" },
        { "page content as validation data", "", "", [], [(1, Catalog(Form + "/DSS<</Certs[4 0 R]/Foo 30 0 R>>")), (30, "()")], "object-changed" },
        { "validation data that are none", "", "", [], [(1, Catalog(Form + "/DSS<</Certs[5 0 R]>>"))], "validation-data-unsound" },
        { "permissions of the author taken away", "/Perms<</DocMDP 7 0 R>>", "", [], [(1, Catalog(Form))], "object-changed" },
        { "page labels", "", "", [], [(1, Catalog(Form + "/PageLabels<</Nums[0<</S/R>>]>>"))], "object-changed" },
    };

    [Theory]
    [MemberData(nameof(Exchanged))]
    public async Task What_is_exchanged_behind_the_signature_is_a_change(string attack, string catalog, string page, (int, string)[] original, (int, string)[] update, string reason)
    {
        var fields = original.Any(entry => entry.Item1 == 10) ? new[] { 10 } : [];
        var file = hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(), original), null, new SignatureShape { Catalog = catalog, Page = page, EarlierFields = fields });
        var before = await Validating.Report(file, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "intact"), (before.Conclusion, before.Integrity));
        Refused(await Validating.Report(HandMadePdf.Append(file, update), hierarchy), attack, reason);
    }

    private static void Refused(ValidationReport report, string attack, string reason)
    {
        Assert.False(report.HasPassed, attack);
        var found = report.Error is { } error ? error.Code : string.Join(' ', report.Revisions.SelectMany(revision => revision.Changes).Select(change => change.Message.Key).Distinct());
        Assert.True(found.Split(' ').Contains(reason), $"{attack}: {found} instead of {reason}; {report.Conclusion} {report.Integrity}");
        if (report.Error is null)
            Assert.Equal(("INDETERMINATE", "changed", "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"), (report.Conclusion, report.Integrity, report.Signatures[0].Verdict()));
    }
}
