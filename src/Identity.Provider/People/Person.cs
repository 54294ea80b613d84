using Microsoft.AspNetCore.Identity;

namespace Identity.Provider.People;

/// <summary>
/// A person whose identity has been proofed. <see cref="IdentityUser{TKey}.Id"/> is a random pseudonym made here: it goes into audit
/// records and passkeys, and never to an agency (agencies see a pairwise subject).
/// </summary>
public sealed class Person : IdentityUser
{
    /// <summary>Semantic identifier of EN 319 412-1 5.1.3, as in <c>PNOXX-48504210018</c>. Unique.</summary>
    public required string Identifier { get; init; }

    public required string GivenName { get; init; }

    public required string FamilyName { get; init; }

    public required DateOnly BirthDate { get; init; }

    /// <summary>OpenID Connect Core 5.1.1, each part null when there is none: street and house, several lines if need be.</summary>
    public string? StreetAddress { get; set; }

    public string? Locality { get; set; }

    public string? Region { get; set; }

    public string? PostalCode { get; set; }

    public string? Country { get; set; }

    /// <summary>Until <see cref="IdentityUser{TKey}.LockoutEnd"/> a person is as if there were none: no sign-in, no session, no code and no token of theirs counts.</summary>
    public bool IsDisabled(DateTimeOffset now) => LockoutEnd > now;

    public string FullName => $"{GivenName} {FamilyName}";
}
