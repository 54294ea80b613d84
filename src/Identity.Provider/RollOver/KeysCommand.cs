using Identity.Audit;
using Identity.Keys;
using Identity.Provider.CommandLine;
using Identity.Provider.Token;
using Identity.Web.CommandLine;

namespace Identity.Provider.RollOver;

/// <summary><c>keys VERB</c>: which keys sign tokens. Running services follow with their next token.</summary>
internal static class KeysCommand
{
    public const string Usage =
        """
        usage: Identity.Provider keys list
               Identity.Provider keys announce NAME --alg ES256|PS256|RS256
               Identity.Provider keys publish NAME
               Identity.Provider keys activate NAME [--force]
               Identity.Provider keys retire NAME
               Identity.Provider keys compromise NAME [--activate NAME [--force]]
               Identity.Provider keys remove NAME

          NAME        of a key in the key ring; when it is announced it need not be there yet
          publish     shows it in the key set, so that clients know it before it signs
          activate    it signs, and the one before it is retired: that verifies until the last of its tokens has ended. Refused until it has been
                      published for 15 minutes, which is how long clients keep the key set; --force all the same
          retire      a published key that will not be used
          compromise  it is out of the key set, and its tokens are refused, at once; one that signs needs another that takes its place
          remove      out of the plan: announced and not wanted, over, or compromised
        """;

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation)
    {
        var rest = arguments.Skip(1).ToArray();
        return arguments.FirstOrDefault() switch
        {
            "list" => List(rest, console, cancellation),
            "announce" => Step(rest, ["alg"], [], console, (plan, name, given, at) => plan.Announce(name, given.Option("alg") ?? "", at.Now), "announced", cancellation),
            "publish" => Step(rest, [], [], console, (plan, name, _, at) => Publish(plan, name, at), "published", cancellation),
            "activate" => Step(rest, [], ["force"], console, (plan, name, given, at) => plan.Activate(name, given.Switches.Contains("force"), at.Now), "active", cancellation),
            "retire" => Step(rest, [], [], console, (plan, name, _, at) => plan.Retire(name, at.Now), "retired", cancellation),
            "compromise" => Step(
                rest, ["activate"], ["force"], console,
                (plan, name, given, at) => plan.Compromise(name, given.Option("activate"), given.Switches.Contains("force"), at.Now), "compromised", cancellation),
            "remove" => Step(rest, [], [], console, (plan, name, _, at) => plan.Remove(name, TokenKeys.KeptFor(at.Settings), at.Now), "removed", cancellation),
            null => console.WrongUsage("keys needs a verb", Usage),
            var verb => console.WrongUsage($"keys has no {verb}", Usage),
        };
    }

    private sealed record Place(ProviderSettings Settings, DateTimeOffset Now);

    // A key that is not there would leave every instance with the plan before.
    private static TokenKeyPlan Publish(TokenKeyPlan plan, string name, Place at)
    {
        var next = plan.Publish(name, at.Now);
        TokenKey.Get(KeyRing.Open(at.Settings.Keys, at.Settings.Production), name, next.Keys.Single(key => key.Name == name).Algorithm);
        return next;
    }

    private static Task<int> List(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, [], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "list takes no name", Usage);
        return console.Run(arguments, async host =>
        {
            var now = host.Get<TimeProvider>().GetUtcNow();
            var keys = Refusable(() => Current(host.Settings.TokenKeys, now)).Keys;
            if (arguments.Json)
            {
                foreach (var key in keys)
                    await console.Say(new { name = key.Name, alg = key.Algorithm, state = Word(key.State), since = Since(key) });
                return;
            }

            await console.Table(["KEY", "ALGORITHM", "STATE", "SINCE"], [.. keys.Select(key => new[] { key.Name, key.Algorithm, Word(key.State), Since(key) ?? "-" })]);
        }, cancellation);
    }

    private static Task<int> Step(
        string[] rest, string[] options, string[] switches, CommandConsole console, Func<TokenKeyPlan, string, CommandArguments, Place, TokenKeyPlan> step, string change, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, options, switches, out var problem) is not { Words: [var name] } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "one key must be named", Usage);
        return console.Run(arguments, async host =>
        {
            var file = host.Settings.TokenKeys;
            var at = new Place(host.Settings, host.Get<TimeProvider>().GetUtcNow());
            using var alone = Refusable(() => new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            var next = Refusable(() => step(Current(file, at.Now), name, arguments, at));
            var operation = host.Audit.Begin(new TokenKeyChange(name, change));
            try
            {
                Write(file, next.ToJson());
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                operation.Complete(AuditOutcome.Failed, "not_written");
                throw new CommandRefusedException($"{file} cannot be written: {failure.Message}");
            }

            operation.Complete(AuditOutcome.Succeeded);
            await (arguments.Json ? console.Say(new { name, state = change }) : console.Say($"{name}: {change}"));
        }, cancellation);
    }

    private static T Refusable<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception refused) when (refused is TokenKeyPlanException or KeyRingException or DevelopmentKeyRefusedException or IOException or UnauthorizedAccessException)
        {
            throw new CommandRefusedException(refused.Message);
        }
    }

    private static TokenKeyPlan Current(string file, DateTimeOffset now)
    {
        if (File.Exists(file))
            return TokenKeyPlan.Read(File.ReadAllText(file), now);
        return File.Exists(TokenKeyPlan.CopyOf(file)) ? throw new TokenKeyPlanException($"{file} is gone; {TokenKeyPlan.CopyOf(file)} is what it was.") : TokenKeyPlan.Default;
    }

    // Beside its final name, brought to the disk, then renamed: services read either plan, and never a half.
    private static void Write(string file, string text)
    {
        var partial = file + ".partial";
        using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, file, overwrite: true);
        // So that a plan that is lost is known to be, at the next start.
        File.Copy(file, TokenKeyPlan.CopyOf(file), overwrite: true);
    }

    private static string Word(TokenKeyState state) => state.ToString().ToLowerInvariant();

    // Where no plan was ever written there is no time to tell.
    private static string? Since(PlannedKey key) => key.ActivatedAt == DateTimeOffset.UnixEpoch && key.State == TokenKeyState.Active ? null : (key.State switch
    {
        TokenKeyState.Published => key.PublishedAt,
        TokenKeyState.Active => key.ActivatedAt,
        TokenKeyState.Retired => key.RetiredAt,
        TokenKeyState.Compromised => key.CompromisedAt,
        _ => null,
    })?.ToString("u", System.Globalization.CultureInfo.InvariantCulture);
}
