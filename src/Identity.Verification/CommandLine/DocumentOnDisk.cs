using Identity.Pdf.Structure;

namespace Identity.Verification.CommandLine;

/// <summary>
/// A file to validate: in memory when it is small, otherwise read where it lies, piece by piece, so that memory does not grow with it. What comes
/// through a pipe and is large lies in the folder for temporary files meanwhile, where nobody else finds it.
/// </summary>
internal sealed class DocumentOnDisk : IDisposable
{
    /// <summary>Bytes of a file that is read into memory at once.</summary>
    public const int LargestInMemory = 32 * 1024 * 1024;

    private const int Chunk = 64 * 1024;
    private readonly string? path;
    private readonly (long Length, DateTime Written) asFound;

    private DocumentOnDisk(DocumentBytes bytes, string? path = null)
    {
        (Bytes, this.path) = (bytes, path);
        asFound = State();
    }

    public DocumentBytes Bytes { get; }

    /// <summary>Somebody wrote to the file since: what was read of it at different times is no document that anybody has.</summary>
    public bool HasChanged() => State() != asFound;

    /// <summary>Null when it is larger than the cap.</summary>
    /// <param name="input">The standard input, for the file `-`.</param>
    /// <param name="cap">Bytes.</param>
    /// <param name="toMemory">Also when it is large.</param>
    public static async Task<DocumentOnDisk?> Read(string file, Stream input, long cap, bool toMemory, CancellationToken cancellation)
    {
        if (file == VerifyFiles.StandardInput)
            return await FromPipe(input, cap, toMemory, cancellation);
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        if (!stream.CanSeek)
            return await FromPipe(stream, cap, toMemory, cancellation);
        if (stream.Length > cap)
            return null;
        if (stream.Length > LargestInMemory && !toMemory)
            return new DocumentOnDisk(DocumentBytes.OfFile(file), file);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return new DocumentOnDisk(bytes);
    }

    public void Dispose() => Bytes.Dispose();

    private static async Task<DocumentOnDisk?> FromPipe(Stream pipe, long cap, bool toMemory, CancellationToken cancellation)
    {
        using var first = new MemoryStream();
        if (!await CopyTo(first, pipe, toMemory ? cap : Math.Min(cap, LargestInMemory), cancellation))
            return toMemory || cap <= LargestInMemory ? null : await FromLargePipe(first, pipe, cap, cancellation);
        return new DocumentOnDisk(first.GetBuffer().AsMemory(0, (int)first.Length));
    }

    private static async Task<DocumentOnDisk?> FromLargePipe(MemoryStream first, Stream pipe, long cap, CancellationToken cancellation)
    {
        var name = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using (var file = new FileStream(name, options))
            {
                first.Position = 0;
                await first.CopyToAsync(file, cancellation);
                if (!await CopyTo(file, pipe, cap, cancellation))
                    return null;
            }
            // It has no name from here on, and is gone with the process.
            return new DocumentOnDisk(DocumentBytes.OfFile(name));
        }
        finally
        {
            File.Delete(name);
        }
    }

    /// <summary>False when the target has more bytes than it may: at most one chunk more.</summary>
    private static async Task<bool> CopyTo(Stream target, Stream pipe, long cap, CancellationToken cancellation)
    {
        var buffer = new byte[Chunk];
        int read;
        while (target.Length <= cap && (read = await pipe.ReadAsync(buffer, cancellation)) > 0)
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        return target.Length <= cap;
    }

    private (long, DateTime) State()
    {
        if (path is null)
            return default;
        var now = new FileInfo(path);
        return now.Exists ? (now.Length, now.LastWriteTimeUtc) : default;
    }
}
