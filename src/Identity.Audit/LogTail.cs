namespace Identity.Audit;

/// <summary>Where a log ends: its whole lines, the hash of the last, and what follows the last end-of-line (left by a crash).</summary>
internal sealed record LogTail(long Count, string Head, long Length, byte[] Torn)
{
    /// <exception cref="InvalidDataException">the last whole line is damaged, or the tail is longer than a line can be</exception>
    public static LogTail Read(FileStream file)
    {
        var window = new byte[Math.Min(file.Length, 2L * AuditChain.MaximumLineBytes + 2)];
        file.Position = file.Length - window.Length;
        file.ReadExactly(window);

        var lastEnd = Array.LastIndexOf(window, (byte)'\n');
        var torn = window[(lastEnd + 1)..];
        if (torn.Length > AuditChain.MaximumLineBytes)
            throw new InvalidDataException("its end is not a record of this log; see the command 'verify'.");
        if (lastEnd < 0)
            return new LogTail(0, AuditChain.NoPrevious, 0, torn);

        var lastStart = lastEnd == 0 ? 0 : Array.LastIndexOf(window, (byte)'\n', lastEnd - 1) + 1;
        var last = AuditChain.Read(window.AsSpan(lastStart..lastEnd), out var problem)
            ?? throw new InvalidDataException($"its last record is damaged ({problem}); see the command 'verify'.");
        return new LogTail(last.Number, last.Hash, file.Length - torn.Length, torn);
    }
}
