using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

public sealed class CrossReferenceTests
{
    [Fact]
    public void Reads_a_table()
    {
        var document = Read.Document(PdfBytes.OnePage().Table());

        Assert.Equal("1.7", document.HeaderVersion);
        var revision = Assert.Single(document.Revisions);
        Assert.Equal(CrossReferenceKind.Table, revision.Kind);
        Assert.Equal(document.File.Length, revision.End);
        Assert.Empty(revision.Unaccounted);
        Assert.Empty(document.Deviations);
        Assert.Single(document.Latest.Pages.Pages);
    }

    [Theory]
    [InlineData(" \r")]
    [InlineData("\r\n")]
    public void Accepts_the_three_ends_of_an_entry(string entryEnd)
    {
        var document = Read.Document(PdfBytes.OnePage().Table(entryEnd: entryEnd));

        Assert.Empty(document.Deviations);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("   \r\n")]
    public void Lists_entries_that_are_not_twenty_bytes(string entryEnd)
    {
        var document = Read.Document(PdfBytes.OnePage().Table(entryEnd: entryEnd));

        Assert.Equal("cross-reference-entry-form", Assert.Single(document.Deviations).Kind);
    }

    [Fact]
    public void Reads_a_table_padded_with_spaces_and_comments()
    {
        var file = Encoding.Latin1.GetString(PdfBytes.OnePage().Table().ToArray());
        var document = Read.Document(Encoding.Latin1.GetBytes(file.Replace("xref\n0 1\n0000000000", "xref   %c\r0   1 %c\n         0", StringComparison.Ordinal)));

        Assert.Single(document.Latest.Pages.Pages);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Reads_a_cross_reference_stream(bool predictor, bool listsItself)
    {
        var document = Read.Document(PdfBytes.OnePage().SectionStream(9, predictor: predictor, listsItself: listsItself));

        Assert.Equal(CrossReferenceKind.Stream, document.Latest.Revision.Kind);
        Assert.Empty(document.Latest.Revision.Unaccounted);
        Assert.Single(document.Latest.Pages.Pages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reads_objects_in_object_streams_verbatim(bool compress)
    {
        var file = PdfBytes.OnePage()
            .ObjectStream(5, [(6, "<</A 1.50/#41#20B(x)>>"), (7, "[1 2 R]")], compress: compress)
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0), [7] = (5, 1) });

        var view = Read.Document(file).Latest;

        var dictionary = Assert.IsType<PdfDictionary>(view.Resolve(new ObjectId(6, 0)));
        Assert.Equal("<</A 1.50/#41#20B(x)>>", Read.Raw(dictionary));
        Assert.Equal("1.50", Read.Raw(dictionary["A"]!));
        Assert.True(dictionary.Has("A B"));
        Assert.Equal(5, dictionary.Source.ObjectStream);
        Assert.Equal(new ObjectLocation.InObjectStream(5, 1), view.Locate(new ObjectId(7, 0)));
    }

