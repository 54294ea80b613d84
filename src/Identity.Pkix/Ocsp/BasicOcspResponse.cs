using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Ocsp;

/// <summary>CertStatus (RFC 6960 4.2.1).</summary>
public abstract record CertificateStatus
{
    private CertificateStatus() { }

    public sealed record Good : CertificateStatus;

    public sealed record Revoked(DateTimeOffset Time, RevocationReason? Reason) : CertificateStatus;

    public sealed record Unknown : CertificateStatus;
}

/// <summary>SingleResponse. <see cref="ArchiveCutoff"/>: RFC 6960 4.4.4; <see cref="CertificateHash"/>: the common PKI extension, as found.</summary>
public sealed record SingleOcspResponse(CertificateId Certificate, CertificateStatus Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate)
{
    public DateTimeOffset? ArchiveCutoff { get; init; }

    public ReadOnlyMemory<byte>? CertificateHash { get; init; }
}

/// <summary>BasicOCSPResponse (RFC 6960 4.2.1). Exactly one of <see cref="ResponderName"/> and <see cref="ResponderKeyHash"/> is set.</summary>
public sealed class BasicOcspResponse
{
    public const int MaxCertificates = 16;
    public const int MaxResponses = 256;

    private BasicOcspResponse(ReadOnlyMemory<byte> raw) => Raw = raw;

    /// <summary>The BasicOCSPResponse as found, without the outer OCSPResponse.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }

    public DistinguishedName? ResponderName { get; private init; }

    /// <summary>SHA-1 of the responder's key bits, 20 octets.</summary>
    public ReadOnlyMemory<byte>? ResponderKeyHash { get; private init; }

    public DateTimeOffset ProducedAt { get; private init; }

    public IReadOnlyList<SingleOcspResponse> Responses { get; private init; } = [];

    public ReadOnlyMemory<byte>? Nonce { get; private init; }

    public bool HasUnknownCriticalExtension { get; private init; }

    public SignatureAlgorithm SignatureAlgorithm { get; private init; } = null!;

    public ReadOnlyMemory<byte> SignatureValue { get; private init; }

    /// <summary>Embedded certificates, raw: one that cannot be read must not hide the answer.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; private init; } = [];

    /// <summary>True when the responder id names this certificate.</summary>
    public bool IsFrom(Certificate responder) =>
        ResponderKeyHash is { } hash ? hash.Span.SequenceEqual(responder.PublicKey.KeyIdentifier()) : responder.Subject.SameAs(ResponderName!);

    public SignatureCheck VerifySignature(SubjectPublicKey responderKey) =>
        SignatureVerification.VerifyData(responderKey, SignatureAlgorithm, ToBeSigned.Span, SignatureValue.Span);

    public static BasicOcspResponse Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "BasicOCSPResponse", OcspResponse.MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var toBeSigned = outer.PeekEncodedValue();
        var data = outer.ReadSequence();
        var algorithm = AlgorithmIdentifier.Read(outer);
        var signature = outer.ReadBitString(out _);
        var certificates = outer.HasData ? ReadCertificates(outer.ReadSequence(Tag(0)).ReadSequence()) : [];
        outer.ThrowIfNotEmpty();

