using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

/// <summary>What a signature's algorithm needs to be declared is declared once, beside what is there (ISO 32000-2 7.12).</summary>
public sealed class DeveloperExtensionTests
{
    private const string Curves = "<</Type/DeveloperExtensions/BaseVersion/2.0/ExtensionLevel 32002/ExtensionRevision(:2022)/URL(https://www.iso.org/standard/45875.html)>>";

    [Theory]
    [InlineData("", "<</ISO_[" + Curves + "]>>")]
    [InlineData("/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>", "<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>/ISO_[" + Curves + "]>>")]
    [InlineData("/Extensions<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32001>>]>>", "<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32001>>" + Curves + "]>>")]
    [InlineData("/Extensions<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32002>>]>>", "<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32002>>]>>")]
    [InlineData("/Extensions<</ISO_<</BaseVersion/2.0/ExtensionLevel 32001>>>>", "<</ISO_<</BaseVersion/2.0/ExtensionLevel 32001>>>>")]
    [InlineData("/Extensions[1]", "[1]")]
    public void An_extension_is_declared_beside_what_is_there(string catalog, string extensions) =>
        Assert.Equal(extensions, Read.Raw(Signed(catalog, DeveloperExtension.EllipticCurves).Latest.Catalog["Extensions"]!));

    [Fact]
    public void Without_one_the_catalog_says_nothing() => Assert.Null(Signed("", null).Latest.Catalog["Extensions"]);

    private static PdfDocument Signed(string catalog, DeveloperExtension? extension)
    {
        var prepared = SignatureUpdate.Prepare(Read.Document(PdfBytes.OnePage(catalog).Table().ToArray()),
            new SignatureRequest { ContentsBytes = 64, SigningTime = DateTimeOffset.UnixEpoch, Extension = extension });
        var signature = Assert.IsType<SignaturePreparation.Prepared>(prepared).Signature;
        return Read.Document([.. signature.Original.InMemory!.Value.Span, .. signature.SignedTail(new byte[8])!.Value.Span]);
    }
}
