namespace Identity.Signing.Csc;

/// <summary>How many calls do something at once, in all and of one person through one program: who is known to have a place leaves room for others. May be called concurrently.</summary>
internal sealed class CallPlaces(int atOnce, int atOnceOfOne)
{
    private readonly Lock locked = new();
    private readonly List<(string Client, string Subject)> inside = [];

    /// <summary>Disposing gives the place back.</summary>
    /// <exception cref="CscRefusedException">there is none: come again</exception>
    public IDisposable Enter(CscAuthorization authorization)
    {
        var who = (authorization.Client, authorization.Subject);
        lock (locked)
        {
            if (inside.Count >= atOnce || inside.Count(other => other == who) >= atOnceOfOne)
                throw new CscRefusedException(CscError.Unavailable);
            inside.Add(who);
            return new Place(this, who);
        }
    }

    private sealed class Place(CallPlaces places, (string, string) who) : IDisposable
    {
        private bool left;

        public void Dispose()
        {
            lock (places.locked)
            {
                if (!left)
                    places.inside.Remove(who);
                left = true;
            }
        }
    }
}
