namespace Identity.Signing.Documents;

/// <summary>The patience with one body: a while to begin, then a least number of bytes for each second, and an end in any case.</summary>
internal sealed class TransferPace : IDisposable
{
    public const int LeastBytesPerSecond = 16 * 1024;
    public static readonly TimeSpan ToBegin = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly TimeSpan longest;
    private readonly long begun;
    private readonly CancellationTokenSource patience;
    private readonly CancellationTokenSource either;
    private long bytes;

    public TransferPace(TimeProvider time, TimeSpan longest, CancellationToken cancellation)
    {
        (this.time, this.longest, begun) = (time, longest, time.GetTimestamp());
        patience = new CancellationTokenSource(ToBegin, time);
        either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
    }

    public CancellationToken Token => either.Token;

    public bool IsTooSlow => patience.IsCancellationRequested;

    public void Moved(int count)
    {
        bytes += count;
        var earned = ToBegin + TimeSpan.FromSeconds((double)bytes / LeastBytesPerSecond);
        var left = (earned < longest ? earned : longest) - time.GetElapsedTime(begun);
        patience.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    public void Dispose()
    {
        either.Dispose();
        patience.Dispose();
    }
}
