using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Pkix.Timestamps;

/// <summary>Accuracy of RFC 3161 2.4.2 as one duration; absent members count as zero.</summary>
public sealed record TimestampAccuracy(int Seconds, int Milliseconds, int Microseconds)
{
    public TimeSpan Duration => TimeSpan.FromSeconds(Seconds) + TimeSpan.FromMilliseconds(Milliseconds) + TimeSpan.FromMicroseconds(Microseconds);
}

/// <summary>TSTInfo (RFC 3161 2.4.2). Accuracy null = not stated.</summary>
public sealed record TimestampInfo(string Policy, MessageImprint Imprint, BigInteger SerialNumber, DateTimeOffset Time, TimestampAccuracy? Accuracy, BigInteger? Nonce)
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 16 * 1024;

    public bool Ordering { get; init; }

    public GeneralName? Authority { get; init; }

    public bool HasUnknownCriticalExtension { get; init; }

    public static TimestampInfo Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "TSTInfo", MaxLength, reader =>
    {
        var sequence = reader.ReadSequence();
        if (!sequence.TryReadInt32(out var version) || version != 1) throw new MalformedException("TSTInfo: unknown version");
        var policy = sequence.ReadObjectIdentifier();
        var imprint = MessageImprint.Read(sequence);
        var serial = SerialNumbers.Read(sequence);
        var time = sequence.ReadGeneralizedTime();
        var accuracy = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) ? ReadAccuracy(sequence.ReadSequence()) : null;
        var ordering = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && sequence.ReadBoolean();
        var nonce = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) ? sequence.ReadInteger() : (BigInteger?)null;
        var authority = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Tag(0)) ? GeneralName.Read(sequence.ReadSequence(Tag(0))) : null;
        var extensions = sequence.HasData ? Extension.ReadAll(sequence.ReadSequence(Tag(1)), "TSTInfo") : [];
        sequence.ThrowIfNotEmpty();
        return new TimestampInfo(policy, imprint, serial, time, accuracy, nonce)
        {
            Ordering = ordering,
            Authority = authority,
            HasUnknownCriticalExtension = extensions.Any(e => e.Critical),
        };
    });

    /// <summary>DER. The fraction of <see cref="Time"/> is written as it is; ordering is never claimed, the authority not repeated.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier(Policy);
            Imprint.Write(writer);
            writer.WriteInteger(SerialNumber);
            writer.WriteGeneralizedTime(Time);
            if (Accuracy is { } accuracy) WriteAccuracy(writer, accuracy);
            if (Nonce is { } nonce) writer.WriteInteger(nonce);
        }
        return writer.Encode();
    }

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number, true);

    private static TimestampAccuracy ReadAccuracy(AsnReader sequence)
    {
        int seconds = 0, milliseconds = 0, microseconds = 0;
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) && !sequence.TryReadInt32(out seconds))
            throw new MalformedException("Accuracy: seconds");
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))
            && !sequence.TryReadInt32(out milliseconds, new Asn1Tag(TagClass.ContextSpecific, 0))) throw new MalformedException("Accuracy: millis");
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 1))
            && !sequence.TryReadInt32(out microseconds, new Asn1Tag(TagClass.ContextSpecific, 1))) throw new MalformedException("Accuracy: micros");
        sequence.ThrowIfNotEmpty();
        if (seconds < 0 || milliseconds is < 0 or > 999 || microseconds is < 0 or > 999) throw new MalformedException("Accuracy: out of range");
        return new TimestampAccuracy(seconds, milliseconds, microseconds);
    }

    private static void WriteAccuracy(AsnWriter writer, TimestampAccuracy accuracy)
    {
        using var scope = writer.PushSequence();
        if (accuracy.Seconds > 0) writer.WriteInteger(accuracy.Seconds);
        if (accuracy.Milliseconds > 0) writer.WriteInteger(accuracy.Milliseconds, new Asn1Tag(TagClass.ContextSpecific, 0));
        if (accuracy.Microseconds > 0) writer.WriteInteger(accuracy.Microseconds, new Asn1Tag(TagClass.ContextSpecific, 1));
    }
}
