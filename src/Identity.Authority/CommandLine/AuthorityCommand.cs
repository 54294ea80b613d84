using Identity.Authority.Ceremony;
using Identity.Authority.Revocation;

namespace Identity.Authority.CommandLine;

/// <summary>The operator's commands, beside a running service or without one.</summary>
internal static class AuthorityCommand
{
    public const string Usage =
        $"""
        usage: Identity.Authority [SETTING]...      runs the service
               Identity.Authority ceremony STEP ...  root, request, authorities, services, list: the certificate hierarchy
               {CertifyCommand.Usage}
               {RevokeCommand.Usage}
               Identity.Authority issuance list|repair [SETTING]...    issuances that were cut short
               Identity.Authority issuance complete SERIAL --out FILE [SETTING]...

          --data DIR       works on what the development host keeps in DIR
          SETTING          a setting of the service, as in --Authority:Database=...; authority.json and the environment are read too

        exit code: 0 done, 1 not, 2 wrong usage
        """;

    /// <summary>Null when the first word is no command.</summary>
    public static Task<int>? Run(string[] words, TextWriter output, TextWriter complaints, TimeProvider time) => words[0] switch
    {
        "ceremony" => CeremonyCommand.Run(words[1..], time, output, complaints),
        "certify" => CertifyCommand.Run(words[1..], time, output, complaints),
        "issuance" => IssuanceCommand.Run(words[1..], time, output, complaints),
        "revoke" => RevokeCommand.Run(words[1..], time, output, complaints),
        _ => null,
    };
}
