using System.Globalization;
using Identity.TestKit;

namespace Identity.Signing.Tests.Appearances;

/// <summary>PDF/A stays PDF/A: LibreOffice's files, signed to the highest level twice, judged by PDFBox's validator, which knows part 1 level B.</summary>
public sealed class ArchivalFormatTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Another = "7.11.2 : Error on MetaData, part must be 1";

    private static readonly string[] Libraries = ["preflight.jar", "pdfbox2.jar", "fontbox2.jar", "xmpbox.jar", "commons-logging.jar", "bcprov.jar", "javax.activation.jar", "jaxb-api.jar"];

    [Theory]
    [InlineData(1, """{"visible":{}}""", """{"visible":{"page":1,"position":"top_right"}}""")]
    [InlineData(1, "{}", """{"visible":{}}""")]
    [InlineData(1, "{}", "{}")]
    // Parts 2 and 3: the same rules but that of the part's own number; what these parts alone ask is not judged by anybody here.
    [InlineData(2, """{"visible":{}}""", "{}")]
    [InlineData(3, """{"visible":{}}""", "{}")]
    public async Task A_signed_archival_document_is_one_still(int part, string first, string second)
    {
        system.Reset();
        var document = Office.Pdf(string.Create(CultureInfo.InvariantCulture, $"{{\"SelectPdfVersion\":{{\"type\":\"long\",\"value\":\"{part}\"}}}}"));
        Assert.Equal(part == 1 ? [] : [Another], Faults(document));

        system.Provider.Person = new StandInPerson("pairwise-pdfa", "PNOXX-48504210020", "Õnne \u05D3", "陈");
        foreach (var signature in new[] { first, second })
            document = await Sign(document, signature);

        Assert.Equal(part == 1 ? [] : [Another], Faults(document));
        Assert.Equal("TOTAL-PASSED", (await system.Verify(document)).Conclusion);
    }

    [Fact]
    public async Task With_the_operators_picture_too()
    {
        system.Reset();
        var picture = system.Pki.PathOf("emblem.png");
        var page = system.Pki.PathOf("emblem.pdf");
        await File.WriteAllBytesAsync(page, Pdfs.Page("Emblem"), SigningSystem.Cancellation);
        Assert.Equal(0, Tool.Run("pdftocairo", "-png", "-transp", "-r", "20", "-singlefile", page, picture[..^4]).ExitCode);
        await using var other = await system.StartAnotherOn(Path.Combine(system.Pki.Folder, "emblem"), $"--Signing:AppearancePicture={picture}");
        var signed = await Sign(Office.Pdf("{\"SelectPdfVersion\":{\"type\":\"long\",\"value\":\"1\"}}"), """{"visible":{}}""", other);

        Assert.Empty(Faults(signed));
        Assert.Equal("TOTAL-PASSED", (await system.Verify(signed)).Conclusion);
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, signed, SigningSystem.Cancellation);
        Assert.Contains("image", Tool.Run("pdfimages", "-list", path).Output, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void A_picture_or_fonts_that_cannot_be_used_are_refused_at_the_start()
    {
        SigningOptions Options() => new() { PublicAddress = "http://localhost:1/", Provider = "http://localhost:2/", Authority = "http://localhost:3/", Verification = "http://localhost:4/" };
        string Refused(SigningOptions options) => Assert.Throws<SettingRefusedException>(() => SigningSettings.Check(options, production: false)).Message;
        var options = Options();
        options.AppearancePicture = system.Pki.CertificatePath("root-ca");
        Assert.Equal("Signing:AppearancePicture must name a PNG or JPEG file: the picture is neither PNG nor JPEG.", Refused(options));
        options = Options();
        options.AppearanceFonts = system.Pki.PathOf("nowhere");
        Assert.Equal("Signing:AppearanceFonts must name a directory that exists.", Refused(options));
        options.AppearanceFonts = Directory.CreateDirectory(system.Pki.PathOf("fonts")).FullName;
        File.WriteAllText(Path.Combine(options.AppearanceFonts, "bad.ttf"), "OTTO");
        Assert.Equal("Signing:AppearanceFonts holds bad.ttf, which cannot be used: the file is no TrueType font with glyf outlines.", Refused(options));
    }

    [Fact]
    public void The_validator_finds_what_is_wrong() => Assert.NotEmpty(Faults(Pdfs.Page()));

    private async Task<byte[]> Sign(byte[] document, string signature, SigningSystem? service = null)
    {
        service ??= system;
        using var answer = await service.PostRequest(document, signature: signature);
        var id = (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
        using var browser = service.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await service.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = service.AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }

    private static string[] Faults(byte[] file)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            foreach (var library in Libraries.Where(library => !File.Exists("/usr/share/java/" + library)))
                Tool.Missing($"{library} is not installed; tests/run.sh installs it on Debian");
            var judged = Tool.Run("java", "-cp", string.Join(':', Libraries.Select(library => "/usr/share/java/" + library)), "org.apache.pdfbox.preflight.Validator_A1b", path).Output;
            Assert.Contains("valid PDF/A-1b file", judged, StringComparison.Ordinal);
            return [.. judged.Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
