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
}
