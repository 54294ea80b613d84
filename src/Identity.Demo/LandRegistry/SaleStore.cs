using System.Security.Cryptography;
using System.Text.Json;

namespace Identity.Demo.LandRegistry;

/// <summary>One who signs a sale: their role, their place at Signing and the address of it.</summary>
public sealed record SaleParty(string Role, string Identifier, string PlaceId, Uri ReviewUrl);

/// <summary>What Signing told: its number within the ceremony, what, whom it is about, and when it came.</summary>
public sealed record SaleEvent(string Id, int Number, string Type, string? PlaceId, DateTimeOffset ReceivedAt);

/// <summary>A sale on its way: seller and buyer sign side by side, then the notary.</summary>
/// <param name="Id">128 random bits, base64url.</param>
public sealed record Sale(string Id, string Number, DateTimeOffset CreatedAt, string CeremonyId, IReadOnlyList<SaleParty> Parties, IReadOnlyList<SaleEvent> Events, string? ReceivedSha256, long ReceivedLength)
{
    public bool IsReceived => ReceivedSha256 is not null;

    /// <summary>The sale is for those who sign it, and for nobody else.</summary>
    public SaleParty? Of(string? identifier) => Parties.FirstOrDefault(party => party.Identifier == identifier);
}

/// <summary>
/// The sales in a folder, as <see cref="DeedStore"/> keeps deeds. Changes of one sale come one after another: events arrive while people look.
/// </summary>
public sealed class SaleStore(DemoSettings settings) : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(settings.Data, "sales"));
    readonly SemaphoreSlim one = new(1);

    public async Task<IReadOnlyList<Sale>> Of(string identifier, CancellationToken cancellation) =>
        [.. (await All(cancellation)).Where(sale => sale.Of(identifier) is not null).OrderByDescending(sale => sale.CreatedAt)];

    public async Task<Sale?> OfCeremony(string ceremonyId, CancellationToken cancellation) => (await All(cancellation)).FirstOrDefault(sale => sale.CeremonyId == ceremonyId);

    /// <summary>Null when there is none of this identifier that this person signs.</summary>
    public async Task<Sale?> Find(string id, string? identifier, CancellationToken cancellation) =>
        await Read(id, cancellation) is { } sale && sale.Of(identifier) is not null ? sale : null;

    public Task Put(Sale sale, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sale);
        return Write(sale.Id, "json", JsonSerializer.SerializeToUtf8Bytes(sale), cancellation);
    }

    /// <summary>Changes the sale as it stands; null when it is not there.</summary>
    public async Task<Sale?> Change(string id, Func<Sale, Sale> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        await one.WaitAsync(cancellation);
        try
        {
            if (await Read(id, cancellation) is not { } sale)
                return null;
            var changed = change(sale);
            await Put(changed, cancellation);
            return changed;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The document before the record that names it.</summary>
    public async Task<Sale?> Receive(string id, byte[] document, CancellationToken cancellation)
    {
        await Write(id, "pdf", document, cancellation);
        return await Change(id, sale => sale with { ReceivedSha256 = Convert.ToHexStringLower(SHA256.HashData(document)), ReceivedLength = document.Length }, cancellation);
    }

    public string DocumentPath(Sale sale)
    {
        ArgumentNullException.ThrowIfNull(sale);
        return PathOf(sale.Id, "pdf");
    }

    public void Dispose() => one.Dispose();

    async Task<IReadOnlyList<Sale>> All(CancellationToken cancellation)
    {
        var sales = new List<Sale>();
        foreach (var file in folder.EnumerateFiles("*.json"))
        {
            if (await Read(Path.GetFileNameWithoutExtension(file.Name), cancellation) is { } sale)
                sales.Add(sale);
        }
        return sales;
    }

    // The identifier becomes a file name: only what NewId makes.
    async Task<Sale?> Read(string id, CancellationToken cancellation) =>
        id.Length == 22 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && File.Exists(PathOf(id, "json"))
            ? JsonSerializer.Deserialize<Sale>(await File.ReadAllBytesAsync(PathOf(id, "json"), cancellation))
            : null;

    string PathOf(string id, string extension) => Path.GetFullPath(Path.Combine(folder.FullName, $"{id}.{extension}"));

    async Task Write(string id, string extension, byte[] bytes, CancellationToken cancellation)
    {
        var fresh = PathOf(id, DeedStore.NewId() + ".new");
        await File.WriteAllBytesAsync(fresh, bytes, cancellation);
        File.Move(fresh, PathOf(id, extension), overwrite: true);
    }
}
