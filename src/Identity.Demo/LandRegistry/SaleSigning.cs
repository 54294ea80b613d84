using System.Globalization;
using System.Security.Cryptography;
using Identity.Web;
using Microsoft.Extensions.Localization;

namespace Identity.Demo.LandRegistry;

/// <summary>A sale is drawn up, signed by seller, buyer and notary in a ceremony at Signing, and received back.</summary>
public sealed class SaleSigning(SaleStore store, SignatureRequests signing, DemoSettings settings, IStringLocalizer<DemoTexts> texts, TimeProvider time, ILogger<SaleSigning> log)
{
    public const string Seller = "seller";
    public const string Buyer = "buyer";
    public const string Notary = "notary";
    public const string EventsPath = "/signing-events";

    static readonly TimeSpan TimeToSign = TimeSpan.FromDays(7);
    static readonly TimeSpan RemindBefore = TimeSpan.FromDays(1);

    /// <summary>Null when Signing did not take it; the log has its reason.</summary>
    public async Task<Sale?> Begin((string Name, string Identifier) seller, DemoPerson buyer, DemoPerson notary, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(buyer);
        ArgumentNullException.ThrowIfNull(notary);
        var (id, now) = (DeedStore.NewId(), time.GetUtcNow());
        var number = string.Create(CultureInfo.InvariantCulture, $"{now.Year}-{RandomNumberGenerator.GetInt32(100_000, 1_000_000)}");
        var document = DeedDocument.WriteSale(number, $"{seller.Name}, {seller.Identifier}", $"{buyer.Name}, {buyer.Identifier}", $"{notary.Name}, {notary.Identifier}", now);
        var ceremony = new
        {
            purpose = texts["SalePurpose"].Value,
            return_url = new Uri(settings.PublicAddress, $"sales/{id}").AbsoluteUri,
            deadline = Moment(now + TimeToSign),
            remind_at = Moment(now + TimeToSign - RemindBefore),
            webhook_url = new Uri(settings.PublicAddress, EventsPath).AbsoluteUri,
            signers = new[] { Signer(seller.Identifier, 1, Seller, number), Signer(buyer.Identifier, 1, Buyer, number), Signer(notary.Identifier, 2, Notary, number) },
        };
        if (await signing.CreateCeremony(document, "deed-of-sale.pdf", ceremony, id, cancellation) is not { } created)
            return null;
        var parties = created.Signers.Select(signer => new SaleParty(signer.Role ?? "", signer.Identifier, signer.Id, signer.ReviewUrl));
        var sale = new Sale(id, number, now, created.Id, [.. parties], [], null, 0);
        await store.Put(sale, cancellation);
        return sale;
    }

    /// <summary>Asks how the ceremony stands, and takes the document when all have signed. Asked again, nothing changes.</summary>
    public async Task<(Sale Sale, CeremonyStatus? Status)> Receive(Sale sale, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sale);
        var status = await signing.Ceremony(sale.CeremonyId, cancellation);
        if (sale.IsReceived || status?.Status != "completed" || await signing.CeremonyDocument(sale.CeremonyId, cancellation) is not { } document)
            return (sale, status);
        if (!Convert.ToHexStringLower(SHA256.HashData(document)).Equals(status.SignedSha256, StringComparison.Ordinal))
        {
            log.LogError("The document of ceremony {Ceremony} is not the one that Signing named", sale.CeremonyId);
            throw new StoreUnavailableException("Signing");
        }
        return (await store.Receive(sale.Id, document, cancellation) ?? sale, status);
    }

    static object Signer(string identifier, int order, string role, string number) => new { identifier, order, label = $"{number} {role}", signature = new { role } };

    static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}

internal static class SaleDownload
{
    public static async Task<IResult> Get(string id, HttpContext context, SaleStore store)
    {
        if (await store.Find(id, context.User.FindFirst("person_identifier")?.Value, context.RequestAborted) is not { IsReceived: true } sale)
            return Results.NotFound();
        context.Response.Headers.ContentDisposition = SafeText.Attachment("deed-of-sale-signed.pdf");
        return Results.File(store.DocumentPath(sale), "application/pdf");
    }
}
