using Identity.Web;

namespace Identity.Verification.CommandLine;

/// <summary>One line on a terminal that says how far the work is, and that is gone when it is done. Elsewhere nothing.</summary>
internal sealed class VerifyProgress(TextWriter terminal, bool isTerminal, int total)
{
    private const int Width = 78;
    private const string Erase = "\r\u001b[2K";
    private readonly bool shows = isTerminal && total > 1;

    public async Task Done(int count, string file)
    {
        if (!shows)
            return;
        var line = FormattableString.Invariant($"{count}/{total} {SafeText.ForDisplay(file)}");
        await terminal.WriteAsync(Erase + (line.Length > Width ? line[..Width] : line));
        await terminal.FlushAsync();
    }

    /// <summary>Before anything else is written to the terminal.</summary>
    public async Task Clear()
    {
        if (shows)
            await terminal.WriteAsync(Erase);
    }
}
