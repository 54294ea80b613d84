using System.Globalization;
using Identity.Demo.LandRegistry;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace Identity.Demo.SignIn;

/// <summary>The person's page: what the agency was told, and at the Land Registry the deeds.</summary>
public sealed class SignedInModel(DemoSettings settings, IStringLocalizer<DemoTexts> texts) : PageModel
{
    static readonly string[] ShownClaims = ["given_name", "family_name", "birthdate", "person_identifier"];

    public string Name => Claim("name") ?? texts["NoName"];

    public string Subject => Claim("sub")!;

    public IReadOnlyList<(string Label, string Value)> Attributes { get; private set; } = [];

    public IReadOnlyList<Deed> Deeds { get; private set; } = [];

    public IReadOnlyList<Sale> Sales { get; private set; } = [];

    public string? Identifier => Claim("person_identifier");

    /// <summary>Demo people with whom this person can try a sale.</summary>
    public IReadOnlyList<DemoPerson> Others => Identifier is null ? [] : [.. settings.People.Where(person => person.Identifier.Length > 0 && person.Identifier != Identifier)];

    public string? Level => AgencySignIn.LevelName(Claim("acr"));

    /// <summary>OpenID Connect Core 2: seconds since 1970, and not the time of this visit but of the sign-in itself.</summary>
    public DateTimeOffset? SignedInAt =>
        long.TryParse(Claim("auth_time"), CultureInfo.InvariantCulture, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    public async Task OnGet()
    {
        Attributes = [.. ShownClaims
            .Where(claim => Claim(claim) is not null)
            .Select(claim => (texts["Claim_" + claim].Value, claim == "birthdate" ? Date(Claim(claim)!) : SafeText.ForDisplay(Claim(claim))))];
        if (HttpContext.RequestServices.GetService<DeedStore>() is { } store)
        {
            Deeds = await store.Of(Subject, HttpContext.RequestAborted);
            if (Identifier is { } identifier)
                Sales = await HttpContext.RequestServices.GetRequiredService<SaleStore>().Of(identifier, HttpContext.RequestAborted);
            // The form's answer leads to Signing and from there to the Provider: Chromium asks for both.
            HttpContext.ContentSecurity().AllowFormAction(settings.Signing!);
        }
        // So does the one of sign-out.
        HttpContext.ContentSecurity().AllowFormAction(settings.Authority);
    }

    public async Task<IActionResult> OnPostSignOut()
    {
        await AgencySignIn.End(HttpContext);
        return new EmptyResult();
    }

    public async Task<IActionResult> OnPostDeed()
    {
        if (HttpContext.RequestServices.GetService<DeedSigning>() is not { } deeds)
            return NotFound();
        return await deeds.Begin(Subject, Name, Claim("person_identifier"), HttpContext.RequestAborted) switch
        {
            DeedSigning.Begun begun => Redirect(begun.ReviewUrl.AbsoluteUri),
            _ => RedirectToPage(new { problem = "deed" }),
        };
    }

    /// <summary>The person sells to another; both, and a third as notary, sign.</summary>
    public async Task<IActionResult> OnPostSale(string? buyer, string? notary)
    {
        if (HttpContext.RequestServices.GetService<SaleSigning>() is not { } sales || Identifier is not { } identifier)
            return NotFound();
        if (Others.FirstOrDefault(person => person.Identifier == buyer) is not { } buys || Others.FirstOrDefault(person => person.Identifier == notary) is not { } attests || buys == attests)
            return RedirectToPage(new { problem = "deed" });
        return await sales.Begin((Name, identifier), buys, attests, HttpContext.RequestAborted) is { } sale ? Redirect($"/sales/{sale.Id}") : RedirectToPage(new { problem = "deed" });
    }

    string? Claim(string type) => User.FindFirst(type)?.Value;

    // OpenID Connect Core 5.1: YYYY-MM-DD, or with the year alone known or left out; only the first is a date to write out.
    string Date(string birthdate) => DateOnly.TryParseExact(birthdate, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        ? date.ToString(texts["DateFormat"], CultureInfo.CurrentCulture)
        : SafeText.ForDisplay(birthdate);
}
