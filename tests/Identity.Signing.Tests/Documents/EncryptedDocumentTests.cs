using System.Net;
using System.Text;

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
        Encrypted.Whole(signed, "pärast");
    }

    [Fact]
    public async Task What_opens_without_being_asked_needs_no_password()
    {
        system.Reset();
        using var posted = await system.PostRequest(Pdfs.Encrypted(""), level: "B-LTA");
        Assert.Equal(HttpStatusCode.Created, posted.StatusCode);
        var id = (await SigningSystem.Json(posted))["id"]!.GetValue<string>();
        Assert.Empty(Directory.GetFiles(system.Documents, "*.password", SearchOption.AllDirectories));
        Encrypted.Whole(await Finish(id), "");
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

    [Theory]
    // RFC 4013 2.3: noncharacters, which no normalization takes.
    [InlineData("secret\uFFFE")]
    [InlineData("secret\uFFFF")]
    [InlineData("\uFDD0secret")]
    [InlineData("\U0001FFFEsecret")]
    public async Task A_password_of_noncharacters_is_refused(string password)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Encrypted(), password: password);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("document_password must have at most 127 bytes, and no noncharacters of Unicode.", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
        Assert.Empty(Directory.GetFiles(system.Documents, "*.password", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Characters_that_look_strange_are_a_password()
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Encrypted("\uFFFD\uE000\U0001F511"), password: "\uFFFD\uE000\U0001F511");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task<byte[]> Finish(string id)
    {
        await SigningSystem.Approve(system.NewBrowser(), id);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = system.AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }
}
