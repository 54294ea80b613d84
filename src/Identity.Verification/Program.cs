using Identity.Verification;
using Identity.Verification.CommandLine;
using Identity.Verification.Policy;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;
using Identity.Web;
using Identity.Web.CommandLine;

var program = new ServiceProgram(
    VerifyArguments.Usage,
    words => words[0] == "verify" ? Verify(words[1..]) : null,
    VerificationApp.Build,
    typeof(VerificationSettingException), typeof(WebSettingsException), typeof(PolicyFileException), typeof(TrustDirectoryException), typeof(TrustedListException));
return await program.Run(args, Console.Out, Console.Error);

static async Task<int> Verify(string[] arguments)
{
    using var interrupted = new CancellationTokenSource();
    // The first Ctrl+C ends the work in order; the second is the system's.
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = !interrupted.IsCancellationRequested;
        interrupted.Cancel();
    };
    return await VerifyCommand.Run(arguments, Console.Out, Console.Error, TimeProvider.System, Console.OpenStandardInput(), TerminalPassword.Find(), interrupted.Token);
}
