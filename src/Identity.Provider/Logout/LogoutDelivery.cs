using Identity.Provider.Sessions;

namespace Identity.Provider.Logout;

/// <summary>What became of telling one agency.</summary>
public enum LogoutDeliveryState
{
    /// <summary>Waits for its first or its next attempt.</summary>
    Pending,

    /// <summary>The agency answered 2xx.</summary>
    Delivered,

    /// <summary>The agency refused it, or every attempt failed.</summary>
    Failed,
}

/// <summary>That one session has ended, for one agency.</summary>
/// <param name="Id">The same for the same session and agency, so that an end that is done twice tells once. Names neither.</param>
/// <param name="Result">One of a few constant texts about the last attempt; nothing of what the agency answered.</param>
public sealed record LogoutDelivery(
    string Id, string ClientId, string Subject, string SessionId, DateTimeOffset Queued, LogoutDeliveryState State, int Attempts, DateTimeOffset Changed, DateTimeOffset? Next, string Result)
{
    internal static LogoutDelivery New(string id, string sid, SessionClient client, DateTimeOffset now) =>
        new(id, client.ClientId, client.Subject, sid, now, LogoutDeliveryState.Pending, 0, now, now, "");

    internal LogoutDelivery Delivered(string result, DateTimeOffset now) => this with
    {
        State = LogoutDeliveryState.Delivered, Attempts = Attempts + 1, Changed = now, Next = null, Result = result,
    };

    internal LogoutDelivery Refused(string result, DateTimeOffset now) => this with
    {
        State = LogoutDeliveryState.Failed, Attempts = Attempts + 1, Changed = now, Next = null, Result = result,
    };

    internal LogoutDelivery Retried(string result, LogoutLimits limits, DateTimeOffset now) => Attempts + 1 >= limits.Attempts
        ? Refused(result, now)
        : this with { Attempts = Attempts + 1, Changed = now, Next = now + limits.WaitAfter(Attempts + 1), Result = result };
}
