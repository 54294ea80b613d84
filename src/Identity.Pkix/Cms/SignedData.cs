using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>
/// ContentInfo with SignedData (RFC 5652 3 and 5) as facts: BER accepted, nothing judged, no key made. Certificates, CRLs and OCSP responses stay
/// encoded, so one that cannot be read does not hide the others.
/// </summary>
public sealed class SignedData
{
    /// <summary>Octets. Signatures with enclosed CRLs reach 1 MB.</summary>
    public const int MaxLength = 8 * 1024 * 1024;

    public const int MaxCertificates = 128;
    public const int MaxRevocations = 128;
    public const int MaxSigners = 16;

    private IReadOnlyList<Certificate>? readable;

    private SignedData(ReadOnlyMemory<byte> raw, ReadOnlyMemory<byte> trailing)
    {
        Raw = raw;
        TrailingBytes = trailing;
    }

    /// <summary>The ContentInfo alone.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>What followed it in the input: in PDF, zero padding or something worth a look.</summary>
    public ReadOnlyMemory<byte> TrailingBytes { get; }

    public int Version { get; private init; }

    public IReadOnlyList<AlgorithmIdentifier> DigestAlgorithms { get; private init; } = [];

    public string ContentType { get; private init; } = "";

    /// <summary>The enclosed content octets, or null when detached.</summary>
    public ReadOnlyMemory<byte>? Content { get; private init; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; private init; } = [];

    public IReadOnlyList<ReadOnlyMemory<byte>> Crls { get; private init; } = [];

    /// <summary>OCSPResponse structures under OtherRevocationInfoFormat (RFC 5940 2).</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses { get; private init; } = [];

    public IReadOnlyList<SignerInfo> Signers { get; private init; } = [];

    /// <summary>False when the encoding is BER that is not DER: indefinite lengths, unsorted sets and so on. Costs a pass over the input.</summary>
    public bool IsStrictDer()
    {
        try
        {
            return Ber.ToDer(Raw, "SignedData", MaxLength).AsSpan().SequenceEqual(Raw.Span);
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    /// <summary>Reads the first value of <paramref name="input"/>.</summary>
    public static SignedData Parse(ReadOnlyMemory<byte> input)
    {
        var length = Ber.MeasureFirstValue(input.Span, "SignedData", MaxLength);
        var raw = input[..length];
        return Ber.Read(raw, "SignedData", MaxLength, reader => Read(reader, raw, input[length..]));
    }

    /// <summary>The enclosed certificates that can be read, each once.</summary>
    public IReadOnlyList<Certificate> ReadableCertificates() => readable ??= Read(Certificates);

    private static IReadOnlyList<Certificate> Read(IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        var list = new List<Certificate>();
        foreach (var raw in certificates)
        {
            try
            {
                list.Add(Certificate.Parse(raw));
            }
            catch (MalformedException)
            {
                // Named in the contract above: the raw list still has it.
            }
        }
        return [.. list.Distinct()];
    }

    /// <summary>Whether this certificate made this signature over the enclosed content, as RFC 5652 5.6 and RFC 5035 5.4 describe it.</summary>
    public SignatureCheck VerifyEncapsulated(SignerInfo signer, Certificate certificate)
    {
        if (Content is not { } content || Digests.ToVerify(signer.DigestAlgorithm.Oid) is not { } digest) return SignatureCheck.UnsupportedAlgorithm;
        if (signer.ContentType != ContentType) return SignatureCheck.Invalid;
        if (signer.MessageDigest is not { } stated || !Digests.Compute(digest, content.Span).AsSpan().SequenceEqual(stated.Span)) return SignatureCheck.Invalid;
        if (signer.SigningCertificates is not [var first, ..] || first.Matches(certificate) != true) return SignatureCheck.KeyMismatch;
        return signer.VerifySignature(certificate.PublicKey);
    }

    private static SignedData Read(AsnReader reader, ReadOnlyMemory<byte> raw, ReadOnlyMemory<byte> trailing)
    {
        var contentInfo = reader.ReadSequence();
        if (contentInfo.ReadObjectIdentifier() != Oids.CmsSignedData) throw new MalformedException("SignedData: another content type");
        var wrapped = contentInfo.ReadSequence(Context(0));
        contentInfo.ThrowIfNotEmpty();
        var signedData = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();

        if (!signedData.TryReadInt32(out var version)) throw new MalformedException("SignedData: version");
        var digests = ReadSet(signedData.ReadSetOf(skipSortOrderValidation: true), MaxSigners, "digest algorithms", r => AlgorithmIdentifier.Read(r));
        var (contentType, content) = ReadContent(signedData.ReadSequence());
        var certificates = Optional(signedData, 0) is { } c ? ReadCertificates(c) : [];
        var (crls, ocsps) = Optional(signedData, 1) is { } r ? ReadRevocations(r) : ([], []);
        var signers = ReadSet(signedData.ReadSetOf(skipSortOrderValidation: true), MaxSigners, "signers", SignerInfo.Read);
        signedData.ThrowIfNotEmpty();
        return new SignedData(raw, trailing)
        {
            Version = version,
            DigestAlgorithms = digests,
            ContentType = contentType,
            Content = content,
            Certificates = certificates,
            Crls = crls,
            OcspResponses = ocsps,
            Signers = signers,
        };
    }

    private static AsnReader? Optional(AsnReader reader, int number) =>
        reader.HasData && reader.PeekTag().HasSameClassAndValue(Context(number)) ? reader.ReadSetOf(skipSortOrderValidation: true, Context(number)) : null;

    private static List<T> ReadSet<T>(AsnReader set, int max, string what, Func<AsnReader, T> read)
    {
        var list = new List<T>();
        while (set.HasData)
        {
            if (list.Count == max) throw new MalformedException($"SignedData: more than {max} {what}");
            list.Add(read(set));
        }
        return list;
    }

    private static (string Type, ReadOnlyMemory<byte>? Content) ReadContent(AsnReader encapsulated)
    {
        var type = encapsulated.ReadObjectIdentifier();
        if (!encapsulated.HasData) return (type, null);
        var wrapped = encapsulated.ReadSequence(Context(0));
        encapsulated.ThrowIfNotEmpty();
        // RFC 5652 5.2.1: PKCS #7 had any type here; its signature is over the content octets.
        if (wrapped.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) return (type, wrapped.ReadOctetString());
        var other = wrapped.ReadEncodedValue();
        AsnDecoder.ReadEncodedValue(other.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        return (type, other.Slice(offset, length));
    }

    // CertificateSet: choices other than a plain certificate (attribute certificates, other formats) are passed over.
    private static List<ReadOnlyMemory<byte>> ReadCertificates(AsnReader set) =>
        ReadSet(set, MaxCertificates, "certificates", r => (Plain: r.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence), Raw: r.ReadEncodedValue()))
            .Where(c => c.Plain).Select(c => c.Raw).ToList();

    private static (List<ReadOnlyMemory<byte>> Crls, List<ReadOnlyMemory<byte>> OcspResponses) ReadRevocations(AsnReader set)
    {
        List<ReadOnlyMemory<byte>> crls = [], ocsps = [];
        ReadSet(set, MaxRevocations, "revocation values", r =>
        {
            if (r.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            {
                crls.Add(r.ReadEncodedValue());
                return true;
            }
            var other = r.ReadSequence(r.PeekTag());
            if (other.ReadObjectIdentifier() == Oids.OtherRevocationInfoOcsp) ocsps.Add(other.ReadEncodedValue());
            return true;
        });
        return (crls, ocsps);
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, true);
}
