using Identity.Provider.Approvals;

namespace Identity.Provider.Login;

/// <summary>
/// A validated authorization request that waits while its person signs in, consents or approves. <c>/authorize</c> remembers it before it sends the
/// browser to a page (<see cref="PendingRequests.Remember"/>); the pages read it by their <c>returnUrl</c> and send the browser back there.
/// </summary>
/// <param name="Key">Names the request for as long as it lives, as in the finished approval that answers it: the request_uri, or a hash.</param>
/// <param name="ReturnUrl">Path and query of <c>/authorize</c> that continues it; begins with <c>/authorize?</c>.</param>
/// <param name="ClientId">The agency.</param>
/// <param name="ClientName">The agency's name as registered, shown to people.</param>
/// <param name="RedirectUri">Where the answer will go.</param>
/// <param name="Claims">Names of the claims that the agency will receive, in the order to be shown.</param>
/// <param name="Approval">What is to be signed, when the request asks for that.</param>
/// <param name="Level">eIDAS level that the agency wants, when it wants one.</param>
public sealed record PendingRequest(
    string Key, string ReturnUrl, string ClientId, string ClientName, Uri RedirectUri, IReadOnlyList<string> Claims, ApprovalRequest? Approval,
    string? Level = null);
