using Identity.Provider.Sessions;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>What a client asked for at <c>/device_authorization</c>, validated.</summary>
/// <param name="ApplicationId">The registration at that moment: a client that was removed and registered again is another one.</param>
/// <param name="Audiences">What the tokens may be for, one at a time (RFC 8707).</param>
internal sealed record DeviceRequest(
    string ClientId, string ApplicationId, IReadOnlyList<string> Scopes, IReadOnlyList<string> Audiences, DateTimeOffset Expires);

/// <summary>What the person said, and in which session. An answer stays as it is.</summary>
/// <param name="Subject">Pairwise, for this client.</param>
internal sealed record DeviceAnswer(bool Allowed, PersonSession Session, string Subject, string AuthorizationId);

/// <summary>A request as it stands.</summary>
/// <param name="Key">Names it inside: a hash of the device code.</param>
/// <param name="SessionId">The session in which its user code was entered first; no other can answer it.</param>
/// <param name="Expired">RFC 8628 3.5; it is kept for a while to say so.</param>
/// <param name="TooFast">How often the client has come too early.</param>
internal sealed record DeviceState(string Key, DeviceRequest Request, string? SessionId, DeviceAnswer? Answer, bool Redeemed, bool Expired, int TooFast);
