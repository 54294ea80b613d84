using System.Security.Cryptography;

namespace Identity.Keys.Pkcs11;

/// <summary>The file with a token's PIN: one line, readable by its owner only. Read by the token's process alone, once.</summary>
internal static class PinFile
{
    private const int ShortestPin = 4;
    private const int LongestPin = 255;

    /// <returns>the PIN's bytes; the caller clears them</returns>
    /// <exception cref="KeyRingException">missing, readable by others, or not a PIN; never with its content</exception>
    public static byte[] Read(TokenSettings settings)
    {
        KeyRingException Refuse(string rule) => new($"Token '{settings.Name}': pinFile '{settings.PinFile}' {rule}");

        var buffer = new byte[LongestPin + 2];
        try
        {
            using var file = new FileStream(settings.PinFile, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
                throw Refuse("may be read by its owner only (mode 0600 or 0400).");
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            var pin = buffer.AsSpan(0, length);
            if (pin.EndsWith("\n"u8))
                pin = pin[..^1];
            if (pin.Length is < ShortestPin or > LongestPin || pin.ContainsAny("\r\n\0"u8))
                throw Refuse($"must hold one line of {ShortestPin} to {LongestPin} bytes.");
            return pin.ToArray();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Refuse("cannot be read.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
