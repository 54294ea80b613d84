using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Provider.CommandLine;
using Identity.Provider.Registration;
using Identity.Web;
using Identity.Web.CommandLine;
using static Identity.Provider.Clients.ClientDocument;

namespace Identity.Provider.Clients;

/// <summary><c>client VERB</c>: which agencies may ask people to sign in.</summary>
internal static class ClientCommand
{
    public const string Usage =
        """
        usage: Identity.Provider client add [--file FILE] [--id ID] [--name NAME] [--redirect-uri URI]... [--scope "openid ..."] [--jwks FILE] ...
               Identity.Provider client list
               Identity.Provider client show ID
               Identity.Provider client rotate ID [--jwks FILE [--keep]]
               Identity.Provider client disable ID
               Identity.Provider client enable ID
               Identity.Provider client remove ID
               Identity.Provider client token add|list|revoke ...

          add      FILE holds a registration as RFC 7591 writes one, with client_id, profile (fapi2, baseline, legacy) and sector; each of its
                   members is also an option (--token-endpoint-auth-method private_key_jwt), which goes before the file. A secret is made here,
                   when the client is to have one, and shown once. Without a sector, it is the host of the redirect addresses
          rotate   makes another secret, the one before ends at once; with --jwks: other keys, with --keep beside those before
          disable  is as if the client were not registered, until enable
          remove   for good
          token    initial access tokens, with which clients register themselves (RFC 7591)
        """;

