using Identity.Verification;
using Identity.Verification.CommandLine;

// The server's own settings all begin with a dash; a word that is no command must not start it.
switch (args)
{
    case ["verify", ..]:
        return await VerifyCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System);
    case [var word, ..] when !word.StartsWith('-') && !word.StartsWith('/'):
        Console.Error.WriteLine(VerifyArguments.Usage);
        return VerifyCommand.WrongUsage;
    default:
        await VerificationApp.Build(args).RunAsync();
        return 0;
}
