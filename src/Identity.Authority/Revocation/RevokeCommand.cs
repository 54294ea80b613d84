using Identity.Authority.CommandLine;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Identity.Web.CommandLine;

namespace Identity.Authority.Revocation;

/// <summary>
/// <c>revoke --serial HEX --reason REASON [--issuer NAME] [--Authority:Database=...]</c>: works on the database, beside the running service. Exit
/// code 0 revoked, 1 not, 2 wrong usage.
/// </summary>
public static class RevokeCommand
{
    private const int Done = 0, NotDone = 1;
    private const int MaxSerialDigits = 40;

    // RFC 5280 5.3.1: hold and removal from the list are not for certificates that are revoked for good.
    internal static readonly Dictionary<string, RevocationReason> Reasons = new(StringComparer.Ordinal)
    {
        ["unspecified"] = RevocationReason.Unspecified,
        ["keyCompromise"] = RevocationReason.KeyCompromise,
        ["cACompromise"] = RevocationReason.CaCompromise,
        ["affiliationChanged"] = RevocationReason.AffiliationChanged,
        ["superseded"] = RevocationReason.Superseded,
        ["cessationOfOperation"] = RevocationReason.CessationOfOperation,
        ["privilegeWithdrawn"] = RevocationReason.PrivilegeWithdrawn,
    };

    public const string Usage =
        "Identity.Authority revoke --serial HEX --reason REASON [--issuer NAME] [--data DIR] [SETTING]...    REASON: unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn";

    public static async Task<int> Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        var arguments = CommandArguments.Parse<AuthorityOptions>(args, ["serial", "reason", "issuer"], [], out var problemOfUsage);
        var serial = arguments?.Option("serial")?.TrimStart('0').ToUpperInvariant();
        if (arguments is not { Words: [], Json: false } || serial is null or "" || serial.Length > MaxSerialDigits || !serial.All(char.IsAsciiHexDigit) || !Reasons.TryGetValue(arguments.Option("reason") ?? "", out var reason))
            return await CommandArguments.Refuse(error, problemOfUsage, Usage);
        if (serial.Length % 2 == 1) serial = "0" + serial;
        var issuer = arguments.Option("issuer") ?? AuthoritySettings.IssuingAuthority;
        try
        {
            using var command = await ServiceCommand.Open(arguments.Settings, usesKeys: false, time);
            var result = await new CertificateRevocations(command.Databases, command.Audit, time).Revoke(issuer, serial, reason, CancellationToken.None);
            await output.WriteLineAsync(result switch
            {
                RevocationResult.Revoked => $"{serial} of {issuer} is revoked.",
                RevocationResult.AlreadyRevoked => $"{serial} of {issuer} was revoked before; nothing was changed.",
                _ => $"{issuer} has issued no certificate {serial}.",
            });
            return result == RevocationResult.Revoked ? Done : NotDone;
        }
        catch (Exception problem) when (problem is AuthoritySettingsException or IOException || AuthorityStores.Outage(problem) is not null)
        {
            await error.WriteLineAsync(AuthorityStores.Complaint(problem));
            return NotDone;
        }
    }
}
