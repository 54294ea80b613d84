using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

public sealed class RevisionTests
{
    private static readonly ObjectId Four = new(4, 0);

    [Fact]
    public void Tells_what_each_revision_adds_overrides_and_frees()
    {
        var document = Read.Document(PdfBytes.OnePage().Indirect(4, "(old)").Table().Indirect(4, "(new)").Indirect(5, "(added)").Table().Table(freed: [(4, 1)]));

        Assert.Equal([(ObjectChangeKind.Overridden, 4), (ObjectChangeKind.Added, 5)], document.Revisions[1].Changes.Select(change => (change.Kind, change.Id.Number)));
        Assert.Equal([(ObjectChangeKind.Freed, Four)], document.Revisions[2].Changes.Select(change => (change.Kind, change.Id)));
        Assert.Equal("(old)", Read.Raw(document.ResolveAsOf(1, Four)));
        Assert.Equal("(new)", Read.Raw(document.ResolveAsOf(2, Four)));
        Assert.Same(PdfNull.Absent, document.ResolveAsOf(3, Four));
        Assert.DoesNotContain(Four, document.Latest.Objects);
    }

    [Fact]
    public void A_freed_number_used_again_has_another_generation()
    {
        var document = Read.Document(PdfBytes.OnePage().Indirect(4, "(old)").Table().Table(freed: [(4, 1)]).Indirect(4, "(again)", generation: 1).Table());

        Assert.Same(PdfNull.Absent, document.Latest.Resolve(Four));
        Assert.Equal("(again)", Read.Raw(document.Latest.Resolve(new ObjectId(4, 1))));
        Assert.Equal(ObjectChangeKind.Added, Assert.Single(document.Revisions[2].Changes).Kind);
    }

    [Fact]
    public void Refuses_a_reference_by_another_generation_than_the_object_has() => Read.Refused(PdfRefusalCode.Ambiguous, "by another generation",
        PdfBytes.OnePage("/X 4 1 R").Indirect(4, "(x)").Table());

    [Fact]
    public void An_entry_stated_again_is_no_change()
    {
        var file = PdfBytes.OnePage().Indirect(4, "(x)").Table();
        var offset = Encoding.Latin1.GetString(file.ToArray()).IndexOf("4 0 obj", StringComparison.Ordinal);

        var document = Read.Document(file.Pretend(4, offset).Indirect(5, "1").Table());

        Assert.Equal([5], document.Revisions[1].Changes.Select(change => change.Id.Number));
    }

    [Fact]
    public void Revision_ends_include_the_end_of_line()
    {
        var first = PdfBytes.OnePage().Table(end: false).End("\r\n");
        var length = first.Length;
        var document = Read.Document(first.Indirect(4, "1").Table(end: false).End(""));

        Assert.Equal(length, document.Revisions[0].End);
        Assert.Equal(length - 2, document.Revisions[0].EndOfFileMarker);
        Assert.Equal(document.File.Length, document.Revisions[1].End);
        Assert.Equal(document.File.Length, document.Revisions[1].EndOfFileMarker);
    }

    [Fact]
    public void Bytes_that_nothing_explains_are_reported()
    {
        var file = PdfBytes.OnePage().Table();
        var start = file.Length;
        var document = Read.Document(file.Text("99 0 obj (hidden) endobj\n%comment\n").Indirect(4, "1").Table().Text("trailing"));

        Assert.Equal(new ByteSpan(start, start + "99 0 obj (hidden) endobj\n%comment\n".Length), Assert.Single(document.Revisions[1].Unaccounted));
        Assert.Equal(8, document.TrailingBytes!.Value.Length);
    }

    [Fact]
    public void An_object_that_a_later_revision_brings_into_use_is_unexplained_until_then()
    {
        var file = PdfBytes.OnePage();
        var hidden = file.Length;
        var document = Read.Document(file.Text("4 0 obj (hidden) endobj\n").Table().Pretend(4, hidden).Table());

        Assert.Equal(hidden, Assert.Single(document.Revisions[0].Unaccounted).Start);
        var change = Assert.Single(document.Revisions[1].Changes);
        Assert.True(Assert.IsType<ObjectLocation.InFile>(change.New).Span.Start < document.Revisions[1].Start);
    }

