using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Identity.Verification.PrintedCodes;

/// <summary>What Signing recorded under a code.</summary>
public abstract record CodeRecord
{
    private CodeRecord() { }

    /// <param name="More">There are older ones.</param>
    public sealed record Found(IReadOnlyList<SignedState> Signatures, bool More) : CodeRecord;

    public sealed record NothingKnown : CodeRecord;

    /// <summary>Signing did not answer, or not as agreed, or is not known to this service.</summary>
    public sealed record Unavailable : CodeRecord;
}

/// <param name="SignedSha256">Lower-case hexadecimal, of the file that Signing gave out.</param>
public sealed record SignedState(DateTimeOffset SignedAt, string Level, string SignedSha256, CodeStatus Status);

public enum CodeStatus
{
    /// <summary>Signing could not ask.</summary>
    Unknown,

    /// <summary>The certificates stand for it.</summary>
    Holds,

    /// <summary>The certificate was revoked before the signature was made.</summary>
    Revoked,
}

/// <summary>Asks Signing what it recorded under a hash. Only the hash leaves, and no name comes back.</summary>
public sealed class SigningRecords(VerificationSettings settings, HttpMessageHandler handler) : IDisposable
{
    /// <summary>Bytes of an answer.</summary>
    public const int LargestAnswer = 64 * 1024;

    private readonly HttpClient http = new(handler) { Timeout = TimeSpan.FromSeconds(8), MaxResponseContentBufferSize = LargestAnswer };

    /// <summary>Follows no redirect: who is asked is a setting.</summary>
    public static HttpMessageHandler Handler() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };

    public async Task<CodeRecord> Find(PrintedCode code, CancellationToken cancellation)
    {
        if (settings.Signing is not { } signing)
            return new CodeRecord.Unavailable();
        try
        {
            using var response = await http.GetAsync(new Uri(signing, "codes/" + code.Sha256), cancellation);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Read(await response.Content.ReadAsByteArrayAsync(cancellation), code),
                HttpStatusCode.NotFound => new CodeRecord.NothingKnown(),
                _ => new CodeRecord.Unavailable(),
            };
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return new CodeRecord.Unavailable();
        }
    }

    // The serializer leaves members of lists unchecked: one may be null.
    private static CodeRecord Read(byte[] answer, PrintedCode code)
    {
        var record = JsonSerializer.Deserialize(answer, CodeJson.Default.CodeWire);
        return record is { Signatures.Count: > 0 } && record.Sha256 == code.Sha256
            && record.Signatures.All(one => one is not null && PrintedCode.Parse(one.SignedSha256) is not null)
            ? new CodeRecord.Found([.. record.Signatures.Select(one => new SignedState(one.SignedAt, one.Level, one.SignedSha256.ToLowerInvariant(), Status(one.Status)))], record.More)
            : new CodeRecord.Unavailable();
    }

    private static CodeStatus Status(string word) => word switch { "holds" => CodeStatus.Holds, "revoked" => CodeStatus.Revoked, _ => CodeStatus.Unknown };

    public void Dispose() => http.Dispose();
}

internal sealed record CodeWire(string Sha256, IReadOnlyList<CodeWireSignature> Signatures, bool More);

internal sealed record CodeWireSignature([property: JsonPropertyName("signed_at")] DateTimeOffset SignedAt, string Level, [property: JsonPropertyName("signed_sha256")] string SignedSha256, string Status);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CodeWire))]
internal sealed partial class CodeJson : JsonSerializerContext;
