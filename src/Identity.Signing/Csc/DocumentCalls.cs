using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Signing.Documents;
using Microsoft.AspNetCore.WebUtilities;

namespace Identity.Signing.Csc;

/// <summary>
/// Calls that carry documents. What comes and what goes is on disk, for as long as the program's connection takes; only between the two is it in memory, some eight
/// times what was sent, and there few are at once: whoever sends or reads slowly keeps nobody from signing. May be called concurrently.
/// </summary>
internal sealed class DocumentCalls(DocumentStore documents, TimeProvider time)
{
    /// <summary>In memory.</summary>
    public const int AtOnce = 4;
    public const int AtOnceOfOne = 2;

    /// <summary>On disk, coming or going: a gigabyte of what comes.</summary>
    public const int TransfersAtOnce = 64;
    public const int TransfersOfOne = 4;

    public static readonly TimeSpan LongestUpload = TimeSpan.FromMinutes(2);

    // As every other answer: the plus signs of base64 stay one byte.
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int InMemory = CscBody.Largest;

    private readonly CallPlaces works = new(AtOnce, AtOnceOfOne);
    private readonly CallPlaces transfers = new(TransfersAtOnce, TransfersOfOne);

    /// <summary>From before the first byte is read until the last is sent.</summary>
    /// <exception cref="CscRefusedException">too many: come again</exception>
    public IDisposable BeginTransfer(CscAuthorization authorization) => transfers.Enter(authorization);

    /// <summary>While documents are in memory.</summary>
    /// <exception cref="CscRefusedException">too many: come again</exception>
    public IDisposable Enter(CscAuthorization authorization) => works.Enter(authorization);

    /// <summary>The whole body, to be read from its beginning; disposing removes it from the disk.</summary>
    /// <exception cref="CscRefusedException">too large, or it came too slowly</exception>
    public async Task<Stream> Receive(HttpRequest request, long largest, CancellationToken cancellation)
    {
        CscBody.Accept(request, largest);
        var kept = new FileBufferingReadStream(request.Body, InMemory, bufferLimit: null, documents.Staging);
        using var pace = new TransferPace(time, LongestUpload, cancellation);
        try
        {
            await CscBody.ReadAll(kept, largest, pace.Moved, pace.Token);
            kept.Position = 0;
            return kept;
        }
        catch (OperationCanceledException) when (pace.IsTooSlow)
        {
            await kept.DisposeAsync();
            throw new CscRefusedException(CscError.TooSlow);
        }
        catch
        {
            await kept.DisposeAsync();
            throw;
        }
    }

    /// <summary>On disk when it returns, beyond what is little.</summary>
    public Task<KeptAnswer> Keep(int status, JsonObject answer) => Keep(status, kept => JsonSerializer.SerializeAsync(kept, answer, Form));

    public Task<KeptAnswer> Keep(int status, ReadOnlyMemory<byte> json) => Keep(status, kept => kept.WriteAsync(json).AsTask());

    private async Task<KeptAnswer> Keep(int status, Func<Stream, Task> write)
    {
        var kept = new FileBufferingWriteStream(InMemory, null, () => documents.Staging);
        try
        {
            await write(kept);
            return new KeptAnswer(status, kept, time);
        }
        catch
        {
            await kept.DisposeAsync();
            throw;
        }
    }
}
