using System.Security.Claims;
using System.Text.Json;
using Identity.Provider.People;
using Identity.Provider.UserInfo;
using OpenIddict.Abstractions;

namespace Identity.Provider.Authorize;

/// <summary>What one answer says about its person beyond the subject.</summary>
/// <param name="Person">Whom it is about.</param>
/// <param name="Requested">What was asked for and agreed to.</param>
/// <param name="Level">The value of <c>acr</c>.</param>
internal sealed record Release(Person Person, RequestedClaims Requested, string Level)
{
    public bool IsOfIdToken(string claim) => Requested.IdToken.Contains(claim);

    public void WriteTo(ClaimsIdentity identity)
    {
        identity.SetClaims(UserInfoAnswer.NamedClaims, [.. Requested.Named]);
        foreach (var claim in Requested.IdToken)
        {
            if (ScopeClaims.Value(Person, claim) is not { } value)
                continue;
            if (value.ValueKind == JsonValueKind.String)
                identity.SetClaim(claim, value.GetString());
            else
                identity.SetClaim(claim, value);
        }
    }
}