        if (data.PeekTag().HasSameClassAndValue(Tag(0)) && (!data.ReadSequence(Tag(0)).TryReadInt32(out var version) || version != 0))
            throw new MalformedException("BasicOCSPResponse: unknown version");
        var (name, keyHash) = ReadResponder(data);
        var producedAt = data.ReadGeneralizedTime();
        var (singles, unknownCritical) = ReadResponses(data.ReadSequence());
        IReadOnlyList<Extension> extensions =
            data.HasData ? Extension.ReadAll(data.ReadSequence(Tag(1)).ReadSequence(), "BasicOCSPResponse") : [];
        data.ThrowIfNotEmpty();
        return new BasicOcspResponse(raw)
        {
            ToBeSigned = toBeSigned,
            ResponderName = name,
            ResponderKeyHash = keyHash,
            ProducedAt = producedAt,
            Responses = singles,
            Nonce = OcspNonce.From(extensions),
            HasUnknownCriticalExtension = unknownCritical || extensions.Any(e => e.Critical && e.Oid != Oids.OcspNonce),
            SignatureAlgorithm = SignatureAlgorithm.From(algorithm),
            SignatureValue = signature,
            Certificates = certificates,
        };
    });

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number, true);

    private static List<ReadOnlyMemory<byte>> ReadCertificates(AsnReader list)
    {
        var certificates = new List<ReadOnlyMemory<byte>>();
        while (list.HasData)
        {
            if (certificates.Count == MaxCertificates) throw new MalformedException($"BasicOCSPResponse: more than {MaxCertificates} certificates");
            certificates.Add(list.ReadEncodedValue());
        }
        return certificates;
    }

    private static (DistinguishedName? Name, ReadOnlyMemory<byte>? KeyHash) ReadResponder(AsnReader data)
    {
        if (data.PeekTag().HasSameClassAndValue(Tag(1)))
        {
            var byName = data.ReadSequence(Tag(1));
            var name = DistinguishedName.Read(byName);
            byName.ThrowIfNotEmpty();
            return (name, null);
        }
        var byKey = data.ReadSequence(Tag(2));
        var hash = byKey.ReadOctetString();
        byKey.ThrowIfNotEmpty();
        return (null, hash);
    }

    private static (List<SingleOcspResponse> Responses, bool UnknownCritical) ReadResponses(AsnReader list)
    {
        var responses = new List<SingleOcspResponse>();
        var unknownCritical = false;
        while (list.HasData)
        {
            if (responses.Count == MaxResponses) throw new MalformedException($"BasicOCSPResponse: more than {MaxResponses} answers");
            var single = list.ReadSequence();
            var id = CertificateId.Read(single);
            var status = ReadStatus(single);
            var thisUpdate = single.ReadGeneralizedTime();
            DateTimeOffset? nextUpdate = single.HasData && single.PeekTag().HasSameClassAndValue(Tag(0)) ? single.ReadSequence(Tag(0)).ReadGeneralizedTime() : null;
            IReadOnlyList<Extension> extensions = single.HasData ? Extension.ReadAll(single.ReadSequence(Tag(1)).ReadSequence(), "SingleResponse") : [];
            single.ThrowIfNotEmpty();
            unknownCritical |= extensions.Any(e => e.Critical && e.Oid != Oids.OcspArchiveCutoff);
            var cutoff = extensions.FirstOrDefault(e => e.Oid == Oids.OcspArchiveCutoff);
            responses.Add(new SingleOcspResponse(id, status, thisUpdate, nextUpdate)
            {
                ArchiveCutoff = cutoff is null ? null : Ber.Read(cutoff.Value, "archiveCutoff", 64, r => r.ReadGeneralizedTime()),
                CertificateHash = extensions.FirstOrDefault(e => e.Oid == Oids.OcspCertificateHash)?.Value,
            });
        }
        return (responses, unknownCritical);
    }

    private static CertificateStatus ReadStatus(AsnReader reader)
    {
        var tag = reader.PeekTag();
        if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            reader.ReadNull(new Asn1Tag(TagClass.ContextSpecific, 0));
            return new CertificateStatus.Good();
        }
        if (tag.HasSameClassAndValue(Tag(1)))
        {
            var revoked = reader.ReadSequence(Tag(1));
            var time = revoked.ReadGeneralizedTime();
            var reason = revoked.HasData ? revoked.ReadSequence(Tag(0)).ReadEnumeratedValue<RevocationReason>() : (RevocationReason?)null;
            return new CertificateStatus.Revoked(time, reason);
        }
        if (!tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 2))) throw new MalformedException("CertStatus: unknown choice");
        reader.ReadEncodedValue();
        return new CertificateStatus.Unknown();
    }
}
