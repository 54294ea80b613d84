namespace Identity.Web;

/// <summary>
/// A store that the answer depends on (Redis, a database, another service) cannot be asked right now. Every service answers
/// 503 with Retry-After: what cannot be looked up is never treated as absent or as allowed.
/// </summary>
public sealed class StoreUnavailableException : Exception
{
    /// <param name="store">Which store, for the operator's log; never shown.</param>
    /// <param name="inner">What the store's client said.</param>
    public StoreUnavailableException(string store, Exception? inner = null)
        : base($"The store '{store}' is unavailable.", inner) => Store = store;

    public string Store { get; }

    /// <summary>Looks through the wrappers that authentication handlers and tasks put around an exception.</summary>
    public static StoreUnavailableException? FindIn(Exception? exception)
    {
        const int Deepest = 16;
        for (var depth = 0; exception is not null && depth < Deepest; depth++, exception = exception.InnerException)
        {
            if (exception is StoreUnavailableException found)
                return found;
        }
        return null;
    }
}
