namespace Identity.Verification.Engine;

/// <summary>
/// What is known to have existed when (EN 319 102-1 5.6.2.3): a valid document time-stamp proves all bytes of the revision that it covers,
/// and with them the signatures, certificates and revocation data in them. All else is known to exist at the control time only.
/// </summary>
public sealed class ProofsOfExistence
{
    private readonly List<(int Revision, DateTimeOffset Time)> timestamps = [];

    public bool IsEmpty => timestamps.Count == 0;

    /// <param name="revision">The newest revision that the time-stamp covers whole.</param>
    public void Add(int revision, DateTimeOffset time) => timestamps.Add((revision, time));

    /// <summary>The earliest proven moment of what a revision brought; null when nothing proves one.</summary>
    public DateTimeOffset? Of(int? revision) =>
        revision is { } since ? timestamps.Where(proof => proof.Revision >= since).Select(proof => (DateTimeOffset?)proof.Time).Min() : null;
}
