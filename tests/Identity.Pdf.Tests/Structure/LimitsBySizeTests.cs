using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>What compressed data may hold grows with the file: each limit at its cap and one past it.</summary>
public sealed class LimitsBySizeTests
{
    private const int AnyFile = 100_000, BytesOfAnEntry = 8, ValuesOfAnyFile = 1_500_000;

    private static byte[] FreeEntries(int count)
    {
        var file = PdfBytes.OnePage();
        var start = file.Length;
        // Four entries for what OnePage writes, then free ones; one byte of type, four of place.
        byte[] entries = [.. Entry(0, 0), .. Entry(1, Place(file, 1)), .. Entry(1, Place(file, 2)), .. Entry(1, Place(file, 3)), .. new byte[5 * (count - 4)]];
        return file.Stream(9, $"/Type/XRef/Root 1 0 R/W[1 4 0]/Size {count}/Filter/FlateDecode", PdfBytes.Deflate(entries)).Text(FormattableString.Invariant($"startxref\n{start}\n%%EOF\n")).ToArray();
    }

    private static byte[] Entry(byte type, int place) => [type, (byte)(place >> 24), (byte)(place >> 16), (byte)(place >> 8), (byte)place];

    private static int Place(PdfBytes file, int number) => file.ToArray().AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes($"{number} 0 obj"));

    [Fact]
    public void A_small_file_has_few_entries()
    {
        // The length depends on the count a little.
        static int Granted(int count) => AnyFile + (FreeEntries(count).Length / BytesOfAnEntry);
        var tooMany = Enumerable.Range(AnyFile + 60, 200).First(count => count > Granted(count));

        Read.Document(FreeEntries(tooMany - 1));
        Read.Refused(PdfRefusalCode.TooLarge, $"the cross-reference sections have more than {Granted(tooMany)} entries", FreeEntries(tooMany));
    }

    [Fact]
    public void A_small_file_has_few_values()
    {
        byte[] File(int numbers) => PdfBytes.OnePage().ObjectStream(5, [(6, "[" + string.Concat(Enumerable.Repeat("0 ", 750_000)) + "]"), (7, "[" + string.Concat(Enumerable.Repeat("0 ", numbers)) + "]")])
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0), [7] = (5, 1) }).ToArray();

        Read.Document(File(700_000));
        var tooMany = File(780_000);
        Read.Refused(PdfRefusalCode.TooLarge, $"the document has more than {ValuesOfAnyFile + tooMany.Length} values", tooMany);
    }

    [Fact]
    public void What_a_file_of_its_size_may_decode_to_is_read()
    {
        // Sixteen MB from sixteen kB.
        var file = PdfBytes.OnePage().ObjectStream(5, Enumerable.Range(0, 2).Select(at => (6 + at, "(" + new string('x', 8_000_000) + ")")).ToList())
            .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0), [7] = (5, 1) }).ToArray();

        Read.Document(file);
    }

    [Fact]
    public void A_predictor_of_long_rows_costs_what_its_data_cost()
    {
        var parameters = "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1048576/Colors 32/BitsPerComponent 16>>";
        var file = PdfBytes.OnePage();
        var entries = new Dictionary<int, (int, int)>();
        for (var at = 0; at < 100; at++)
        {
            file.Stream(10 + at, "/Type/ObjStm/N 1/First 4" + parameters, PdfBytes.Deflate([0, .. "6 0 7"u8]));
            entries[6 + 1000 * at] = (10 + at, 0);
        }
        file.SectionStream(200_000, entries);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Read.Document(file);

        // A row of 64 MB for each of them would be 13 GB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L * 1024 * 1024);
    }

    [Theory]
    [InlineData(0, PdfRefusalCode.Ambiguous, "an object is said to stand at byte 0, where it is not")]
    [InlineData(999_999, PdfRefusalCode.Malformed, "an object is said to stand outside the file")]
    public void Entries_that_name_no_place_are_refused_when_they_are_used_and_cost_no_exception_when_not(int place, PdfRefusalCode code, string refusal)
    {
        byte[] File(string extra, int count)
        {
            var file = PdfBytes.OnePage(extra);
            for (var number = 4; number < 4 + count; number++)
                file.Pretend(number, place);
            return file.SectionStream(100_000).ToArray();
        }

        var thrown = 0;
        void Count(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs e) => thrown += e.Exception.Message.Contains("is said to stand", StringComparison.Ordinal) ? 1 : 0;
        var unused = File("", 190);
        AppDomain.CurrentDomain.FirstChanceException += Count;
        Read.Document(unused);
        AppDomain.CurrentDomain.FirstChanceException -= Count;
        Assert.Equal(0, thrown);
        Read.Refused(code, refusal, File("/X 50 0 R", 190));
    }
}
