using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Ocsp;

/// <summary>What a delegated responder will state. The responder is named by its key hash and its certificate is enclosed.</summary>
public sealed record OcspResponseContent(Certificate Responder, DateTimeOffset ProducedAt, IReadOnlyList<SingleOcspResponse> Responses, ReadOnlyMemory<byte>? Nonce)
{
    /// <summary>RFC 6960 4.4.8: "revoked" may also mean that a certificate was never issued.</summary>
    public bool ExtendedRevoke { get; init; }
}

/// <summary>Writes successful responses; <see cref="ToBeSigned.Complete"/> gives the whole OCSPResponse.</summary>
public static class OcspResponseBuilder
{
    public static ToBeSigned Build(OcspResponseContent content, SignatureAlgorithm algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            // RFC 6960 4.2.2.3: byKey.
            using (writer.PushSequence(Tag(2))) writer.WriteOctetString(content.Responder.PublicKey.KeyIdentifier());
            writer.WriteGeneralizedTime(content.ProducedAt, omitFractionalSeconds: true);
            using (writer.PushSequence())
                foreach (var response in content.Responses) WriteSingle(writer, response);
            List<Extension> extensions = [];
            if (content.Nonce is { } nonce) extensions.Add(OcspNonce.Extension(nonce));
            if (content.ExtendedRevoke) extensions.Add(CertificateExtensions.Make(Oids.OcspExtendedRevoke, false, w => w.WriteNull()));
            if (extensions.Count > 0)
                using (writer.PushSequence(Tag(1))) Extension.WriteAll(writer, extensions);
        }
        var responseData = writer.Encode();
        return new ToBeSigned(responseData, algorithm, value => OcspResponse.Wrap(Basic(responseData, content.Responder, algorithm, value.Span)));
    }

    private static byte[] Basic(byte[] responseData, Certificate responder, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(responseData);
            algorithm.Identifier.Write(writer);
            writer.WriteBitString(signature);
            using (writer.PushSequence(Tag(0)))
            using (writer.PushSequence()) writer.WriteEncodedValue(responder.Raw.Span);
        }
        return writer.Encode();
    }

    private static void WriteSingle(AsnWriter writer, SingleOcspResponse response)
    {
        using var scope = writer.PushSequence();
        response.Certificate.Write(writer);
        switch (response.Status)
        {
            case CertificateStatus.Good:
                writer.WriteNull(new Asn1Tag(TagClass.ContextSpecific, 0));
                break;
            case CertificateStatus.Revoked revoked:
                using (writer.PushSequence(Tag(1)))
                {
                    writer.WriteGeneralizedTime(revoked.Time, omitFractionalSeconds: true);
                    if (revoked.Reason is { } reason and not RevocationReason.Unspecified)
                        using (writer.PushSequence(Tag(0))) writer.WriteEnumeratedValue(reason);
                }
                break;
            default:
                writer.WriteNull(new Asn1Tag(TagClass.ContextSpecific, 2));
                break;
        }
        writer.WriteGeneralizedTime(response.ThisUpdate, omitFractionalSeconds: true);
        if (response.NextUpdate is { } next)
            using (writer.PushSequence(Tag(0))) writer.WriteGeneralizedTime(next, omitFractionalSeconds: true);
        if (response.ArchiveCutoff is { } cutoff)
            using (writer.PushSequence(Tag(1)))
                Extension.WriteAll(writer, [CertificateExtensions.Make(Oids.OcspArchiveCutoff, false, w => w.WriteGeneralizedTime(cutoff, omitFractionalSeconds: true))]);
    }

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number, true);
}
