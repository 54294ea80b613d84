using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Timestamps;

/// <summary>PKIFailureInfo (RFC 3161 2.4.2). Bit n of the encoding is the value 1 &lt;&lt; n.</summary>
[Flags]
public enum TimestampFailures
{
    None = 0,
    BadAlgorithm = 1 << 0,
    BadRequest = 1 << 2,
    BadDataFormat = 1 << 5,
    TimeNotAvailable = 1 << 14,
    UnacceptedPolicy = 1 << 15,
    UnacceptedExtension = 1 << 16,
    AdditionalInformationNotAvailable = 1 << 17,
    SystemFailure = 1 << 25,
}

/// <summary>TimeStampResp (RFC 3161 2.4.2): granted with a token, or refused.</summary>
public abstract record TimestampResponse
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 256 * 1024;

    private const int Granted = 0, GrantedWithModifications = 1, Rejection = 2;

    private TimestampResponse() { }

    public sealed record TokenGranted(TimestampToken Token) : TimestampResponse;

    /// <summary>Status 2 to 5; failures may be none. The text of the other side is not kept.</summary>
    public sealed record Refused(int Status, TimestampFailures Failures) : TimestampResponse;

    public static TimestampResponse Parse(ReadOnlyMemory<byte> raw) => Ber.Read<TimestampResponse>(raw, "TimeStampResp", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var info = outer.ReadSequence();
        if (!info.TryReadInt32(out var status)) throw new MalformedException("TimeStampResp: status");
        if (status is Granted or GrantedWithModifications) return new TokenGranted(TimestampToken.Parse(outer.ReadEncodedValue()));
        if (outer.HasData) throw new MalformedException("TimeStampResp: refused and yet a token");
        if (info.HasData && info.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) info.ReadSequence();
        var failures = 0;
        if (info.HasData)
        {
            var bits = info.ReadBitString(out _);
            for (var bit = 0; bit < Math.Min(bits.Length * 8, 31); bit++)
                if ((bits[bit / 8] & (0x80 >> (bit % 8))) != 0) failures |= 1 << bit;
        }
        return new Refused(status, (TimestampFailures)failures);
    });

    public static byte[] Grant(ReadOnlySpan<byte> token)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence()) writer.WriteInteger(Granted);
            writer.WriteEncodedValue(token);
        }
        return writer.Encode();
    }

    /// <summary>A refusal with constant text for people.</summary>
    public static byte[] Refuse(TimestampFailures failure, string text)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteInteger(Rejection);
            using (writer.PushSequence()) writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
            writer.WriteNamedBitList(failure);
        }
        return writer.Encode();
    }
}
