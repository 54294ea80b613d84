using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

public sealed class FilterTests
{
    [Theory]
    [InlineData("/Filter/ASCIIHexDecode", "48 65 6C6c 6f3>", "Hello0")]
    [InlineData("/Filter/ASCII85Decode", "87cURDZ~>", "Hello")]
    [InlineData("/Filter/ASCII85Decode", "z~>", "\0\0\0\0")]
    [InlineData("/Filter/RunLengthDecode", "\u0001He\u00ffl\u0000o\u0080", "Hello")]
    [InlineData("/Filter[/AHx/RL]", "0148 65 ff 6c 00 6f 80>", "Hello")]
    [InlineData("/Filter/LZWDecode", "\u0080\u000B\u0060\u0050\u0022\u000C\u000C\u0085\u0001", "-----A---B")]
    [InlineData("", "as it is", "as it is")]
    [InlineData("/Filter/Crypt", "as it is", "as it is")]
    public void Decodes(string entries, string data, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(Assert.IsType<StreamData.Decoded>(Decode(entries, Encoding.Latin1.GetBytes(data))).Bytes.Span));

    [Theory]
    [InlineData("/Filter/ASCIIHexDecode", "4x>", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/ASCII85Decode", "uuuuu~>", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/ASCII85Decode", "!~>", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/RunLengthDecode", "\u0005He", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/FlateDecode", "not deflated", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/LZWDecode", "\u00ff\u00ff\u00ff", PdfRefusalCode.Malformed)]
    [InlineData("/Filter/DCTDecode", "x", PdfRefusalCode.Unsupported)]
    [InlineData("/Filter/Crypt/DecodeParms<</Name/StdCF>>", "x", PdfRefusalCode.Unsupported)]
    [InlineData("/F(other.bin)", "x", PdfRefusalCode.Unsupported)]
    [InlineData("/Filter 5", "x", PdfRefusalCode.Malformed)]
    public void Fails_with_a_reason(string entries, string data, PdfRefusalCode code) =>
        Assert.Equal(code, Assert.IsType<StreamData.Failed>(Decode(entries, Encoding.Latin1.GetBytes(data))).Refusal.Code);

    [Theory]
    [InlineData(2, 2, new byte[] { 1, 2, 3, 1, 1, 1 }, new byte[] { 1, 3, 6, 1, 2, 3 })]
    [InlineData(12, 1, new byte[] { 1, 5, 1, 1, 2, 1, 1, 1, 3, 2, 2, 2, 4, 1, 1, 1, 0, 9, 9, 9 },
        new byte[] { 5, 6, 7, 6, 7, 8, 5, 8, 10, 6, 9, 11, 9, 9, 9 })]
    public void Undoes_predictors(int predictor, int _, byte[] data, byte[] expected)
    {
        var entries = $"/Filter/FlateDecode/DecodeParms<</Predictor {predictor}/Columns 3>>";

        Assert.Equal(expected, Assert.IsType<StreamData.Decoded>(Decode(entries, PdfBytes.Deflate(data))).Bytes.ToArray());
    }

    [Theory]
    [InlineData("/Predictor 15/Columns 2000000")]
    [InlineData("/Predictor 15/Columns -1")]
    [InlineData("/Predictor 15/Colors 33")]
    [InlineData("/Predictor(x)")]
    public void Refuses_predictor_parameters_out_of_range(string parameters) => Assert.Equal(PdfRefusalCode.Malformed,
        Assert.IsType<StreamData.Failed>(Decode($"/Filter/FlateDecode/DecodeParms<<{parameters}>>", PdfBytes.Deflate([1, 2]))).Refusal.Code);

    private static StreamData Decode(string entries, byte[] data)
    {
        var view = Read.Document(PdfBytes.OnePage().Stream(4, entries, data).Table()).Latest;
        return view.Decode(Assert.IsType<PdfStream>(view.Resolve(new ObjectId(4, 0))));
    }
}
