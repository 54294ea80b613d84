using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

public sealed class ByteRangeTests
{
    [Fact]
    public void A_signature_over_everything_but_its_contents_is_sound()
    {
        var (document, check) = Check(Signed());

        var sound = Assert.IsType<ByteRangeCheck.Sound>(check);
        Assert.True(sound.CoversWholeDocument);
        Assert.True(sound.CoversWholeRevision);
        Assert.Equal(1, sound.CoveredRevision);
        var file = document.File.Span;
        var both = file[..(int)sound.Range.FirstLength].ToArray().Concat(file[(int)sound.Range.SecondStart..].ToArray()).ToArray();
        Assert.Equal(SHA256.HashData(both), ByteRangeDigest.Compute(document, sound.Range, HashAlgorithmName.SHA256));
    }

    [Fact]
    public void A_later_revision_is_not_covered()
    {
        var file = Signed();
        var prefix = file.Length;
        var later = new PdfBytes().Bytes(file).Text($"4 0 obj 1 endobj\nxref\n4 1\n{prefix:D10} 00000 n \ntrailer\n<</Size 7/Root 1 0 R/Prev {StartXref(file)}>>\nstartxref\n{prefix + 17}\n%%EOF\n");

        var sound = Assert.IsType<ByteRangeCheck.Sound>(Check(later.ToArray()).Check);

        Assert.False(sound.CoversWholeDocument);
        Assert.True(sound.CoversWholeRevision);
        Assert.Equal(1, sound.CoveredRevision);
    }

    [Fact]
    public void A_range_that_leaves_out_the_last_end_of_line_covers_the_revision_but_not_the_document()
    {
        var sound = Assert.IsType<ByteRangeCheck.Sound>(Check(Signed((a, b, c, _) => $"[{a} {b} {c.Start} {c.Length - 1}]")).Check);

        Assert.False(sound.CoversWholeDocument);
        Assert.True(sound.CoversWholeRevision);
    }

    [Fact]
    public void A_range_that_ends_inside_a_revision_covers_none()
    {
        var sound = Assert.IsType<ByteRangeCheck.Sound>(Check(Signed((a, b, c, _) => $"[{a} {b} {c.Start} {c.Length - 20}]")).Check);

        Assert.Null(sound.CoveredRevision);
        Assert.False(sound.CoversWholeRevision);
    }

