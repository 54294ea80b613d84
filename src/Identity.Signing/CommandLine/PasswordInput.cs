using System.Text;
using Identity.Signing.Documents;

namespace Identity.Signing.CommandLine;

/// <summary>
/// The password that opens the documents of a command: from a file, the standard input, or asked for at the terminal. Never an argument, which every
/// user of the machine could read.
/// </summary>
internal static class PasswordInput
{
    public const string StandardInput = "-";

    /// <summary>The first line: whoever writes a file with an editor has a line's end in it.</summary>
    /// <exception cref="IOException">the file cannot be read, or what it holds is no password</exception>
    public static string FromFile(string file)
    {
        using var stream = file == StandardInput ? Console.OpenStandardInput() : File.OpenRead(file);
        // One more than the longest with its line's end: longer is refused, however much follows.
        var bytes = new byte[DocumentPasswords.LongestBytes + 3];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var line = bytes.AsSpan(0, length);
        if (line.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end)
            line = line[..end];
        try
        {
            return Checked(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(line));
        }
        catch (DecoderFallbackException)
        {
            throw Unusable();
        }
    }

    /// <exception cref="IOException">there is no terminal, or what was typed is no password</exception>
    public static string FromTerminal(TextWriter prompt)
    {
        if (Console.IsInputRedirected)
            throw new IOException("There is no terminal to ask for the password at: use --password-file.");
        // The terminal shows what is typed until the first look at its keys: that comes before the question, which some answer at once.
        _ = Console.KeyAvailable;
        prompt.Write("Password of the document(s): ");
        prompt.Flush();
        var typed = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar) && typed.Length <= DocumentPasswords.LongestBytes)
                typed.Append(key.KeyChar);
        }

        prompt.WriteLine();
        return Checked(typed.ToString());
    }

    private static string Checked(string password) => password.Length > 0 && DocumentPasswords.IsOne(password) ? password : throw Unusable();

    private static IOException Unusable() => new($"The password must have 1 to {DocumentPasswords.LongestBytes} bytes of UTF-8 in one line, and no noncharacters of Unicode.");
}
