using Identity.Provider.CommandLine;
using Identity.Web;

namespace Identity.Provider.Clients;

/// <summary><c>client VERB</c>: who may ask people to sign in.</summary>
internal static class ClientCommand
{
    public const string Usage =
        """
        usage: Identity.Provider client list [--json]
        """;

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation)
    {
        var rest = arguments.Skip(1).ToArray();
        return arguments.FirstOrDefault() switch
        {
            "list" => List(rest, console, cancellation),
            null => console.WrongUsage("client needs a verb", Usage),
            var verb => console.WrongUsage($"client has no {verb}", Usage),
        };
    }

    private static Task<int> List(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse(rest, [], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "list takes no client", Usage);
        return console.Run(arguments, async host =>
        {
            var rows = new List<string[]>();
            await foreach (var client in host.Get<RegisteredClients>().All(cancellation))
            {
                if (arguments.Json)
                    await console.Say(Summary(client));
                else
                    rows.Add([client.Id, SafeText.ForDisplay(client.Name, 40), Profile(client), client.Metadata.TokenEndpointAuthMethod, client.Metadata.Origin, State(client)]);
            }

            if (!arguments.Json)
                await console.Table(["CLIENT", "NAME", "LEVEL", "AUTHENTICATION", "ORIGIN", "STATE"], rows);
        }, cancellation);
    }

    private static object Summary(RegisteredClient client) => new
    {
        client_id = client.Id,
        client_name = client.Name,
        profile = Profile(client),
        token_endpoint_auth_method = client.Metadata.TokenEndpointAuthMethod,
        origin = client.Metadata.Origin,
        state = State(client),
    };

    private static string Profile(RegisteredClient client) => client.Metadata.Profile.ToString().ToLowerInvariant();

    private static string State(RegisteredClient client) => client.Metadata.Disabled ? "disabled" : "enabled";
}
