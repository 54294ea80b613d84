using Identity.Provider.Clients;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.WebUtilities;

namespace Identity.Provider.Logout;

/// <summary>What a relying party's logout request says (OpenID Connect RP-Initiated Logout 1.0, 2), as far as it is used. <c>logout_hint</c> and <c>ui_locales</c> are not.</summary>
internal sealed record LogoutParameters(string? IdTokenHint, string? ClientId, string? PostLogoutRedirectUri, string? State)
{
    /// <summary>Of a hint; ID tokens are below 2 kB.</summary>
    internal const int LongestHint = 8 * 1024;

    internal const int LongestState = 4 * 1024;

    private const int LongestClientId = 64;
    private const int LongestAddress = 2000;

    /// <summary>Any stranger can send these, and they are kept until the person has answered: no more of each than can be right, and one more to tell.</summary>
    internal static LogoutParameters From(Func<string, string?> parameter)
    {
        string? Read(string name, int longest) => parameter(name) is { } value && value.Length > longest ? value[..(longest + 1)] : parameter(name);
        return new(Read("id_token_hint", LongestHint), Read("client_id", LongestClientId), Read("post_logout_redirect_uri", LongestAddress), Read("state", LongestState));
    }
}

/// <summary>A checked logout request.</summary>
/// <param name="ClientName">Of the client that sent the person here, when the request tells; null otherwise.</param>
/// <param name="Hint">The session of a good hint.</param>
/// <param name="ReturnTo">Where to go afterwards, state included: registered for the client. Null: the person stays here.</param>
/// <param name="Flawed">Something in it is wrong: nothing happens without the person, and they stay here.</param>
internal sealed record LogoutRequest(string? ClientName, HintedSession? Hint, Uri? ReturnTo, bool Flawed)
{
    private static readonly LogoutRequest Bad = new(null, null, null, Flawed: true);

    /// <summary>It names the session of this browser, by a token that only the session's agency and its person can have.</summary>
    public bool IsOf(PersonSession session) => Hint is { } hint && hint.SessionId == session.SessionId && hint.PersonId == session.PersonId;

    /// <summary>The checks, in order. Any that fails means that whoever sent the person is not known to be an agency: no redirect.</summary>
    internal sealed class Checks(RegisteredClients clients, IdTokenHint hints)
    {
        public async Task<LogoutRequest> Check(LogoutParameters parameters, CancellationToken cancellation)
        {
            // 2, 4: a hint that is not an ID token of ours.
            if (parameters.IdTokenHint?.Length > LogoutParameters.LongestHint)
                return Bad;
            var hint = string.IsNullOrEmpty(parameters.IdTokenHint) ? null : await hints.Read(parameters.IdTokenHint, cancellation);
            if (hint is null && !string.IsNullOrEmpty(parameters.IdTokenHint))
                return Bad;
            // 2: "the OP MUST verify that the Client Identifier matches the one used when issuing the ID Token".
            if (hint is not null && !string.IsNullOrEmpty(parameters.ClientId) && parameters.ClientId != hint.ClientId)
                return Bad;
            var clientId = hint?.ClientId ?? parameters.ClientId;
            var client = string.IsNullOrEmpty(clientId) ? null : await clients.FindByClientIdAsync(clientId, cancellation);
            if (client is null && !string.IsNullOrEmpty(clientId))
                return Bad;
            var name = client is null ? null : await clients.GetDisplayNameAsync(client, cancellation);
            if (string.IsNullOrEmpty(parameters.PostLogoutRedirectUri))
                return new LogoutRequest(name, hint, null, Flawed: false);
            // 3: "exactly one of the values"; without a client there is none to compare with.
            if (client is null || parameters.State?.Length > LogoutParameters.LongestState
                || !(await clients.GetPostLogoutRedirectUrisAsync(client, cancellation)).Contains(parameters.PostLogoutRedirectUri, StringComparer.Ordinal))
            {
                return Bad with { ClientName = name };
            }

            // 3: "the OP MUST pass this value back".
            var address = string.IsNullOrEmpty(parameters.State)
                ? parameters.PostLogoutRedirectUri
                : QueryHelpers.AddQueryString(parameters.PostLogoutRedirectUri, "state", parameters.State);
            return new LogoutRequest(name, hint, new Uri(address), Flawed: false);
        }
    }
}
