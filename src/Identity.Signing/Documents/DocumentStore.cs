using System.Buffers;
using System.Security.Cryptography;
using Identity.Pdf.Structure;
using Identity.Signing.Requests;

namespace Identity.Signing.Documents;

/// <summary>What came of receiving a document.</summary>
public abstract record DocumentReceived
{
    private DocumentReceived() { }

    /// <summary>Durable in the staging folder under <paramref name="Id"/> until kept or discarded.</summary>
    public sealed record Staged(string Id, byte[] Sha256, long Length) : DocumentReceived;

    /// <summary>Reading stopped at the first byte past the cap; nothing is left.</summary>
    public sealed record TooLarge(long Cap) : DocumentReceived;

    public sealed record Empty : DocumentReceived;
}

/// <summary>
/// Documents as files: `ab/abc….pdf` as received, `ab/abc….signed.pdf`, and `ab/abc….pending.pdf` while a signature waits for its level. A signed one has the name of the attempt that made
/// it, so that one who comes late removes nobody else's. A file appears under its name only when it is whole and on disk; what a crash leaves in `staging`, or without a request, is removed by the sweep.
/// </summary>
public sealed class DocumentStore
{
    private const int BufferBytes = 128 * 1024;

    private readonly string directory;
    private readonly long cap;

    public DocumentStore(SigningSettings settings, DocumentPasswords passwords, TimeProvider time)
    {
        Time = time;
        Passwords = passwords;
        directory = settings.DocumentsDirectory;
        cap = settings.MaxDocumentBytes;
        Directory.CreateDirectory(Staging);
    }

    public DocumentPasswords Passwords { get; }

    internal TimeProvider Time { get; }

    /// <summary>Documents that are being received.</summary>
    internal SharedPlaces Uploads { get; } = new(DocumentUpload.AtOnce, DocumentUpload.AtOnceOfOne);

    /// <summary>Folder of what is not kept: the sweep removes what a crash leaves there.</summary>
    public string Staging => Path.Combine(directory, "staging");

    /// <summary>Writes the stream to a file while hashing it.</summary>
    public async Task<DocumentReceived> Receive(Stream body, CancellationToken cancellation)
    {
        var id = RequestId.Next();
        var path = StagedPath(id);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            await using (var file = Create(path))
            {
                for (int read; (read = await body.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellation)) > 0;)
                {
                    length += read;
                    if (length > cap)
                        break;
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
                }

                file.Flush(flushToDisk: true);
            }

            if (length > cap || length == 0)
            {
                File.Delete(path);
                return length == 0 ? new DocumentReceived.Empty() : new DocumentReceived.TooLarge(cap);
            }

            return new DocumentReceived.Staged(id, hash.GetHashAndReset(), length);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A copy of a document of this store, to be kept under a name of its own.</summary>
    public DocumentReceived.Staged Stage(DocumentBytes document)
    {
        var id = RequestId.Next();
        Write(document, StagedPath(id), overwrite: false);
        return new DocumentReceived.Staged(id, document.Digest(HashAlgorithmName.SHA256), document.Length);
    }

    /// <summary>The caller closes it.</summary>
    /// <param name="staged">What was received.</param>
    /// <param name="password">Opens it; empty when it opens without being asked.</param>
    public DocumentBytes OpenStaged(DocumentReceived.Staged staged, string password = "") => DocumentBytes.OfFile(StagedPath(staged.Id), password);

