using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

/// <summary>Many signatures or fields that name one long value: each cap at its value and one past it.</summary>
public sealed class SignatureLimitTests
{
    private static readonly PdfLimits Defaults = PdfLimits.Default;

    private static PdfBytes Signed(string entries, params (int Number, string Value)[] objects)
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[20 0 R 21 0 R]>>");
        foreach (var (number, value) in objects)
            file.Indirect(number, value);
        for (var at = 0; at < 2; at++)
            file.Indirect(20 + at, $"<</FT/Sig/T(f{at})/V {30 + at} 0 R>>").Indirect(30 + at, $"<</Type/Sig/ByteRange[0 1 2 {at}]{entries}>>");
        return file.Table();
    }

    [Fact]
    public void Contents_count_for_each_signature_that_names_them()
    {
        var file = Signed("/Contents 9 0 R", (9, "<" + new string('3', 96) + ">"));

        Assert.Equal(2, Read.Document(file, Defaults with { ContentsBytes = 2 * 98 }).Signatures.Count);
        Read.Refused(PdfRefusalCode.TooLarge, "the Contents of the signatures have more than 195 bytes together", file, Defaults with { ContentsBytes = (2 * 98) - 1 });
    }

    [Theory]
    [InlineData("/Reason 9 0 R")]
    [InlineData("/Location 9 0 R")]
    [InlineData("/Name 9 0 R")]
    [InlineData("/ContactInfo 9 0 R")]
    [InlineData("/M 9 0 R")]
    [InlineData("/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[9 0 R]>>>>]")]
    public void Texts_count_for_each_signature_that_names_them(string entry)
    {
        var file = Signed("/Contents<3000>" + entry, (9, "(" + new string('x', 98) + ")"));

        Assert.Equal(2, Read.Document(file, Defaults with { SignatureTextBytes = 200 }).Signatures.Count);
        Read.Refused(PdfRefusalCode.TooLarge, "the texts of the signatures have more than 199 bytes together", file, Defaults with { SignatureTextBytes = 199 });
    }

    [Fact]
    public void References_and_names_of_fields_are_counted()
    {
        // Of each signature: one reference, looked at for its lock and for itself, and three names.
        var file = Signed("/Contents<3000>/Reference[9 0 R]", (9, "<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(a)(b)(c)]>>>>"));

        var signature = Read.Document(file, Defaults with { SignatureReferences = 10 }).Signatures[0];
        Assert.Equal(["a", "b", "c"], Assert.IsType<SignatureReference.FieldMdp>(Assert.Single(signature.References)).Fields);
        Read.Refused(PdfRefusalCode.TooLarge, "the signatures have more than 9 references and names of fields together", file, Defaults with { SignatureReferences = 9 });
    }

    [Fact]
    public void A_long_name_of_a_field_is_not_even_decoded()
    {
        byte[] File(int length) => PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]>>").Indirect(4, $"<</FT/Tx/T({new string('x', length)})>>").Table().ToArray();
        var limits = Defaults with { NameBytes = 25 };

        Assert.Single(Read.Document(File(25), limits).Latest.Form.Fields);
        Assert.Equal(["the full name of a field is too long"], Read.Document(File(26), limits).Latest.Form.Defects);
        Assert.Equal(["the full name of a field is too long"], Read.Document(File(101), limits).Latest.Form.Defects);
    }

    [Fact]
    public void Names_of_all_fields_together_are_capped()
    {
        // Each full name has two characters, of two bytes between parentheses that make four.
        var file = PdfBytes.OnePage("/AcroForm<</Fields[4 0 R 5 0 R 6 0 R]>>").Indirect(4, "<</FT/Tx/T(aa)>>").Indirect(5, "<</FT/Tx/T(bb)>>").Indirect(6, "<</FT/Tx/T(cc)>>").Table();

        Assert.Equal(3, Read.Document(file, Defaults with { FieldNameCharacters = 18 }).Latest.Form.Fields.Count);
        var form = Read.Document(file, Defaults with { FieldNameCharacters = 17 }).Latest.Form;
        Assert.Equal((2, "the names of all fields together are too long"), (form.Fields.Count, Assert.Single(form.Defects)));
    }

    [Fact]
    public void A_creation_time_in_a_security_store_is_no_long_text()
    {
        string? Time(int length) => Assert.Single(Read.Document(PdfBytes.OnePage($"/DSS<</VRI<</AB<</TU({new string('1', length)})>>>>>>").Table()).Latest.SecurityStore!.Entries).TimeText;

        Assert.Equal(198, Time(198)!.Length);
        Assert.Null(Time(199));
    }
}
