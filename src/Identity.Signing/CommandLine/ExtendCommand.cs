using System.Security.Cryptography;
using System.Text.Json;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;
using Identity.Web;

namespace Identity.Signing.CommandLine;

/// <summary>
/// `extend`: raises the signatures of a PDF to a level, or renews its archive, with the service's settings: its time-stamping service, its roots,
/// its status sources. One line of JSON on the standard output. The input is never changed; the output appears whole or not at all.
/// </summary>
public static class ExtendCommand
{
    public const int Done = 0;
    public const int NotDone = 1;
    public const int WrongUsage = 2;
    public const string Usage = "extend [--level B-T|B-LT|B-LTA] [--despite-certification] FILE -o OUT [--environment=NAME] [--Signing:SETTING=VALUE]...";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private sealed record Arguments(string File, string Output, PadesLevel Level, bool DespiteCertification, string[] Settings);

    public static async Task<int> Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter complaints, TimeProvider time)
    {
        if (Parse(arguments) is not { } asked)
        {
            await complaints.WriteLineAsync(Usage);
            return WrongUsage;
        }

        SigningSettings settings;
        DocumentBytes file;
        try
        {
            settings = Settings(asked.Settings);
            settings.TrustAnchors();
            if (File.Exists(asked.Output))
                throw new IOException("The output is there already.");
            file = DocumentBytes.OfFile(asked.File);
        }
        catch (Exception problem) when (problem is SettingRefusedException or IOException or UnauthorizedAccessException)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message));
            return WrongUsage;
        }

        string? error;
        using (file)
            error = await Extend(asked, file, settings, time);
        await output.WriteLineAsync(JsonSerializer.Serialize(
            new { file = asked.File, output = error is null ? asked.Output : null, level = error is null ? asked.Level.Word() : null, error }));
        return error is null ? Done : NotDone;
    }

    /// <summary>Null when the output is written; otherwise why not.</summary>
    private static async Task<string?> Extend(Arguments asked, DocumentBytes file, SigningSettings settings, TimeProvider time)
    {
        if (asked.Level > PadesLevel.T && !settings.StatusSources.Any)
            return "status_sources_not_configured";
        if (file.Length > settings.MaxDocumentBytes)
            return "document_too_large";
        switch (OpenedDocument.Open(file, ValidationData.None, asked.DespiteCertification))
        {
            case Opening.Refused refused:
                return SnakeCase.Of(refused.Reason);
            case Opening.Done { Document: var opened }:
                using (var http = new HttpClient(SigningApp.NeighbourHandler()) { Timeout = TimeSpan.FromSeconds(10) })
                using (var limit = new CancellationTokenSource(Deadline, time))
                {
                    var trust = new TrustedChain(settings);
                    var extend = new ExtendDocument(new TimestampClient(http, trust, settings, time), new CollectValidationData(trust, new StatusClient(http), settings, time));
                    switch (await extend.Run(opened, asked.Level, limit.Token))
                    {
                        case Extended.Failed failed:
                            return SnakeCase.Of(failed.Reason);
                        case Extended.Done done:
                            return await Write(asked.Output, done.Document) ? null : "file_changed";
                        default:
                            throw new InvalidOperationException("A document is extended or not.");
                    }
                }
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

    internal static SigningSettings Settings(string[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = settings, ApplicationName = "Identity.Signing", ContentRootPath = AppContext.BaseDirectory, DisableDefaults = false,
        });
        builder.Configuration.AddJsonFile("signing.json", optional: false).AddEnvironmentVariables().AddCommandLine(settings);
        return SigningSettings.Check(builder.Configuration.GetSection("Signing").Get<SigningOptions>() ?? new(), production: !builder.Environment.IsDevelopment());
    }

    private static Arguments? Parse(IReadOnlyList<string> arguments)
    {
        string? file = null, output = null;
        var (level, despite, settings) = (PadesLevel.LTA, false, new List<string>());
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--level" when i + 1 < arguments.Count && PadesLevels.Read(arguments[i + 1]) is { } asked and > PadesLevel.B:
                    (level, i) = (asked, i + 1);
                    break;
                case "--despite-certification":
                    despite = true;
                    break;
                case "-o" when i + 1 < arguments.Count && output is null:
                    output = arguments[++i];
                    break;
                case var setting when setting.StartsWith("--Signing:", StringComparison.Ordinal) || setting.StartsWith("--environment=", StringComparison.Ordinal):
                    settings.Add(setting);
                    break;
                case var name when !name.StartsWith('-') && file is null:
                    file = name;
                    break;
                default:
                    return null;
            }
        }

        return file is null || output is null ? null : new Arguments(file, output, level, despite, [.. settings]);
    }
}
