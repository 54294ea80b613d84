using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Identity.Pdf.Structure;

/// <summary>
/// The bytes of a document, in memory or in a file. They must not change while in use. Safe for use by several threads. Whoever opened it
/// disposes of it, last: what was made of it by <see cref="Append"/> or <see cref="Prefix"/> reads through it.
/// </summary>
public abstract class DocumentBytes : IDisposable
{
    private const int BufferBytes = 128 * 1024;
    private readonly Lock gate = new();
    private readonly Dictionary<HashAlgorithmName, (long Length, IncrementalHash Hash)> running = [];

    protected DocumentBytes() { }

    /// <summary>
    /// Opens the document when it is encrypted; empty for one that opens without being asked. Null: encrypted documents are not read. Kept in
    /// memory as long as these bytes are, also by what is appended to them.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Bytes in all.</summary>
    public abstract long Length { get; }

    /// <summary>The whole; null when it is not in memory.</summary>
    public virtual ReadOnlyMemory<byte>? InMemory => null;

    /// <summary>What these bytes begin with, if they were made by appending to it.</summary>
    private protected virtual DocumentBytes? Base => null;

    public static implicit operator DocumentBytes(byte[] bytes) => new BytesInMemory(bytes);

    public static implicit operator DocumentBytes(ReadOnlyMemory<byte> bytes) => new BytesInMemory(bytes);

    public static implicit operator DocumentBytes(Memory<byte> bytes) => new BytesInMemory(bytes);

    public static DocumentBytes OfMemory(ReadOnlyMemory<byte> bytes, string? password = null) => new BytesInMemory(bytes) { Password = password };

