using System.Security.Claims;

namespace Identity.Signing.SignIn;

/// <summary>Who is signed in at this service, as the Provider said.</summary>
/// <param name="Subject">Pairwise subject: what we know the person by.</param>
/// <param name="Identifier">Semantic identifier (PNOXX-…): what agencies name a signer by.</param>
/// <param name="Name">For the page only.</param>
public sealed record SignedInPerson(string Subject, string Identifier, string Name)
{
    public const string SubjectClaim = "sub";
    public const string IdentifierClaim = "person_identifier";
    public const string NameClaim = "name";

    /// <summary>Null when nobody is signed in.</summary>
    public static SignedInPerson? Of(ClaimsPrincipal? principal) =>
        principal?.Identity is { IsAuthenticated: true }
        && principal.FindFirstValue(SubjectClaim) is { Length: > 0 } subject
        && principal.FindFirstValue(IdentifierClaim) is { Length: > 0 } identifier
            ? new SignedInPerson(subject, identifier, principal.FindFirstValue(NameClaim) ?? "")
            : null;

    /// <summary>What the session cookie holds: these three, and nothing else of the tokens.</summary>
    public ClaimsPrincipal ToPrincipal(string scheme) => new(new ClaimsIdentity(
        [new Claim(SubjectClaim, Subject), new Claim(IdentifierClaim, Identifier), new Claim(NameClaim, Name)],
        scheme, NameClaim, roleType: null));
}
