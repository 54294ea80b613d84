using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Timestamps;

/// <summary>TimeStampReq (RFC 3161 2.4.1).</summary>
public sealed record TimestampRequest(MessageImprint Imprint, string? Policy, BigInteger? Nonce, bool CertificateRequested, IReadOnlyList<Extension> Extensions)
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>Bits of a nonce; 64 is customary.</summary>
    public const int MaxNonceBits = 512;

    /// <summary>A request for a digest computed elsewhere, asking for the certificate.</summary>
    public static TimestampRequest For(HashAlgorithmName hash, ReadOnlyMemory<byte> digest, BigInteger nonce) =>
        new(new MessageImprint(new AlgorithmIdentifier(Digests.Oid(hash), new byte[] { 0x05, 0x00 }), digest), null, nonce, true, []);

    public static TimestampRequest Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "TimeStampReq", MaxLength, reader =>
    {
        var sequence = reader.ReadSequence();
        if (!sequence.TryReadInt32(out var version) || version != 1) throw new MalformedException("TimeStampReq: unknown version");
        var imprint = MessageImprint.Read(sequence);
        var policy = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier) ? sequence.ReadObjectIdentifier() : null;
        var nonce = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) ? sequence.ReadInteger() : (BigInteger?)null;
        if (nonce is { } n && n.GetBitLength() > MaxNonceBits) throw new MalformedException($"TimeStampReq: nonce longer than {MaxNonceBits} bits");
        var certificate = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && sequence.ReadBoolean();
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0, true);
        var extensions = sequence.HasData ? Extension.ReadAll(sequence.ReadSequence(tag), "TimeStampReq") : [];
        sequence.ThrowIfNotEmpty();
        return new TimestampRequest(imprint, policy, nonce, certificate, extensions);
    });

    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            Imprint.Write(writer);
            if (Policy is not null) writer.WriteObjectIdentifier(Policy);
            if (Nonce is { } nonce) writer.WriteInteger(nonce);
            if (CertificateRequested) writer.WriteBoolean(true);
        }
        return writer.Encode();
    }
}
