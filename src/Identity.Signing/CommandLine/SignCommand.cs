using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Asn1;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.LocalSigning;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Web;
using Identity.Web.CommandLine;

namespace Identity.Signing.CommandLine;

/// <summary>
/// `sign`: the documents stay here. They are prepared with the service's own code, their hashes go to the service, the person approves them in the
/// browser, and the signatures are put in here. Time-stamps and validation data come from where the service has its own, unless settings say
/// otherwise; who is believed is a setting, which only a development host on this machine may stand in for. They see hashes too.
/// </summary>
public static class SignCommand
{
    public const int AllSigned = 0;
    public const int NotSigned = 1;
    public const int WrongUsage = CommandArguments.WrongUsage;
    public const string Usage = "Identity.Signing sign --service URL [--level B-B|B-T|B-LT|B-LTA] FILE... -o OUT [--password-file FILE|-] [--ask-password] [--json] [--no-browser] [SETTING]...";

    private const long LargestDocument = 1024L * 1024 * 1024;
    private const int FirstTokenBytes = 16 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    private sealed record Arguments(Uri Service, PadesLevel Level, IReadOnlyList<string> Files, string Output, PasswordFrom? Password, bool Json, bool NoBrowser, IReadOnlyList<string> Settings)
    {
        public string OutputOf(string file) => Files.Count == 1 ? Output : Path.Combine(Output, SignedName.Of(Path.GetFileName(file)));
    }

    /// <param name="File">Null: the terminal.</param>
    private sealed record PasswordFrom(string? File);

    private sealed record Prepared(string File, PreparedDocument Document, HashToApprove Hash);

