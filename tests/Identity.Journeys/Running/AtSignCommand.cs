using System.Diagnostics;

namespace Identity.Journeys.Running;

/// <summary>What a person does in the browser while the `sign` command runs.</summary>
public sealed class AtSignCommand(DevHostProcess host, Visitor visitor, Process command)
{
    private const string Opening = "Open this address in your browser: ";

    /// <summary>The first address is for a token that lists certificates, the second for the approval: here the person stands before it. What the program said in between.</summary>
    public async Task<string> ComeToApprove(string code)
    {
        var told = new List<string>();
        await visitor.Go(await Address(command));
        await visitor.Arrive(host.Address(0) + "login");
        await visitor.Enrol(code);
        await visitor.ConsentIfAsked("http://127.0.0.1:");
        await visitor.Go(await Address(command, told));
        await visitor.Arrive(host.Address(0));
        if (visitor.Page.Url.Contains("/consent?", StringComparison.Ordinal))
            await visitor.Consent(allow: true);
        await visitor.Arrive(host.Address(0) + "approve");
        return string.Join('\n', told);
    }

    public static async Task<string> Address(Process command, List<string>? told = null)
    {
        while (await command.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            told?.Add(line);
            if (line.StartsWith(Opening, StringComparison.Ordinal))
                return line[Opening.Length..].Trim();
            Assert.DoesNotContain("refused", line, StringComparison.OrdinalIgnoreCase);
        }

        throw new InvalidOperationException("The command ended: " + await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
