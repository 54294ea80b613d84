using System.Security.Cryptography;
using System.Text;

namespace Identity.Keys.Software;

/// <summary>
/// A private key's file: lines of text, then one PEM block <c>PRIVATE KEY</c> (RFC 7468 10; explanatory text before a block is allowed by its section 2).
/// </summary>
internal sealed record KeyFile(KeyPurpose Purpose, bool IsDevelopment, byte[] Pkcs8)
{
    public const string DevelopmentMark = "Identity development key - never use in production";
    private const string PurposeLabel = "Purpose: ";
    private const int MaximumBytes = 16 * 1024;

    /// <exception cref="KeyRingException">missing, too large, without a purpose, or not PKCS#8</exception>
    public static KeyFile Read(string name, string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes })
                throw new KeyRingException($"Key '{name}': '{path}' is larger than {MaximumBytes} bytes.");
            text = File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeyRingException($"Key '{name}' cannot be read from '{path}': {problem.Message}", problem);
        }

        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] != "PRIVATE KEY")
            throw new KeyRingException($"Key '{name}': '{path}' holds no PEM block 'PRIVATE KEY'.");

        var lines = text[..fields.Location.Start.GetOffset(text.Length)].Split('\n', StringSplitOptions.TrimEntries);
        var purposes = lines.Where(line => line.StartsWith(PurposeLabel, StringComparison.Ordinal)).ToList();
        if (purposes.Count != 1 || !Enum.GetNames<KeyPurpose>().Contains(purposes[0][PurposeLabel.Length..], StringComparer.Ordinal))
            throw new KeyRingException($"Key '{name}': '{path}' must name one purpose in a line '{PurposeLabel}...' before the key.");

        return new KeyFile(
            Enum.Parse<KeyPurpose>(purposes[0][PurposeLabel.Length..]),
            lines.Contains(DevelopmentMark, StringComparer.Ordinal),
            Convert.FromBase64String(text[fields.Base64Data]));
    }

    /// <summary>Written beside its final name, brought to the disk, then renamed: a crash leaves no half key. Never replaces a file.</summary>
    public static void WriteDevelopmentKey(string path, KeyPurpose purpose, ReadOnlySpan<byte> pkcs8)
    {
        var pem = PemEncoding.Write("PRIVATE KEY", pkcs8);
        var text = $"{DevelopmentMark}\n{PurposeLabel}{purpose}\n{new string(pem)}\n";
        var partial = path + ".partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(partial, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        Array.Clear(pem);
        File.Move(partial, path, overwrite: false);
    }
}