    public static async Task<int> Run(string[] arguments, TextWriter output, TextWriter complaints, TimeProvider time)
    {
        if (Parse(arguments, out var wrong) is not { } asked)
            return await CommandArguments.Refuse(complaints, wrong, Usage);

        var files = new List<DocumentBytes>();
        try
        {
            if (Occupied(asked) is { } occupied)
                throw new IOException(occupied);
            var password = asked.Password is not { } from ? "" : from.File is { } name ? PasswordInput.FromFile(name) : PasswordInput.FromTerminal(complaints);
            files.AddRange(asked.Files.Select(file => DocumentBytes.OfFile(file, password)));
            using var deadline = new CancellationTokenSource(Deadline, time);
            using var http = new HttpClient(SigningApp.NeighbourHandler()) { Timeout = TimeSpan.FromSeconds(60) };
            return await Sign(asked, files, new RemoteSigner(http, asked.Service, address => Open(address, asked, complaints), time), (output, complaints, time), deadline.Token);
        }
        catch (Exception problem) when (problem is SettingRefusedException or IOException or UnauthorizedAccessException)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message, 500));
            return WrongUsage;
        }
        catch (Exception problem) when (problem is RemoteRefusedException or HttpRequestException or JsonException or FormatException or MalformedException or OperationCanceledException)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message, 500));
            var word = problem is RemoteRefusedException refused ? refused.Word : problem is OperationCanceledException ? "too_late" : "service_unavailable";
            await Report(asked, asked.Files.Select(file => (file, (string?)word)), output);
            return NotSigned;
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    /// <summary>1. can they be signed; 2. the certificate; 3. will the level be reached; 4. prepare; 5. one approval for all; 6. put the signatures in, raise, write.</summary>
    private static async Task<int> Sign(
        Arguments asked, List<DocumentBytes> files, RemoteSigner signer, (TextWriter Output, TextWriter Progress, TimeProvider Time) to, CancellationToken cancellation)
    {
        var time = to.Time;
        var unfit = asked.Files.Zip(files, (file, bytes) => (file, Problem: Unfit(bytes, asked.Level, time))).ToList();
        if (unfit.Any(file => file.Problem is not null))
        {
            await Report(asked, unfit.Select(file => (file.file, (string?)(file.Problem ?? "not_tried"))), to.Output);
            return NotSigned;
        }

        using var http = new HttpClient(SigningApp.NeighbourHandler()) { Timeout = TimeSpan.FromSeconds(10) };
        var tools = asked.Level == PadesLevel.B ? null : await Tools(asked, await signer.Neighbours(cancellation), http, to.Progress, time);
        await Tell(asked, to.Progress, "Signing in…");
        var credential = await signer.Credential(cancellation);
        // An approval is spent once: what would fail behind it is found before.
        if (tools is not null && await tools.Obstacle(asked.Level, credential.Certificate, time, cancellation) is { } obstacle)
            throw obstacle;
        var prepared = asked.Files.Zip(files, (file, bytes) => Prepare(file, bytes, credential.Certificate, time)).ToList();
        await ToCompare(prepared, credential, to.Progress);
        var signatures = await signer.Sign(credential, [.. prepared.Select(document => document.Hash)], cancellation);

        var outcomes = new List<(string File, string? Error)>();
        for (var index = 0; index < prepared.Count; index++)
        {
            await Tell(asked, to.Progress, $"{prepared[index].File}: {asked.Level.Word()}…");
            outcomes.Add((prepared[index].File, await Finish(asked, prepared[index], signatures[index], tools, cancellation)));
        }

        await Report(asked, outcomes, to.Output);
        return outcomes.All(outcome => outcome.Error is null) ? AllSigned : NotSigned;
    }

    /// <summary>What the approval page asks the person to compare; that page has it from the service, this program from the documents. Its groups of four.</summary>
    private static async Task ToCompare(IReadOnlyList<Prepared> prepared, ListedCredential credential, TextWriter progress)
    {
        await progress.WriteLineAsync("Approve in your browser if it shows exactly these fingerprints (SHA-256):");
        foreach (var (file, _, hash) in prepared)
        {
            await progress.WriteLineAsync($"  {SafeText.ForDisplay(file, 500)}");
            await progress.WriteLineAsync($"    of the document      {Groups(hash.DocumentSha256)}");
            await progress.WriteLineAsync($"    that will be signed  {Groups(hash.Hash)}");
        }

        await progress.WriteLineAsync($"  your certificate         {Base64Url.EncodeToString(SHA256.HashData(credential.Certificate.Leaf.Raw.Span))}");
    }

    private static string Groups(byte[] hash) => string.Join(' ', Convert.ToHexStringLower(hash).Chunk(4).Select(group => new string(group)));

    private static string? Unfit(DocumentBytes bytes, PadesLevel level, TimeProvider time) => bytes.Length > LargestDocument ? "document_too_large"
        : DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = LargestDocument }, level, time.GetUtcNow()) is { } unfit ? SnakeCase.Of(unfit.Reason) : null;

    private static Prepared Prepare(string file, DocumentBytes bytes, PersonCertificate certificate, TimeProvider time)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        return PreparedDocument.ForRemoteKey(bytes, certificate, FirstTokenBytes, now) switch
        {
            Preparation.Done { Document: var document } => new Prepared(
                file, document,
                new HashToApprove(DocumentLabel.Of(file, SigningRequest.LongestFileName), document.HashToSign(), bytes.Digest(HashAlgorithmName.SHA256))),
            Preparation.Unsuitable unsuitable => throw new RemoteRefusedException(unsuitable.Detail, $"{file} cannot be signed: {unsuitable.Detail}"),
            _ => throw new InvalidOperationException("A document is prepared or unsuitable."),
        };
    }

    /// <summary>Null when the output is written; otherwise why not. Never a lower level than was asked for.</summary>
    private static async Task<string?> Finish(Arguments asked, Prepared prepared, byte[] signature, RaisingTools? tools, CancellationToken cancellation)
    {
        if (SignedDocument.Complete(prepared.Document, signature) is not { } signed)
            return "wrong_signature";
        var raised = tools is null ? new Raised(signed.ToBytes(), null, "") : await new RaiseDocument(tools.Timestamps, tools.Collect).Run(signed, asked.Level, cancellation);
        if (raised.Obstacle is { } obstacle)
            return SnakeCase.Of(obstacle);
        return await ExtendCommand.Write(asked.OutputOf(prepared.File), raised.Bytes) ? null : "file_changed";
    }

    private static async Task<RaisingTools> Tools(Arguments asked, ServiceNeighbours neighbours, HttpClient http, TextWriter progress, TimeProvider time)
    {
        var tools = await RaisingTools.Open(asked.Settings, asked.Service, neighbours, http, progress, time);
        return asked.Level <= PadesLevel.T || tools.Settings.StatusSources.Any ? tools : throw new SettingRefusedException("StatusSources", "are needed above B-T.");
    }

    private static string? Occupied(Arguments asked)
    {
        if (asked.Files.Count > 1 && !Directory.Exists(asked.Output))
            return "For several files, the output must be a directory that exists.";
        var outputs = asked.Files.Select(asked.OutputOf).ToList();
        return outputs.Any(File.Exists) ? "The output is there already." : outputs.Distinct().Count() < outputs.Count ? "Two files have one name." : null;
    }

    private static async Task Open(Uri address, Arguments asked, TextWriter complaints)
    {
        await complaints.WriteLineAsync($"Open this address in your browser: {address.AbsoluteUri}");
        if (asked.NoBrowser)
            return;
        try
        {
            using var browser = OperatingSystem.IsLinux() ? Process.Start(new ProcessStartInfo("xdg-open") { ArgumentList = { address.AbsoluteUri } })
                : OperatingSystem.IsMacOS() ? Process.Start(new ProcessStartInfo("open") { ArgumentList = { address.AbsoluteUri } })
                : Process.Start(new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is none to open: the address has been printed.
        }
    }

    private static Task Tell(Arguments asked, TextWriter progress, string text) => asked.Json ? Task.CompletedTask : progress.WriteLineAsync(SafeText.ForDisplay(text, 500));

    private static async Task Report(Arguments asked, IEnumerable<(string File, string? Error)> outcomes, TextWriter output)
    {
        foreach (var (file, error) in outcomes)
        {
            await output.WriteLineAsync(asked.Json
                ? JsonSerializer.Serialize(new { file, output = error is null ? asked.OutputOf(file) : null, level = error is null ? asked.Level.Word() : null, error })
                : error is null ? $"{SafeText.ForDisplay(file, 500)}: signed at {asked.Level.Word()}, {SafeText.ForDisplay(asked.OutputOf(file), 500)}" : $"{SafeText.ForDisplay(file, 500)}: not signed ({error})");
        }
    }

    private static Arguments? Parse(string[] arguments, out string problem)
    {
        if (CommandArguments.Parse<SigningOptions>(arguments, ["service", "level", "out", "password-file"], ["ask-password", "no-browser"], out problem) is not { } given)
            return null;
        var file = given.Option("password-file");
        problem = given switch
        {
            _ when given.Option("service") is null => "--service URL is missing",
            _ when Address(given.Option("service")!) is null => AddressWanted,
            _ when given.Option("level") is { } level && PadesLevels.Read(level) is null => "--level is B-B, B-T, B-LT or B-LTA",
            _ when given.Option("out") is null => "-o OUT is missing",
            { Words.Count: 0 or > Batch.MostDocuments } => $"1 to {Batch.MostDocuments} files can be signed at once",
            _ when file is not null && given.Switches.Contains("ask-password") => "the password comes from a file or is asked for, not both",
            _ => "",
        };
        return problem.Length > 0 ? null : new Arguments(
            Address(given.Option("service")!)!, PadesLevels.Read(given.Option("level") ?? "") ?? PadesLevel.LTA, given.Words, given.Option("out")!,
            file is not null || given.Switches.Contains("ask-password") ? new PasswordFrom(file) : null, given.Json, given.Switches.Contains("no-browser"), given.Settings);
    }

    internal const string AddressWanted = "--service takes an https address; http only of this machine (localhost)";

    // Hashes and approvals travel there: only to this machine without TLS.
    internal static Uri? Address(string text) =>
        Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address : null;
}
