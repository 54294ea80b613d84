using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Signing.Appearances;

namespace Identity.Signing.Tests.Appearances;

/// <summary>What anybody learns who has a page with a code on it.</summary>
public sealed class CodeEndpointTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task Says_that_when_and_to_what_file_it_was_signed_and_whether_it_holds_but_not_by_whom()
    {
        system.Reset();
        var original = Pdfs.Page("A code for one");
        var signed = await system.Sign(original, "secret-name.pdf", "B-LT");

        var (status, text) = await Ask(Convert.ToHexString(SHA256.HashData(original)));
        Assert.Equal(HttpStatusCode.OK, status);
        var record = JsonNode.Parse(text)!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(original)), record["sha256"]!.GetValue<string>());
        var signature = Assert.Single(record["signatures"]!.AsArray())!;
        Assert.Equal(["signed_at", "level", "signed_sha256", "status"], signature.AsObject().Select(member => member.Key));
        Assert.Equal(("B-LT", "holds", Convert.ToHexStringLower(SHA256.HashData(signed))),
            (signature["level"]!.GetValue<string>(), signature["status"]!.GetValue<string>(), signature["signed_sha256"]!.GetValue<string>()));
        Assert.False(record["more"]!.GetValue<bool>());
        foreach (var personal in new[] { system.Provider.Person.FamilyName, system.Provider.Person.GivenName, "PNO", "secret-name", "Sign the deed" })
            Assert.DoesNotContain(personal, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_certificate_revoked_before_is_told()
    {
        system.Reset();
        var revoked = Pdfs.Page("Revoked at once");
        system.Authority.Revokes = true;
        await system.Sign(revoked, level: "B-T");
        Assert.Equal("revoked", await Status(revoked));
    }

    [Fact]
    public async Task A_document_that_waits_for_its_signature_is_not_signed()
    {
        system.Reset();
        var waiting = Pdfs.Page("Not yet");
        await system.CreateRequest(waiting);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask(Convert.ToHexStringLower(SHA256.HashData(waiting)))).Status);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public async Task Everything_else_is_not_found(string hash) => Assert.Equal(HttpStatusCode.NotFound, (await Ask(hash)).Status);

    [Fact]
    public async Task Lists_so_many_and_says_when_there_are_more()
    {
        system.Reset();
        var form = Pdfs.Page("A form that many sign");
        for (var i = 0; i < CodeRecords.ListedSignatures; i++)
            await system.Sign(form, level: "B-T");
        var at = JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(form)))).Text)!;
        Assert.Equal((CodeRecords.ListedSignatures, false), (at["signatures"]!.AsArray().Count, at["more"]!.GetValue<bool>()));
        await system.Sign(form, level: "B-T");
        var over = JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(form)))).Text)!;
        Assert.Equal((CodeRecords.ListedSignatures, true), (over["signatures"]!.AsArray().Count, over["more"]!.GetValue<bool>()));
    }

    private async Task<string> Status(byte[] document) =>
        JsonNode.Parse((await Ask(Convert.ToHexStringLower(SHA256.HashData(document)))).Text)!["signatures"]![0]!["status"]!.GetValue<string>();

    private async Task<(HttpStatusCode Status, string Text)> Ask(string hash)
    {
        using var client = new HttpClient { BaseAddress = new Uri(system.Address) };
        using var answer = await client.GetAsync(new Uri("codes/" + hash, UriKind.Relative), SigningSystem.Cancellation);
        if (answer.StatusCode == HttpStatusCode.OK)
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
    }
}
