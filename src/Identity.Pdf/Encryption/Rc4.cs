namespace Identity.Pdf.Encryption;

/// <summary>The stream cipher of old encrypted files (ISO 32000-1 7.6.2): read, and written only where the file was made with it.</summary>
internal static class Rc4
{
    /// <summary>Encrypts, or decrypts, which is the same.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        Span<byte> state = stackalloc byte[256];
        for (var at = 0; at < 256; at++)
            state[at] = (byte)at;
        for (int at = 0, other = 0; at < 256; at++)
        {
            other = (other + state[at] + key[at % key.Length]) & 255;
            (state[at], state[other]) = (state[other], state[at]);
        }
        var result = new byte[data.Length];
        int left = 0, right = 0;
        for (var at = 0; at < data.Length; at++)
        {
            left = (left + 1) & 255;
            right = (right + state[left]) & 255;
            (state[left], state[right]) = (state[right], state[left]);
            result[at] = (byte)(data[at] ^ state[(state[left] + state[right]) & 255]);
        }
        return result;
    }
}
