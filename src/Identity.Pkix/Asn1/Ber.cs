using System.Buffers.Binary;
using System.Formats.Asn1;

namespace Identity.Pkix.Asn1;

/// <summary>
/// Limits on encoded input, checked before anything is read from it, and the way from BER to DER.
/// System.Formats.Asn1 is used for all structures of this project: it is strict, allocates little, and never turns a number into a key.
/// </summary>
public static class Ber
{
    /// <summary>Constructed values inside each other. The deepest honest structure (CMS in a response in an attribute) needs 20.</summary>
    public const int MaxDepth = 40;

    /// <summary>Octets of one object identifier: its text form costs the square of the length.</summary>
    public const int MaxObjectIdentifierOctets = 128;

    /// <summary>
    /// Walks over the first value of <paramref name="data"/> once, without recursion, and returns its length in octets including end-of-contents
    /// marks. Throws <see cref="MalformedException"/> when lengths do not fit into each other or a limit is exceeded.
    /// </summary>
    public static int MeasureFirstValue(ReadOnlySpan<byte> data, string what, int maxLength)
    {
        Span<int> ends = stackalloc int[MaxDepth];
        var depth = 0;
        var position = 0;
        do
        {
            var limit = depth == 0 ? data.Length : ends[depth - 1] < 0 ? EnclosingEnd(ends[..depth], data.Length) : ends[depth - 1];
            var header = ReadHeader(data[..limit], position, what);
            position = header.ContentStart;
            if (header.IsEndOfContents)
            {
                if (depth == 0 || ends[depth - 1] >= 0) throw new MalformedException($"{what}: stray end-of-contents");
                depth--;
            }
            else if (header.Constructed)
            {
                if (depth == MaxDepth) throw new MalformedException($"{what}: nested deeper than {MaxDepth}");
                ends[depth++] = header.Length is { } length ? position + length : -1;
            }
            else
            {
                if (header.FirstOctet == 0x06 && header.Length > MaxObjectIdentifierOctets)
                    throw new MalformedException($"{what}: object identifier longer than {MaxObjectIdentifierOctets} octets");
                position += header.Length!.Value;
            }
            while (depth > 0 && ends[depth - 1] == position) depth--;
            if (position > maxLength) throw new MalformedException($"{what}: longer than {maxLength} octets");
        }
        while (depth > 0);
        return position;
    }

    /// <summary>Checks limits and returns a reader over exactly one value; bytes after it are refused.</summary>
    internal static T Read<T>(ReadOnlyMemory<byte> data, string what, int maxLength, Func<AsnReader, T> read,
        AsnEncodingRules rules = AsnEncodingRules.BER)
    {
        if (MeasureFirstValue(data.Span, what, maxLength) != data.Length) throw new MalformedException($"{what}: bytes after the value");
        return Guard(what, () =>
        {
            var reader = new AsnReader(data, rules);
            var value = read(reader);
            reader.ThrowIfNotEmpty();
            return value;
        });
    }

    internal static T Guard<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (AsnContentException e)
        {
            throw new MalformedException($"{what}: not the expected structure", e);
        }
    }

    /// <summary>
    /// The DER form of one BER value: definite minimal lengths, strings in one piece, BOOLEAN as FF, members of a SET sorted (X.690 10 and 11).
    /// A constructed value under an implicit tag keeps its pieces, for its type cannot be known.
    /// </summary>
    public static byte[] ToDer(ReadOnlyMemory<byte> ber, string what, int maxLength) => Read(ber, what, maxLength, reader =>
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        CopyAsDer(reader, writer);
        return writer.Encode();
    });

    // Depth is bounded: MeasureFirstValue has run over the same bytes.
    private static void CopyAsDer(AsnReader reader, AsnWriter writer)
    {
        var tag = reader.PeekTag();
        var universal = tag.TagClass == TagClass.Universal ? (UniversalTagNumber)tag.TagValue : (UniversalTagNumber?)null;
        if (universal is UniversalTagNumber.OctetString)
        {
            writer.WriteOctetString(reader.ReadOctetString());
        }
        else if (universal is UniversalTagNumber.BitString)
        {
            var bits = reader.ReadBitString(out var unused);
            writer.WriteBitString(bits, unused);
        }
        else if (universal is UniversalTagNumber.Boolean)
        {
            writer.WriteBoolean(reader.ReadBoolean());
        }
        else if (universal is UniversalTagNumber.SetOf)
        {
            var members = reader.ReadSetOf(skipSortOrderValidation: true);
            using var scope = writer.PushSetOf();
            while (members.HasData) CopyAsDer(members, writer);
        }
        else if (tag.IsConstructed && universal is null or UniversalTagNumber.Sequence)
        {
            var members = reader.ReadSequence(tag);
            using var scope = writer.PushSequence(tag);
            while (members.HasData) CopyAsDer(members, writer);
        }
        else
        {
            CopyPrimitive(reader, writer, tag);
        }
    }

    private static void CopyPrimitive(AsnReader reader, AsnWriter writer, Asn1Tag tag)
    {
        if (tag.IsConstructed) throw new MalformedException("BER: a string in pieces that cannot be joined");
        var encoded = reader.ReadEncodedValue().Span;
        AsnDecoder.ReadEncodedValue(encoded, AsnEncodingRules.BER, out var offset, out var length, out _);
        // X.690 10.1: same tag and content, the shortest length.
        var content = new AsnWriter(AsnEncodingRules.DER);
        content.WriteOctetString(encoded.Slice(offset, length));
        var der = content.Encode();
        var tagLength = 1;
        if ((encoded[0] & 0x1F) == 0x1F) while ((encoded[tagLength++] & 0x80) != 0) { }
        writer.WriteEncodedValue([.. encoded[..tagLength], .. der.AsSpan(1)]);
    }

    private static int EnclosingEnd(ReadOnlySpan<int> ends, int whole)
    {
        for (var i = ends.Length - 1; i >= 0; i--)
            if (ends[i] >= 0) return ends[i];
        return whole;
    }

    private readonly record struct Header(byte FirstOctet, bool Constructed, int? Length, int ContentStart)
    {
        public bool IsEndOfContents => FirstOctet == 0 && Length == 0;
    }

    private static Header ReadHeader(ReadOnlySpan<byte> data, int position, string what)
    {
        if (position >= data.Length) throw new MalformedException($"{what}: ends too early");
        var first = data[position++];
        if ((first & 0x1F) == 0x1F)
        {
            // Tag numbers of more than 28 bits occur in no structure read here.
            var tagOctets = 0;
            while (true)
            {
                if (position >= data.Length || ++tagOctets > 4) throw new MalformedException($"{what}: tag number not readable");
                if ((data[position++] & 0x80) == 0) break;
            }
        }
        if (position >= data.Length) throw new MalformedException($"{what}: ends too early");
        var constructed = (first & 0x20) != 0;
        var lengthOctet = data[position++];
        if (lengthOctet == 0x80)
        {
            if (!constructed) throw new MalformedException($"{what}: primitive value without length");
            return new Header(first, true, null, position);
        }
        long length = lengthOctet;
        if (lengthOctet > 0x80)
        {
            var count = lengthOctet & 0x7F;
            if (count > 4 || position + count > data.Length) throw new MalformedException($"{what}: length not readable");
            Span<byte> padded = stackalloc byte[4];
            padded.Clear();
            data.Slice(position, count).CopyTo(padded[(4 - count)..]);
            length = BinaryPrimitives.ReadUInt32BigEndian(padded);
            position += count;
        }
        if (length > data.Length - position) throw new MalformedException($"{what}: ends too early");
        return new Header(first, constructed, (int)length, position);
    }
}
