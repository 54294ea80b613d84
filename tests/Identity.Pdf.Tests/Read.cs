using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests;

/// <summary>What a test expects of reading.</summary>
internal static class Read
{
    public static PdfDocument Document(byte[] file, PdfLimits? limits = null)
    {
        var read = PdfDocument.Read(file, limits);
        FromDisk.MustAgree(read, file, limits);
        return read is PdfRead.Document document ? document.Value : throw new InvalidOperationException(((PdfRead.Refused)read).Refusal.ToString());
    }

    public static PdfDocument Document(PdfBytes file, PdfLimits? limits = null) => Document(file.ToArray(), limits);

    public static void Refused(PdfRefusalCode code, string message, byte[] file, PdfLimits? limits = null)
    {
        var read = PdfDocument.Read(file, limits);
        FromDisk.MustAgree(read, file, limits);
        var refusal = Assert.IsType<PdfRead.Refused>(read).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    public static void Refused(PdfRefusalCode code, string message, PdfBytes file, PdfLimits? limits = null) => Refused(code, message, file.ToArray(), limits);

    public static string Raw(PdfObject value) => Encoding.Latin1.GetString(value.Raw.Span);
}
