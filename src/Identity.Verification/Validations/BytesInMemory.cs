namespace Identity.Verification.Validations;

/// <summary>What was read into memory, or why it was not.</summary>
public abstract record BytesInMemory
{
    private const int Chunk = 64 * 1024;

    // An eighth has come before the rest is taken at once.
    private const int Believed = 8;

    private BytesInMemory() { }

    public sealed record All(ReadOnlyMemory<byte> Bytes) : BytesInMemory;

    public sealed record TooMany : BytesInMemory;

    /// <summary>The service holds as much as it can.</summary>
    public sealed record NoRoom : BytesInMemory;

    /// <summary>Takes from the budget what has come, not what was announced: who sends slowly holds little.</summary>
    /// <param name="announced">How many bytes the client says that it sends; believed once a good part of them has come.</param>
    public static async Task<BytesInMemory> Read(Stream from, int cap, UploadBudget.Share share, CancellationToken aborted, long? announced = null)
    {
        var bytes = Array.Empty<byte>();
        var length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                // Doubling, and never beyond one byte over the cap: that byte is what tells. The last step is to what is announced, for twice the
                // document in memory is more than it costs to validate it.
                var larger = announced > bytes.Length && announced <= bytes.Length * (long)Believed ? announced.Value : Math.Max(Chunk, bytes.Length * 2L);
                larger = Math.Min((long)cap + 1, larger);
                if (!share.TryTake(larger - bytes.Length))
                    return new NoRoom();
                Array.Resize(ref bytes, (int)larger);
            }
            var read = await from.ReadAsync(bytes.AsMemory(length), aborted);
            if (read == 0)
                return new All(bytes.AsMemory(0, length));
            length += read;
            if (length > cap)
                return new TooMany();
        }
    }
}
