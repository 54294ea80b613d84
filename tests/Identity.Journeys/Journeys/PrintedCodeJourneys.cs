using System.Security.Cryptography;
using Identity.Journeys.Running;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Journeys.Journeys;

/// <summary>Somebody gets a printed page with a signature on it, and follows its code; later the file comes too, and one that opens with a password only.</summary>
[Collection("whole system")]
public sealed class PrintedCodeJourneys(WholeSystem system)
{
    private static (byte[] Original, byte[] Signed)? made;

    [Theory]
    [InlineData("en")]
    [InlineData("et")]
    [InlineData("zh-Hans")]
    public async Task The_code_on_the_page_leads_to_what_was_signed_and_the_file_is_compared_with_it(string language)
    {
        Tool.Require("zbarimg");
        var (original, signed) = await SignedVisibly();
        var address = Assert.Single(Codes(signed));
        Assert.Equal(system.Host.Address(300) + "?sha256=" + Convert.ToHexStringLower(SHA256.HashData(original)), address);

        await using var visitor = await system.Visit(language);
        await visitor.Go(address);
        await visitor.Page.Locator(".id-verdict--none").WaitForAsync();
        Assert.DoesNotContain("Tamm", await visitor.Text("main"), StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(signed)), (await visitor.Text(".id-summary .id-hash")).Replace("\n", "", StringComparison.Ordinal));
        await visitor.Look("verification-code");

        await Send(visitor, signed);
        await visitor.Page.Locator(".usa-alert--success").WaitForAsync();
        await visitor.Page.Locator(".id-verdict--passed").WaitForAsync();
        await visitor.Look("verification-code-same-file");

        await visitor.Go(address);
        await Send(visitor, original[..^20]);
        await visitor.Page.Locator(".usa-alert--error").WaitForAsync();

        await visitor.Go(system.Host.Address(300) + "?sha256=" + new string('0', 64));
        await visitor.Page.Locator(".id-verdict--unclear").WaitForAsync();
        await visitor.Look("verification-code-unknown");
        await visitor.Go(system.Host.Address(300) + "?sha256=no-code");
        await visitor.Page.Locator(".usa-alert--error").WaitForAsync();
        await visitor.Look("verification-code-damaged");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("et")]
    [InlineData("zh-Hans")]
    public async Task A_file_that_asks_for_a_password_is_opened_on_the_page_by_keyboard(string language)
    {
        await using var visitor = await system.Visit(language);
        await visitor.Go(system.Host.Address(300));
        await Send(visitor, Encrypted("tr7-Zebra"));
        var field = visitor.Page.Locator("input[type=password][required]");
        await field.WaitForAsync();
        Assert.Equal("password", await visitor.Page.EvaluateAsync<string>("document.activeElement.id"));
        await visitor.Look("verification-password-needed");
        // The file stays chosen: only the password is typed.
        await field.FillAsync("wrong");
        await field.PressAsync("Enter");
        await visitor.Page.Locator("input[type=password][required]:focus").WaitForAsync();
        await Microsoft.Playwright.Assertions.Expect(field).ToHaveValueAsync("");
        await visitor.Look("verification-password-wrong");
        await field.FillAsync("tr7-Zebra");
        await field.PressAsync("Enter");
        await visitor.Page.Locator(".id-verdict--none").WaitForAsync();
        await visitor.Look("verification-password-opened");
        Assert.DoesNotContain("Zebra", await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(visitor.PagesSeen, page => page.Contains("Zebra", StringComparison.Ordinal));
    }

    private async Task<(byte[] Original, byte[] Signed)> SignedVisibly()
    {
        if (made is { } before)
            return before;
        await using var visitor = await system.Visit();
        var signing = new AtSigning(system.Host, visitor);
        await signing.SignIn(DemoCodes.Liis);
        await visitor.Go(system.Host.Address(200));
        var original = HandMadePdf.Plain();
        await signing.Upload("sale.pdf", original);
        await signing.Shown();
        await visitor.Click("label[for=visible-bottom_left]");
        await signing.AskForApproval();
        await signing.ApproveAndBeDone();
        made = (original, await signing.Download());
        return made.Value;
    }

    private static async Task Send(Visitor visitor, byte[] file)
    {
        await visitor.Page.Locator("input[type=file]").SetInputFilesAsync(new Microsoft.Playwright.FilePayload { Name = "sale.pdf", MimeType = "application/pdf", Buffer = file });
        await visitor.Click("form[enctype] button[type=submit]:not([data-package])");
    }

    private static byte[] Encrypted(string password) => InFolder(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "plain.pdf"), HandMadePdf.Plain());
        var result = Tool.RunWith("qpdf", ["--warning-exit-0", "--encrypt", password, "owner", "256", "--", "plain.pdf", "encrypted.pdf"], workingDirectory: folder);
        Assert.True(result.ExitCode == 0, result.Text);
        return File.ReadAllBytes(Path.Combine(folder, "encrypted.pdf"));
    });

    /// <summary>What a reader of codes finds on the page as poppler draws it.</summary>
    private static string[] Codes(byte[] file) => InFolder(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "signed.pdf"), file);
        Assert.Equal(0, Tool.RunWith("pdftocairo", ["-png", "-r", "300", "-singlefile", "signed.pdf", "page"], workingDirectory: folder).ExitCode);
        return Tool.RunWith("zbarimg", ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", "page.png"], workingDirectory: folder).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    });

    private static T InFolder<T>(Func<string, T> work)
    {
        var folder = Directory.CreateTempSubdirectory("identity-code-").FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