    /// <summary>Gives the staged document its lasting name.</summary>
    public void Keep(DocumentReceived.Staged staged)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(OriginalPath(staged.Id))!);
        File.Move(StagedPath(staged.Id), OriginalPath(staged.Id));
    }

    public void Discard(DocumentReceived.Staged staged)
    {
        File.Delete(StagedPath(staged.Id));
        Remove(staged.Id);
    }

    /// <summary>The document as received, or null when it is gone or no longer has the SHA-256 that it had then. The caller closes it.</summary>
    public Task<DocumentBytes?> OpenUnchanged(SigningRequest request, CancellationToken cancellation) =>
        OpenUnchanged(OriginalPath(request.Id), PasswordOf(request), request.DocumentLength, request.DocumentSha256, cancellation);

    /// <summary>The same of the signed document of a signed request.</summary>
    public Task<DocumentBytes?> OpenSignedUnchanged(SigningRequest request, CancellationToken cancellation) =>
        OpenUnchanged(SignedPath(request.Id, request.ApprovalId!, request.SignedAttempt), PasswordOf(request), request.SignedLength!.Value, request.SignedSha256!, cancellation);

    /// <summary>The same of any document as received.</summary>
    public Task<DocumentBytes?> OpenReceivedUnchanged(string id, long length, byte[] sha256, CancellationToken cancellation) =>
        OpenUnchanged(OriginalPath(id), Passwords.Find(id), length, sha256, cancellation);

    /// <summary>The same of any signed document.</summary>
    public Task<DocumentBytes?> OpenSignedUnchanged(string id, string approvalId, long length, byte[] sha256, CancellationToken cancellation) =>
        OpenUnchanged(SignedPath(id, approvalId), Passwords.Find(id), length, sha256, cancellation);

    // One password serves the whole ceremony, under its own name.
    private string PasswordOf(SigningRequest request) => Passwords.Find(request.CeremonyId ?? request.Id);

    // Hashed whole before anything of it is given out, and used through the handle through which it was hashed: files of this store are replaced,
    // never written to. No copy of it is held in memory.
    private static Task<DocumentBytes?> OpenUnchanged(string path, string password, long length, byte[] sha256, CancellationToken cancellation) => Task.Run(
        () =>
        {
            if (!File.Exists(path))
                return null;
            var document = DocumentBytes.OfFile(path, password);
            try
            {
                // Longer or shorter is changed already, and need not be read.
                if (document.Length == length && CryptographicOperations.FixedTimeEquals(document.Digest(HashAlgorithmName.SHA256), sha256))
                    return document;
            }
            catch
            {
                document.Dispose();
                throw;
            }

            document.Dispose();
            return null;
        },
        cancellation);

    /// <summary>Writes the signed document and returns what is now on disk; it appears under its name whole or not at all.</summary>
    public (byte[] Sha256, long Length) KeepSigned(string requestId, string approvalId, DocumentBytes document, string? attempt = null)
    {
        Write(document, SignedPath(requestId, approvalId, attempt), overwrite: false);
        return (document.Digest(HashAlgorithmName.SHA256), document.Length);
    }

    public void RemoveSigned(string requestId, string approvalId, string? attempt = null) => File.Delete(SignedPath(requestId, approvalId, attempt));

    /// <summary>What any attempt of this approval left, but for the one that counts; null: none does.</summary>
    public void RemoveAttempts(string requestId, string approvalId, string? except)
    {
        if (!Directory.Exists(Folder(requestId)))
            return;
        foreach (var file in Directory.EnumerateFiles(Folder(requestId), $"{requestId}.{Checked(approvalId)}.*signed.pdf"))
        {
            if (except is null || file != SignedPath(requestId, approvalId, except))
                File.Delete(file);
        }
    }

    /// <summary>Keeps a signature that waits for its level, in place of the one kept before: whole or not at all.</summary>
    public void KeepPending(string requestId, string approvalId, DocumentBytes document) => Write(document, PendingPath(requestId, approvalId), overwrite: true);

    private void Write(DocumentBytes document, string target, bool overwrite)
    {
        var path = StagedPath(RequestId.Next());
        try
        {
            using (var file = Create(path))
            {
                document.CopyTo(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(path, target, overwrite);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Null when it is gone. The caller closes it.</summary>
    public DocumentBytes? OpenPending(SigningRequest request, string approvalId) =>
        File.Exists(PendingPath(request.Id, approvalId)) ? DocumentBytes.OfFile(PendingPath(request.Id, approvalId), PasswordOf(request)) : null;

    public void RemovePending(string requestId, string approvalId) => File.Delete(PendingPath(requestId, approvalId));

    /// <summary>Removes original and signed document.</summary>
    public void Remove(string requestId)
    {
        if (!Directory.Exists(Folder(requestId)))
            return;
        foreach (var file in Directory.EnumerateFiles(Folder(requestId), requestId + ".*"))
            File.Delete(file);
    }

    /// <summary>Uploads that were never finished; returns how many.</summary>
    public int RemoveAbandonedStaging(DateTimeOffset before)
    {
        var abandoned = Directory.EnumerateFiles(Staging).Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime).ToArray();
        foreach (var file in abandoned)
            File.Delete(file);
        return abandoned.Length;
    }

    /// <summary>Identifiers of requests that have files older than <paramref name="before"/>.</summary>
    public IEnumerable<string> Kept(DateTimeOffset before) =>
        Directory.EnumerateDirectories(directory).Where(folder => folder != Staging)
            .SelectMany(Directory.EnumerateFiles)
            .Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime)
            .Select(file => Path.GetFileName(file).Split('.')[0])
            .Distinct();

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private string StagedPath(string id) => Path.Combine(Staging, Checked(id) + ".part");

    private string Folder(string id) => Path.Combine(directory, Checked(id)[..2]);

    private string OriginalPath(string id) => Path.Combine(Folder(id), id + ".pdf");

    private string SignedPath(string id, string approvalId, string? attempt = null) =>
        Path.Combine(Folder(id), $"{id}.{Checked(approvalId)}.{(attempt is null ? "" : Checked(attempt) + ".")}signed.pdf");

    private string PendingPath(string id, string approvalId) => Path.Combine(Folder(id), $"{id}.{Checked(approvalId)}.pending.pdf");

    // Identifiers become file names: whoever passes anything else has a bug.
    private static string Checked(string id) => RequestId.IsOne(id) ? id : throw new ArgumentException("Not an identifier.", nameof(id));
}
