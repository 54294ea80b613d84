using System.Text;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Update;

public sealed class SyntaxWriterTests
{
    [Theory]
    [InlineData("plain", "(plain)")]
    [InlineData("a(b)\\c", "(a\\(b\\)\\\\c)")]
    [InlineData("line\r\nend\0", "<FEFF006C0069006E0065000D000A0065006E00640000>")]
    [InlineData("Ülo €", "(\\334lo \\240)")]
    [InlineData("陈", "<FEFF9648>")]
    [InlineData("", "()")]
    public void Writes_text(string text, string expected) => Assert.Equal(expected, Latin1(new SyntaxWriter().Text(text)));

    [Theory]
    [InlineData("þÿ looks like a byte order mark")]
    [InlineData("ï»¿ looks like another")]
    [InlineData(") /V 9 0 R >> endobj (")]
    [InlineData("\u202Egnp.exe")]
    [InlineData("\u001b[31m")]
    [InlineData("😀 陈 Ülo (x) \\")]
    [InlineData("˘ˇˆ˙˝˛˚˜ •†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž€")]
    public void Text_comes_back_as_it_was_and_stays_one_string(string text)
    {
        var written = new SyntaxWriter().BeginArray().Text(text).EndArray();
        var view = Read.Document(PdfBytes.OnePage().Indirect(4, Latin1(written)).Table()).Latest;

        var array = Assert.IsType<PdfArray>(view.Resolve(new ObjectId(4, 0)));
        Assert.Equal(text, Assert.IsType<PdfString>(Assert.Single(array.Items)).GetText());
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character() =>
        Assert.Equal("<FEFF0061FFFD>", Latin1(new SyntaxWriter().Text("a\ud800")));

    [Theory]
    [InlineData("A B", "/A#20B")]
    [InlineData("A#/()", "/A#23#2F#28#29")]
    [InlineData("é", "/#E9")]
    public void Writes_names(string name, string expected) => Assert.Equal(expected, Latin1(new SyntaxWriter().Name(name)));

    [Theory]
    [InlineData("a\0")]
    [InlineData("陈")]
    public void Refuses_names_that_cannot_be(string name) => Assert.Throws<ArgumentException>(() => new SyntaxWriter().Name(name));

    [Fact]
    public void Separates_tokens_only_where_it_must() => Assert.Equal("<</A 1/B[1 2 3 0 R(x)]/C true>>", Latin1(new SyntaxWriter().BeginDictionary().Name("A").Integer(1)
        .Name("B").BeginArray().Integer(1).Integer(2).Reference(new ObjectId(3, 0)).Text("x").EndArray().Name("C").Verbatim("true"u8).EndDictionary()));

    [Theory]
    [InlineData(2, "(D:20261123090807+02'00')")]
    [InlineData(0, "(D:20261123090807Z)")]
    [InlineData(-3.5, "(D:20261123090807-03'30')")]
    public void Writes_dates(double hours, string expected) =>
        Assert.Equal(expected, Latin1(new SyntaxWriter().Date(new DateTimeOffset(2026, 11, 23, 9, 8, 7, TimeSpan.FromHours(hours)))));

    [Theory]
    [InlineData("<</A 1.50/#41#20B %c\n(x) /V 1>>", "<</A 1.50/#41#20B %c\n(x) /V 9 0 R/N true>>")]
    [InlineData("<</V(old)/W 1>>", "<</V 9 0 R/W 1/N true>>")]
    [InlineData("<< /Gone [1 2] /A 1 >>", "<<  /A 1 /V 9 0 R/N true>>")]
    [InlineData("<<>>", "<</V 9 0 R/N true>>")]
    public void Changes_entries_and_leaves_every_other_byte(string before, string after)
    {
        var dictionary = (PdfDictionary)Read.Document(PdfBytes.OnePage().Indirect(4, before).Table()).Latest.Resolve(new ObjectId(4, 0));
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?> { ["V"] = "9 0 R"u8.ToArray(), ["N"] = "true"u8.ToArray(), ["Gone"] = null };

        Assert.Equal(after, Encoding.Latin1.GetString(SyntaxEdit.WithEntries(dictionary, changes).Span));
    }

    private static string Latin1(SyntaxWriter writer) => Encoding.Latin1.GetString(writer.Written.Span);
}
