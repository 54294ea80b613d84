using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Demo.LandRegistry;

/// <summary>One deed on its way: handed to Signing, and received back signed.</summary>
/// <param name="Id">128 random bits, base64url.</param>
/// <param name="Owner">The subject of the person at this agency.</param>
/// <param name="SigningId">Signing's identifier of the request.</param>
/// <param name="ReceivedSha256">SHA-256 of the signed document, hexadecimal, once it has been received.</param>
public sealed record Deed(string Id, string Owner, DateTimeOffset CreatedAt, string SigningId, Uri ReviewUrl, string? ReceivedSha256, long ReceivedLength, DateTimeOffset? ReceivedAt)
{
    public bool IsReceived => ReceivedSha256 is not null;
}

/// <summary>
/// The deeds in a folder: <c>ID.json</c> and, once received, <c>ID.pdf</c>. The document is written before the record that names it, each to a new file that is then
/// renamed, so a crash leaves the deed waiting and never half a document. Callable concurrently.
/// </summary>
public sealed class DeedStore(DemoSettings settings)
{
    readonly DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(settings.Data, "deeds"));

    public static string NewId() => Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16));

    public async Task<IReadOnlyList<Deed>> Of(string owner, CancellationToken cancellation)
    {
        var deeds = new List<Deed>();
        foreach (var file in folder.EnumerateFiles("*.json"))
        {
            if (await Find(Path.GetFileNameWithoutExtension(file.Name), owner, cancellation) is { } deed)
                deeds.Add(deed);
        }
        return [.. deeds.OrderByDescending(d => d.CreatedAt)];
    }

    /// <summary>The deed, or null when there is none of this identifier that belongs to this person.</summary>
    public async Task<Deed?> Find(string id, string owner, CancellationToken cancellation)
    {
        // The identifier becomes a file name: only what NewId makes.
        if (id.Length != 22 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || !File.Exists(PathOf(id, "json")))
            return null;
        var deed = JsonSerializer.Deserialize<Deed>(await File.ReadAllBytesAsync(PathOf(id, "json"), cancellation));
        return deed?.Owner == owner ? deed : null;
    }

    public Task Put(Deed deed, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(deed);
        return Write(deed.Id, "json", JsonSerializer.SerializeToUtf8Bytes(deed), cancellation);
    }

    public async Task<Deed> Receive(Deed deed, byte[] document, DateTimeOffset at, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(deed);
        ArgumentNullException.ThrowIfNull(document);
        var received = deed with { ReceivedSha256 = Convert.ToHexStringLower(SHA256.HashData(document)), ReceivedLength = document.Length, ReceivedAt = at };
        await Write(deed.Id, "pdf", document, cancellation);
        await Put(received, cancellation);
        return received;
    }

    public string DocumentPath(Deed deed)
    {
        ArgumentNullException.ThrowIfNull(deed);
        return PathOf(deed.Id, "pdf");
    }

    string PathOf(string id, string extension) => Path.GetFullPath(Path.Combine(folder.FullName, $"{id}.{extension}"));

    async Task Write(string id, string extension, byte[] bytes, CancellationToken cancellation)
    {
        var fresh = PathOf(id, NewId() + ".new");
        await File.WriteAllBytesAsync(fresh, bytes, cancellation);
        File.Move(fresh, PathOf(id, extension), overwrite: true);
    }
}
