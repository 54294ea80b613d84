using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Ocsp;

/// <summary>RFC 6960 4.2.1; the values are those of the encoding.</summary>
public enum OcspResponseStatus { Successful = 0, MalformedRequest = 1, InternalError = 2, TryLater = 3, SignatureRequired = 5, Unauthorized = 6 }

/// <summary>OCSPResponse (RFC 6960 4.2.1). <see cref="Basic"/> is there exactly when the status is successful.</summary>
public sealed record OcspResponse(OcspResponseStatus Status, BasicOcspResponse? Basic)
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 256 * 1024;

    public static OcspResponse Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "OCSPResponse", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var status = outer.ReadEnumeratedValue<OcspResponseStatus>();
        if (!Enum.IsDefined(status)) throw new MalformedException("OCSPResponse: unknown status");
        if (status != OcspResponseStatus.Successful) return new OcspResponse(status, null);
        var bytes = outer.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true)).ReadSequence();
        outer.ThrowIfNotEmpty();
        if (bytes.ReadObjectIdentifier() != Oids.OcspBasic) throw new MalformedException("OCSPResponse: not a basic response");
        return new OcspResponse(status, BasicOcspResponse.Parse(bytes.ReadOctetString()));
    });

    /// <summary>An unsigned refusal. Throws for <see cref="OcspResponseStatus.Successful"/>: that one is signed, see <see cref="OcspResponseBuilder"/>.</summary>
    public static byte[] Refusal(OcspResponseStatus status)
    {
        if (status == OcspResponseStatus.Successful) throw new ArgumentOutOfRangeException(nameof(status));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence()) writer.WriteEnumeratedValue(status);
        return writer.Encode();
    }

    /// <summary>Wraps an encoded BasicOCSPResponse, as PDF's DSS dictionary and CMS want the outer structure.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> basic)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEnumeratedValue(OcspResponseStatus.Successful);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.OcspBasic);
                writer.WriteOctetString(basic);
            }
        }
        return writer.Encode();
    }
}
