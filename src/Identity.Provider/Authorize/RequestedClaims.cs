using Identity.Provider.People;
using Identity.Provider.UserInfo;

namespace Identity.Provider.Authorize;

/// <summary>Names of the claims about a person that one request asks for.</summary>
/// <param name="ByScope">What its scopes stand for, at userinfo.</param>
/// <param name="Named">At userinfo beyond the scopes.</param>
/// <param name="IdToken">In the ID token.</param>
public sealed record RequestedClaims(IReadOnlyList<string> ByScope, IReadOnlyList<string> Named, IReadOnlyList<string> IdToken)
{
    /// <summary>All that will be released, in the order in which people read them; of a person who is known, those that exist.</summary>
    public IReadOnlyList<string> About(Person? person) =>
        [.. ScopeClaims.All.Where(claim => ByScope.Contains(claim) || Named.Contains(claim) || IdToken.Contains(claim)).Where(claim => person is null || ScopeClaims.Has(person, claim))];
}
