using System.Net;
using System.Security.Cryptography;
using Identity.Verification.PrintedCodes;
using Identity.Verification.Tests.Engine;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Identity.Verification.Tests.PrintedCodes;

/// <summary>The page behind the code on a printed page: what Signing recorded, in three languages, and the file compared with the code.</summary>
public sealed class CodePage(Hierarchy hierarchy) : IAsyncLifetime
{
    private static readonly string Hash = new('a', 64);
    private readonly WebApplication signing = WebApplication.CreateBuilder().Build();
    private VerificationServer server = null!;
    private (int Status, string Body) answer = (404, "{}");
    private string asked = "";

    public async ValueTask InitializeAsync()
    {
        signing.Urls.Add("http://127.0.0.1:0");
        signing.MapGet("/codes/{hash}", async (HttpContext context, string hash) =>
        {
            asked = hash;
            context.Response.StatusCode = answer.Status;
            await context.Response.WriteAsync(answer.Body);
        });
        await signing.StartAsync();
        server = new VerificationServer(hierarchy) { Settings = [$"--Verification:Signing={signing.Urls.First()}/"] };
        await server.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await signing.DisposeAsync();
    }

    [Theory]
    [InlineData("en", "holds", "the signature still holds", "24 November 2026")]
    [InlineData("et", "holds", "allkiri kehtib", "24. november 2026")]
    [InlineData("zh-Hans", "holds", "签名仍然有效", "2026年11月24日")]
    [InlineData("en", "revoked", "the signature does not hold", "24 November 2026")]
    [InlineData("et", "revoked", "allkiri ei kehti", "24. november 2026")]
    [InlineData("zh-Hans", "revoked", "签名无效", "2026年11月24日")]
    [InlineData("en", "unknown", "could not be found out now", "24 November 2026")]
    [InlineData("en", "another word", "could not be found out now", "24 November 2026")]
    public async Task Says_that_it_was_signed_when_and_whether_it_holds(string language, string status, string verdict, string date)
    {
        answer = (200, Record(Hash, status));
        var page = await Get(Hash.ToUpperInvariant(), language);
        Assert.Equal(Hash, asked);
        Assert.Contains(verdict, page, StringComparison.Ordinal);
        Assert.Contains(date, page, StringComparison.Ordinal);
        Assert.Contains($"type=\"hidden\" name=\"sha256\" value=\"{Hash}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_worst_of_several_signatures_is_what_is_said_first()
    {
        answer = (200, $$"""{"sha256":"{{Hash}}","signatures":[{{Signature("holds")}},{{Signature("revoked")}}],"more":true}""");
        var page = await Get(Hash);
        Assert.Contains("id-verdict--failed", page, StringComparison.Ordinal);
        Assert.Contains("There are older signatures", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_known_is_said_so()
    {
        answer = (404, "{}");
        var page = await Get(Hash);
        Assert.Contains("knows no document with this code", page, StringComparison.Ordinal);
        Assert.Contains("id-verdict--unclear", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(302, "")]
    [InlineData(200, "")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, "[1]")]
    [InlineData(200, """{"sha256":"HASH","signatures":[],"more":false}""")]
    [InlineData(200, """{"sha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","signatures":[SIGNATURE],"more":false}""")]
    [InlineData(200, """{"sha256":"HASH","signatures":[{"signed_at":"2026-11-24T01:02:03Z","level":"B-T","signed_sha256":"<b>","status":"holds"}],"more":false}""")]
    [InlineData(200, """{"sha256":"HASH","signatures":[{"signed_at":"2026-11-24T01:02:03Z","level":null,"signed_sha256":"HASH","status":"holds"}],"more":false}""")]
    [InlineData(200, """{"sha256":"HASH","signatures":[null],"more":false}""")]
    [InlineData(200, """{"sha256":"HASH","signatures":[SIGNATURE,null],"more":false}""")]
    [InlineData(200, "LONG")]
    public async Task Whatever_else_comes_is_no_answer(int status, string body)
    {
        answer = (status, body == "LONG" ? new string(' ', SigningRecords.LargestAnswer) + Record(Hash, "holds")
            : body.Replace("HASH", Hash, StringComparison.Ordinal).Replace("SIGNATURE", Signature("holds"), StringComparison.Ordinal));
        var page = await Get(Hash);
        Assert.Contains("does not answer at the moment", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id-verdict--none", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_the_largest_size_is_read()
    {
        var record = Record(Hash, "holds");
        answer = (200, record + new string(' ', SigningRecords.LargestAnswer - record.Length));
        Assert.Contains("id-verdict--none", await Get(Hash), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_Signing_the_page_says_so_and_takes_the_file()
    {
        await signing.StopAsync(TestContext.Current.CancellationToken);
        var page = await Get(Hash);
        Assert.Contains("does not answer at the moment", page, StringComparison.Ordinal);
        Assert.Contains("enctype=\"multipart/form-data\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("../../../../etc/passwd/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task What_is_no_code_asks_nobody(string code)
    {
        using var response = await server.Client.GetAsync(new Uri("/?sha256=" + Uri.EscapeDataString(code), UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("The address from the code is damaged", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("", asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task The_file_is_compared_with_the_code(string end)
    {
        // The original may end with or without an end of line: where there is none, one is put before the signature.
        byte[] original = [.. HandMadePdf.Plain()[..^1], .. System.Text.Encoding.ASCII.GetBytes(end)];
        var signed = hierarchy.Sign(end.Length == 0 ? [.. original, .. "\n"u8] : original);
        Assert.Equal(new CodeComparison.SignedDocument(1), await Compare(signed, original));
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(signed, signed));
        Assert.Equal(new CodeComparison.AnotherDocument(), await Compare(signed, original[..^9]));
        Assert.Contains("The code belongs to another document", await Post(signed, Hash), StringComparison.Ordinal);
        Assert.Contains("The code belongs to another document", await Post(HandMadePdf.Flip(signed, 11), Hex(original)), StringComparison.Ordinal);
        var without = await Post(signed, null);
        Assert.DoesNotContain("of the code", without, StringComparison.Ordinal);
        Assert.DoesNotContain("The code belongs", without, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_that_passes_on_the_document_of_the_code_is_confirmed()
    {
        var original = HandMadePdf.Plain();
        var first = hierarchy.Sign(original, CmsShape.By("liis", "stamps"));
        var signed = Kept(first);
        var page = await Post(signed, Hex(original));
        Assert.Contains("This is the document of the code: the code stands for state 1 ", page, StringComparison.Ordinal);
        Assert.Contains("usa-alert--success", page, StringComparison.Ordinal);
        // What a second signer would have approved, who did not sign: validation data are no signature.
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(signed, first));
    }

    [Theory]
    [InlineData("en", "The file begins with the document of the code.")]
    [InlineData("et", "Fail algab selle koodi dokumendiga.")]
    [InlineData("zh-Hans", "此文件以该二维码对应的文档开头。")]
    public async Task A_document_that_nobody_signed_is_not_confirmed_whatever_is_put_behind_it(string language, string text)
    {
        var original = HandMadePdf.Plain();
        var updated = HandMadePdf.Append(original, (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        foreach (var file in new[] { original, updated, [.. original, .. "more"u8], hierarchy.Sign(original, CmsShape.By("stranger")) })
        {
            var page = await Post(file, Hex(original), language);
            Assert.Contains(text, page, StringComparison.Ordinal);
            Assert.Contains("usa-alert--info", page, StringComparison.Ordinal);
            Assert.DoesNotContain("usa-alert--success", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_signature_on_another_state_confirms_no_code()
    {
        var original = HandMadePdf.Plain();
        var changed = HandMadePdf.Append(original, (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        // All of these pass or would, but for what the code stands for.
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(hierarchy.Sign(changed), original));
        Assert.Equal(new CodeComparison.SignedDocument(2), await Compare(hierarchy.Sign(changed), changed));
        // What is signed in the same update that changes the document.
        var together = hierarchy.Sign(original, shape: new SignatureShape { Page = "/Rotate 180" });
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(together, original));
        var hiding = hierarchy.Sign(original, shape: new SignatureShape { Dictionary = "/Reason(endobj 4 0 obj [1] endobj)" });
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(hiding, original));
        // What is changed after the signature.
        var after = HandMadePdf.Append(hierarchy.Sign(original), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        Assert.Equal(new CodeComparison.BeginsWithIt(), await Compare(after, original));
    }

    [Fact]
    public async Task An_end_of_file_inside_the_signed_state_is_not_its_end()
    {
        // A comment that ends like a file: the code stands for a part of the first state, which goes on.
        var plain = HandMadePdf.Plain();
        var whole = System.Text.Encoding.Latin1.GetString(plain);
        var at = whole.IndexOf('\n', StringComparison.Ordinal) + 1;
        byte[] inside = [.. plain[..at], .. "%%EOF\n"u8];
        var file = hierarchy.Sign(plain);
        var report = await Validating.Report(file, hierarchy);
        Assert.True(report.HasPassed);
        "%%EOF\n"u8.CopyTo(file.AsSpan(at));
        Assert.Equal(new CodeComparison.BeginsWithIt(), CodeComparison.Of(PrintedCode.Parse(Hex(inside))!, file, report));
        Assert.True(inside.Length < report.Revisions[0].Length);
    }

    private async Task<CodeComparison> Compare(byte[] file, byte[] ofCode)
    {
        var report = await Validating.Report(file, hierarchy);
        return CodeComparison.Of(PrintedCode.Parse(Hex(ofCode))!, file, report);
    }

    /// <summary>With the revocation lists in it: the service of the test asks nobody.</summary>
    private byte[] Kept(byte[] signed) => new ArchivedDocument(hierarchy, signed)
        .Store(("CRLs", hierarchy.RevocationList("root-ca", Hierarchy.Now)), ("CRLs", hierarchy.RevocationList("people-ca", Hierarchy.Now))).File;

    [Fact]
    public void A_file_full_of_ends_is_given_up()
    {
        // One more than is tried, and nothing else: the hash is that of the part before the last.
        var text = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("%%EOFx", 1026)));
        Assert.Equal(6 * 1024 - 1, PrintedCode.Parse(Hex(text[..(6 * 1024 - 1)]))!.Find(text));
        Assert.Null(PrintedCode.Parse(Hex(text[..(6 * 1025 - 1)]))!.Find(text));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Signature(string status) => $$"""{"signed_at":"2026-11-24T01:02:03Z","level":"B-T","signed_sha256":"{{new string('c', 64)}}","status":"{{status}}"}""";

    private static string Record(string hash, string status) => $$"""{"sha256":"{{hash}}","signatures":[{{Signature(status)}}],"more":false}""";

    private async Task<string> Get(string hash, string language = "en")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?sha256=" + hash);
        request.Headers.AcceptLanguage.ParseAdd(language);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<string> Post(byte[] file, string? code, string language = "en")
    {
        using var response = await server.Upload(file, "/", code: code, language: language);
        return WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
