using System.Globalization;
using Identity.Keys;
using Identity.Provider.CommandLine;
using Identity.Provider.Sessions;
using Identity.Web.CommandLine;

namespace Identity.Provider.Logout;

/// <summary><c>logouts list</c>: what became of telling agencies that sessions have ended, for a day. Names agencies and nobody else.</summary>
internal static class LogoutCommand
{
    public const string Usage =
        """
        usage: Identity.Provider logouts list [--client ID]
        """;

    /// <summary>The newest; the log of the service has them all.</summary>
    internal const int MostListed = 1000;

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation) => arguments.FirstOrDefault() switch
    {
        "list" => List([.. arguments.Skip(1)], console, cancellation),
        null => console.WrongUsage("logouts needs a verb", Usage),
        var verb => console.WrongUsage($"logouts has no {verb}", Usage),
    };

    private static Task<int> List(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, ["client"], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "list takes options only", Usage);
        return console.Run(
            arguments,
            async host =>
            {
                var client = arguments.Option("client");
                var found = (await host.Get<LogoutOutbox>().List(MostListed)).Where(delivery => client is null || delivery.ClientId == client).ToArray();
                if (!arguments.Json)
                {
                    await console.Table(
                        ["DELIVERY", "CLIENT", "QUEUED", "STATE", "ATTEMPTS", "NEXT", "RESULT"],
                        [.. found.Select(one => new[] { one.Id, one.ClientId, Text(one.Queued), State(one), one.Attempts.ToString(CultureInfo.InvariantCulture), one.Next is { } next ? Text(next) : "-", one.Result })]);
                    return;
                }

                foreach (var one in found)
                {
                    await console.Say(new
                    {
                        delivery = one.Id, client_id = one.ClientId, queued = one.Queued, state = State(one), attempts = one.Attempts, changed = one.Changed, next = one.Next, result = one.Result,
                    });
                }
            },
            cancellation,
            static (services, settings) =>
            {
                ProviderApp.AddProtection(services, KeyRing.Open(settings.Keys, settings.Production));
                services.AddSessionRegister(settings.Sessions);
            });
    }

    private static string State(LogoutDelivery delivery) => delivery.State.ToString().ToLowerInvariant();

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