    /// <summary>A file that is never changed under its name. It is closed by <see cref="Dispose()"/>.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static DocumentBytes OfFile(string path, string? password = null)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        return new BytesInFile(handle, RandomAccess.GetLength(handle)) { Password = password };
    }

    /// <summary>The same bytes, opened by a password; empty for one that opens without being asked. They are read through these.</summary>
    public virtual DocumentBytes OpenedBy(string password) => password == Password ? this : new PrefixOfBytes(this, Length) { Password = password };

    /// <summary>Fills the target with the bytes from an offset on.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public abstract void Read(long offset, Span<byte> target);

    /// <summary>A copy of a part.</summary>
    public byte[] Slice(long offset, int length)
    {
        var part = new byte[length];
        Read(offset, part);
        return part;
    }

    /// <summary>A copy of the whole: for what is known to be small.</summary>
    public byte[] ToArray() => Slice(0, checked((int)Length));

    /// <summary>These bytes and more behind them. Nothing is copied that is not in memory already.</summary>
    /// <param name="room">Bytes that will be appended to the result, so that what is in memory need not be copied for each: more makes another copy.</param>
    public virtual DocumentBytes Append(ReadOnlyMemory<byte> more, int room = 0) => new AppendedBytes(this, more) { Password = Password };

    /// <summary>The first bytes of these.</summary>
    public virtual DocumentBytes Prefix(long length) => length == Length ? this : new PrefixOfBytes(this, length) { Password = Password };

    public void CopyTo(Stream target, long from = 0) => ForEach(from, Length - from, part => target.Write(part.Span));

    /// <summary>The whole, while somebody reads it at their own speed.</summary>
    public async Task CopyToAsync(Stream target, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long at = 0; at < Length;)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(Length - at, BufferBytes));
                Read(at, part.Span);
                await target.WriteAsync(part, cancellation).ConfigureAwait(false);
                at += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Appends a part to a hash that is being made.</summary>
    public void AddTo(IncrementalHash hash, long offset, long length) => ForEach(offset, length, part => hash.AppendData(part.Span));

    /// <summary>
    /// A hash that has taken the first bytes, to be gone on with and disposed of by the caller. What was hashed before, by whoever asked, also
    /// of what these bytes were appended to, is not hashed again.
    /// </summary>
    public IncrementalHash HashOfPrefix(HashAlgorithmName algorithm, long length)
    {
        lock (gate)
        {
            var isKnown = running.TryGetValue(algorithm, out var state);
            if (isKnown && state.Length > length)
            {
                // Less than what was asked for before, which is the one to keep.
                var (shorter, own) = Base?.Known(algorithm, length) ?? (0, IncrementalHash.CreateHash(algorithm));
                AddTo(own, shorter, length - shorter);
                return own;
            }
            var (taken, hash) = isKnown ? state : Base?.Known(algorithm, length) ?? (0, IncrementalHash.CreateHash(algorithm));
            AddTo(hash, taken, length - taken);
            running[algorithm] = (length, hash);
            return hash.Clone();
        }
    }

    /// <summary>Digest of the whole.</summary>
    public byte[] Digest(HashAlgorithmName algorithm)
    {
        using var hash = HashOfPrefix(algorithm, Length);
        return hash.GetHashAndReset();
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the hashes that are kept.</summary>
    protected virtual void Dispose(bool disposing)
    {
        lock (gate)
        {
            foreach (var (_, hash) in running.Values)
                hash.Dispose();
            running.Clear();
        }
    }

    private (long Length, IncrementalHash Hash)? Known(HashAlgorithmName algorithm, long atMost)
    {
        lock (gate)
        {
            if (running.TryGetValue(algorithm, out var state) && state.Length <= atMost)
                return (state.Length, state.Hash.Clone());
        }
        return Base?.Known(algorithm, atMost);
    }

    /// <summary>Bytes in pieces: one piece when they are in memory. A piece is gone when <paramref name="take"/> returns.</summary>
    public void ForEach(long offset, long length, Action<ReadOnlyMemory<byte>> take)
    {
        if (InMemory is { } memory)
        {
            if (length > 0)
                take(memory.Slice(checked((int)offset), checked((int)length)));
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var left = length; left > 0;)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(left, BufferBytes));
                Read(offset, part.Span);
                take(part);
                (offset, left) = (offset + part.Length, left - part.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class BytesInMemory(ReadOnlyMemory<byte> bytes) : DocumentBytes
    {
        private DocumentBytes? before;
        private Room? free;

        /// <summary>An array whose bytes are given away once, from the front.</summary>
        private sealed class Room(int size)
        {
            public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(size);

            public int Used;
        }

        public override long Length => bytes.Length;

        public override ReadOnlyMemory<byte>? InMemory => bytes;

        private protected override DocumentBytes? Base => before;

        public override void Read(long offset, Span<byte> target)
        {
            if (offset < 0 || offset > bytes.Length - target.Length)
                throw new EndOfStreamException();
            bytes.Span.Slice((int)offset, target.Length).CopyTo(target);
        }

        public override DocumentBytes Append(ReadOnlyMemory<byte> more, int room = 0)
        {
            var length = checked(bytes.Length + more.Length);
            var into = free;
            // Who appends first gets what is free behind; another gets a copy.
            if (into is null || length > into.Bytes.Length || Interlocked.CompareExchange(ref into.Used, length, bytes.Length) != bytes.Length)
            {
                into = new Room(checked(length + room)) { Used = length };
                bytes.CopyTo(into.Bytes);
            }
            more.CopyTo(into.Bytes.AsMemory(bytes.Length));
            return new BytesInMemory(into.Bytes.AsMemory(0, length)) { before = this, free = into, Password = Password };
        }

        public override DocumentBytes Prefix(long length) => length == Length ? this : new BytesInMemory(bytes[..checked((int)length)]) { Password = Password };

        public override DocumentBytes OpenedBy(string password) => password == Password ? this : new BytesInMemory(bytes) { before = this, Password = password };
    }

    private sealed class BytesInFile(SafeFileHandle handle, long length) : DocumentBytes
    {
        public override long Length => length;

        public override void Read(long offset, Span<byte> target)
        {
            if (offset < 0 || offset > length - target.Length)
                throw new EndOfStreamException();
            while (target.Length > 0)
            {
                var read = RandomAccess.Read(handle, target, offset);
                if (read == 0)
                    throw new EndOfStreamException();
                target = target[read..];
                offset += read;
            }
        }

        protected override void Dispose(bool disposing)
        {
            handle.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class AppendedBytes(DocumentBytes first, ReadOnlyMemory<byte> more) : DocumentBytes
    {
        public override long Length { get; } = checked(first.Length + more.Length);

        private protected override DocumentBytes? Base => first;

        public override void Read(long offset, Span<byte> target)
        {
            if (offset < first.Length)
            {
                var own = (int)Math.Min(target.Length, first.Length - offset);
                first.Read(offset, target[..own]);
                target = target[own..];
                offset += own;
            }
            if (target.IsEmpty)
                return;
            if (offset > Length - target.Length)
                throw new EndOfStreamException();
            more.Span.Slice((int)(offset - first.Length), target.Length).CopyTo(target);
        }
    }

    private sealed class PrefixOfBytes(DocumentBytes whole, long length) : DocumentBytes
    {
        public override long Length => length <= whole.Length ? length : throw new EndOfStreamException();

        private protected override DocumentBytes? Base => whole;

        public override void Read(long offset, Span<byte> target)
        {
            if (offset > Length - target.Length)
                throw new EndOfStreamException();
            whole.Read(offset, target);
        }
    }
}
