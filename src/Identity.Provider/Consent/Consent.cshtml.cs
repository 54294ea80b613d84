using System.Globalization;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.ResourceIndicators;
using Identity.Provider.Sessions;
using Identity.Provider.UserInfo;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace Identity.Provider.Consent;

/// <summary>An attribute as it is shown to its owner: the name of its text, and its value.</summary>
public sealed record ShownClaim(string TextKey, string Value);

/// <summary>Shows a person what an agency will receive, and asks.</summary>
public sealed class ConsentModel(PendingRequests requests, RequestProgress progress, ConsentStore consents, PersonStore people, IStringLocalizer<ProviderTexts> texts, AuditLog audit) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    public PendingRequest? Pending { get; private set; }

    public IReadOnlyList<ShownClaim> Claims { get; private set; } = [];

    /// <summary>Names of the resource servers that the agency may use for this person.</summary>
    public IReadOnlyList<string> Resources { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync([FromServices] ProviderSettings settings, CancellationToken cancellation)
    {
        var (elsewhere, person) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        var resources = Pending!.Claims.Where(claim => claim.StartsWith(LoginResources.ConsentPrefix, StringComparison.Ordinal)).ToArray();
        Claims = [.. Shown([.. Pending.Claims.Except(resources)], person!, key => texts[key])];
        // As with claims: what could not be shown stops the page.
        Resources = [.. resources.Select(resource => settings.Resources.Single(server => LoginResources.ConsentPrefix + server.Scope == resource).Name)];
        return Page();
    }

    public async Task<IActionResult> OnPostAllowAsync(CancellationToken cancellation)
    {
        var (elsewhere, person) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        // The claims are those of the request as /authorize has remembered it, never those of the form; of those, what this person was shown.
        string[] claims = [.. Pending!.Claims.Where(claim => claim.StartsWith(LoginResources.ConsentPrefix, StringComparison.Ordinal) || ScopeClaims.Has(person!, claim))];
        var operation = audit.Begin(new Audit.ConsentGrant(person!.Id, Pending.ClientId, string.Join(' ', claims)));
        // From here on a browser that goes away stops nothing.
        await consents.Grant(person.Id, Pending.ClientId, claims, CancellationToken.None);
        operation.Complete(AuditOutcome.Succeeded);
        await progress.Consented(Pending.Key);
        return new SeeOther(Pending.ReturnUrl);
    }

    public async Task<IActionResult> OnPostCancelAsync(CancellationToken cancellation)
    {
        var (elsewhere, _) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        await progress.Cancel(Pending!.Key);
        return new SeeOther(Pending!.ReturnUrl);
    }

    /// <summary>Every claim is shown; one without a text of its own would be released unseen, so it stops the page.</summary>
    public static IEnumerable<ShownClaim> Shown(IReadOnlyCollection<string> all, Person person, Func<string, string> text)
    {
        string[] claims = [.. all.Where(claim => ScopeClaims.Has(person, claim))];
        string YesOrNo(bool verified) => text(verified ? "ClaimConfirmed" : "ClaimNotConfirmed");
        // The full name is the given name and the family name: shown once when all three are asked for.
        var parts = claims.Contains("given_name") && claims.Contains("family_name");
        foreach (var claim in claims.Where(claim => claim != "name" || !parts))
        {
            yield return claim switch
            {
                "name" => new ShownClaim("ClaimName", person.FullName),
                "given_name" => new ShownClaim("ClaimGivenName", person.GivenName),
                "family_name" => new ShownClaim("ClaimFamilyName", person.FamilyName),
                "birthdate" => new ShownClaim("ClaimBirthdate", person.BirthDate.ToString(text("DateFormat"), CultureInfo.CurrentCulture)),
                "email" => new ShownClaim("ClaimEmail", person.Email!),
                "email_verified" => new ShownClaim("ClaimEmailVerified", YesOrNo(person.EmailConfirmed)),
                "phone_number" => new ShownClaim("ClaimPhone", person.PhoneNumber!),
                "phone_number_verified" => new ShownClaim("ClaimPhoneVerified", YesOrNo(person.PhoneNumberConfirmed)),
                "address" => new ShownClaim("ClaimAddress", ScopeClaims.FormattedAddress(person)!.Replace("\n", ", ", StringComparison.Ordinal)),
                "person_identifier" => new ShownClaim("ClaimPersonIdentifier", person.Identifier),
                _ => throw new InvalidOperationException($"The claim {claim} has no text to show."),
            };
        }
    }

    // The request must be waiting and somebody signed in; otherwise the result to answer with.
    private async Task<(IActionResult? Elsewhere, Person? Person)> Load(CancellationToken cancellation)
    {
        Pending = await requests.Find(HttpContext, ReturnUrl);
        if (Pending is null)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return (Page(), null);
        }

        HttpContext.ContentSecurity().AllowFormAction(Pending.RedirectUri);
        if (await PersonSession.Read(HttpContext) is not { } session || await people.Find(session.PersonId, cancellation) is not { } person)
            return (SeeOther.Login(Pending), null);
        return (null, person);
    }
}
