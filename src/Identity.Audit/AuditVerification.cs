namespace Identity.Audit;

/// <summary>What reading a whole log found.</summary>
/// <param name="Count">good records before the first bad line</param>
/// <param name="Head">hash of the last good record; 64 zeros when there is none</param>
/// <param name="BadLine">number of the first bad line (from 1), or null</param>
/// <param name="Problem">what is wrong with it, or with the log as a whole</param>
/// <param name="Unfinished">begins without an end: number and name of each</param>
/// <param name="TornBytes">bytes after the last whole line: a crash, or a record being written now</param>
public sealed record AuditVerification(
    long Count, string Head, long? BadLine, string? Problem, IReadOnlyList<(long Number, string Event)> Unfinished, long TornBytes)
{
    public bool IsSound => Problem is null;

    /// <summary>Reads the log to its end or to the first bad line.</summary>
    /// <param name="knownHead">hash of a record noted earlier: it must be there, else records were removed or rewritten; null: not checked</param>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static AuditVerification Run(Stream log, string? knownHead = null)
    {
        var lines = new LineReader(log);
        var open = new SortedDictionary<long, string>();
        var (count, head, seen) = (0L, AuditChain.NoPrevious, knownHead is null || knownHead == AuditChain.NoPrevious);
        while (lines.Next() is { } line)
        {
            if (Refusal(line, count, head, open, out var record) is { } problem)
                return new AuditVerification(count, head, count + 1, problem, Listed(open), 0);
            (count, head) = (record!.Number, record.Hash);
            seen |= head == knownHead;
        }

        if (lines.OverlongTail)
            return new AuditVerification(count, head, count + 1, "longer than a record can be", Listed(open), 0);
        return new AuditVerification(
            count, head, null, seen ? null : "the given head is not in the log: records were removed from its end, or it was rewritten", Listed(open), lines.TornBytes);
    }

    private static string? Refusal(byte[] line, long count, string head, SortedDictionary<long, string> open, out AuditLine? record)
    {
        record = AuditChain.Read(line, out var problem);
        if (record is null)
            return problem;
        // The number first: it tells a reader more than a hash that differs.
        if (record.Number != count + 1)
            return $"record {record.Number} stands where record {count + 1} belongs: a record was removed, repeated or moved";
        if (record.Previous != head)
            return "it does not follow the record before it: that one was replaced";
        if (record.Phase == AuditPhase.Begin)
            open.Add(record.Number, record.Event);
        if (record.Phase == AuditPhase.End && (record.Begun is not { } begun || !open.Remove(begun)))
            return "it ends an operation that was not begun";
        return null;
    }

    private static List<(long, string)> Listed(SortedDictionary<long, string> open) => [.. open.Select(entry => (entry.Key, entry.Value))];

    /// <summary>Lines of bounded length; what follows the last end-of-line is counted, not returned.</summary>
    private sealed class LineReader(Stream log)
    {
        private readonly byte[] _buffer = new byte[4 * AuditChain.MaximumLineBytes];
        private int _start;
        private int _end;

        public long TornBytes { get; private set; }

        public bool OverlongTail { get; private set; }

        public byte[]? Next()
        {
            while (true)
            {
                var length = _buffer.AsSpan(_start.._end).IndexOf((byte)'\n');
                if (length >= 0)
                {
                    var line = _buffer[_start..(_start + length)];
                    _start += length + 1;
                    return line;
                }

                if (_end - _start > AuditChain.MaximumLineBytes)
                {
                    OverlongTail = true;
                    return null;
                }

                _buffer.AsSpan(_start.._end).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
                var read = log.Read(_buffer, _end, _buffer.Length - _end);
                if (read == 0)
                {
                    TornBytes = _end;
                    return null;
                }

                _end += read;
            }
        }
    }
}
