using System.Buffers.Binary;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// One message between a service and the process of its token: four bytes length of what follows, four bytes number of the call, one byte kind, body.
/// Numbers are little-endian.
/// </summary>
internal readonly record struct TokenFrame(uint Call, byte Kind, byte[] Body)
{
    /// <summary>The largest is a person's public key with its PKCS#10.</summary>
    public const int LargestBody = 4096;
    public const int HeadBytes = 9;
    public const int LengthBytes = 4;
    public const int LeastLength = HeadBytes - LengthBytes;
}

/// <summary>The other side breaks the protocol; nothing it says can be relied on any more.</summary>
internal sealed class TokenProtocolException(string message) : Exception(message);

/// <summary>Reads frames. For one thread at a time.</summary>
internal sealed class TokenFrameReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <returns>null: the stream ended, between frames or within one</returns>
    /// <exception cref="TokenProtocolException">a length that no frame has</exception>
    public TokenFrame? Read()
    {
        if (!Fill(TokenFrame.HeadBytes))
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        if (length is < TokenFrame.LeastLength or > TokenFrame.LeastLength + TokenFrame.LargestBody)
            throw new TokenProtocolException($"A frame of {length} bytes was announced; the largest has {TokenFrame.LeastLength + TokenFrame.LargestBody}.");
        if (!Fill(TokenFrame.LengthBytes + (int)length))
            return null;
        var frame = _buffer.AsSpan(_start, TokenFrame.LengthBytes + (int)length);
        _start += frame.Length;
        return new TokenFrame(BinaryPrimitives.ReadUInt32LittleEndian(frame[TokenFrame.LengthBytes..]), frame[TokenFrame.HeadBytes - 1], frame[TokenFrame.HeadBytes..].ToArray());
    }

    /// <summary>The next frame is here, so that reading it does not wait.</summary>
    public bool HasFrame => _end - _start >= TokenFrame.HeadBytes
        && _end - _start >= TokenFrame.LengthBytes + BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));

    private bool Fill(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (_start > 0 && _start + bytes > _buffer.Length)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_start == _end)
                _start = _end = 0;
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }
}

/// <summary>
/// Writes frames; safe for several threads. Whoever finds nobody writing writes for all who come meanwhile, so that many small messages cost
/// few calls of the system.
/// </summary>
internal sealed class TokenFrameWriter(Stream stream)
{
    private readonly Lock _lock = new();
    private byte[] _waiting = new byte[16 * 1024];
    private byte[] _leaving = new byte[16 * 1024];
    private int _length;
    private bool _writing;
    private bool _broken;

    /// <exception cref="IOException">the other side is gone</exception>
    /// <exception cref="TokenProtocolException">the body is larger than <see cref="TokenFrame.LargestBody"/></exception>
    public void Write(uint call, byte kind, ReadOnlySpan<byte> body)
    {
        Keep(call, kind, body);
        Flush();
    }

    /// <summary>Writes with the next <see cref="Flush"/>, whoever calls it.</summary>
    public void Keep(uint call, byte kind, ReadOnlySpan<byte> body)
    {
        if (body.Length > TokenFrame.LargestBody)
            throw new TokenProtocolException($"A body of {body.Length} bytes is larger than {TokenFrame.LargestBody}.");
        lock (_lock)
        {
            if (_broken)
                throw new IOException("The other side is gone.");
            Append(call, kind, body);
        }
    }

    public void Flush()
    {
        lock (_lock)
        {
            if (_writing)
                return;
            _writing = true;
        }

        try
        {
            while (Take() is { Count: > 0 } bytes)
                stream.Write(bytes.Array!, bytes.Offset, bytes.Count);
        }
        catch
        {
            lock (_lock)
                _broken = true;
            throw;
        }
    }

    private void Append(uint call, byte kind, ReadOnlySpan<byte> body)
    {
        var needed = _length + TokenFrame.HeadBytes + body.Length;
        if (needed > _waiting.Length)
            Array.Resize(ref _waiting, Math.Max(needed, 2 * _waiting.Length));
        var frame = _waiting.AsSpan(_length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(TokenFrame.LeastLength + body.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(frame[TokenFrame.LengthBytes..], call);
        frame[TokenFrame.HeadBytes - 1] = kind;
        body.CopyTo(frame[TokenFrame.HeadBytes..]);
        _length = needed;
    }

    private ArraySegment<byte> Take()
    {
        lock (_lock)
        {
            if (_length == 0)
                _writing = false;
            (_waiting, _leaving) = (_leaving, _waiting);
            var bytes = new ArraySegment<byte>(_leaving, 0, _length);
            _length = 0;
            return bytes;
        }
    }
}
