using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>A document of very many objects lets their values go once they are checked: whoever asks gets what stands in the file.</summary>
public sealed class UnkeptObjectTests : IDisposable
{
    private const int First = 10;

    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(UnkeptObjects.MostKept - First, true)]
    [InlineData(UnkeptObjects.MostKept + First, true)]
    [InlineData(UnkeptObjects.MostKept - First, false)]
    [InlineData(UnkeptObjects.MostKept + First, false)]
    public void Each_object_is_what_stands_in_the_file(int count, bool inMemory)
    {
        using var bytes = Bytes(Many(count).ToArray(), inMemory);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(bytes)).Value;
        var isLetGo = document.Table.At(First + 1, 1)!.ValueOrUnkept is UnkeptObjects;

        Assert.Equal(count > UnkeptObjects.MostKept, isLetGo);
        for (var number = First; number < First + count; number += 997)
        {
            var id = new ObjectId(number, 0);
            var value = Assert.IsType<PdfDictionary>(document.Latest.Resolve(id));
            Assert.Equal(number, Assert.IsType<PdfInteger>(value["A"]).Value);
            Assert.Equal($"<</A {number}/B[1 (x)]>>", Encoding.Latin1.GetString(value.Raw.Span));
            Assert.Same(value, document.Latest.Resolve(id));
        }
        Assert.Equal(new ObjectId(First + 5, 0), Assert.IsType<PdfReference>(document.Latest.Get<PdfDictionary>(document.Latest.Catalog, "Extra")!["R"]).Target);
        Assert.True(document.Latest.Closure.Contains(new ObjectId(First + 5, 0)));
        Assert.False(document.Latest.Closure.Contains(new ObjectId(First + 6, 0)));
        Assert.Empty(document.Revisions[0].Unaccounted);
    }

    [Fact]
    public void Signatures_are_found_among_them_and_streams_are_there()
    {
        var file = Many(UnkeptObjects.MostKept).Indirect(7, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>").Stream(8, "", "data"u8.ToArray());
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(file.Table("/ID[<31><32>]").ToArray())).Value;
        Assert.Single(document.Signatures);
        Assert.Equal("data", Encoding.Latin1.GetString(Assert.IsType<PdfStream>(document.Latest.Resolve(new ObjectId(8, 0))).RawData.Span));
    }

    [Theory]
    [InlineData("<</A 1/A 2>>", PdfRefusalCode.Ambiguous)]
    [InlineData("<</A 1", PdfRefusalCode.Malformed)]
    public void What_cannot_be_read_is_still_found_when_it_is_referred_to(string value, PdfRefusalCode code)
    {
        var file = Many(UnkeptObjects.MostKept, end: false).Indirect(First + 5, value).Table("/ID[<31><32>]").ToArray();
        Assert.Equal(code, Assert.IsType<PdfRead.Refused>(PdfDocument.Read(file)).Refusal.Code);
    }

    private static PdfBytes Many(int count, bool end = true)
    {
        var file = PdfBytes.OnePage("/Extra 5 0 R").Indirect(5, $"<</R {First + 5} 0 R>>");
        for (var number = First; number < First + count; number++)
        {
            if (end || number != First + 5)
                file.Indirect(number, $"<</A {number}/B[1 (x)]>>");
        }
        return end ? file.Table("/ID[<31><32>]") : file;
    }

    private DocumentBytes Bytes(byte[] file, bool inMemory)
    {
        if (inMemory)
            return file;
        File.WriteAllBytes(path, file);
        return DocumentBytes.OfFile(path);
    }
}
