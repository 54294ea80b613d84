using System.Buffers.Binary;

namespace Identity.Pdf.Fonts;

/// <summary>Bytes of a font file, big-endian; what lies outside is a <see cref="FormatException"/>.</summary>
internal readonly struct FontTable(ReadOnlyMemory<byte> bytes)
{
    public int Length => bytes.Length;

    public ReadOnlySpan<byte> Span => bytes.Span;

    public FontTable Slice(long offset, long length) =>
        offset >= 0 && length >= 0 && offset + length <= bytes.Length ? new FontTable(bytes.Slice((int)offset, (int)length)) : throw Outside();

    public FontTable From(long offset) => Slice(offset, bytes.Length - offset);

    public byte Byte(long at) => At(at, 1)[0];

    public ushort Word(long at) => BinaryPrimitives.ReadUInt16BigEndian(At(at, 2));

    public short Signed(long at) => BinaryPrimitives.ReadInt16BigEndian(At(at, 2));

    public uint Long(long at) => BinaryPrimitives.ReadUInt32BigEndian(At(at, 4));

    private ReadOnlySpan<byte> At(long at, int length) => at >= 0 && at + length <= bytes.Length ? bytes.Span.Slice((int)at, length) : throw Outside();

    private static FormatException Outside() => new("the font refers to bytes that it does not have");
}
