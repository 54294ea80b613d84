using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Sessions;

namespace Identity.Provider.Approvals;

/// <summary>
/// Approvals in Redis: first pending, while a person looks at the page, then finished, until the code of their authorization request takes them.
/// Both are taken once. Redis gone: <c>StoreUnavailableException</c>, and the person begins again.
/// </summary>
public sealed class ApprovalStore(SealedValues values)
{
    public async Task<bool> Put(PendingApproval pending, string id, TimeSpan lifetime) => await values.PutOnce(PendingKey(id), pending, lifetime);

    /// <summary>GETDEL, before anything is verified: whoever comes second gets null.</summary>
    public Task<PendingApproval?> TakePending(string id) => values.Take<PendingApproval>(PendingKey(id));

    /// <summary>False: this authorization request has been answered by another approval, and that one stays.</summary>
    public Task<bool> Finish(FinishedApproval approval, TimeSpan lifetime) => values.PutOnce(FinishedKey(approval.RequestKey), approval, lifetime);

    /// <summary>The approval that answers this request, left in its place.</summary>
    public Task<FinishedApproval?> Find(string requestKey) => values.Get<FinishedApproval>(FinishedKey(requestKey));

    /// <summary>The approval that answers this request, taken: it goes into one code.</summary>
    public Task<FinishedApproval?> Take(string requestKey) => values.Take<FinishedApproval>(FinishedKey(requestKey));

    /// <summary>What the token answer said of a credential's approval, kept until the approval expires for the resource server that asks about the token.</summary>
    internal Task<bool> KeepDetails(string id, GrantedDetails details, TimeSpan lifetime) => values.PutOnce(DetailsKey(id), details, lifetime);

    /// <summary>Null: there was none, or it has expired.</summary>
    internal Task<GrantedDetails?> FindDetails(string id) => values.Get<GrantedDetails>(DetailsKey(id));

    private static string DetailsKey(string id) => "approval:details:" + id;

    private static string PendingKey(string id) => "approval:pending:" + id;

    private static string FinishedKey(string requestKey) =>
        "approval:finished:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(requestKey)));
}

/// <summary>An approval that waits for the passkey: what is approved, and by whom in which session for which request.</summary>
public sealed record PendingApproval(string RequestKey, string PersonId, string SessionId, byte[] Structure, DateTimeOffset Expires, string State);

/// <param name="Json">The value of <c>authorization_details</c>.</param>
internal sealed record GrantedDetails(string Json);
