namespace Identity.Web;

/// <summary>
/// The model of <c>&lt;partial name="/PdfViewer.cshtml" model="..." /&gt;</c>, which shows a PDF in the page.
/// </summary>
/// <param name="Source">Local address that answers with exactly the bytes to be shown.</param>
/// <param name="Sha256">SHA-256 of those bytes, 64 hexadecimal digits: the page refuses to show others.</param>
public sealed record PdfView(string Source, string Sha256);