    /// <summary>Short names of what most registrations need.</summary>
    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["id"] = "client_id", ["name"] = "client_name", ["redirect-uri"] = "redirect_uris", ["auth"] = "token_endpoint_auth_method",
        ["post-logout-redirect-uri"] = "post_logout_redirect_uris", ["grant-type"] = "grant_types",
    };

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation)
    {
        var rest = arguments.Skip(1).ToArray();
        return arguments.FirstOrDefault() switch
        {
            "add" => Add(rest, console, cancellation),
            "list" => List(rest, console, cancellation),
            "show" => One(rest, [], [], console, (host, id, _) => Show(host, id, console, cancellation), cancellation),
            "rotate" => One(rest, ["jwks"], ["keep"], console, (host, id, given) => Rotate(host, id, given, cancellation), cancellation),
            "disable" => One(rest, [], [], console, async (host, id, _) => await Clients(host).Disable(id, cancellation), cancellation),
            "enable" => One(rest, [], [], console, async (host, id, _) => await Clients(host).Enable(id, cancellation), cancellation),
            "token" => InitialAccessTokenCommand.Run(rest, console, cancellation),
            "remove" => One(rest, [], [], console, async (host, id, _) => await Clients(host).Remove(id, cancellation), cancellation),
            null => console.WrongUsage("client needs a verb", Usage),
            var verb => console.WrongUsage($"client has no {verb}", Usage),
        };
    }

    private static Task<int> Add(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        string[] flags = [.. Members.Where(member => member.Form == Form.Flag).Select(member => member.Option)];
        string[] values = ["file", .. Short.Keys, .. Members.Where(member => member.Form != Form.Flag).Select(member => member.Option)];
        if (CommandArguments.Parse<ProviderOptions>(rest, values, flags, out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "add takes options only", Usage);
        return console.Run(arguments, async host =>
        {
            var document = await Document(arguments, cancellation);
            ClientOptions options;
            ClientOutcome outcome;
            try
            {
                options = Read(document, out var others);
                // Whoever registers by hand and misspells a name would get what they did not write.
                if (others.Count > 0)
                    throw new CommandRefusedException($"The registration has members that mean nothing here: {string.Join(", ", others)}.");
                options.Sector ??= SectorOf(options.RedirectUris, host.Settings.Production);
                outcome = await Clients(host).Add(await Clients(host).Check(options, ClientMetadata.FromCommand, cancellation), cancellation);
            }
            catch (ProviderSettingsException refused)
            {
                throw new CommandRefusedException($"{NameOf(refused)}: {refused.Problem}");
            }

            await Tell(outcome, options.Id!, console, arguments.Json);
            if (options.TokenEndpointAuthMethod == "none" || arguments.Json)
                return;
            await foreach (var other in host.Get<RegisteredClients>().All(cancellation))
            {
                if (other.Id != options.Id && other.Metadata.Sector == options.Sector)
                    await console.Note($"note: {other.Id} has the same sector, {options.Sector}: both see the same sub of a person");
            }
        }, cancellation);
    }

    /// <summary>The file, and over it what the options say.</summary>
    private static async Task<JsonObject> Document(CommandArguments arguments, CancellationToken cancellation)
    {
        var document = arguments.Option("file") is not { } file
            ? []
            : Parse(await Content(file, cancellation)) ?? throw new CommandRefusedException($"{file} is not one JSON object without repeated names, of at most {Longest} bytes.");
        foreach (var option in arguments.Options.Where(option => option.Name is not ("file" or "data")).GroupBy(option => option.Name))
        {
            var member = Members.Single(member => member.Name == (Short.GetValueOrDefault(option.Key) ?? option.Key.Replace('-', '_')));
            document[member.Name] = member.Form switch
            {
                Form.List => new JsonArray([.. option.Select(entry => JsonValue.Create(entry.Value))]),
                Form.Words => string.Join(' ', option.Select(entry => entry.Value)),
                Form.Json => Parse(await Content(option.Last().Value, cancellation)) ?? throw new CommandRefusedException($"{option.Last().Value} is not a JWK Set."),
                _ => option.Last().Value,
            };
        }

        foreach (var member in Members.Where(member => arguments.Switches.Contains(member.Option)))
            document[member.Name] = true;
        return document;
    }

    private static Task<int> List(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, [], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "list takes no client", Usage);
        return console.Run(arguments, async host =>
        {
            var rows = new List<string[]>();
            await foreach (var client in host.Get<RegisteredClients>().All(cancellation))
            {
                var method = client.Metadata.TokenEndpointAuthMethod;
                if (arguments.Json)
                    await console.Say(new { client_id = client.Id, client_name = client.Name, profile = client.Profile, token_endpoint_auth_method = method, origin = client.Metadata.Origin, state = client.State });
                else
                    rows.Add([client.Id, SafeText.ForDisplay(client.Name, 40), client.Profile, method, client.Metadata.Origin, client.State]);
            }

            if (!arguments.Json)
                await console.Table(["CLIENT", "NAME", "LEVEL", "AUTHENTICATION", "ORIGIN", "STATE"], rows);
        }, cancellation);
    }

    /// <summary>A verb about one client. No outcome: it has said all there is.</summary>
    private static Task<int> One(
        string[] rest, string[] options, string[] switches, CommandConsole console,
        Func<CommandHost, string, CommandArguments, Task<ClientOutcome?>> work, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, options, switches, out var problem) is not { Words: [var id] } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "name one client", Usage);
        return console.Run(arguments, async host =>
        {
            if (await work(host, id, arguments) is { } outcome)
                await Tell(outcome, id, console, arguments.Json);
        }, cancellation);
    }

    private static async Task<ClientOutcome?> Show(CommandHost host, string id, CommandConsole console, CancellationToken cancellation)
    {
        if (await host.Get<RegisteredClients>().Find(id, cancellation) is not { } client)
            return new ClientOutcome.Refused($"No client is called {id}.");
        var document = Write(client.ToOptions());
        document["origin"] = client.Metadata.Origin;
        document["state"] = client.State;
        await console.Say(document);
        return null;
    }

    private static async Task<ClientOutcome?> Rotate(CommandHost host, string id, CommandArguments arguments, CancellationToken cancellation)
    {
        if (arguments.Option("jwks") is { } file)
            return await Clients(host).ReplaceKeys(id, System.Text.Encoding.UTF8.GetString(await Content(file, cancellation)), arguments.Switches.Contains("keep"), cancellation);
        return await Clients(host).ReplaceSecret(id, cancellation);
    }

    private static async Task Tell(ClientOutcome outcome, string id, CommandConsole console, bool json)
    {
        if (outcome is ClientOutcome.Refused refused)
            throw new CommandRefusedException(refused.Why);
        var secret = ((ClientOutcome.Done)outcome).Secret;
        if (json)
            await console.Say(secret is null ? new JsonObject { ["client_id"] = id } : new JsonObject { ["client_id"] = id, ["client_secret"] = secret });
        else if (secret is null)
            await console.Say($"{id}: done");
        else
            await console.Say($"{id}: done. The secret, shown this once: {secret}");
    }

    private static async Task<byte[]> Content(string file, CancellationToken cancellation)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            // A device or a pipe has no length to ask for.
            var content = new byte[Longest + 1];
            var length = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellation);
            return length <= Longest ? content[..length] : throw new CommandRefusedException($"{file} is larger than {Longest} bytes.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandRefusedException($"{file} cannot be read: {problem.Message}");
        }
    }

    private static ClientAdministration Clients(CommandHost host) => host.Get<ClientAdministration>();
}
