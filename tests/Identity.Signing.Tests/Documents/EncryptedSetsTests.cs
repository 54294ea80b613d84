using System.Net;
using System.Security.Cryptography;
using Identity.Signing.Tests.Seals;

namespace Identity.Signing.Tests.Documents;

/// <summary>Encrypted documents in the other ways in which agencies hand documents over: to be sealed, and several at once.</summary>
public sealed class EncryptedSetsTests(SealSystem seals) : IClassFixture<SealSystem>
{
    private SigningSystem System => seals.Service;

    [Fact]
    public async Task An_encrypted_document_is_sealed_with_its_password_and_nothing_of_it_is_kept()
    {
        System.Reset();
        var document = Pdfs.Encrypted("pärast");
        using var answer = await SealSystem.Post(System, document, SealSystem.Seal, "B-LTA", password: "pärast");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var sealed_ = await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
        Assert.True(sealed_.AsSpan().StartsWith(document));
        Encrypted.Whole(sealed_, "pärast");
        Assert.Empty(Directory.GetFiles(System.Documents, "*.password", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.UnprocessableEntity, "the document is encrypted and opens with a password")]
    [InlineData("another", HttpStatusCode.UnprocessableEntity, "the document is encrypted and opens with another password")]
    [InlineData("secret\uFFFE", HttpStatusCode.BadRequest, "document_password must have at most 127 bytes, and no noncharacters of Unicode.")]
    public async Task Without_its_password_it_is_sealed_by_nobody(string? password, HttpStatusCode status, string description)
    {
        System.Reset();
        using var answer = await SealSystem.Post(System, Pdfs.Encrypted("secret"), SealSystem.Seal, password: password);
        Assert.Equal((status, description), (answer.StatusCode, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Documents_of_a_batch_open_with_one_password_which_is_forgotten_when_each_is_signed()
    {
        System.Reset();
        byte[][] documents = [Pdfs.Encrypted("pärast"), Pdfs.Page("opens without"), Pdfs.Encrypted("pärast", "128", "--use-aes=y")];
        using var refused = await Post(documents, "another");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Document 1: the document is encrypted and opens with another password"), (refused.StatusCode, (await SigningSystem.Json(refused))["error_description"]!.GetValue<string>()));
        using var taken = await Post(documents, "pärast");
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        var id = (await SigningSystem.Json(taken))["id"]!.GetValue<string>();
        using var browser = System.NewBrowser();
        await browser.Post($"batches/{id}/review", await Browser.Fields(await browser.Get($"batches/{id}/review")));
        using var client = System.AgencyClient();
        for (var i = 0; i < 500 && (await SigningSystem.Json(await client.GetAsync($"batches/{id}", SigningSystem.Cancellation)))["status"]!.GetValue<string>() != "signed"; i++)
            await Task.Delay(40, SigningSystem.Cancellation);
        using var zip = new global::System.IO.Compression.ZipArchive(await client.GetStreamAsync($"batches/{id}/signed.zip", SigningSystem.Cancellation));
        Assert.Equal(3, zip.Entries.Count);
        foreach (var at in new[] { 0, 2 })
        {
            using var read = new MemoryStream();
            await using (var entry = await zip.Entries[at].OpenAsync(SigningSystem.Cancellation))
                await entry.CopyToAsync(read, SigningSystem.Cancellation);
            Encrypted.Whole(read.ToArray(), "pärast");
        }

        Assert.Empty(Directory.GetFiles(System.Documents, "*.password", SearchOption.AllDirectories));
    }

    private async Task<HttpResponseMessage> Post(byte[][] documents, string password)
    {
        using var client = System.AgencyClient();
        using var form = new MultipartFormDataContent { { new StringContent("Sign the deeds"), "purpose" }, { new StringContent(SigningSystem.AgencyReturn), "return_url" }, { new StringContent(password), "document_password" } };
        foreach (var document in documents)
            form.Add(new ByteArrayContent(document), "document", "deed.pdf");
        using var message = new HttpRequestMessage(HttpMethod.Post, "batches") { Content = form };
        message.Headers.TryAddWithoutValidation("Idempotency-Key", Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
        return await client.SendAsync(message, SigningSystem.Cancellation);
    }
}
