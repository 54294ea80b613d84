using System.Text.RegularExpressions;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Journeys;

/// <summary>What a journey leaves behind for the operator: audit that verifies, logs that name nobody.</summary>
[Collection("whole system")]
public sealed partial class RecordsJourneys(WholeSystem system)
{
    [Fact]
    public async Task Audit_verifies_and_neither_audit_nor_logs_hold_personal_data_or_secrets()
    {
        await using var visitor = await system.Visit();
        await visitor.Go(system.Host.Address(0) + "login");
        await visitor.Enrol(DemoCodes.Amira);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
        var session = (await visitor.Context.CookiesAsync()).Where(cookie => cookie.Value.Length > 20).Select(cookie => cookie.Value).ToList();
        Assert.NotEmpty(session);

        var audits = Directory.GetFiles(system.Host.Data, "*.jsonl", SearchOption.AllDirectories);
        Assert.NotEmpty(audits);
        var audit = Path.Combine(Path.GetDirectoryName(DevHostProcess.Program)!, "Identity.Audit.dll");
        foreach (var log in audits)
            Assert.Equal(0, Tool.Run("dotnet", audit, "verify", log).ExitCode);
        Assert.Contains("provider.passkey-registration", Read(Assert.Single(audits, path => path.EndsWith("provider.jsonl", StringComparison.Ordinal))), StringComparison.Ordinal);

        string[] forbidden = ["49902280031", "Haddad", "1999-02-28", DemoCodes.Amira, .. session];
        foreach (var file in audits.Concat(Directory.GetFiles(Path.Combine(system.Host.Data, "logs"))))
        {
            var text = Read(file);
            Assert.DoesNotMatch(Token(), text);
            Assert.All(forbidden, secret => Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{Path.GetFileName(file)} holds '{secret}'"));
        }
    }

    // A JWS or JWE: hashes and identifiers in the log may have its first letters by chance, and never its points.
    [GeneratedRegex("eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]*[.]")]
    private static partial Regex Token();

    private static string Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