    [Fact]
    public void Reads_object_streams_that_extend_each_other_even_in_a_circle()
    {
        var file = PdfBytes.OnePage()
            .ObjectStream(5, [(6, "(one)")], "/Extends 8 0 R")
            .ObjectStream(8, [(7, "(two)")], "/Extends 5 0 R")
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0), [7] = (8, 0) });

        var view = Read.Document(file).Latest;

        Assert.Equal("(one)", Read.Raw(view.Resolve(new ObjectId(6, 0))));
        Assert.Equal("(two)", Read.Raw(view.Resolve(new ObjectId(7, 0))));
    }

    [Fact]
    public void Refuses_an_entry_whose_object_stream_holds_another_object_there()
    {
        var file = PdfBytes.OnePage("/X 6 0 R")
            .ObjectStream(5, [(6, "(one)"), (7, "(two)")])
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 1), [7] = (5, 1) });

        Read.Refused(PdfRefusalCode.Ambiguous, "object 6 is not where its entry says in object stream 5", file);
    }

    [Fact]
    public void Refuses_a_replaced_object_stream_whose_objects_are_in_use()
    {
        var file = PdfBytes.OnePage()
            .ObjectStream(5, [(6, "(one)")])
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) })
            .ObjectStream(5, [(6, "(two)")])
            .SectionStream(10);

        Read.Refused(PdfRefusalCode.Ambiguous, "replaces object stream 5", file);
    }

    [Fact]
    public void A_hybrid_file_shows_what_its_table_hides()
    {
        var document = Read.Document(Hybrid(out _));

        Assert.Equal(CrossReferenceKind.Hybrid, document.Latest.Revision.Kind);
        Assert.Equal("(hidden)", Read.Raw(document.Latest.Resolve(new ObjectId(6, 0))));
        Assert.Equal(2, document.Latest.Revision.Sections.Count);
        Assert.Empty(document.Latest.Revision.Unaccounted);
    }

    [Fact]
    public void Refuses_a_hybrid_file_whose_table_and_stream_name_two_places()
    {
        var file = PdfBytes.OnePage("/X 6 0 R").Indirect(7, "(in the stream)").Mark(6).Text("6 0 obj (stream) endobj\n").SectionStream(9, end: false);
        var stream = file.LastSection;
        var text = new PdfBytes().Bytes(file.ToArray());
        var at = text.Length;
        text.Text("6 0 obj (table) endobj\n");
        foreach (var number in new[] { 1, 2, 3 })
            text.Pretend(number, Offset(text, $"\n{number} 0 obj") + 1);
        text.Pretend(6, at).Table($"/XRefStm {stream}", previous: false);

        Read.Refused(PdfRefusalCode.Ambiguous, "disagree about object 6", text);
    }

    [Fact]
    public void An_update_that_names_the_old_stream_again_is_read_when_nothing_depends_on_it()
    {
        var file = Hybrid(out var stream).Indirect(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 1 1]>>").Table($"/XRefStm {stream}");

        var document = Read.Document(file);

        Assert.Equal("(hidden)", Read.Raw(document.Latest.Resolve(new ObjectId(6, 0))));
        Assert.Equal("stale-hybrid-stream", Assert.Single(document.Deviations).Kind);
    }

    [Fact]
    public void Refuses_an_old_stream_named_again_after_its_object_was_updated()
    {
        var file = Hybrid(out var stream).Indirect(6, "(updated)").Table().Indirect(3, "<</Type/Page/Parent 2 0 R>>").Table($"/XRefStm {stream}");

        Read.Refused(PdfRefusalCode.Ambiguous, "disagrees about object 6", file);
    }

    [Fact]
    public void Refuses_sections_in_a_circle()
    {
        var file = PdfBytes.OnePage();
        file.Table($"/Prev {file.Length}");

        Read.Refused(PdfRefusalCode.Malformed, "in a circle", file);
    }

    [Fact]
    public void Refuses_two_entries_for_one_object()
    {
        var file = Encoding.Latin1.GetString(PdfBytes.OnePage().Table().ToArray())
            .Replace("trailer\n", "3 1\n0000000009 00000 n \ntrailer\n", StringComparison.Ordinal);

        Read.Refused(PdfRefusalCode.Ambiguous, "two entries for object 3", Encoding.Latin1.GetBytes(file));
    }

    [Theory]
    [InlineData("/Root 1 0 R", "has a key twice")]
    [InlineData("/Size 5", "has a key twice")]
    public void Refuses_a_trailer_with_a_key_twice(string again, string message) =>
        Read.Refused(PdfRefusalCode.Ambiguous, message, PdfBytes.OnePage().Table(again));

    [Fact]
    public void Refuses_an_encrypted_file_even_when_only_an_old_trailer_says_so() =>
        Read.Refused(PdfRefusalCode.Encrypted, "encrypted", PdfBytes.OnePage().Table("/Encrypt 9 0 R").Indirect(4, "1").Table());

    [Theory]
    [InlineData("/Prev -5", "Prev of the trailer")]
    [InlineData("/Prev 4 0 R", "Prev of the trailer")]
    [InlineData("/Prev 99999999", "outside the file")]
    [InlineData("/Prev 20", "no cross-reference section stands at byte 20")]
    public void Refuses_a_previous_section_that_is_none(string previous, string message) =>
        Read.Refused(PdfRefusalCode.Malformed, message, PdfBytes.OnePage().Table(previous));

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Refuses_a_startxref_beside_its_section(int shift)
    {
        var file = PdfBytes.OnePage().Table(end: false);
        file.Text($"startxref\n{file.LastSection + (shift > 0 ? 1 : -3)}\n%%EOF\n");

        Read.Refused(PdfRefusalCode.Malformed, "no cross-reference section stands", file);
    }

    [Fact]
    public void Lists_a_startxref_that_points_at_white_space_before_its_section()
    {
        var file = PdfBytes.OnePage().Text("\n\n").Table(end: false);
        file.Text($"startxref\n{file.LastSection - 2}\n%%EOF\n");

        Assert.Contains(Read.Document(file).Deviations, deviation => deviation.Kind == "offset-before-section");
    }

    [Fact]
    public void A_linearized_file_is_one_revision()
    {
        var document = Read.Document(Linearized());

        var revision = Assert.Single(document.Revisions);
        Assert.True(revision.IsLinearized);
        Assert.Equal(2, revision.Sections.Count);
        Assert.Equal(document.File.Length, revision.End);
        Assert.Empty(revision.Unaccounted);
        Assert.Single(document.Latest.Pages.Pages);
    }

    [Fact]
    public void A_section_order_of_linearized_files_is_refused_in_others() =>
        Read.Refused(PdfRefusalCode.Ambiguous, "names a later one as its previous",
            Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Linearized()).Replace("/Linearized 1", "/Fineerized 1", StringComparison.Ordinal)));

    private static PdfBytes Hybrid(out long stream)
    {
        // The stream is written first, then a table that hides objects 6 and 7 as free.
        var file = PdfBytes.OnePage().ObjectStream(5, [(6, "(hidden)")]);
        var tableObjects = new[] { 1, 2, 3, 5 }.Select(number => (number, Offset(file, $"{(number == 1 ? "" : "\n")}{number} 0 obj") + (number == 1 ? 0 : 1))).ToList();
        var mixed = new PdfBytes().Bytes(file.ToArray()).SectionStream(7, new Dictionary<int, (int, int)> { [6] = (5, 0) }, end: false);
        stream = mixed.LastSection;
        foreach (var (number, offset) in tableObjects)
            mixed.Pretend(number, offset);
        return mixed.Table($"/XRefStm {stream}", size: 8, freed: [(6, 65535), (7, 65535)], previous: false);
    }

    private static byte[] Linearized()
    {
        // Two passes: the first-page section stands before what it points at.
        string Build(long first, long main, long[] offsets)
        {
            var text = new StringBuilder("%PDF-1.4\n9 0 obj\n<</Linearized 1/L 1/O 3/E 1/N 1/T 1>>\nendobj\n");
            offsets[4] = 9;
            var firstSection = text.Length;
            text.Append(FormattableString.Invariant($"xref\n1 1\n{offsets[1]:D10} 00000 n \n3 1\n{offsets[3]:D10} 00000 n \n9 1\n{9:D10} 00000 n \n"));
            text.Append(FormattableString.Invariant($"trailer\n<</Size 10/Root 1 0 R/Prev {main:D6}>>\nstartxref\n0\n%%EOF\n"));
            offsets[1] = text.Length;
            text.Append("1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
            offsets[3] = text.Length;
            text.Append("3 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\n");
            offsets[2] = text.Length;
            text.Append("2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n");
            offsets[0] = text.Length;
            text.Append(FormattableString.Invariant($"xref\n0 1\n0000000000 65535 f \n2 1\n{offsets[2]:D10} 00000 n \ntrailer\n<</Size 10>>\nstartxref\n{firstSection}\n%%EOF\n"));
            return text.ToString();
        }

        var places = new long[5];
        _ = Build(0, 0, places);
        return Encoding.Latin1.GetBytes(Build(0, places[0], places));
    }

    private static long Offset(PdfBytes file, string text) => Encoding.Latin1.GetString(file.ToArray()).IndexOf(text, StringComparison.Ordinal);
}
