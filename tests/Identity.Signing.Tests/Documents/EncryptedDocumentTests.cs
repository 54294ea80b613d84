using System.Net;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Signing.Pades;
using Identity.TestKit;

namespace Identity.Signing.Tests.Documents;

/// <summary>Documents that qpdf encrypted come back signed, encrypted the same way, and as valid for other programs as they were readable.</summary>
public sealed class EncryptedDocumentTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("40")]
    [InlineData("128 --use-aes=n")]
    [InlineData("128 --use-aes=y --cleartext-metadata")]
    [InlineData("256")]
    [InlineData("256 --force-R5")]
    public async Task An_encrypted_document_is_signed_for_archiving_with_its_password(string variant)
    {
        system.Reset();
        var document = Pdfs.Encrypted("pärast", variant.Split(' '));
        using var posted = await system.PostRequest(document, password: "pärast", level: "B-LTA");
        Assert.Equal(HttpStatusCode.Created, posted.StatusCode);
        var id = (await SigningSystem.Json(posted))["id"]!.GetValue<string>();
        var kept = Directory.GetFiles(Path.Combine(system.Documents, id[..2]), id + ".password").Single();
        Assert.DoesNotContain("rast", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(kept, SigningSystem.Cancellation)), StringComparison.Ordinal);

        var signed = await Finish(id);

        Assert.True(signed.AsSpan().StartsWith(document));
        Assert.False(File.Exists(kept));
        Assert.DoesNotContain(system.Audit(id), entry => entry.GetRawText().Contains("rast", StringComparison.Ordinal));
        Whole(signed, "pärast");
    }

    [Fact]
    public async Task What_opens_without_being_asked_needs_no_password()
    {
        system.Reset();
        using var posted = await system.PostRequest(Pdfs.Encrypted(""), level: "B-LTA");
        Assert.Equal(HttpStatusCode.Created, posted.StatusCode);
        var id = (await SigningSystem.Json(posted))["id"]!.GetValue<string>();
        Assert.Empty(Directory.GetFiles(system.Documents, "*.password", SearchOption.AllDirectories));
        Whole(await Finish(id), "");
    }

    [Theory]
    [InlineData(null, "256", "encrypted", "the document is encrypted and opens with a password")]
    [InlineData("Secret", "256", "encrypted", "the document is encrypted and opens with another password")]
    [InlineData("secret", "256 --modify=none", "not_permitted", "the document is encrypted, and its permissions forbid this addition without the owner's password")]
    public async Task Is_refused_when_it_arrives_and_nothing_is_kept(string? password, string variant, string reason, string detail)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Encrypted("secret", variant.Split(' ')), password: password);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var error = await SigningSystem.Json(answer);
        Assert.Equal((reason, detail), (error["reason"]!.GetValue<string>(), error["error_description"]!.GetValue<string>()));
        Assert.Empty(Directory.GetFiles(system.Documents, "*.password", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(127, HttpStatusCode.UnprocessableEntity)]
    [InlineData(128, HttpStatusCode.BadRequest)]
    public async Task A_password_has_at_most_127_bytes(int length, HttpStatusCode status)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Encrypted(), password: new string('p', length));
        Assert.Equal(status, answer.StatusCode);
    }

    private async Task<byte[]> Finish(string id)
    {
        await SigningSystem.Approve(system.NewBrowser(), id);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = system.AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }

    private static void Whole(byte[] signed, string password)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, signed);
            // Old versions take a password in PDFDocEncoding, new ones in UTF-8; qpdf and poppler take it as it is typed.
            var check = Tool.RunWith("qpdf", ["--password=" + password, "--check", path]);
            Assert.True(check.ExitCode == 0 && check.Text.Contains("No syntax or stream encoding errors found", StringComparison.Ordinal), check.Text);
            var pdfsig = Tool.RunWith("pdfsig", ["-nocert", "-opw", "owner", path]);
            Assert.True(pdfsig.Text.Split("Signature is Valid.").Length == 2, pdfsig.Text);
            Assert.Contains("Total document signed", pdfsig.Text, StringComparison.Ordinal);
            // This poppler does not look into document time-stamps: that it holds is our own word.
            var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(DocumentBytes.OfMemory(signed, password), ValidationData.None, despiteCertification: false)).Document;
            Assert.Equal([false, true], opened.Signatures.Select(signature => signature.IsTimestamp));
            Assert.Contains("A deed", Tool.RunWith("pdftotext", ["-opw", "owner", path, "-"]).Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
