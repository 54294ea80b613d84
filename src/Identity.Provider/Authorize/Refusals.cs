using Identity.Audit;

namespace Identity.Provider.Authorize;

/// <summary>
/// Refusals that any stranger can cause, in the audit log. So many a minute, then one record that more came: nobody may delete there, so a stranger must
/// not be able to fill the disk. The operator's log has all of them. Callable concurrently.
/// </summary>
public sealed class Refusals(AuditLog audit, TimeProvider time)
{
    public const int PerMinute = 100;

    private readonly Lock counting = new();
    private long minute;
    private int recorded;

    /// <exception cref="AuditUnavailableException">not written</exception>
    public void Record(AuditEvent refusal)
    {
        switch (Count())
        {
            case <= PerMinute:
                audit.Append(refusal);
                break;
            case PerMinute + 1:
                audit.Append(new RefusalsUnrecorded(PerMinute));
                break;
        }
    }

    private int Count()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (counting)
        {
            if (now != minute)
                (minute, recorded) = (now, 0);
            return recorded > PerMinute + 1 ? recorded : ++recorded;
        }
    }
}
