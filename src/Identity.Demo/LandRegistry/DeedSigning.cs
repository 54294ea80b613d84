using System.Globalization;
using System.Security.Cryptography;
using Identity.Web;
using Microsoft.Extensions.Localization;

namespace Identity.Demo.LandRegistry;

/// <summary>A deed is drawn up, handed to Signing, and received back.</summary>
public sealed class DeedSigning(DeedStore store, SignatureRequests signing, DemoSettings settings, IStringLocalizer<DemoTexts> texts, TimeProvider time, ILogger<DeedSigning> log)
{
    public abstract record Outcome
    {
        private protected Outcome() { }
    }

    /// <summary>The person reads and signs there.</summary>
    public sealed record Begun(Uri ReviewUrl) : Outcome;

    /// <summary>Signing did not take the deed; the log has its reason.</summary>
    public sealed record Refused : Outcome;

    public async Task<Outcome> Begin(string owner, string name, string? identifier, CancellationToken cancellation)
    {
        var id = DeedStore.NewId();
        var now = time.GetUtcNow();
        var number = string.Create(CultureInfo.InvariantCulture, $"{now.Year}-{RandomNumberGenerator.GetInt32(100_000, 1_000_000)}");
        var document = DeedDocument.Write(number, name, identifier, now);
        var created = await signing.Create(document, "deed.pdf", texts["DeedPurpose"], new Uri(settings.PublicAddress, $"deeds/{id}"), identifier, id, cancellation);
        if (created is null)
            return new Refused();
        await store.Put(new Deed(id, owner, now, created.Id, created.ReviewUrl, null, 0, null), cancellation);
        return new Begun(created.ReviewUrl);
    }

    /// <summary>Asks how the request stands and takes the signed document when there is one. Asked again, nothing changes.</summary>
    /// <returns>The deed as it now is, and Signing's word for a request that is not signed; null when Signing does not know the request.</returns>
    public async Task<(Deed Deed, string? Status)> Receive(Deed deed, CancellationToken cancellation)
    {
        if (deed.IsReceived)
            return (deed, "signed");
        if (await signing.Status(deed.SigningId, cancellation) is not { } status)
            return (deed, null);
        if (status.Status != "signed" || await signing.SignedDocument(deed.SigningId, cancellation) is not { } document)
            return (deed, status.Status);
        if (!Convert.ToHexStringLower(SHA256.HashData(document)).Equals(status.SignedSha256, StringComparison.Ordinal))
        {
            log.LogError("The document of request {Request} is not the one that Signing named", deed.SigningId);
            throw new StoreUnavailableException("Signing");
        }
        return (await store.Receive(deed, document, time.GetUtcNow(), cancellation), "signed");
    }
}

internal static class DeedDownload
{
    public static async Task<IResult> Get(string id, HttpContext context, DeedStore store)
    {
        if (context.User.FindFirst("sub")?.Value is not { } owner || await store.Find(id, owner, context.RequestAborted) is not { IsReceived: true } deed)
            return Results.NotFound();
        context.Response.Headers.ContentDisposition = SafeText.Attachment("deed-signed.pdf");
        return Results.File(store.DocumentPath(deed), "application/pdf");
    }

    public static void AddDeeds(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeedStore>();
        builder.Services.AddSingleton<DeedSigning>();
        builder.Services.AddSingleton<SaleStore>();
        builder.Services.AddSingleton<SaleSigning>();
        builder.Services.AddSingleton<SigningEvents>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<SignatureRequests>(services, new HttpClient(
            new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = TimeSpan.FromSeconds(20),
        }));
    }
}
