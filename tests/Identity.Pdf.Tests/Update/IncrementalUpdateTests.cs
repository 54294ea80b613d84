using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Update;

public sealed class IncrementalUpdateTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_new_section_has_the_kind_of_the_last_and_the_original_is_a_prefix(bool stream)
    {
        var original = stream ? PdfBytes.OnePage().SectionStream(9).ToArray() : PdfBytes.OnePage().Table().ToArray();
        var update = Begin(original);
        var added = update.Add("(added)"u8.ToArray());
        var data = update.AddStream([new("Type", "/X"u8.ToArray())], "data"u8.ToArray());
        update.SetEntries(new ObjectId(3, 0), new KeyValuePair<string, ReadOnlyMemory<byte>?>("X", "1.50"u8.ToArray()));
        update.SetEntries(new ObjectId(3, 0), new KeyValuePair<string, ReadOnlyMemory<byte>?>("Y", "2"u8.ToArray()));

        var document = Appended(original, update);

        Assert.Equal(stream ? CrossReferenceKind.Stream : CrossReferenceKind.Table, document.Latest.Revision.Kind);
        Assert.Equal("(added)", Read.Raw(document.Latest.Resolve(added)));
        Assert.Equal("data"u8.ToArray(), Assert.IsType<StreamData.Decoded>(document.Latest.Decode((PdfStream)document.Latest.Resolve(data))).Bytes.ToArray());
        Assert.Equal("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.00 842]/X 1.50/Y 2>>", Read.Raw(document.Latest.Resolve(new ObjectId(3, 0))));
        Assert.Empty(document.Latest.Revision.Unaccounted);
        Assert.Empty(document.Deviations);
    }

    [Fact]
    public void A_hybrid_file_gets_a_table_without_a_stream()
    {
        var file = PdfBytes.OnePage().ObjectStream(5, [(6, "(hidden)")]);
        var offsets = Encoding.Latin1.GetString(file.ToArray());
        file = new PdfBytes().Bytes(file.ToArray()).SectionStream(7, new Dictionary<int, (int, int)> { [6] = (5, 0) }, end: false);
        var stream = file.LastSection;
        foreach (var number in new[] { 1, 2, 3, 5 })
            file.Pretend(number, offsets.IndexOf($"\n{number} 0 obj", StringComparison.Ordinal) + 1);
        var original = file.Table($"/XRefStm {stream}", size: 8, freed: [(6, 65535), (7, 65535)], previous: false).ToArray();
        var update = Begin(original);
        update.Replace(new ObjectId(6, 0), "(changed)"u8.ToArray());

        var document = Appended(original, update);

        Assert.Equal(CrossReferenceKind.Hybrid, document.Revisions[0].Kind);
        Assert.Equal(CrossReferenceKind.Table, document.Revisions[1].Kind);
        Assert.False(document.Latest.Revision.Trailer.Has("XRefStm"));
        Assert.Equal("(changed)", Read.Raw(document.Latest.Resolve(new ObjectId(6, 0))));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("\n", false)]
    [InlineData("\r", false)]
    public void An_end_of_line_is_added_only_where_there_is_none(string endOfLine, bool added)
    {
        var original = PdfBytes.OnePage().Table(end: false).End(endOfLine).ToArray();
        var update = Begin(original);
        update.Add("1"u8.ToArray());

        Assert.Equal(added ? (byte)'\n' : (byte)'4', update.WriteTail()[0]);
        Appended(original, update);
    }

    [Fact]
    public void Numbers_start_above_size_and_above_every_number_found()
    {
        Assert.Equal(50, Begin(PdfBytes.OnePage().Table(size: 50).ToArray()).Reserve().Number);
        // The stream does not list itself: its number is in use all the same.
        Assert.Equal(10, Begin(PdfBytes.OnePage().SectionStream(9, listsItself: false).ToArray()).Reserve().Number);
    }

    [Fact]
    public void Trailer_entries_are_kept_and_the_second_identifier_is_new()
    {
        var original = PdfBytes.OnePage().Indirect(4, "<</Title(t)>>").Table("/Info 4 0 R/ID[<AA><BB>]/Private 1.50").ToArray();
        var update = Begin(original);
        update.Add("1"u8.ToArray());

        var trailer = Appended(original, update).Latest.Revision.Trailer;

        Assert.Equal("4 0 R", Read.Raw(trailer["Info"]!));
        Assert.Equal("1.50", Read.Raw(trailer["Private"]!));
        var identifier = Assert.IsType<PdfArray>(trailer["ID"]);
        Assert.Equal("<AA>", Read.Raw(identifier[0]));
        Assert.Equal(16, Assert.IsType<PdfString>(identifier[1]).GetBytes().Length);
    }

    [Fact]
    public void A_generation_is_kept()
    {
        var original = PdfBytes.OnePage().Indirect(4, "(old)").Table().Table(freed: [(4, 1)]).Indirect(4, "(again)", generation: 1).Table().ToArray();
        var update = Begin(original);
        update.Replace(new ObjectId(4, 1), "(newest)"u8.ToArray());

        Assert.Equal("(newest)", Read.Raw(Appended(original, update).Latest.Resolve(new ObjectId(4, 1))));
    }

    [Fact]
    public void Refuses_files_that_other_readers_read_otherwise()
    {
        Assert.Equal(UpdateRefusal.AmbiguousStructure, Refused(PdfBytes.OnePage().Table().Text("rest")));
        Assert.Equal(UpdateRefusal.AmbiguousStructure, Refused(PdfBytes.OnePage().Pretend(4, 15).Table()));
        Assert.Equal(UpdateRefusal.AmbiguousStructure, Refused(PdfBytes.OnePage().Indirect(9, "1").Table(size: 5)));
        Assert.Equal(UpdateRefusal.HeaderNotAtStart, Refused(PdfBytes.OnePage(header: "MIME\n%PDF-1.7\n").Table()));
        Assert.Equal(UpdateRefusal.TooLarge, Refused(PdfBytes.OnePage().Table(size: 8_388_608)));
    }

    [Fact]
    public void Another_program_reads_what_is_appended()
    {
        var original = PdfBytes.OnePage().SectionStream(9).ToArray();
        var update = Begin(original);
        update.SetEntries(new ObjectId(1, 0), new KeyValuePair<string, ReadOnlyMemory<byte>?>("Lang", "(et)"u8.ToArray()));
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. original, .. update.WriteTail()]);

            Assert.Contains("No syntax or stream encoding errors found", Tool.Run("qpdf", "--check", path).Text, StringComparison.Ordinal);
            Assert.Contains("/Lang (et)", Tool.Run("qpdf", "--show-object=1", path).Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IncrementalUpdate Begin(byte[] original) => Assert.IsType<UpdateStart.Started>(IncrementalUpdate.Begin(Read.Document(original))).Update;

    private static UpdateRefusal Refused(PdfBytes file) => Assert.IsType<UpdateStart.Refused>(IncrementalUpdate.Begin(Read.Document(file))).Reason;

    private static PdfDocument Appended(byte[] original, IncrementalUpdate update)
    {
        var document = Read.Document([.. original, .. update.WriteTail()]);
        Assert.InRange(original.Length, document.Revisions[^2].EndOfFileMarker, document.Revisions[^2].End);
        return document;
    }
}
