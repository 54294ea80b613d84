using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.Sessions;

namespace Identity.Provider.Login;

/// <summary>Authorization requests that wait for a person, in Redis. Redis gone: <c>StoreUnavailableException</c>.</summary>
public sealed class PendingRequests(SealedValues values, RequestProgress progress, Refusals refusals)
{
    private const string Begin = "/authorize?";
    private const int MaxReturnUrlCharacters = 4096;

    /// <summary>Before the browser is sent to a page; again at each page, which also renews the lifetime.</summary>
    public Task Remember(PendingRequest request, TimeSpan lifetime) => values.Put(RequestKey(request.ReturnUrl), request, lifetime);

    /// <summary>The request that a page was opened for. Null: it has ended or never was, waits in another browser, or the address is not one of ours.</summary>
    public async Task<PendingRequest?> Find(HttpContext context, string? returnUrl)
    {
        // Never a redirect to where a stranger wishes: it must be our path, and a request that /authorize itself has remembered.
        if (returnUrl is null || returnUrl.Length > MaxReturnUrlCharacters || !returnUrl.StartsWith(Begin, StringComparison.Ordinal))
            return null;
        if (await values.Get<PendingRequest>(RequestKey(returnUrl)) is not { } pending)
            return null;
        if ((await progress.Read(pending.Key)).IsOf(RequestBrowser.Of(context, pending.Key)))
            return pending;
        refusals.Record(new AuthorizationRefused(pending.ClientId, "another_browser"));
        return null;
    }

    private static string RequestKey(string returnUrl) => "pending:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(returnUrl)));
}
