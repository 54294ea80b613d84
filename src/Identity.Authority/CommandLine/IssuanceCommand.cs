using System.Globalization;
using System.Security.Cryptography;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.X509;
using Identity.Web.CommandLine;

namespace Identity.Authority.CommandLine;

/// <summary>
/// <c>issuance list</c>, <c>issuance repair</c> and <c>issuance complete SERIAL --out FILE</c>: issuances that were cut short. Exit code 0 done (or none there), 1 not, 2 wrong usage.
/// </summary>
public static class IssuanceCommand
{
    private const int Done = 0, NotDone = 1;

    private const string Usage = """
        Identity.Authority issuance list | repair | complete SERIAL --out FILE     [--data DIR] [SETTING]...
          list      issuances that were cut short
          repair    closes them: never issued, and revoked in case that they were signed
          complete  signs what was stored then, for an organisation
        """;

    public static async Task<int> Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        var step = args.FirstOrDefault();
        var serial = step == "complete" && args.Length > 1 && args[1].All(char.IsAsciiHexDigit) ? args[1].ToUpperInvariant() : null;
        var arguments = CommandArguments.Parse<AuthorityOptions>([.. args.Skip(serial is null ? 1 : 2)], serial is null ? [] : ["out"], [], out var problemOfUsage);
        if (step is not ("list" or "repair" or "complete") || (step == "complete" && serial is null) || arguments is not { Words: [], Json: false })
            return await CommandArguments.Refuse(error, problemOfUsage, Usage);
        try
        {
            using var command = await ServiceCommand.Open(arguments.Settings, usesKeys: serial is not null, time);
            var repair = new IssuanceRepair(command.Databases, command.Audit, time);
            var open = await repair.Open(CancellationToken.None);
            return serial is null
                ? await ListOrAbandon(step == "repair", open, repair, output)
                : await Complete(command, repair, open.FirstOrDefault(r => r.Serial == serial), serial, arguments.Option("out"), output);
        }
        catch (Exception problem) when (problem is AuthoritySettingsException or KeyRingException or DevelopmentKeyRefusedException or IOException
            || AuthorityStores.Outage(problem) is not null)
        {
            await error.WriteLineAsync(AuthorityStores.Complaint(problem));
            return NotDone;
        }
    }

    private static async Task<int> ListOrAbandon(bool abandon, IReadOnlyList<CertificateRecord> open, IssuanceRepair repair, TextWriter output)
    {
        foreach (var record in open)
        {
            var line = $"{record.Issuer} {record.Serial} {record.Profile} {record.CreatedAt.ToString("u", CultureInfo.InvariantCulture)}";
            var result = abandon ? await repair.Abandon(record, CancellationToken.None) : null;
            await output.WriteLineAsync(line + result switch { null => "", RepairResult.Abandoned => ": abandoned and revoked", _ => ": closed by somebody else" });
        }
        if (open.Count == 0) await output.WriteLineAsync("No issuance is open.");
        return Done;
    }

    private static async Task<int> Complete(ServiceCommand command, IssuanceRepair repair, CertificateRecord? record, string serial, string? file, TextWriter output)
    {
        var profile = record?.Profile == command.Settings.Seal?.Name ? command.Settings.Seal : null;
        if (record is null || profile is null || file is null)
        {
            await output.WriteLineAsync(record is null ? $"No issuance of {serial} is open." : profile is null ? $"{serial} is no organisation's: issuance repair closes it." : "--out FILE is missing.");
            return NotDone;
        }
        using var keys = new AuthorityKeys(command.Settings);
        var issuer = keys.Key(record.Issuer);
        var result = issuer is null ? new RepairResult.NotOpen() : await repair.Complete(record, issuer, profile, CancellationToken.None);
        if (result is RepairResult.Completed { Certificate.Certificate: var certificate })
            await WriteCertificate(file, certificate, issuer!.Certificate);
        await output.WriteLineAsync(result switch
        {
            RepairResult.Completed => $"{serial} is signed: {file}",
            RepairResult.LintFailed failed => $"{serial} was not signed: {string.Join("; ", failed.Findings.Select(f => $"{f.Rule}: {f.Problem}"))}",
            _ => $"{record.Issuer} is no issuer here.",
        });
        return result is RepairResult.Completed ? Done : NotDone;
    }

    /// <summary>The certificate and behind it its issuer's: what who signs with it needs (Identity.Keys reads a chain from one file).</summary>
    internal static Task WriteCertificate(string file, Certificate certificate, Certificate issuer) =>
        File.WriteAllTextAsync(file, string.Concat(new[] { certificate, issuer }.Select(one => PemEncoding.WriteString("CERTIFICATE", one.Raw.Span) + "\n")));
}
