using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Identity.Audit;

/// <summary>
/// The append-only log of one service instance: a file of JSON lines, each holding the hash of the one before. When a call returns,
/// its record is on the disk. One process writes (a lock file beside the log holds others off); its threads may call at once and share disk
/// flushes. When a record cannot be written the call throws <see cref="AuditUnavailableException"/>, and the operation must not happen.
/// After a crash the file ends in whole lines, perhaps followed by one incomplete line that no caller was told about: opening cuts
/// that off and records it. A record may be there although its caller got an exception; it then tells of something that did not happen further.
/// </summary>
public sealed partial class AuditLog : IDisposable
{
    private readonly FileStream _lockFile;
    private readonly FileStream _file;
    private readonly string _service;
    private readonly TimeProvider _time;
    private readonly Lock _writing = new();
    private readonly Lock _flushing = new();
    private long _count;
    private string _head;
    private long _length;
    private long _flushed;
    private bool _disposed;
    private bool _flushFailed;

    private AuditLog(FileStream lockFile, FileStream file, string service, TimeProvider time, LogTail tail)
    {
        (_lockFile, _file, _service, _time) = (lockFile, file, service, time);
        (_count, _head, _length, _flushed) = (tail.Count, tail.Head, tail.Length, tail.Count);
    }

    /// <summary>Number of records and hash of the last: keep the two elsewhere, and removed records show.</summary>
    public (long Count, string Head) Head
    {
        get
        {
            lock (_writing)
                return (_count, _head);
        }
    }

    /// <summary>Opens the log for this process, makes it when absent (with its folder), repairs a torn last line, writes <see cref="LogOpened"/>.</summary>
    /// <exception cref="AuditUnavailableException">another process writes it, it cannot be opened or written, or its last record is damaged</exception>
    public static AuditLog Open(string path, string service, TimeProvider time)
    {
        FileStream? lockFile = null, file = null;
        try
        {
            var full = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            lockFile = OpenPrivately(full + ".lock", FileMode.OpenOrCreate, FileShare.None);
            file = OpenPrivately(full, FileMode.OpenOrCreate, FileShare.Read);
            var tail = LogTail.Read(file);
            file.SetLength(tail.Length);
            file.Position = tail.Length;
            var log = new AuditLog(lockFile, file, service, time, tail);
            if (tail.Torn.Length > 0)
                log.Append(new TornLineRemoved(tail.Torn.Length, Convert.ToHexStringLower(SHA256.HashData(tail.Torn))));
            log.Append(new LogOpened(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))));
            return log;
        }
        catch (Exception problem)
        {
            file?.Dispose();
            lockFile?.Dispose();
            if (problem is IOException or UnauthorizedAccessException or InvalidDataException)
                throw new AuditUnavailableException($"The audit log '{path}' cannot be opened: {problem.Message}", problem);
            throw;
        }
    }

    /// <summary>Writes something that has happened, or that happens in one step.</summary>
    /// <returns>the number of the record</returns>
    /// <exception cref="AuditUnavailableException">not written, or not known to be on the disk</exception>
    public long Append(AuditEvent happened) => Write(AuditPhase.Event, happened, null, null, null);

    /// <summary>Writes that an irreversible act is about to happen. Do it only when this returns, then say how it ended; a begin without end shows in <c>verify</c>.</summary>
    /// <exception cref="AuditUnavailableException">not written, or not known to be on the disk: the act must not happen</exception>
    public AuditOperation Begin(AuditEvent about) => new(this, about, Write(AuditPhase.Begin, about, null, null, null));

    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
                return;
            _disposed = true;
            _file.Dispose();
            _lockFile.Dispose();
        }
    }

    internal void End(AuditEvent about, long begun, AuditOutcome outcome, string? reason)
    {
        if (reason is not null && !ReasonForm().IsMatch(reason))
            throw new ArgumentException("A reason is a word of 1 to 64 characters of a-z, 0-9, '.', '_' and '-', not free text.", nameof(reason));
        Write(AuditPhase.End, about, begun, outcome, reason);
    }

    private long Write(AuditPhase phase, AuditEvent happened, long? begun, AuditOutcome? outcome, string? reason)
    {
        long number;
        lock (_writing)
        {
            if (_disposed)
                throw new AuditUnavailableException("The audit log is closed.");
            // A failed flush leaves unknown what is on the disk; only reading the file anew, at the next start, tells.
            if (_flushFailed)
                throw new AuditUnavailableException("The audit log could not be brought to the disk earlier; restart the service.");

            var (line, hash) = AuditChain.Compose(_count + 1, _time.GetUtcNow(), _service, phase, happened, begun, outcome, reason, _head);
            WriteLine(line);
            (_count, _head, _length) = (_count + 1, hash, _length + line.Length + 1);
            number = _count;
        }

        BringToDisk(number);
        return number;
    }

    private void WriteLine(byte[] line)
    {
        try
        {
            // Cuts what an earlier failed write may have left. A disk that has room again heals by itself.
            if (_file.Position != _length)
                _file.SetLength(_length);
            _file.Position = _length;
            RandomAccess.Write(_file.SafeFileHandle, [.. line, (byte)'\n'], _length);
            _file.Position = _length + line.Length + 1;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            TryCut();
            throw new AuditUnavailableException("The audit log cannot be written: " + problem.Message, problem);
        }
    }

    private void TryCut()
    {
        try
        {
            _file.SetLength(_length);
        }
        catch (IOException)
        {
            // The next write, or the next opening, cuts it: the line is incomplete or was not acknowledged.
        }

        _file.Position = _file.Length;
    }

    private void BringToDisk(long number)
    {
        lock (_flushing)
        {
            // Another thread's flush may have taken this record along.
            if (_flushed >= number)
                return;
            long written;
            lock (_writing)
                written = _count;
            try
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
                _flushed = written;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                lock (_writing)
                    _flushFailed = true;
                throw new AuditUnavailableException("The audit log cannot be brought to the disk: " + problem.Message, problem);
            }
        }
    }

    private static FileStream OpenPrivately(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    [GeneratedRegex("^[a-z0-9._-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex ReasonForm();
}

/// <summary>An act whose begin is written and whose end is owed.</summary>
public sealed class AuditOperation
{
    private readonly AuditLog _log;
    private readonly AuditEvent _about;
    private readonly long _begun;
    private int _completed;

    internal AuditOperation(AuditLog log, AuditEvent about, long begun) => (_log, _about, _begun) = (log, about, begun);

    /// <summary>Whether <see cref="Complete"/> was called.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>Writes how the act ended, once.</summary>
    /// <param name="reason">a word for the operator, such as <c>lint_failed</c>; not free text</param>
    /// <exception cref="AuditUnavailableException">not written; the begin without end then shows</exception>
    /// <exception cref="InvalidOperationException">called before</exception>
    public void Complete(AuditOutcome outcome, string? reason = null)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
            throw new InvalidOperationException($"The end of {_about.Name} has been written already.");
        _log.End(_about, _begun, outcome, reason);
    }
}

/// <summary>The audit log cannot be written; what was to be audited must not happen.</summary>
public sealed class AuditUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
