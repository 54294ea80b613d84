using Identity.Verification;
using Identity.Verification.CommandLine;

// The server's own settings all begin with a dash; a word that is no command must not start it.
switch (args)
{
    case ["verify", ..]:
        using (var interrupted = new CancellationTokenSource())
        {
            // The first Ctrl+C ends the work in order; the second is the system's.
            Console.CancelKeyPress += (_, pressed) =>
            {
                pressed.Cancel = !interrupted.IsCancellationRequested;
                interrupted.Cancel();
            };
            return await VerifyCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System, Console.OpenStandardInput(), TerminalPassword.Find(),
                interrupted.Token);
        }
    case [var word, ..] when !word.StartsWith('-') && !word.StartsWith('/'):
        Console.Error.WriteLine(VerifyArguments.Usage);
        return VerifyCommand.WrongUsage;
    default:
        await VerificationApp.Build(args).RunAsync();
        return 0;
}
