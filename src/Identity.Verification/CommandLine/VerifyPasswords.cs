using System.Text;
using Identity.Verification.Validations;
using Identity.Web;

namespace Identity.Verification.CommandLine;

/// <summary>
/// Passwords that open encrypted files: from a file, or asked for on the terminal. Never from an argument or the environment, which others on the
/// machine can see.
/// </summary>
internal sealed class VerifyPasswords(string fromFile, PasswordPrompt? prompt, TextWriter terminal) : IDisposable
{
    /// <summary>Asked for one file.</summary>
    private const int MostTries = 3;

    // Questions on one terminal, one after the other.
    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile string known = fromFile;

    /// <summary>What to try first: that of the file, or the last that opened something.</summary>
    public string Known => known;

    /// <summary>The first line; null when it cannot be read or is longer than passwords are.</summary>
    public static string? FirstLine(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            // One byte more, with an end of line of two bytes, tells that it is too long.
            var bytes = new byte[Upload.LongestPassword + 3];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var line = bytes.AsSpan(0, length);
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            line = end < 0 ? line : line[..end];
            return line.Length <= Upload.LongestPassword ? Encoding.UTF8.GetString(line) : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Asks until one opens the file, or nothing is entered.</summary>
    /// <param name="attempt">Whether a password opens it.</param>
    public async Task Ask(string file, Func<string, Task<bool>> attempt, CancellationToken interrupted)
    {
        if (prompt is null)
            return;
        await turn.WaitAsync(interrupted);
        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                if (await prompt($"Password for {SafeText.ForDisplay(file)}: ", interrupted) is not { Length: > 0 } password)
                    return;
                if (await attempt(password))
                {
                    known = password;
                    return;
                }
                await terminal.WriteLineAsync("The password does not open it.");
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}

/// <summary>One line from the person at the terminal, which does not show it; null when there is none.</summary>
public delegate Task<string?> PasswordPrompt(string question, CancellationToken interrupted);

/// <summary>The terminal that the program runs on.</summary>
public static class TerminalPassword
{
    /// <summary>Null where nobody could answer, or the question would end up in a file.</summary>
    public static PasswordPrompt? Find() => Console.IsInputRedirected || Console.IsErrorRedirected ? null : (question, interrupted) => Task.Run(() => Read(question), interrupted).WaitAsync(interrupted);

    private static string? Read(string question)
    {
        // The terminal shows what is typed until the first look at its keys: that comes before the question, which some answer at once.
        _ = Console.KeyAvailable;
        Console.Error.Write(question);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key)
            {
                case { Key: ConsoleKey.Enter }:
                    Console.Error.WriteLine();
                    return typed.ToString();
                case { Key: ConsoleKey.Escape }:
                    Console.Error.WriteLine();
                    return null;
                case { Key: ConsoleKey.Backspace } when typed.Length > 0:
                    typed.Length--;
                    break;
                case { KeyChar: >= ' ' } when typed.Length < Upload.LongestPassword:
                    typed.Append(key.KeyChar);
                    break;
            }
        }
    }
}