    [Fact]
    public void Refuses_an_object_behind_the_end_of_its_revision()
    {
        var file = PdfBytes.OnePage("/X 4 0 R").Pretend(4, 700).Table();
        file.Text(new string(' ', (int)(700 - file.Length)) + "4 0 obj (later) endobj\n").Indirect(5, "1").Table();

        Read.Refused(PdfRefusalCode.Ambiguous, "behind the end of the revision", file);
    }

    [Fact]
    public void An_unreadable_object_is_refused_when_used_and_listed_when_not()
    {
        Read.Refused(PdfRefusalCode.Ambiguous, "another object stands", PdfBytes.OnePage("/X 4 0 R").Pretend(4, 15).Table());
        Assert.Equal("unreadable-object", Assert.Single(Read.Document(PdfBytes.OnePage().Pretend(4, 15).Table()).Deviations).Kind);
    }

    [Fact]
    public void An_indirect_length_is_followed_and_must_not_change_later()
    {
        var file = PdfBytes.OnePage(pageExtra: "/Contents 4 0 R").Stream(4, "", "q Q"u8.ToArray(), "5 0 R").Indirect(5, "3").Table();
        var stream = Assert.IsType<PdfStream>(Read.Document(file).Latest.Resolve(Four));
        Assert.Equal("q Q"u8.ToArray(), stream.RawData.ToArray());

        Read.Refused(PdfRefusalCode.Ambiguous, "changes the Length", file.Indirect(5, "2").Table());
    }

    [Fact]
    public void Refuses_a_stream_that_does_not_end_where_its_length_says() => Read.Refused(PdfRefusalCode.Ambiguous, "does not end where its Length says",
        PdfBytes.OnePage(pageExtra: "/Contents 4 0 R").Stream(4, "", "q 1 0 0 1 0 0 cm Q"u8.ToArray(), "3").Table());

    [Fact]
    public void Refuses_a_key_with_two_values_but_not_with_one_value_twice()
    {
        Read.Refused(PdfRefusalCode.Ambiguous, "one key with two values", PdfBytes.OnePage(pageExtra: "/Rotate 90/Rotate 0").Table());
        Assert.Equal(["Rotate"], Read.Document(PdfBytes.OnePage(pageExtra: "/Rotate 90/R#6ftate 90").Table()).Latest.Pages.Pages[0].Dictionary.DuplicateKeys);
    }

    [Fact]
    public void The_signed_prefix_is_read_when_what_follows_cannot_be()
    {
        var signed = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]/SigFlags 3>>").Indirect(4, "<</FT/Sig/T(s)/V 5 0 R>>")
            .Indirect(5, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>").Table();
        var length = signed.Length;

        var document = Read.Document(signed.Text("garbage startxref\n1\n%%EOF\n"));

        Assert.Equal(length, document.Revisions[^1].End);
        Assert.Equal(length, document.TrailingBytes!.Value.Start);
        Assert.Equal(PdfRefusalCode.Malformed, document.UnreadableUpdate!.Code);
        Read.Refused(PdfRefusalCode.Malformed, "no cross-reference section", PdfBytes.OnePage().Table().Text("garbage startxref\n1\n%%EOF\n"));
    }

    [Fact]
    public void Says_which_page_and_field_an_object_serves()
    {
        var document = Read.Document(PdfBytes.OnePage("/AcroForm 4 0 R", "/Annots 6 0 R/Contents 8 0 R")
            .Indirect(4, "<</Fields[5 0 R]>>").Indirect(5, "<</T(a)/FT/Tx/Kids[7 0 R]>>").Indirect(6, "[7 0 R]")
            .Indirect(7, "<</Subtype/Widget/Parent 5 0 R/P 3 0 R/AP<</N 9 0 R>>>>").Stream(8, "", []).Stream(9, "/Subtype/Form", []).Indirect(10, "(orphan)").Table());
        var closure = document.Latest.Closure;

        Assert.Equal([1], closure.PagesOf(new ObjectId(8, 0)));
        Assert.Equal([1], closure.PagesOf(new ObjectId(9, 0)));
        Assert.Equal(["a"], closure.FieldsOf(new ObjectId(9, 0)));
        Assert.Empty(closure.FieldsOf(new ObjectId(8, 0)));
        Assert.Equal("Root/Pages/Kids[0]/Contents", closure.PathTo(new ObjectId(8, 0)));
        Assert.Equal(["Kids[0]"], closure.UsesOf(new ObjectId(7, 0)).Where(use => use.From == new ObjectId(5, 0)).Select(use => use.Path));
        Assert.False(closure.Contains(new ObjectId(10, 0)));
        Assert.Null(closure.PathTo(new ObjectId(10, 0)));
        Assert.Equal(1, Assert.Single(Assert.Single(document.Latest.Form.Fields).Widgets).Page!.Number);
    }

