using System.IO.Compression;
using Identity.Journeys.Running;
using Microsoft.Playwright;

namespace Identity.Journeys.Journeys;

/// <summary>A person signs several documents with one use of their passkey.</summary>
[Collection("whole system")]
public sealed class BatchJourneys(WholeSystem system)
{
    [Theory]
    [InlineData("en", DemoCodes.Liis, 12)]
    [InlineData("et", DemoCodes.Wei, 3)]
    [InlineData("zh-Hans", DemoCodes.Amira, 3)]
    public async Task Uploads_several_documents_approves_them_at_once_and_takes_all_home(string language, string code, int count)
    {
        await using var visitor = await system.Visit(language);
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(code);
        var documents = new List<FilePayload>();
        for (var i = 1; i <= count; i++)
            documents.Add(new FilePayload { Name = $"lepe {i}.pdf", MimeType = "application/pdf", Buffer = await OwnDocumentJourneys.MadeByChromium(visitor, $"contract {i}") });
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(documents);
        await visitor.Click("form[enctype] button");
        await visitor.Arrive(system.Host.Address(200) + "batches/");
        Assert.Equal(count, await visitor.Page.Locator("ol.id-documents > li").CountAsync());
        await visitor.Look("signing-batch-review");

        // Each can be read.
        await visitor.Click("ol.id-documents > li:nth-child(2) a");
        await signing.Shown();
        await visitor.Look("signing-batch-document");
        await visitor.Click("a[href^='/batches/']");
        await visitor.Arrive(system.Host.Address(200) + "batches/");

        await signing.AskForApproval();
        Assert.Equal(count, await visitor.Page.Locator("ol.id-documents > li").CountAsync());
        await visitor.Look("provider-approve-batch");
        await visitor.UsePasskey();
        await visitor.Arrive(system.Host.Address(200) + "batches/");
        await visitor.Page.Locator(".id-verdict--passed, .id-verdict--failed").WaitForAsync();
        Assert.True(await visitor.Page.Locator(".id-verdict--passed").CountAsync() == 1, await visitor.Text("main"));
        await visitor.Look("signing-batch-result");

        using var zip = new ZipArchive(new MemoryStream(await visitor.Download("a[href$='/signed.zip']")));
        Assert.Equal(Enumerable.Range(1, count).Select(i => $"{i:000}-lepe {i}-signed.pdf"), zip.Entries.Select(entry => entry.FullName));
    }
}
