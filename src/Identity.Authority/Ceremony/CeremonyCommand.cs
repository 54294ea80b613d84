using Identity.Audit;
using Identity.Keys;
using Identity.Pkix.Crl;
using Identity.Pkix.X509;
using Identity.Authority.Revocation;
using Identity.Web;

namespace Identity.Authority.Ceremony;

/// <summary>
/// <c>ceremony STEP --settings FILE --keys DIR --record FILE --attendee TEXT...</c>. Exit code 0 held, 1 refused, 2 wrong usage. What a refused ceremony had
/// made before stays, and is in the audit log.
/// </summary>
public static class CeremonyCommand
{
    private const int Held = 0, Refused = 1, WrongUsage = 2;
    private const int MaxAttendee = 100;
    private const int MaxSerialDigits = 40;

    private const string Usage = """
        usage: ceremony root|request|authorities|services|list --settings FILE --keys DIR --record FILE --attendee TEXT [--attendee TEXT]...
          root         at the root's machine: its key, certificate and first list
          request      where the service's keys are: keys, and a request for each issuing authority
          authorities  at the root's machine: certifies the issuing authorities whose NAME.csr.pem lie in DIR
          services     where the service's keys are: certifies time-stamping units and responders (--only NAME...)
          list         at the root's machine: the next list (--revoke SERIAL --reason REASON)
          --renew       replaces certificates that are there    --development  makes missing keys as development keys
        """;

    public static async Task<int> Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        if (CeremonyArguments.Parse(args) is not { } arguments || !arguments.IsComplete)
        {
            await error.WriteLineAsync(Usage);
            return WrongUsage;
        }
        try
        {
            var settings = CeremonySettings.Read(arguments.Settings!);
            CheckAttendees(arguments.Attendees, settings);
            if (File.Exists(arguments.Record)) throw new CeremonyRefusedException($"The record '{arguments.Record}' is there; each ceremony has its own.");
            Directory.CreateDirectory(arguments.Keys!);
            using var audit = AuditLog.Open(Path.Combine(arguments.Keys!, "ceremony.jsonl"), "authority", time);
            var record = Hold(settings, arguments, audit, time);
            foreach (var line in record.Lines) await output.WriteLineAsync(line);
            var hash = record.Write(arguments.Record!, time.GetUtcNow());
            audit.Append(new CeremonyHeld(record.Kind, hash));
            await output.WriteLineAsync($"record       {arguments.Record}: SHA-256 {hash}");
            return Held;
        }
        catch (Exception problem) when (problem is CeremonyRefusedException or KeyRingException or DevelopmentKeyRefusedException or KeyUnavailableException or AuditUnavailableException
            or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(problem.Message);
            return Refused;
        }
    }

    private static CeremonyRecord Hold(CeremonySettings settings, CeremonyArguments arguments, AuditLog audit, TimeProvider time)
    {
        var record = new CeremonyRecord(arguments.Step, arguments.Attendees, settings, time.GetUtcNow());
        using var session = new CeremonySession(new CeremonyPlace(arguments.Keys!, arguments.Development, arguments.Renew), record, audit, time);
        switch (arguments.Step)
        {
            case "root":
                RootCeremony.MakeRoot(settings, session);
                break;
            case "request":
                ServiceCeremony.MakeKeysAndRequests(settings, session);
                break;
            case "authorities":
                RootCeremony.CertifyAuthorities(settings, session);
                break;
            case "services":
                ServiceCeremony.CertifyServices(settings, session, arguments.Only);
                break;
            default:
                RootCeremony.SignList(settings, session, [.. arguments.Revoke.Select(serial => (SerialOf(serial), ReasonOf(arguments.Reason)))]);
                break;
        }
        return record;
    }

    private static void CheckAttendees(IReadOnlyList<string> attendees, CeremonySettings settings)
    {
        if (attendees.FirstOrDefault(a => !ShowableText.IsShowable(a, MaxAttendee)) is not null) throw new CeremonyRefusedException($"An attendee is 1 to {MaxAttendee} characters that can be shown.");
        if (attendees.Distinct(StringComparer.OrdinalIgnoreCase).Count() < settings.LeastAttendees)
            throw new CeremonyRefusedException($"{settings.LeastAttendees} people attend at least; {attendees.Distinct(StringComparer.OrdinalIgnoreCase).Count()} are named.");
    }

    private static System.Numerics.BigInteger SerialOf(string serial) => serial.Length is > 0 and <= MaxSerialDigits && serial.All(char.IsAsciiHexDigit)
        ? SerialNumbers.FromHex(serial.Length % 2 == 1 ? "0" + serial : serial)
        : throw new CeremonyRefusedException("A serial number is 1 to 40 hexadecimal digits.");

    private static RevocationReason ReasonOf(string? reason) => RevokeCommand.Reasons.TryGetValue(reason ?? "", out var known)
        ? known
        : throw new CeremonyRefusedException($"A revocation needs --reason, one of {string.Join(", ", RevokeCommand.Reasons.Keys)}.");
}
