namespace Identity.Signing.Documents;

/// <summary>How many do something at once, in all and of one agency or person: who has places leaves some for the others. May be called concurrently.</summary>
internal sealed class SharedPlaces(int atOnce, int atOnceOfOne)
{
    private readonly Lock locked = new();
    private readonly Dictionary<string, int> inside = new(StringComparer.Ordinal);
    private int all;

    public bool HasOne(string who)
    {
        lock (locked)
            return IsFree(who);
    }

    /// <summary>Disposing gives the place back. Null: there is none, come again.</summary>
    public IDisposable? Enter(string who)
    {
        lock (locked)
        {
            if (!IsFree(who))
                return null;
            inside[who] = inside.GetValueOrDefault(who) + 1;
            all++;
            return new Place(this, who);
        }
    }

    private bool IsFree(string who) => all < atOnce && inside.GetValueOrDefault(who) < atOnceOfOne;

    private sealed class Place(SharedPlaces places, string who) : IDisposable
    {
        private bool left;

        public void Dispose()
        {
            lock (places.locked)
            {
                if (left)
                    return;
                left = true;
                places.all--;
                if (--places.inside[who] == 0)
                    places.inside.Remove(who);
            }
        }
    }
}
