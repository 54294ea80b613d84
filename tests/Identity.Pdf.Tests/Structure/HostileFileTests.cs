using System.Globalization;
using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>Each cap at its value and one past it, and files that want time or memory.</summary>
public sealed class HostileFileTests
{
    private static readonly PdfLimits Defaults = PdfLimits.Default;

    [Fact]
    public void Refuses_an_empty_file() => Read.Refused(PdfRefusalCode.Malformed, "empty", Array.Empty<byte>());

    [Fact]
    public void Refuses_garbage() => Read.Refused(PdfRefusalCode.Malformed, "not a PDF", "GIF89a and more"u8.ToArray());

    [Fact]
    public void Refuses_a_file_cut_before_its_end()
    {
        var file = PdfBytes.OnePage().Table().ToArray();

        for (var length = file.Length - 2; length > file.Length - 40; length--)
            Assert.IsType<PdfRead.Refused>(PdfDocument.Read(file.AsMemory(0, length)));
    }

    [Fact]
    public void Refuses_a_file_cut_in_the_middle_of_an_update()
    {
        var original = PdfBytes.OnePage().Table().ToArray();
        var whole = PdfBytes.OnePage().Table().Indirect(4, "(" + new string('x', 2000) + ")").Table().ToArray();
        foreach (var length in new[] { original.Length + 10, original.Length + 1500, whole.Length - 60 })
            Read.Refused(PdfRefusalCode.Malformed, "breaks off in the middle of an update", whole[..length]);
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void Bytes_behind_the_end_are_borne_up_to_a_kilobyte(int count, bool read)
    {
        var file = PdfBytes.OnePage().Table().Text(new string('x', count)).ToArray();
        Assert.Equal(read, PdfDocument.Read(file) is PdfRead.Document);
    }

    [Fact]
    public void Caps_the_size_of_the_file()
    {
        var file = PdfBytes.OnePage().Table().ToArray();

        Read.Document(file, Defaults with { FileBytes = file.Length });
        Read.Refused(PdfRefusalCode.TooLarge, "the file has more than", file, Defaults with { FileBytes = file.Length - 1 });
    }

    [Fact]
    public void Caps_the_nesting()
    {
        // The trailer is one deep, the array of the object thirty.
        var file = PdfBytes.OnePage("/X 4 0 R").Indirect(4, new string('[', 30) + new string(']', 30)).Table().ToArray();

        Read.Document(file, Defaults with { NestingDepth = 30 });
        Read.Refused(PdfRefusalCode.TooLarge, "nested deeper than 29", file, Defaults with { NestingDepth = 29 });
    }

    [Fact]
    public void Two_hundred_thousand_nested_arrays_end_at_once() =>
        Read.Refused(PdfRefusalCode.TooLarge, "nested deeper", PdfBytes.OnePage().Indirect(4, new string('[', 200_000)).Table(), Defaults with { NestingDepth = int.MaxValue });

    [Fact]
    public void Caps_the_revisions()
    {
        var file = PdfBytes.OnePage().Table();
        for (var update = 0; update < 3; update++)
            file.Indirect(4, "1").Table();

        Assert.Equal(4, Read.Document(file, Defaults with { Revisions = 4 }).Revisions.Count);
        Read.Refused(PdfRefusalCode.TooLarge, "more than 3 revisions", file, Defaults with { Revisions = 3 });
    }

    [Fact]
    public void Caps_the_entries()
    {
        var file = PdfBytes.OnePage().Table();

        Read.Document(file, Defaults with { Entries = 4 });
        Read.Refused(PdfRefusalCode.TooLarge, "too many entries", file, Defaults with { Entries = 3 });
    }

    [Fact]
    public void Caps_strings_and_names()
    {
        var file = PdfBytes.OnePage().Indirect(4, "[(12345678901234567890)/12345678901234567890]").Table();

        Read.Document(file, Defaults with { StringBytes = 20, NameBytes = 20 });
        Read.Refused(PdfRefusalCode.TooLarge, "a string is longer than 19", file, Defaults with { StringBytes = 19 });
        Read.Refused(PdfRefusalCode.TooLarge, "a name is longer than 19", file, Defaults with { NameBytes = 19 });
    }

    [Fact]
    public void Caps_the_values_of_an_object_and_of_the_document()
    {
        var file = PdfBytes.OnePage().Indirect(4, "[1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9]").Table();

        Read.Document(file, Defaults with { ValuesPerObject = 20 });
        Read.Refused(PdfRefusalCode.TooLarge, "an object has more than 19 values", file, Defaults with { ValuesPerObject = 19 });
        Read.Refused(PdfRefusalCode.TooLarge, "the document has more than 25 values", file, Defaults with { Values = 25 });
    }

    [Fact]
    public void Arrays_and_dictionaries_count_twice()
    {
        var file = PdfBytes.OnePage().Indirect(4, "[[][][]<<>>]").Table();
        var least = Enumerable.Range(1, 100).First(values => PdfDocument.Read(file.ToArray(), Defaults with { Values = values }) is PdfRead.Document);
        var withNumbers = PdfBytes.OnePage().Indirect(4, "[1 2 3 4]").Table();

        Read.Document(withNumbers, Defaults with { Values = least - 4 });
        Read.Refused(PdfRefusalCode.TooLarge, "values", withNumbers, Defaults with { Values = least - 5 });
    }

    [Fact]
    public void Damaged_bombs_count_as_decoded()
    {
        var damaged = PdfBytes.Deflate(new byte[1_000_000])[..^8];
        var file = PdfBytes.OnePage();
        var entries = new Dictionary<int, (int, int)>();
        for (var at = 0; at < 9; at++)
        {
            file.Stream(10 + at, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode", [.. damaged, .. "garbage!"u8]);
            entries[100 + at] = (10 + at, 0);
        }
        file.SectionStream(200, entries);

        Read.Refused(PdfRefusalCode.TooLarge, "are damaged", file);
    }

    [Fact]
    public void Caps_the_security_stores_of_all_revisions_together()
    {
        var catalog = "<</Type/Catalog/Pages 2 0 R/DSS<</Certs[10 0 R 11 0 R 12 0 R]>>>>";
        var file = PdfBytes.OnePage().Stream(10, "", new byte[100]).Stream(11, "", new byte[100]).Stream(12, "/Filter/FlateDecode", "no deflate"u8.ToArray())
            .Indirect(1, catalog).Table();
        int Found(long bytes) => Read.Document(file, Defaults with { SecurityStoreBytes = bytes }).Latest.SecurityStore!.Certificates.Count;

        Assert.Equal((2, 1, 1), (Found(200), Found(199), Found(100)));
    }

    [Theory]
    [InlineData("2147483648")]
    [InlineData("8388609")]
    [InlineData("999999999999999999999999")]
    public void Refuses_a_size_beyond_all_object_numbers(string size)
    {
        var file = PdfBytes.OnePage().Table();
        var text = Encoding.Latin1.GetString(file.ToArray()).Replace("/Size 4", "/Size " + size, StringComparison.Ordinal);

        Assert.IsType<PdfRead.Refused>(PdfDocument.Read(Encoding.Latin1.GetBytes(text)));
    }

    [Fact]
    public void Refuses_a_subsection_of_two_billion_entries() =>
        Read.Refused(PdfRefusalCode.TooLarge, "too many entries",
            Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(PdfBytes.OnePage().Table().ToArray()).Replace("xref\n0 1\n", "xref\n0 2147483647\n", StringComparison.Ordinal)));

    [Fact]
    public void A_bomb_in_two_filters_stops_at_the_cap()
    {
        var inner = PdfBytes.Deflate(new byte[200_000_000]);
        var bomb = PdfBytes.Deflate(inner);
        Assert.True(bomb.Length < 4096);
        var file = PdfBytes.OnePage().Stream(5, "/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]", bomb)
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) });
        var before = GC.GetAllocatedBytesForCurrentThread();

        // Sixteen MB for any file, and 64 bytes for each of its own.
        Read.Refused(PdfRefusalCode.TooLarge, $"a stream decodes to more than {16 * 1024 * 1024 + 64 * file.Length} bytes", file);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 150L * 1024 * 1024);
    }

    [Fact]
    public void Caps_one_decoded_stream_and_all_together()
    {
        var file = PdfBytes.OnePage().ObjectStream(5, [(6, "(" + new string('x', 991) + ")")]).ObjectStream(7, [(8, "(" + new string('x', 991) + ")")])
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0), [8] = (7, 0) });
        const int Each = 998, Section = 9 * 7;

        Read.Document(file, Defaults with { DecodedStreamBytes = Each, DecodedBytes = 2 * Each + Section });
        Read.Refused(PdfRefusalCode.TooLarge, "a stream decodes to more than 997", file, Defaults with { DecodedStreamBytes = Each - 1 });
        Read.Refused(PdfRefusalCode.TooLarge, "in all", file, Defaults with { DecodedBytes = 2 * Each + Section - 1 });
    }

    [Fact]
    public void Caps_the_filters_of_a_stream() => Read.Refused(PdfRefusalCode.TooLarge, "more than 4 filters",
        PdfBytes.OnePage().Stream(5, "/Type/ObjStm/N 1/First 4/Filter[/AHx/AHx/AHx/AHx/AHx]", "3620"u8.ToArray()).SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) }));

    [Fact]
    public void Three_hundred_thousand_objects_are_read()
    {
        var file = PdfBytes.OnePage();
        var text = new StringBuilder();
        long start = file.Length;
        for (var number = 4; number < 300_004; number++)
        {
            file.Pretend(number, start + text.Length);
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj {number} endobj\n");
        }
        file.Text(text.ToString()).SectionStream(300_005);
        var bytes = file.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(bytes)).Value;

        Assert.Equal("300003", Read.Raw(document.Latest.Resolve(new ObjectId(300_003, 0))));
        // Linear in the number of objects: about a thousand bytes for each.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000 * 1200L);
    }

    [Fact]
    public void A_large_file_opens_without_its_image_data_being_touched()
    {
        var file = PdfBytes.OnePage();
        var image = new byte[1_000_000];
        for (var number = 4; number < 24; number++)
            file.Stream(number, "/Subtype/Image/Filter/DCTDecode", image);
        var bytes = file.Table().ToArray();
        Read.Document(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.IsType<PdfRead.Document>(PdfDocument.Read(bytes));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void A_page_tree_in_a_circle_is_a_defect()
    {
        var document = Read.Document(PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>").Table());

        Assert.Single(document.Latest.Pages.Pages);
        Assert.Equal("object 2 stands in the page tree twice", Assert.Single(document.Latest.Pages.Defects));
    }

    [Fact]
    public void Caps_the_pages()
    {
        var file = PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>").Indirect(4, "<</Type/Page/Parent 2 0 R>>").Table();

        Assert.Empty(Read.Document(file, Defaults with { Pages = 2 }).Latest.Pages.Defects);
        Assert.NotEmpty(Read.Document(file, Defaults with { Pages = 1 }).Latest.Pages.Defects);
    }

    [Fact]
    public void A_form_in_a_circle_is_a_defect_and_fields_are_capped()
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R 5 0 R]>>").Indirect(4, "<</T(a)/Kids[4 0 R]>>").Indirect(5, "<</T(b)/FT/Tx>>").Table();

        Assert.Contains("object 4 stands in the form twice", Read.Document(file).Latest.Form.Defects);
        Assert.Contains("the form has more than 1 fields", Read.Document(file, Defaults with { Fields = 1 }).Latest.Form.Defects);
    }

    [Fact]
    public void A_length_that_refers_to_its_own_stream_is_refused() => Read.Refused(PdfRefusalCode.Malformed, "has no Length",
        PdfBytes.OnePage(pageExtra: "/Contents 4 0 R").Stream(4, "", "q Q"u8.ToArray(), "4 0 R").Table());

    [Fact]
    public void References_that_refer_to_each_other_stand_for_null()
    {
        var document = Read.Document(PdfBytes.OnePage().Indirect(4, "5 0 R").Indirect(5, "4 0 R").Table());

        var view = document.Latest;
        Assert.IsType<PdfNull>(view.Resolve(view.Resolve(new ObjectId(4, 0))));
    }

    [Fact]
    public void Many_entries_on_one_long_string_end_quickly()
    {
        // Each entry would read the whole string again.
        var file = PdfBytes.OnePage().Mark(4);
        var at = file.Length;
        file.Text("4 0 obj (" + new string('x', 2_000_000) + ") endobj\n");
        for (var number = 5; number < 50_000; number++)
            file.Pretend(number, at);
        file.SectionStream(60_000);

        Assert.IsType<PdfRead.Refused>(PdfDocument.Read(file.ToArray()));
    }

    [Fact]
    public void An_object_inside_another_is_refused()
    {
        var file = PdfBytes.OnePage().Mark(4);
        var at = file.Length;
        file.Text("4 0 obj (5 0 obj null endobj) endobj\n").Pretend(5, at + 9).Table();

        Read.Refused(PdfRefusalCode.Ambiguous, "object 5 stands inside another one", file);
    }
}
