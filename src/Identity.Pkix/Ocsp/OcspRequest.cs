using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Pkix.Ocsp;

/// <summary>OCSPRequest (RFC 6960 4.1). A requester's signature is not read: none is asked for.</summary>
public sealed record OcspRequest(IReadOnlyList<CertificateId> Certificates, ReadOnlyMemory<byte>? Nonce)
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 8 * 1024;

    public const int MaxCertificates = 16;

    /// <summary>Octets of a nonce (RFC 9654 2.1).</summary>
    public const int MaxNonceLength = 128;

    public static OcspRequest Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "OCSPRequest", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var request = outer.ReadSequence();
        if (outer.HasData) outer.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true));
        outer.ThrowIfNotEmpty();

        var versionTag = new Asn1Tag(TagClass.ContextSpecific, 0, true);
        if (request.PeekTag().HasSameClassAndValue(versionTag)
            && (!request.ReadSequence(versionTag).TryReadInt32(out var version) || version != 0))
            throw new MalformedException("OCSPRequest: unknown version");
        var nameTag = new Asn1Tag(TagClass.ContextSpecific, 1, true);
        if (request.PeekTag().HasSameClassAndValue(nameTag)) request.ReadEncodedValue();
        var ids = ReadIds(request.ReadSequence());
        ReadOnlyMemory<byte>? nonce = null;
        if (request.HasData)
        {
            var extensions = Extension.ReadAll(request.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2, true)).ReadSequence(), "OCSPRequest");
            // RFC 6960 4.4: what is critical and not understood makes the request one that cannot be answered.
            if (extensions.Any(e => e.Critical && e.Oid != Oids.OcspNonce)) throw new MalformedException("OCSPRequest: unknown critical extension");
            nonce = OcspNonce.From(extensions);
        }
        request.ThrowIfNotEmpty();
        return new OcspRequest(ids, nonce);
    });

    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                foreach (var id in Certificates)
                    using (writer.PushSequence()) id.Write(writer);
            }
            if (Nonce is { } nonce)
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2, true))) Extension.WriteAll(writer, [OcspNonce.Extension(nonce)]);
        }
        return writer.Encode();
    }

    private static List<CertificateId> ReadIds(AsnReader list)
    {
        var ids = new List<CertificateId>();
        while (list.HasData)
        {
            if (ids.Count == MaxCertificates) throw new MalformedException($"OCSPRequest: more than {MaxCertificates} certificates");
            var single = list.ReadSequence();
            ids.Add(CertificateId.Read(single));
            if (single.HasData)
            {
                var extensions = Extension.ReadAll(single.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true)).ReadSequence(), "OCSPRequest");
                if (extensions.Any(e => e.Critical)) throw new MalformedException("OCSPRequest: unknown critical extension");
            }
            single.ThrowIfNotEmpty();
        }
        if (ids.Count == 0) throw new MalformedException("OCSPRequest: asks for nothing");
        return ids;
    }
}

/// <summary>RFC 9654 2: the extension's value is an OCTET STRING inside the OCTET STRING; old software omits the inner one.</summary>
internal static class OcspNonce
{
    public static Extension Extension(ReadOnlyMemory<byte> nonce) =>
        CertificateExtensions.Make(Oids.OcspNonce, false, w => w.WriteOctetString(nonce.Span));

    public static ReadOnlyMemory<byte>? From(IReadOnlyList<Extension> extensions)
    {
        if (extensions.FirstOrDefault(e => e.Oid == Oids.OcspNonce) is not { } extension) return null;
        ReadOnlyMemory<byte> nonce = extension.Value;
        if (AsnDecoder.TryReadPrimitiveOctetString(nonce.Span, AsnEncodingRules.DER, out var inner, out var consumed) && consumed == nonce.Length) nonce = inner.ToArray();
        if (nonce.Length is 0 or > OcspRequest.MaxNonceLength) throw new MalformedException("OCSP: nonce of 1 to 128 octets");
        return nonce;
    }
}
