using System.Diagnostics;
using System.Security.Cryptography;
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

        using var command = Start(_folder.Path, null, [.. files, "-o", home, "--json", "--no-browser", "--password-file", "-"]);
        await command.StandardInput.WriteLineAsync("pärast");
        command.StandardInput.Close();
        await new AtSignCommand(system.Host, visitor, command).ComeToApprove(DemoCodes.Liis);
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
    [InlineData("B-B", "PAdES-BASELINE-B")]
    [InlineData("B-T", "PAdES-BASELINE-T")]
    [InlineData("B-LT", "PAdES-BASELINE-LT")]
    [InlineData(null, "PAdES-BASELINE-LTA")]
    public async Task The_documented_command_signs_from_an_empty_folder_at_each_level_and_only_hashes_leave(string? level, string reached)
    {
        await using var visitor = await system.Visit();
        var document = await OwnDocumentJourneys.MadeByChromium(visitor, "only hashes leave " + Convert.ToHexString(RandomNumberGenerator.GetBytes(2000)));
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "a.pdf"), document, TestContext.Current.CancellationToken);
        await using var wire = await RecordingProxy.Start();

        string[] asked = level is null ? [] : ["--level", level];
        using var command = Start(_folder.Path, wire, [.. asked, "a.pdf", "-o", "out.pdf"]);
        var told = await new AtSignCommand(system.Host, visitor, command).ComeToApprove(DemoCodes.Liis);
        // The page says: approve only if the program shows the same fingerprints. Two of the document, and the certificate's.
        var shown = await visitor.Page.Locator(".id-hash").AllTextContentsAsync();
        Assert.Equal(2, shown.Count);
        var certificate = await visitor.Page.Locator(".id-summary__row dd.id-quiet").InnerTextAsync();
        Assert.All([.. shown, certificate], fingerprint => Assert.Contains(fingerprint, told.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(document)), shown);
        await visitor.UsePasskey();
        var errors = command.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(command.ExitCode == 0, output + await errors);
        Assert.Equal($"a.pdf: signed at {level ?? "B-LTA"}, out.pdf\n", output);
        Judge(Path.Combine(_folder.Path, "out.pdf"), document, reached);

        // What the recording must have, or it proves nothing: every neighbour, and the document's hash in the clear.
        var said = wire.Sent;
        foreach (var address in new[] { "csc/v2/info", "csc/v2/credentials/list", "csc/v2/signatures/signHash" }.Select(method => system.Host.Address(200) + method)
            .Append(system.Host.Address(0) + "par").Concat(level == "B-B" ? [] : [system.Host.Address(100) + "tsa"]))
            Assert.Contains("POST " + address, said.Text, StringComparison.Ordinal);
        Assert.True(said.Has(SHA256.HashData(document)), "the hash of the document travels");
        Assert.False(said.HasAnyOf(document), "a piece of the document has left the machine");
    }

    [Fact]
    public async Task A_trust_folder_of_another_hierarchy_in_the_way_is_not_taken_and_a_named_one_is_refused_before_the_approval()
    {
        await using var visitor = await system.Visit();
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "a.pdf"), await OwnDocumentJourneys.MadeByChromium(visitor, "stale"), TestContext.Current.CancellationToken);
        var stale = Directory.CreateDirectory(Path.Combine(_folder.Path, "keys-dev", "trust")).FullName;
        Assert.Equal(0, Tool.Run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", Path.Combine(_folder.Path, "k"), "-out", Path.Combine(stale, "root.pem"),
            "-subj", "/CN=Root of yesterday").ExitCode);
        using (var command = Start(_folder.Path, null, ["--level", "B-T", "a.pdf", "-o", "out.pdf"]))
        {
            await new AtSignCommand(system.Host, visitor, command).ComeToApprove(DemoCodes.Wei);
            await visitor.UsePasskey();
            await command.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(command.ExitCode == 0, await command.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        }

        foreach (var (level, error) in new[] { ("B-T", "timestamp_refused"), ("B-LTA", "untrusted_certificate") })
        {
            using var command = Start(_folder.Path, null, ["--level", level, "a.pdf", "-o", "other.pdf", "--json", $"--Signing:TrustDirectory={stale}"]);
            await visitor.Go(await AtSignCommand.Address(command));
            await visitor.ConsentIfAsked("http://127.0.0.1:");
            var output = await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = await command.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await command.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal((1, error), (command.ExitCode, (string?)JsonNode.Parse(output)!["error"]));
            Assert.Contains("Name the folder with the root certificates that you believe: --Signing:TrustDirectory=DIR", errors, StringComparison.Ordinal);
            // Nothing was asked to be approved.
            Assert.DoesNotContain("Open this address", errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://service.example/")]
    [InlineData("service")]
    [InlineData("ftp://localhost/")]
    public void A_service_that_is_elsewhere_and_not_protected_is_wrong_usage(string service)
    {
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Signing"), "sign", "--service", service, "a.pdf", "-o", "b.pdf");
        Assert.Equal((2, "--service takes an https address; http only of this machine (localhost)"), (result.ExitCode, result.Error.Split('\n')[0]));
    }

    [Fact]
    public void What_is_no_PDF_is_refused_before_anything_is_asked()
    {
        var file = Path.Combine(_folder.Path, "note.pdf");
        File.WriteAllText(file, "hello");
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Signing"), "sign", "--service", "http://localhost:1/", "--level", "B-B", file, "-o", file + ".out", "--json");
        Assert.Equal((1, "not_a_pdf"), (result.ExitCode, (string?)JsonNode.Parse(result.Output)!["error"]));
    }

    private void Judge(string signed, byte[] original, string level = "PAdES-BASELINE-LTA")
    {
        Assert.True(File.ReadAllBytes(signed).AsSpan().StartsWith(original), "the original is a prefix of the signed file");
        Assert.Contains("Signature is Valid.", Tool.Run("pdfsig", "-nocert", signed).Output, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("qpdf", "--check", signed).ExitCode);
        var verified = JsonNode.Parse(Tool.Run("dotnet", DevHostProcess.Built("Identity.Verification"), "verify", "--json", "--trust", Path.GetDirectoryName(system.Host.RootCertificate)!, signed).Output)!;
        Assert.Equal(("TOTAL-PASSED", level), ((string?)verified["conclusion"], (string?)verified["signatures"]![0]!["level"]));
    }

    private string[] Stored() => [.. Directory.EnumerateFiles(Path.Combine(system.Host.Data, "signing", "documents"), "*", SearchOption.AllDirectories).Order()];

    /// <summary>As architecture.md and the README have it, `sign --service URL FILE -o OUT`, in this folder; no browser is there to be opened.</summary>
    private Process Start(string folder, RecordingProxy? wire, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [DevHostProcess.Built("Identity.Signing"), "sign", "--service", system.Host.Address(200).TrimEnd('/'), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        start.Environment["BROWSER"] = "true";
        foreach (var variable in new[] { "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "no_proxy", "NO_PROXY" })
            start.Environment.Remove(variable);
        if (wire is not null)
            start.Environment["http_proxy"] = wire.Address;
        return Process.Start(start)!;
    }
}
