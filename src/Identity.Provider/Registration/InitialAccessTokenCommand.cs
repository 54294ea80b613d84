using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.CommandLine;
using Identity.Provider.Storage;
using Identity.Web.CommandLine;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Registration;

/// <summary><c>client token VERB</c>: initial access tokens for clients that register themselves.</summary>
internal static partial class InitialAccessTokenCommand
{
    private const int MostUses = 1000;
    private const int LongestHours = 24 * 90;

    public const string Usage =
        """
        usage: Identity.Provider client token add LABEL [--uses 1] [--hours 24] [--scope "openid profile"] [--sector HOST] [--legacy]
               Identity.Provider client token list
               Identity.Provider client token revoke LABEL

          add      makes a token and shows it once. --scope: what its clients may ask for at most. --sector: the one sector that they may
                   share with clients that are there. --legacy: they may authenticate with a secret
          revoke   the clients that it registered stay
        """;

    public static Task<int> Run(string[] arguments, CommandConsole console, CancellationToken cancellation)
    {
        var rest = arguments.Skip(1).ToArray();
        return arguments.FirstOrDefault() switch
        {
            "add" => Add(rest, console, cancellation),
            "list" => List(rest, console, cancellation),
            "revoke" => Revoke(rest, console, cancellation),
            _ => console.WrongUsage("client token needs add, list or revoke", Usage),
        };
    }

    private static Task<int> Add(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, ["uses", "hours", "scope", "sector"], ["legacy"], out var problem) is not { Words: [var label] } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "name the token", Usage);
        if (!LabelForm().IsMatch(label))
            return console.WrongUsage("a label is 1 to 64 letters, digits, dots, hyphens or underscores", Usage);
        if (Number(arguments.Option("uses") ?? "1", MostUses) is not { } uses)
            return console.WrongUsage($"--uses is a number from 1 to {MostUses}", Usage);
        if (Number(arguments.Option("hours") ?? "24", LongestHours) is not { } hours)
            return console.WrongUsage($"--hours is a number from 1 to {LongestHours}", Usage);
        return console.Run(arguments, async host =>
        {
            var scopes = (arguments.Option("scope") ?? "openid profile").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (scopes.Except(ClientRegistration.IdentityScopes).FirstOrDefault() is { } unknown)
                throw new CommandRefusedException($"{unknown} is no scope that a client can register itself for: {string.Join(", ", ClientRegistration.IdentityScopes)}.");
            var database = host.Get<ProviderDatabase>();
            var token = InitialAccessTokens.New();
            if (await database.InitialAccessTokens.AnyAsync(row => row.Label == label, cancellation))
                throw new CommandRefusedException($"{label} is the label of a token already; revoke that first.");
            var issue = host.Audit.Begin(new InitialAccessTokenChange(label, "issued"));
            database.InitialAccessTokens.Add(new InitialAccessToken
            {
                Hash = InitialAccessTokens.HashOf(token),
                Label = label,
                Expires = host.Get<TimeProvider>().GetUtcNow().AddHours(hours),
                UsesLeft = uses,
                Scopes = string.Join(' ', scopes),
                Sector = arguments.Option("sector"),
                Legacy = arguments.Switches.Contains("legacy"),
            });
            await database.SaveChangesAsync(cancellation);
            issue.Complete(AuditOutcome.Succeeded);
            if (arguments.Json)
                await console.Say(new JsonObject { ["label"] = label, ["initial_access_token"] = token });
            else
                await console.Say($"{label}: done. The token, shown this once: {token}");
        }, cancellation);
    }

    private static Task<int> List(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, [], [], out var problem) is not { Words.Count: 0 } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "list takes no label", Usage);
        return console.Run(arguments, async host =>
        {
            var tokens = await host.Get<ProviderDatabase>().InitialAccessTokens.AsNoTracking().OrderBy(row => row.Label).ToListAsync(cancellation);
            foreach (var token in tokens.Where(_ => arguments.Json))
                await console.Say(new { label = token.Label, expires = token.Expires, uses_left = token.UsesLeft, scope = token.Scopes, sector = token.Sector, legacy = token.Legacy });
            if (!arguments.Json)
            {
                await console.Table(["TOKEN", "EXPIRES", "USES LEFT", "SCOPE", "SECTOR", "LEGACY"], [.. tokens.Select(token => (string[])
                [
                    token.Label, token.Expires.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), token.UsesLeft.ToString(CultureInfo.InvariantCulture),
                    token.Scopes, token.Sector ?? "-", token.Legacy ? "yes" : "no",
                ])]);
            }
        }, cancellation);
    }

    private static Task<int> Revoke(string[] rest, CommandConsole console, CancellationToken cancellation)
    {
        if (CommandArguments.Parse<ProviderOptions>(rest, [], [], out var problem) is not { Words: [var label] } arguments)
            return console.WrongUsage(problem.Length > 0 ? problem : "name the token", Usage);
        return console.Run(arguments, async host =>
        {
            var tokens = host.Get<ProviderDatabase>().InitialAccessTokens;
            if (!await tokens.AnyAsync(row => row.Label == label, cancellation))
                throw new CommandRefusedException($"No token is called {label}.");
            var revocation = host.Audit.Begin(new InitialAccessTokenChange(label, "revoked"));
            await tokens.Where(row => row.Label == label).ExecuteDeleteAsync(cancellation);
            revocation.Complete(AuditOutcome.Succeeded);
            await console.Say(arguments.Json ? new JsonObject { ["label"] = label }.ToJsonString() : $"{label}: done");
        }, cancellation);
    }

    private static int? Number(string text, int largest) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest ? number : null;

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex LabelForm();
}
