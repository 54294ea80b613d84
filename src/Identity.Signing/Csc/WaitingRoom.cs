namespace Identity.Signing.Csc;

/// <summary>
/// Places for calls that wait for their turn: as many as fit, and no more than come to their turn while what they were approved with is still good. Asked
/// for before an approval is used, so that who finds none may come again with it. May be called concurrently.
/// </summary>
internal sealed class WaitingRoom(int places, int atOnce, TimeSpan longestWait)
{
    // So quickly a measured one is forgotten: one that took long does not shut the room for long.
    private const double Newest = 0.2;

    private readonly Lock locked = new();
    private int inside;
    private double typicalSeconds;

    /// <summary>Disposing gives the place back: when its turn has come, or it never will.</summary>
    /// <exception cref="CscRefusedException">none: come again</exception>
    public IDisposable Enter()
    {
        lock (locked)
        {
            if (inside >= places || inside * typicalSeconds / atOnce > longestWait.TotalSeconds)
                throw new CscRefusedException(CscError.Unavailable);
            inside++;
            return new Place(this);
        }
    }

    /// <summary>How long one took from its turn to its end.</summary>
    public void Took(TimeSpan duration)
    {
        lock (locked)
            typicalSeconds += Newest * (duration.TotalSeconds - typicalSeconds);
    }

    private sealed class Place(WaitingRoom room) : IDisposable
    {
        private bool left;

        public void Dispose()
        {
            lock (room.locked)
            {
                if (!left)
                    room.inside--;
                left = true;
            }
        }
    }
}
