namespace Identity.Signing.Csc;

/// <summary>
/// How many calls that carry documents are held in memory at once: each has its body, the documents in it and the answer, some eight times what it sent. Beyond that
/// a program is told to come again. May be called concurrently.
/// </summary>
internal sealed class DocumentCalls
{
    public const int AtOnce = 4;

    /// <summary>Of one person through one program: one of them leaves room for others.</summary>
    public const int AtOnceOfOne = 2;

    private readonly Lock locked = new();
    private readonly List<(string Client, string Subject)> inside = [];

    /// <summary>Null when there is no room. Disposing gives the room back.</summary>
    public IDisposable? Enter(CscAuthorization authorization)
    {
        var who = (authorization.Client, authorization.Subject);
        lock (locked)
        {
            if (inside.Count >= AtOnce || inside.Count(other => other == who) >= AtOnceOfOne)
                return null;
            inside.Add(who);
            return new Place(this, who);
        }
    }

    private sealed class Place(DocumentCalls calls, (string, string) who) : IDisposable
    {
        private bool left;

        public void Dispose()
        {
            lock (calls.locked)
            {
                if (!left)
                    calls.inside.Remove(who);
                left = true;
            }
        }
    }
}
