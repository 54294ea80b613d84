using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Identity.Provider.Sessions;

/// <summary>Who is signed in in this browser, as the session's ticket in Redis says.</summary>
/// <param name="PersonId">Internal pseudonym of the person.</param>
/// <param name="SessionId">OpenID Connect's <c>sid</c>: names the session to agencies, opens nothing.</param>
/// <param name="AuthenticatedAt">When the passkey was last used (<c>auth_time</c>).</param>
/// <param name="Methods">RFC 8176 <c>amr</c> values.</param>
/// <param name="Assurance">eIDAS level (<c>acr</c>).</param>
public sealed record PersonSession(
    string PersonId, string SessionId, DateTimeOffset AuthenticatedAt, IReadOnlyList<string> Methods, string Assurance)
{
    /// <summary>Authentication scheme of the session cookie.</summary>
    public const string Scheme = "session";

    internal const string PersonClaim = "sub";
    internal const string SessionClaim = "sid";
    internal const string TimeClaim = "auth_time";
    internal const string MethodClaim = "amr";
    internal const string AssuranceClaim = "acr";

    /// <summary>The session of this request's browser, or null when nobody is signed in. Redis gone: <c>StoreUnavailableException</c>.</summary>
    public static async Task<PersonSession?> Read(HttpContext context)
    {
        var result = await context.AuthenticateAsync(Scheme);
        return result.Succeeded ? From(result.Principal) : null;
    }

    internal static PersonSession From(ClaimsPrincipal principal) => new(
        Required(principal, PersonClaim),
        Required(principal, SessionClaim),
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(Required(principal, TimeClaim), CultureInfo.InvariantCulture)),
        [.. principal.FindAll(MethodClaim).Select(claim => claim.Value)],
        Required(principal, AssuranceClaim));

    internal ClaimsPrincipal ToPrincipal()
    {
        Claim[] claims =
        [
            new(PersonClaim, PersonId),
            new(SessionClaim, SessionId),
            new(TimeClaim, AuthenticatedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            new(AssuranceClaim, Assurance),
            .. Methods.Select(method => new Claim(MethodClaim, method)),
        ];
        return new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme, PersonClaim, roleType: null));
    }

    private static string Required(ClaimsPrincipal principal, string type) =>
        principal.FindFirst(type)?.Value ?? throw new InvalidOperationException($"The session's ticket lacks {type}.");
}
