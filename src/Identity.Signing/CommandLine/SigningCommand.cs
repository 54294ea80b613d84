namespace Identity.Signing.CommandLine;

/// <summary>What the program does beside serving: for the person whose documents stay at home, for archives, and for whoever checks evidence.</summary>
internal static class SigningCommand
{
    public const string Usage =
        $"""
        usage: Identity.Signing [SETTING]...    runs the service
               {SignCommand.Usage}
               {ExtendCommand.Usage}
               {EvidenceCommand.Usage}

          --service URL    the service that signs; time-stamps and the status of certificates come from where it has them
          --data DIR       works on what the development host keeps in DIR
          -o OUT           a file that is not there yet; for several files a folder
          SETTING          a setting of the service, as in --Signing:TrustDirectory=DIR, --environment=Development;
                           signing.json and the environment are read too

        exit code: 0 done, all signed, evidence holds; 1 not; 2 wrong usage
        """;

    /// <summary>Null when the first word is no command.</summary>
    public static Task<int>? Run(string[] words, TextWriter output, TextWriter complaints, TimeProvider time) => words[0] switch
    {
        "sign" => SignCommand.Run(words[1..], output, complaints, time),
        "extend" => ExtendCommand.Run(words[1..], output, complaints, time),
        "evidence" => EvidenceCommand.Run(words[1..], output, complaints, time),
        _ => null,
    };
}
