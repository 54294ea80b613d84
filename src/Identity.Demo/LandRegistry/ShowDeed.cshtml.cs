using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Demo.LandRegistry;

/// <summary>How a deed stands; here the person comes back from Signing.</summary>
public sealed class ShowDeedModel(IServiceProvider services) : PageModel
{
    public Deed Deed { get; private set; } = null!;

    /// <summary>Signing's word, or null when it does not know the request.</summary>
    public string? Status { get; private set; }

    public bool IsWaiting => Status is "received" or "shown" or "approval_asked" or "approved";

    public async Task<IActionResult> OnGet(string id)
    {
        // Only the Land Registry has deeds; the others have no address for this page either.
        var store = services.GetRequiredService<DeedStore>();
        if (User.FindFirst("sub")?.Value is not { } owner || await store.Find(id, owner, HttpContext.RequestAborted) is not { } deed)
            return NotFound();
        (Deed, Status) = await services.GetRequiredService<DeedSigning>().Receive(deed, HttpContext.RequestAborted);
        return Page();
    }
}
