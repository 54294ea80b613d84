using System.Diagnostics;
using System.Text.Json.Nodes;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Journeys;

/// <summary>`sign`: the documents stay on the person's machine, hashes and an approval in the browser are all that travels.</summary>
[Collection("whole system")]
public sealed class SignCommandJourneys(WholeSystem system) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_documents_are_signed_at_home_with_one_approval_and_hold_before_others()
    {
        await using var visitor = await system.Visit();
        string[] files = [Path.Combine(_folder.Path, "first deed.pdf"), Path.Combine(_folder.Path, "second deed.pdf")];
        for (var i = 0; i < files.Length; i++)
            await File.WriteAllBytesAsync(files[i], await OwnDocumentJourneys.MadeByChromium(visitor, $"deed {i}"), TestContext.Current.CancellationToken);
        // One of them opens with a password, which comes on the standard input.
        var plain = await File.ReadAllBytesAsync(files[1], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(files[1] + ".plain", plain, TestContext.Current.CancellationToken);
        Assert.Equal(0, Tool.Run("qpdf", "--encrypt", "pärast", "owner", "256", "--", files[1] + ".plain", files[1]).ExitCode);
        var home = Directory.CreateDirectory(Path.Combine(_folder.Path, "signed")).FullName;
        var stored = Stored();

        using var command = Start([.. files, "-o", home, "--json", "--password-file", "-"]);
        await command.StandardInput.WriteLineAsync("pärast");
        command.StandardInput.Close();
        // The first address is for a token that lists certificates, the second for the approval.
        await visitor.Go(await Address(command));
        await visitor.Arrive(system.Host.Address(0) + "login");
        await visitor.Enrol(DemoCodes.Liis);
        await visitor.ConsentIfAsked("http://127.0.0.1:");
        await visitor.Go(await Address(command));
        await visitor.Arrive(system.Host.Address(0));
        if (visitor.Page.Url.Contains("/consent?", StringComparison.Ordinal))
            await visitor.Consent(allow: true);
        await visitor.Arrive(system.Host.Address(0) + "approve");
        var shown = await visitor.Text("main");
        Assert.Contains("first deed.pdf", shown, StringComparison.Ordinal);
        Assert.Contains("second deed.pdf", shown, StringComparison.Ordinal);
        await visitor.Look("provider-approve-hashes");
        await visitor.UsePasskey();

        var output = await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(command.ExitCode == 0, output);
        Assert.Equal(["B-LTA", "B-LTA"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string?)JsonNode.Parse(line)!["level"]));
        Assert.Equal(stored, Stored());
        Judge(Path.Combine(home, "first deed-signed.pdf"), File.ReadAllBytes(files[0]));
        var encrypted = Path.Combine(home, "second deed-signed.pdf");
        Assert.True(File.ReadAllBytes(encrypted).AsSpan().StartsWith(File.ReadAllBytes(files[1])), "the original is a prefix of the signed file");
        Assert.Contains("Signature is Valid.", Tool.Run("pdfsig", "-nocert", "-opw", "owner", encrypted).Output, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("qpdf", "--password=pärast", "--check", encrypted).ExitCode);
    }

    [Theory]
    [InlineData("http://service.example/")]
    [InlineData("service")]
    [InlineData("ftp://localhost/")]
    public void A_service_that_is_elsewhere_and_not_protected_is_wrong_usage(string service) =>
        Assert.Equal(2, Tool.Run("dotnet", DevHostProcess.Built("Identity.Signing"), "sign", "--service", service, "a.pdf", "-o", "b.pdf").ExitCode);

    [Fact]
    public void What_is_no_PDF_is_refused_before_anything_is_asked()
    {
        var file = Path.Combine(_folder.Path, "note.pdf");
        File.WriteAllText(file, "hello");
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Signing"), "sign", "--service", "http://localhost:1/", "--level", "B-B", file, "-o", file + ".out", "--json");
        Assert.Equal((1, "not_a_pdf"), (result.ExitCode, (string?)JsonNode.Parse(result.Output)!["error"]));
    }

    private void Judge(string signed, byte[] original)
    {
        Assert.True(File.ReadAllBytes(signed).AsSpan().StartsWith(original), "the original is a prefix of the signed file");
        Assert.Contains("Signature is Valid.", Tool.Run("pdfsig", "-nocert", signed).Output, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("qpdf", "--check", signed).ExitCode);
        var verified = JsonNode.Parse(Tool.Run("dotnet", DevHostProcess.Built("Identity.Verification"), "verify", "--json", "--trust", Path.GetDirectoryName(system.Host.RootCertificate)!, signed).Output)!;
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), ((string?)verified["conclusion"], (string?)verified["signatures"]![0]!["level"]));
    }

    private string[] Stored() => [.. Directory.EnumerateFiles(Path.Combine(system.Host.Data, "signing", "documents"), "*", SearchOption.AllDirectories).Order()];

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            DevHostProcess.Built("Identity.Signing"), "sign", "--service", system.Host.Address(200), "--no-browser",
            $"--Signing:TrustDirectory={Path.GetDirectoryName(system.Host.RootCertificate)}", .. arguments,
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    private static async Task<string> Address(Process command)
    {
        while (await command.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.IndexOf("http://localhost:", StringComparison.Ordinal) is >= 0 and var at)
                return line[at..].Trim();
            Assert.DoesNotContain("refused", line, StringComparison.OrdinalIgnoreCase);
        }

        throw new InvalidOperationException("The command ended: " + await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