    [Fact]
    public void What_pages_inherit_serves_them_and_each_object_has_its_first_page()
    {
        var closure = Read.Document(new PdfBytes().Text("%PDF-1.7\n").Indirect(1, "<</Type/Catalog/Pages 2 0 R/Other 13 0 R>>")
            .Indirect(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 3/Resources<</Font<</A 10 0 R>>>>>>")
            .Indirect(3, "<</Type/Page/Parent 2 0 R/Resources<</Font<</B 12 0 R>>>>>>").Indirect(4, "<</Type/Pages/Parent 2 0 R/Kids[5 0 R 6 0 R]/Count 2/MediaBox 14 0 R>>")
            .Indirect(5, "<</Type/Page/Parent 4 0 R>>").Indirect(6, "<</Type/Page/Parent 4 0 R/Contents 12 0 R/Annots[15 0 R]>>")
            .Indirect(10, "<</Type/Font/FontDescriptor 11 0 R>>").Indirect(11, "<<>>").Stream(12, "", []).Indirect(13, "()").Indirect(14, "[0 0 9 9]")
            .Indirect(15, "<</Subtype/Link/P 6 0 R/Dest[5 0 R/Fit]>>").Table().ToArray()).Latest.Closure;
        ObjectId Id(int number) => new(number, 0);

        // Through the node that has them, whichever page below uses them.
        Assert.Equal([1, 2, 3], closure.PagesOf(Id(11)));
        Assert.Equal([2, 3], closure.PagesOf(Id(14)));
        Assert.Equal([1, 3], closure.PagesOf(Id(12)));
        Assert.Equal([1, 2, 3], closure.PagesOf([Id(12), Id(14)]));
        Assert.Empty(closure.PagesOf([Id(13), Id(4), Id(2)]));
        Assert.Equal([1, 2, 3, null, null, 3], new[] { 12, 14, 6, 13, 2, 15 }.Select(number => closure.FirstPageOf(Id(number))));
        Assert.Equal(2, closure.FirstPageOf(Id(11)));
    }

    [Theory]
    [InlineData("<</A 1.50/B(A)>>", "<< /B <41> /A 1.5 /C null >>", true)]
    [InlineData("[1 0 R]", "[ 1  0 R ]", true)]
    [InlineData("[1 0 R]", "[2 0 R]", false)]
    [InlineData("<</A 1>>", "<</A 1/B 2>>", false)]
    [InlineData("/A#42", "/AB", true)]
    [InlineData("(a)", "(b)", false)]
    [InlineData("1", "1.0", true)]
    [InlineData("true", "false", false)]
    public void Compares_values_whatever_their_writing(string left, string right, bool same)
    {
        var view = Read.Document(PdfBytes.OnePage().Indirect(4, left).Indirect(5, right).Table()).Latest;
        var (one, other) = (view.Resolve(Four), view.Resolve(new ObjectId(5, 0)));

        Assert.Equal(same, ObjectComparison.SameValue(one, other));
        Assert.Equal(same, ObjectComparison.SameValue(other, one));
        Assert.False(ObjectComparison.SameBytes(one, other));
    }

    [Fact]
    public void Comparing_deeply_nested_values_takes_no_time()
    {
        var nested = string.Concat(Enumerable.Repeat("<</A", 90)) + " 1" + string.Concat(Enumerable.Repeat("/B 2>>", 90));
        var view = Read.Document(PdfBytes.OnePage().Indirect(4, nested).Indirect(5, nested.Replace("/B 2", "/B 2.0", StringComparison.Ordinal)).Table()).Latest;

        Assert.True(ObjectComparison.SameValue(view.Resolve(Four), view.Resolve(new ObjectId(5, 0))));
    }
}
