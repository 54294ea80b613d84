using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Demo.LandRegistry;

/// <summary>How a sale stands, for those who sign it; here they come back from Signing.</summary>
public sealed class ShowSaleModel(IServiceProvider services) : PageModel
{
    const string SecondsBetweenLooks = "5";

    public Sale Sale { get; private set; } = null!;

    public CeremonyStatus? Status { get; private set; }

    /// <summary>This person's own part.</summary>
    public SaleParty Own { get; private set; } = null!;

    /// <summary>Signing's word for somebody's part; <c>unknown</c> when it does not know the ceremony.</summary>
    public string StateOf(SaleParty party)
    {
        ArgumentNullException.ThrowIfNull(party);
        return Status?.Signers.FirstOrDefault(signer => signer.Id == party.PlaceId)?.Status ?? "unknown";
    }

    public bool MaySign => Status?.Status == "open" && StateOf(Own) == "turn";

    public async Task<IActionResult> OnGet(string id)
    {
        var identifier = User.FindFirst("person_identifier")?.Value;
        if (await services.GetRequiredService<SaleStore>().Find(id, identifier, HttpContext.RequestAborted) is not { } sale)
            return NotFound();
        (Sale, Status) = await services.GetRequiredService<SaleSigning>().Receive(sale, HttpContext.RequestAborted);
        Own = Sale.Of(identifier)!;
        // While others, or Signing, do something the page looks again by itself.
        if (!Sale.IsReceived && Status?.Status is "open" or "archiving" && !MaySign)
            Response.Headers["Refresh"] = SecondsBetweenLooks;
        return Page();
    }
}
