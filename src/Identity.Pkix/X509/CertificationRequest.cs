using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.X509;

/// <summary>PKCS#10 (RFC 2986 4.2). Subject and attributes are what the requester wrote: facts, never a right to them.</summary>
public sealed record CertificationRequest
{
    /// <summary>Octets. A P-256 request has 300, an RSA-4096 request 1.6 kB.</summary>
    public const int MaxLength = 16 * 1024;

    private CertificationRequest(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }

    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }

    public DistinguishedName Subject { get; private init; } = null!;

    public SubjectPublicKey PublicKey { get; private init; } = null!;

    public SignatureAlgorithm SignatureAlgorithm { get; private init; } = null!;

    public ReadOnlyMemory<byte> SignatureValue { get; private init; }

    /// <summary>Proof of possession (RFC 2986 3): the request is signed by the key that it carries.</summary>
    public SignatureCheck VerifyPossession() =>
        SignatureVerification.VerifyData(PublicKey, SignatureAlgorithm, ToBeSigned.Span, SignatureValue.Span);

    public static CertificationRequest Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "CertificationRequest", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var toBeSigned = outer.PeekEncodedValue();
        var info = outer.ReadSequence();
        var algorithm = AlgorithmIdentifier.Read(outer);
        var signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();
        if (!info.TryReadInt32(out var version) || version != 0) throw new MalformedException("CertificationRequest: unknown version");
        var subject = DistinguishedName.Read(info);
        var key = SubjectPublicKey.Parse(info.ReadEncodedValue());
        if (info.HasData) info.ReadSetOf(skipSortOrderValidation: true, new Asn1Tag(TagClass.ContextSpecific, 0, true));
        info.ThrowIfNotEmpty();
        return new CertificationRequest(raw)
        {
            ToBeSigned = toBeSigned,
            Subject = subject,
            PublicKey = key,
            SignatureAlgorithm = SignatureAlgorithm.From(algorithm),
            SignatureValue = signature,
        };
    });
}

/// <summary>Writes requests without attributes: what the requester wants to be called is not theirs to say.</summary>
public static class CertificationRequestBuilder
{
    public static ToBeSigned Build(DistinguishedName subject, SubjectPublicKey publicKey, SignatureAlgorithm algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            writer.WriteEncodedValue(subject.Raw.Span);
            writer.WriteEncodedValue(publicKey.Raw.Span);
            // RFC 2986 4.1: attributes are not optional, so an empty set is written.
            writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0, true)).Dispose();
        }
        return Signed.Wrap(writer.Encode(), algorithm);
    }
}
