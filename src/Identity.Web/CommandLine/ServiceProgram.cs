using Microsoft.AspNetCore.Builder;

namespace Identity.Web.CommandLine;

/// <summary>What every service's program does with its arguments: help, a command beside the service, or the service itself.</summary>
/// <param name="Usage">All commands, as <c>--help</c> prints them.</param>
/// <param name="Command">Runs the command that the first argument names; null when there is no such.</param>
/// <param name="Service">Builds the service with its settings.</param>
/// <param name="Refusals">What a service says when it cannot start as it is set up: one line, not the way through the code.</param>
public sealed record ServiceProgram(string Usage, Func<string[], Task<int>?> Command, Func<string[], WebApplication> Service, params Type[] Refusals)
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUsage = 2;

    public async Task<int> Run(string[] args, TextWriter output, TextWriter complaints)
    {
        if (args.TakeWhile(argument => argument != "--").Any(argument => argument is "--help" or "-h"))
        {
            await output.WriteLineAsync(Usage);
            return Done;
        }

        // A service's own settings all begin with a dash; a word that is no command must not start it.
        if (args is [var word, ..] && !word.StartsWith('-') && !word.StartsWith('/'))
        {
            if (Command(args) is { } command)
                return await command;
            await complaints.WriteLineAsync($"{SafeText.ForDisplay(word)} is no command; --help lists them.");
            return WrongUsage;
        }

        try
        {
            await Service(args).RunAsync();
            return Done;
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException || Refusals.Contains(refusal.GetType()))
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(refusal.Message, LongestComplaint));
            return Refused;
        }
    }

    private const int LongestComplaint = 1000;
}
