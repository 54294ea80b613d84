using Identity.Signing;
using Identity.Signing.CommandLine;

// The server's own settings all begin with a dash; a word that is no command must not start it.
switch (args)
{
    case ["extend", ..]:
        return await ExtendCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System);
    case ["sign", ..]:
        return await SignCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System);
    case ["evidence", ..]:
        return await EvidenceCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System);
    case [var word, ..] when !word.StartsWith('-') && !word.StartsWith('/'):
        Console.Error.WriteLine(SignCommand.Usage + "\n" + ExtendCommand.Usage + "\n" + EvidenceCommand.Usage);
        return ExtendCommand.WrongUsage;
    default:
        await SigningApp.Build(args).RunAsync();
        return 0;
}