    public static TheoryData<string, ByteRangeDefect> Broken => new()
    {
        { "null", ByteRangeDefect.Missing },
        { "4 0 R", ByteRangeDefect.Indirect },
        { "(0 1 2 3)", ByteRangeDefect.NotAnArray },
        { "[0 {first}]", ByteRangeDefect.NotFourIntegers },
        { "[0 {first} {second} {length} 5 6]", ByteRangeDefect.NotFourIntegers },
        { "[0 {first}.0 {second} {length}]", ByteRangeDefect.NotFourIntegers },
        { "[0 {first} {second} 99999999999999999999]", ByteRangeDefect.NotFourIntegers },
        { "[0 {first} {second} 4 0 R]", ByteRangeDefect.NotFourIntegers },
        { "[0 -1 {second} {length}]", ByteRangeDefect.Negative },
        { "[0 {first} {second} -5]", ByteRangeDefect.Negative },
        { "[1 {first} {second} {length}]", ByteRangeDefect.DoesNotStartAtZero },
        { "[0 {first} {second} 999999999999999999]", ByteRangeDefect.BeyondEndOfFile },
        { "[0 999999999999999999 {second} {length}]", ByteRangeDefect.BeyondEndOfFile },
        { "[0 {second} {first} 10]", ByteRangeDefect.Overlapping },
        { "[0 {first-1} {second} {length}]", ByteRangeDefect.GapIsNotContents },
        { "[0 {first+1} {second} {length}]", ByteRangeDefect.GapIsNotContents },
        { "[0 {first} {second+1} {length-1}]", ByteRangeDefect.GapIsNotContents },
        { "[0 {first} {second-1} {length+1}]", ByteRangeDefect.GapIsNotContents },
        { "[0 {first} {second} {length}]/ByteRange[0 1 2 3]", ByteRangeDefect.DuplicateKey },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Names_the_defect_of_a_range(string range, ByteRangeDefect defect)
    {
        var file = Signed((_, first, second, _) => range
            .Replace("{first-1}", Text(first - 1), StringComparison.Ordinal).Replace("{first+1}", Text(first + 1), StringComparison.Ordinal)
            .Replace("{second-1}", Text(second.Start - 1), StringComparison.Ordinal).Replace("{second+1}", Text(second.Start + 1), StringComparison.Ordinal)
            .Replace("{length-1}", Text(second.Length - 1), StringComparison.Ordinal).Replace("{length+1}", Text(second.Length + 1), StringComparison.Ordinal)
            .Replace("{first}", Text(first), StringComparison.Ordinal).Replace("{second}", Text(second.Start), StringComparison.Ordinal)
            .Replace("{length}", Text(second.Length), StringComparison.Ordinal));

        Assert.Equal(defect, Assert.IsType<ByteRangeCheck.Unsound>(Check(file).Check).Defect);
    }

    [Theory]
    [InlineData("", ByteRangeDefect.ContentsMissing)]
    [InlineData("/Contents null", ByteRangeDefect.ContentsNotAString)]
    [InlineData("/Contents 5", ByteRangeDefect.ContentsNotAString)]
    [InlineData("/Contents(3003020101)", ByteRangeDefect.ContentsLiteralString)]
    [InlineData("/Contents<>", ByteRangeDefect.ContentsEmpty)]
    [InlineData("/Contents 4 0 R", ByteRangeDefect.ContentsIndirect)]
    [InlineData("/Contents<30>/Contents<31>", ByteRangeDefect.DuplicateKey)]
    public void Names_the_defect_of_contents(string contents, ByteRangeDefect defect) =>
        Assert.Equal(defect, Assert.IsType<ByteRangeCheck.Unsound>(Check(Signed(contents: contents)).Check).Defect);

    [Fact]
    public void A_signature_in_an_object_stream_has_no_place_for_contents()
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]>>").Indirect(4, "<</FT/Sig/T(s)/V 6 0 R>>")
            .ObjectStream(5, [(6, "<</Type/Sig/ByteRange[0 1 5 2]/Contents<30>>>")]).SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) });

        Assert.Equal(ByteRangeDefect.ContentsNotInFile, Assert.IsType<ByteRangeCheck.Unsound>(Check(file.ToArray()).Check).Defect);
    }

    [Fact]
    public void A_signature_taken_out_of_the_form_or_overridden_is_still_found()
    {
        var file = PdfBytes.OnePage("/AcroForm 6 0 R").Indirect(6, "<</Fields[4 0 R]>>").Indirect(4, "<</FT/Sig/T(s)/V 5 0 R>>").Indirect(5, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>").Table()
            .Indirect(6, "<</Fields[]>>").Table().Indirect(5, "null").Table();

        var signature = Assert.Single(Read.Document(file).Signatures);

        Assert.Equal("s", signature.FieldName);
        Assert.Equal((1, 1, 3), (signature.Revision, signature.LastRevisionInForm, signature.SupersededIn));
    }

    [Fact]
    public void A_signature_without_byte_range_is_found_through_its_field()
    {
        var signature = Assert.Single(Read.Document(PdfBytes.OnePage("/AcroForm<</Fields[4 0 R 5 0 R]>>").Indirect(4, "<</FT/Sig/T(s)/V<</Type/Sig>>>>").Indirect(5, "<</FT/Sig/T(empty)>>").Table()).Signatures);

        Assert.Null(signature.Id);
        Assert.Equal(ByteRangeDefect.Missing, Assert.IsType<ByteRangeCheck.Unsound>(signature.ByteRange).Defect);
        Assert.IsType<SignatureContents.Missing>(signature.Contents);
    }

    [Theory]
    [InlineData("D:20261123090807+02'00'", "2026-11-23T09:08:07+02:00")]
    [InlineData("D:20261123090807+02'00", "2026-11-23T09:08:07+02:00")]
    [InlineData("D:20261123090807Z", "2026-11-23T09:08:07+00:00")]
    [InlineData("D:20261123090807Z00'00'", "2026-11-23T09:08:07+00:00")]
    [InlineData("D:20261123090807-0330", "2026-11-23T09:08:07-03:30")]
    [InlineData("D:2026", "2026-01-01T00:00:00+00:00")]
    [InlineData("D:20260230", null)]
    [InlineData("D:20261123090807+99'00'", null)]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    public void Reads_dates(string text, string? expected) =>
        Assert.Equal(expected, PdfDate.Read(text)?.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));

    [Fact]
    public void Reads_what_locks_the_document()
    {
        const string References = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>><</TransformMethod/DocMDP>><</TransformMethod/DocMDP/TransformParams<</P 9>>>>"
            + "<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(a)(b)]>>>><</TransformMethod/UR3>>5]";
        var references = Assert.Single(Read.Document(PdfBytes.OnePage().Indirect(4, $"<</Type/Sig/ByteRange[0 1 2 3]{References}>>").Table()).Signatures).References;

        Assert.Equal(new SignatureReference.DocMdp(1), references[0]);
        Assert.Equal(new SignatureReference.DocMdp(2), references[1]);
        Assert.Equal(new SignatureReference.Other("DocMDP"), references[2]);
        Assert.Equal(["a", "b"], Assert.IsType<SignatureReference.FieldMdp>(references[3]).Fields);
        Assert.Equal(new SignatureReference.Other("UR3"), references[4]);
        Assert.Equal(new SignatureReference.Other(null), references[5]);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static (PdfDocument Document, ByteRangeCheck Check) Check(byte[] file)
    {
        var document = Read.Document(file);
        return (document, Assert.Single(document.Signatures).ByteRange);
    }

    private static long StartXref(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        return long.Parse(text[(text.LastIndexOf("startxref", StringComparison.Ordinal) + 10)..].Split('\n')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>A signed page whose ByteRange is written by the test, in a field of fixed width.</summary>
    private static byte[] Signed(Func<long, long, (long Start, long Length), long, string>? range = null, string contents = "/Contents<3003020101000000>")
    {
        range ??= (a, b, c, _) => $"[{a} {b} {c.Start} {c.Length}]";
        var marker = new string('#', 100);
        var file = PdfBytes.OnePage("/AcroForm<</Fields[5 0 R]/SigFlags 3>>").Indirect(4, "<30>").Indirect(5, "<</FT/Sig/T(s)/V 6 0 R>>")
            .Indirect(6, $"<</Type/Sig{contents}/ByteRange {marker}>>").Table();
        var text = Encoding.Latin1.GetString(file.ToArray());
        var at = contents.Contains('<', StringComparison.Ordinal) ? text.IndexOf("/Contents<", StringComparison.Ordinal) + 9 : text.IndexOf("/Type/Sig", StringComparison.Ordinal) + 5;
        var end = contents.Contains('<', StringComparison.Ordinal) ? text.IndexOf('>', at) + 1 : at + 4;
        return Encoding.Latin1.GetBytes(text.Replace(marker, range(0, at, (end, text.Length - end), text.Length).PadRight(100), StringComparison.Ordinal));
    }
}
