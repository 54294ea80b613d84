using Identity.Provider.CommandLine;
using Identity.Provider.Logout;

namespace Identity.Provider.People;

/// <summary>People disabled by command while the service runs, and what the operator sees of sessions and logouts.</summary>
public sealed class PersonCommandTests(LogoutAgencies agencies) : IClassFixture<LogoutAgencies>
{
    private RunningProvider Provider => agencies.Provider;

    [Fact]
    public async Task A_disabled_person_is_out_at_once_and_can_come_back_when_enabled()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn(SignedIn.Wei);
        await Provider.Consent("first", SignedIn.Wei);
        await agencies.LogIn(browser, "first");

        var seen = (await Run("person", "sessions", "--identifier", SignedIn.Wei, "--json")).Json;
        Assert.Equal((session.SessionId, "first"), ((string)seen["sid"]!, (string)seen["clients"]![0]!));

        var disabled = await Run("person", "disable", "--identifier", SignedIn.Wei);
        Assert.Equal((ProviderCommand.Done, "disabled; sessions ended: 1\n", ""), (disabled.ExitCode, disabled.Output, disabled.Complaints));
        Assert.False(await browser.IsSignedIn());
        Assert.Single(await agencies.First.Of(session.SessionId));
        Assert.Equal("", (await Run("person", "sessions", "--identifier", SignedIn.Wei, "--json")).Output);

        // A session from before would be seen now, if it had only been hidden.
        var enabled = await Run("person", "enable", "--identifier", SignedIn.Wei);
        Assert.Equal((ProviderCommand.Done, "enabled\n", ""), (enabled.ExitCode, enabled.Output, enabled.Complaints));
        Assert.False(await browser.IsSignedIn());
        await browser.SignIn(SignedIn.Wei);
        Assert.True(await browser.IsSignedIn());

        var audited = await File.ReadAllTextAsync(Path.ChangeExtension(Provider.AuditFile, ".command.jsonl"), TestContext.Current.CancellationToken);
        Assert.Contains("provider.person-disabling", audited, StringComparison.Ordinal);
        Assert.Contains("provider.person-enabling", audited, StringComparison.Ordinal);
        Assert.DoesNotContain(SignedIn.Wei, audited, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operator_sees_what_became_of_each_logout_and_nobodys_name()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var subject = (string)Jwt.Payload(await agencies.LogIn(browser, "first"))["sub"]!;
        await browser.Post("/?handler=SignOut", await browser.Get("/"));
        await agencies.First.Of(session.SessionId);
        var listed = await Run("logouts", "list", "--client", "first");
        for (var attempt = 0; !listed.Output.Contains("answered 200", StringComparison.Ordinal) && attempt < 50; attempt++)
            listed = await Run("logouts", "list", "--client", "first");
        Assert.Equal(ProviderCommand.Done, listed.ExitCode);
        Assert.StartsWith("DELIVERY", listed.Lines[0], StringComparison.Ordinal);
        Assert.Contains("delivered", listed.Output, StringComparison.Ordinal);
        var json = await Run("logouts", "list", "--json");
        foreach (var text in new[] { subject, session.SessionId, session.PersonId })
        {
            Assert.DoesNotContain(text, listed.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(text, json.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ProviderCommand.WrongUsage, "person")]
    [InlineData(ProviderCommand.WrongUsage, "person", "delete")]
    [InlineData(ProviderCommand.WrongUsage, "person", "disable")]
    [InlineData(ProviderCommand.WrongUsage, "person", "disable", SignedIn.Wei)]
    [InlineData(ProviderCommand.WrongUsage, "person", "disable", "--name", "Wei")]
    [InlineData(ProviderCommand.Refused, "person", "disable", "--identifier", "PNOXX-00000000000")]
    [InlineData(ProviderCommand.WrongUsage, "logouts")]
    [InlineData(ProviderCommand.WrongUsage, "logouts", "clear")]
    [InlineData(ProviderCommand.WrongUsage, "logouts", "list", "first")]
    public async Task Refuses_what_it_does_not_know(int exitCode, params string[] arguments)
    {
        var result = await Run(arguments);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.NotEqual("", result.Complaints);
    }

    private Task<CommandResult> Run(params string[] arguments) => Command.Run(
    [
        .. arguments,
        "--environment=Development",
        $"--Provider:Issuer={Provider.Issuer}",
        $"--Provider:Database=Data Source={Provider.DatabaseFile}",
        $"--Provider:Redis={Provider.Redis.Endpoint}",
        $"--Provider:Keys={Path.Combine(Path.GetDirectoryName(Provider.AuditFile)!, "keys")}",
        $"--Provider:Audit={Provider.AuditFile}",
    ]);
}
