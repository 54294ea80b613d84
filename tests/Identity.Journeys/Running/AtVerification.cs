using System.Net.Http.Json;
using System.Text.Json;
using Identity.TestKit;

namespace Identity.Journeys.Running;

/// <summary>The ways to have a file verified: the page in a browser, the two interfaces, the command line.</summary>
public sealed class AtVerification(DevHostProcess host)
{
    private string Address => host.Address(300);

    /// <summary>Uploads on the page and waits for the answer.</summary>
    public async Task Page(Visitor visitor, string name, byte[] file)
    {
        await visitor.Go(Address);
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(new Microsoft.Playwright.FilePayload { Name = name, MimeType = "application/pdf", Buffer = file });
        await visitor.Click("form[enctype] button[type=submit]:not([data-package])");
        await visitor.Page.Locator(".id-verdict").WaitForAsync();
    }

    /// <summary>`verify --package --package-time` on this copy's trust: its exit code and report.</summary>
    public (int ExitCode, JsonElement Report) Package(byte[] package)
    {
        var path = Path.Combine(host.Data, "evidence.zip");
        File.WriteAllBytes(path, package);
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Verification"), "verify", "--json", "--package", "--package-time", "--trust", Path.GetDirectoryName(host.RootCertificate)!, path);
        Assert.True(result.Output.Length > 0, result.Error);
        return (result.ExitCode, JsonDocument.Parse(Assert.Single(result.Output.TrimEnd().Split('\n'))).RootElement);
    }

    /// <summary>The one signature of a report; the time-stamps of its archive are beside it.</summary>
    public static JsonElement SignatureOf(JsonElement report) =>
        Assert.Single(report.GetProperty("signatures").EnumerateArray(), one => one.GetProperty("kind").GetString() == "signature");

    /// <summary>Our report by `POST /v1/validations`.</summary>
    public async Task<JsonElement> Report(byte[] file)
    {
        using var client = new HttpClient();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "file", "file.pdf" } };
        using var answer = await client.PostAsync(Address + "v1/validations", form, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>SiVa's conclusion by `POST /validate`.</summary>
    public async Task<JsonElement> Siva(byte[] file)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync(
            Address + "validate", new { document = Convert.ToBase64String(file), filename = "file.pdf" }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var report = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return report.GetProperty("validationReport").GetProperty("validationConclusion");
    }

    /// <summary>`verify --json` on this copy's trust: its exit code and report.</summary>
    public (int ExitCode, JsonElement Report) CommandLine(byte[] file)
    {
        var path = Path.Combine(host.Data, "to-verify.pdf");
        File.WriteAllBytes(path, file);
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Verification"), "verify", "--json", "--trust", Path.GetDirectoryName(host.RootCertificate)!, path);
        Assert.True(result.Output.Length > 0, result.Error);
        return (result.ExitCode, JsonDocument.Parse(Assert.Single(result.Output.TrimEnd().Split('\n'))).RootElement);
    }
}
