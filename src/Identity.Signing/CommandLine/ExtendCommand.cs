using System.Security.Cryptography;
using System.Text.Json;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Signing.LocalSigning;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Web;
using Identity.Web.CommandLine;

namespace Identity.Signing.CommandLine;

/// <summary>
/// `extend`: raises the signatures of a PDF to a level, or renews its archive, with a time-stamping service, status sources and roots that settings
/// say, or a service (`--service`) or the development host (`--data`). One line of JSON on the standard output. The input is never changed; the output appears whole or not at all.
/// </summary>
public static class ExtendCommand
{
    public const int Done = 0;
    public const int NotDone = 1;
    public const int WrongUsage = CommandArguments.WrongUsage;
    public const string Usage = "Identity.Signing extend [--level B-T|B-LT|B-LTA] [--despite-certification] [--service URL|--data DIR] FILE -o OUT [SETTING]...";

    private const int LongestComplaint = 500;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private sealed record Arguments(string File, string Output, PadesLevel Level, bool DespiteCertification, Uri? Service, IReadOnlyList<string> Settings);

    public static async Task<int> Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter complaints, TimeProvider time)
    {
        if (Parse(arguments, out var wrong) is not { } asked)
            return await CommandArguments.Refuse(complaints, wrong, Usage);

        using var http = new HttpClient(SigningApp.NeighbourHandler()) { Timeout = TimeSpan.FromSeconds(10) };
        using var limit = new CancellationTokenSource(Deadline, time);
        RaisingTools tools;
        DocumentBytes file;
        try
        {
            if (File.Exists(asked.Output))
                throw new IOException("The output is there already.");
            if (!File.Exists(asked.File))
                throw new FileNotFoundException($"There is no file {asked.File}.");
            // Nobody is signed in: the service is only asked what it tells everybody.
            var neighbours = asked.Service is { } service ? await new RemoteSigner(http, service, _ => Task.CompletedTask, time).Neighbours(limit.Token) : null;
            tools = await RaisingTools.Open(asked.Settings, asked.Service, neighbours, http, complaints, time);
            file = DocumentBytes.OfFile(asked.File);
        }
        catch (Exception problem) when (problem is SettingRefusedException or IOException or UnauthorizedAccessException)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message, LongestComplaint));
            return WrongUsage;
        }
        catch (Exception problem) when (problem is RemoteRefusedException or HttpRequestException or JsonException or OperationCanceledException)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message, LongestComplaint));
            return NotDone;
        }

        string? error;
        using (file)
            error = await Extend(asked, file, tools, limit.Token);
        await output.WriteLineAsync(JsonSerializer.Serialize(
            new { file = asked.File, output = error is null ? asked.Output : null, level = error is null ? asked.Level.Word() : null, error }));
        return error is null ? Done : NotDone;
    }

    /// <summary>Null when the output is written; otherwise why not.</summary>
    private static async Task<string?> Extend(Arguments asked, DocumentBytes file, RaisingTools tools, CancellationToken cancellation)
    {
        if (asked.Level > PadesLevel.T && !tools.Settings.StatusSources.Any)
            return "status_sources_not_configured";
        if (file.Length > tools.Settings.MaxDocumentBytes)
            return "document_too_large";
        switch (OpenedDocument.Open(file, ValidationData.None, asked.DespiteCertification))
        {
            case Opening.Refused refused:
                return SnakeCase.Of(refused.Reason);
            case Opening.Done { Document: var opened }:
                return await new ExtendDocument(tools.Timestamps, tools.Collect).Run(opened, asked.Level, cancellation) switch
                {
                    Extended.Failed failed => SnakeCase.Of(failed.Reason),
                    Extended.Done done => await Write(asked.Output, done.Document) ? null : "file_changed",
                    _ => throw new InvalidOperationException("A document is extended or not."),
                };
            default:
                throw new InvalidOperationException("A document is opened or refused.");
        }
    }

    /// <summary>False when the file was changed by somebody while it was read, so that what was checked is not what would be written.</summary>
    internal static async Task<bool> Write(string path, DocumentBytes document)
    {
        var partial = path + ".partial";
        bool same;
        await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            await document.CopyToAsync(file, CancellationToken.None);
            file.Flush(flushToDisk: true);
            file.Position = 0;
            same = (await SHA256.HashDataAsync(file)).AsSpan().SequenceEqual(document.Digest(HashAlgorithmName.SHA256));
        }

        if (same)
            File.Move(partial, path, overwrite: false);
        else
            File.Delete(partial);
        return same;
    }

    private static Arguments? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        if (CommandArguments.Parse<SigningOptions>(arguments, ["service", "level", "out"], ["despite-certification"], out problem) is not { } given)
            return null;
        var level = PadesLevels.Read(given.Option("level") ?? PadesLevel.LTA.Word());
        problem = given switch
        {
            _ when given.Option("service") is { } service && SignCommand.Address(service) is null => SignCommand.AddressWanted,
            _ when given.Option("service") is not null && given.Option("data") is not null => "a service or the development host's folder, not both",
            _ when level is null or PadesLevel.B => "--level is B-T, B-LT or B-LTA",
            _ when given.Option("out") is null => "-o OUT is missing",
            { Words.Count: not 1 } => "one file is extended at a time",
            _ => "",
        };
        return problem.Length > 0 ? null : new Arguments(
            given.Words[0], given.Option("out")!, level!.Value, given.Switches.Contains("despite-certification"), given.Option("service") is { } address ? SignCommand.Address(address) : null, given.Settings);
    }
}
