using Identity.Audit;
using Identity.Keys;
using Identity.Provider.CommandLine;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Web;
using Identity.Web.CommandLine;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.People;

/// <summary><c>person VERB</c>: people as the operator sees them, who names them by their identifier and is told no more about them.</summary>
internal static class PersonCommand
{
    public const string Usage =
        """
        usage: Identity.Provider person disable --identifier PNOXX-...
               Identity.Provider person enable --identifier PNOXX-...
               Identity.Provider person sessions --identifier PNOXX-...

          disable   nothing of this person counts any more; their sessions end, and the agencies are told
          enable    they can sign in again
          sessions  where they are signed in
        """;

    /// <summary>Until an operator says otherwise.</summary>
    private const int DisabledYears = 100;

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation)
    {
        var rest = arguments.Skip(1).ToArray();
        return arguments.FirstOrDefault() switch
        {
            "disable" => One(rest, console, (host, person) => Disable(host, person, rest.Contains("--json"), console, cancellation), cancellation),
            "enable" => One(rest, console, (host, person) => Enable(host, person, rest.Contains("--json"), console, cancellation), cancellation),
            "sessions" => One(rest, console, (host, person) => Sessions(host, person, rest.Contains("--json"), console), cancellation),
            null => console.WrongUsage("person needs a verb", Usage),
            var verb => console.WrongUsage($"person has no {verb}", Usage),
        };
    }

    private static Task<int> One(string[] rest, CommandConsole console, Func<CommandHost, Person, Task> work, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, ["identifier"], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "a person is named by --identifier", Usage);
        if (arguments.Option("identifier") is not { Length: > 0 } identifier)
            return console.WrongUsage("--identifier is missing", Usage);
        return console.Run(
            arguments,
            async host => await work(
                host,
                await host.Get<ProviderDatabase>().Users.AsNoTracking().SingleOrDefaultAsync(person => person.Identifier == identifier, cancellation)
                    ?? throw new CommandRefusedException("There is no such person.")),
            cancellation,
            static (services, settings) =>
            {
                ProviderApp.AddProtection(services, KeyRing.Open(settings.Keys, settings.Production));
                services.AddSessionRegister(settings.Sessions);
            });
    }

    private static async Task Disable(CommandHost host, Person person, bool json, CommandConsole console, CancellationToken cancellation)
    {
        var operation = host.Audit.Begin(new PersonDisabling(person.Id));
        // First this: whatever goes wrong after, every further request of theirs is refused.
        await Lock(host, person, host.Get<TimeProvider>().GetUtcNow().AddYears(DisabledYears), cancellation);
        operation.Complete(AuditOutcome.Succeeded);
        try
        {
            var ended = await host.Get<SessionEnds>().EndAllOf(person.Id, SessionEndReason.PersonDisabled);
            await (json ? console.Say(new { state = "disabled", sessions_ended = ended }) : console.Say($"disabled; sessions ended: {ended}"));
        }
        catch (StoreUnavailableException)
        {
            throw new CommandRefusedException("The person is disabled, but Redis does not answer: agencies are told of sessions when they are used or expire. Run the command again.");
        }
    }

    private static async Task Enable(CommandHost host, Person person, bool json, CommandConsole console, CancellationToken cancellation)
    {
        var operation = host.Audit.Begin(new PersonEnabling(person.Id));
        await Lock(host, person, until: null, cancellation);
        operation.Complete(AuditOutcome.Succeeded);
        await (json ? console.Say(new { state = "enabled" }) : console.Say("enabled"));
    }

    private static async Task Sessions(CommandHost host, Person person, bool json, CommandConsole console)
    {
        var sessions = await host.Get<SessionRegister>().SessionsOf(person.Id);
        if (!json)
        {
            await console.Table(
                ["SESSION", "DEVICE", "SINCE", "LAST USED", "CLIENTS"],
                [.. sessions.Select(session => new[] { session.SessionId, session.Device, Text(session.Created), Text(session.LastSeen), string.Join(' ', session.ClientIds) })]);
            return;
        }

        foreach (var session in sessions)
        {
            await console.Say(new
            {
                sid = session.SessionId, device = session.Device, since = session.Created, last_used = session.LastSeen, ends = session.End, clients = session.ClientIds,
            });
        }
    }

    private static Task<int> Lock(CommandHost host, Person person, DateTimeOffset? until, CancellationToken cancellation) => host.Get<ProviderDatabase>().Users
        .Where(row => row.Id == person.Id)
        .ExecuteUpdateAsync(row => row.SetProperty(member => member.LockoutEnd, until), cancellation);

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
