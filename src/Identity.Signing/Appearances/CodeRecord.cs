using System.Text.Json.Serialization;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Signing.Ceremonies;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Appearances;

/// <summary>One signature on a document: nothing in it tells who signed, for whoever has the document unsigned knows its hash too.</summary>
/// <param name="SignedAt">When it was finished here.</param>
/// <param name="Level">Of the file that was given out.</param>
/// <param name="SignedSha256">Of the file that was given out: in a ceremony, the one with all signatures.</param>
/// <param name="Status">`holds`; `revoked`: before the signature was made; `unknown`: nobody could be asked.</param>
public sealed record RecordedSignature(
    [property: JsonPropertyName("signed_at")] DateTimeOffset SignedAt, string Level, [property: JsonPropertyName("signed_sha256")] string SignedSha256, string Status);

/// <param name="Sha256">Of the document as it was approved.</param>
/// <param name="Signatures">The newest first.</param>
/// <param name="More">There are more than are listed.</param>
public sealed record RecordedCode(string Sha256, IReadOnlyList<RecordedSignature> Signatures, bool More);

/// <summary>
/// What was signed here under the hash that a printed code holds, and whether the certificates still stand for it. A signature that shows no code is
/// nobody's to ask for, nor is one of a ceremony whose document was given to nobody yet.
/// </summary>
public sealed class CodeRecords(IDbContextFactory<SigningDatabase> databases, TrustedChain trust, StatusClient client, SigningSettings settings, TimeProvider time) : IDisposable
{
    public const int ListedSignatures = 10;

    /// <summary>In what <see cref="RequestedForm.ToJson"/> writes, where every quotation mark of a text is escaped (RFC 8259 7), only the member itself reads so.</summary>
    public const string ShowsCode = "\"visible\":{";

    /// <summary>For so long an answer about a certificate is not asked for again.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    /// <summary>That nobody could be asked is asked again soon.</summary>
    public static readonly TimeSpan RememberedUnknown = TimeSpan.FromSeconds(5);

    private const int MostRemembered = 1000;

    private const string Unknown = "unknown";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // Strangers make us ask: never more than so many questions at one time.
    private readonly SemaphoreSlim turns = new(4, 4);
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Status, DateTimeOffset Until)> known = new(StringComparer.Ordinal);

    /// <summary>Null when nothing was signed here under this hash.</summary>
    public async Task<RecordedCode?> Find(byte[] sha256, CancellationToken cancellation)
    {
        var signed = await Signed(sha256, cancellation);
        if (signed.Count == 0)
            return null;
        var listed = new List<RecordedSignature>();
        foreach (var one in signed.Take(ListedSignatures))
        {
            listed.Add(new RecordedSignature(
                one.At, one.Level.Word(), Convert.ToHexStringLower(one.GivenOut), await Status(one, cancellation)));
        }
        return new RecordedCode(Convert.ToHexStringLower(sha256), listed, signed.Count > ListedSignatures);
    }

    private sealed record ShownSignature(string ApprovalId, DateTimeOffset At, DateTimeOffset? StampedAt, PadesLevel Level, byte[] GivenOut, string? Certificates);

    private async Task<List<ShownSignature>> Signed(byte[] sha256, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await (
            from request in database.Requests.AsNoTracking()
            where request.DocumentSha256 == sha256 && request.State == RequestState.Signed && request.SignedSha256 != null && request.EndedAt != null && request.ApprovalId != null
                && request.Form != null && request.Form.Contains(ShowsCode)
            join one in database.Ceremonies on request.CeremonyId equals one.Id into served
            from ceremony in served.DefaultIfEmpty()
            where request.CeremonyId == null || (ceremony.State == CeremonyState.Completed && ceremony.SignedSha256 != null)
            orderby request.EndedAt descending
            select new ShownSignature(
                request.ApprovalId!, request.EndedAt!.Value, request.StampedAt, request.CeremonyId == null ? request.Level : ceremony.Level,
                request.CeremonyId == null ? request.SignedSha256! : ceremony.SignedSha256!,
                database.Evidence.First(evidence => evidence.ApprovalId == request.ApprovalId).Certificates))
            .Take(ListedSignatures + 1).ToListAsync(cancellation);
    }

    private async Task<string> Status(ShownSignature signature, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (known.TryGetValue(signature.ApprovalId, out var before) && now < before.Until)
                return before.Status;
        }
        if (!await turns.WaitAsync(LongestWait, cancellation))
            return Unknown;
        string status;
        try
        {
            status = await Ask(signature, now);
        }
        finally
        {
            turns.Release();
        }
        lock (gate)
        {
            if (known.Count >= MostRemembered)
                known.Clear();
            known[signature.ApprovalId] = (status, now + (status == Unknown ? RememberedUnknown : Remembered));
        }
        return status;
    }

    private async Task<string> Ask(ShownSignature signature, DateTimeOffset now)
    {
        var chain = Chain(signature.Certificates);
        if (chain.Count == 0)
            return Unknown;
        // The answer is everybody's: whoever asked first does not end it by going away.
        using var patience = new CancellationTokenSource(LongestWait, time);
        var cancellation = patience.Token;
        var asked = new ValidationDataCollection(trust, client, settings.StatusSources, now, cancellation);
        asked.Know(chain);
        return (await asked.Prove(chain[0], chain.Skip(1).Select(certificate => certificate.Raw), signature.StampedAt ?? signature.At))?.Reason switch
        {
            null => "holds",
            ProofRefusal.Revoked => "revoked",
            _ => Unknown,
        };
    }

    private static List<Certificate> Chain(string? pem)
    {
        var chain = new List<Certificate>();
        var rest = pem.AsSpan();
        try
        {
            while (System.Security.Cryptography.PemEncoding.TryFind(rest, out var fields))
            {
                chain.Add(Certificate.Parse(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
                rest = rest[fields.Location.End..];
            }
            return chain;
        }
        catch (MalformedException)
        {
            return [];
        }
    }

    public void Dispose() => turns.Dispose();
}

/// <summary>`GET /codes/{sha256}`: open to all, as the code on the page is. 256 bits cannot be guessed; who knows them has, or had, the document.</summary>
internal static class CodeEndpoint
{
    private const int HexDigits = 64;

    public static async Task<IResult> Find(string sha256, HttpContext context, CodeRecords records)
    {
        context.Response.Headers.CacheControl = "no-store";
        return sha256.Length == HexDigits && sha256.All(char.IsAsciiHexDigit) && await records.Find(Convert.FromHexString(sha256), context.RequestAborted) is { } found
            ? Results.Json(found)
            : ApiError.Result(404, "not_found", "Nothing was signed here under this hash.");
    }
}
