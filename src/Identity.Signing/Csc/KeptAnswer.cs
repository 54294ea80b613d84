using Microsoft.AspNetCore.WebUtilities;
using Identity.Signing.Documents;

namespace Identity.Signing.Csc;

/// <summary>An answer on disk, sent in pieces to whoever reads fast enough; from who does not, the connection is taken. Removed when it is sent, or was not.</summary>
internal sealed class KeptAnswer(int status, FileBufferingWriteStream kept, TimeProvider time) : IResult
{
    /// <summary>Longer than for what comes: these are signatures, and they take no memory.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, "application/json; charset=utf-8", kept.Length);
        using var pace = new TransferPace(time, Longest, httpContext.RequestAborted);
        try
        {
            await using (kept)
                await kept.DrainBufferAsync(new Paced(response.Body, pace), pace.Token);
        }
        catch (OperationCanceledException)
        {
            // Half an answer must not look like one.
            httpContext.Abort();
        }
    }

    /// <summary>What is written is counted when the connection has taken it.</summary>
    private sealed class Paced(Stream body, TransferPace pace) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await body.WriteAsync(buffer, cancellationToken);
            pace.Moved(buffer.Length);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
