using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>
/// SignerInfo (RFC 5652 5.3) as facts. Typed views of attributes are null when the attribute is absent, repeated, or has not exactly one value:
/// <see cref="SignedAttributes"/> and <see cref="UnsignedAttributes"/> tell which. They throw <see cref="MalformedException"/> when a single value cannot be read.
/// </summary>
public sealed class SignerInfo
{
    private SignerInfo() { }

    public int Version { get; private init; }

    /// <summary>Set together with <see cref="SerialNumber"/>, or null when the signer is named by <see cref="SubjectKeyIdentifier"/>.</summary>
    public DistinguishedName? Issuer { get; private init; }

    public BigInteger? SerialNumber { get; private init; }

    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; private init; }

    public AlgorithmIdentifier DigestAlgorithm { get; private init; } = null!;

    public SignatureAlgorithm SignatureAlgorithm { get; private init; } = null!;

    public ReadOnlyMemory<byte> SignatureValue { get; private init; }

    public IReadOnlyList<CmsAttribute> SignedAttributes { get; private init; } = [];

    public IReadOnlyList<CmsAttribute> UnsignedAttributes { get; private init; } = [];

    /// <summary>SET OF attributes in DER: what the signature is over (RFC 5652 5.4). Null when there are no signed attributes.</summary>
    public ReadOnlyMemory<byte>? SignedAttributesDer { get; private init; }

    /// <summary>The same set as found, with the tag of a SET: equal to the DER form unless the signer wrote BER or left the set unsorted.</summary>
    public ReadOnlyMemory<byte>? SignedAttributesAsFound { get; private init; }

    public string? ContentType => OneSigned(Oids.ContentType) is { } v ? Ber.Guard("content-type", () => new AsnReader(v, AsnEncodingRules.BER).ReadObjectIdentifier()) : null;

    public ReadOnlyMemory<byte>? MessageDigest =>
        OneSigned(Oids.MessageDigest) is { } v ? Ber.Guard("message-digest", () => (ReadOnlyMemory<byte>?)new AsnReader(v, AsnEncodingRules.BER).ReadOctetString()) : null;

    public DateTimeOffset? SigningTime => OneSigned(Oids.SigningTime) is { } v ? Ber.Guard("signing-time", () => Times.Read(new AsnReader(v, AsnEncodingRules.BER))) : null;

    public AlgorithmProtection? AlgorithmProtection => OneSigned(Oids.AlgorithmProtection) is { } v ? Cms.AlgorithmProtection.Read(v) : null;

    public RevocationArchival? RevocationArchival => OneSigned(Oids.AdobeRevocationArchival) is { } v ? Cms.RevocationArchival.Read(v) : null;

    /// <summary>The references of signing-certificate-v2, else of signing-certificate; null when there is neither. The first one names the signer.</summary>
    public IReadOnlyList<SigningCertificateReference>? SigningCertificates =>
        OneSigned(Oids.SigningCertificateV2) is { } v2 ? SigningCertificateReference.ReadAll(v2, version2: true)
        : OneSigned(Oids.SigningCertificate) is { } v1 ? SigningCertificateReference.ReadAll(v1, version2: false)
        : null;

    /// <summary>Roles that the signer claims (EN 319 122-1 5.2.6); empty when there are none. Nobody has checked them.</summary>
    public IReadOnlyList<string> ClaimedRoles => OneSigned(Oids.SignerAttributesV2) is { } v ? SignerRoles.Read(v) : [];

    /// <summary>Encoded time-stamp tokens over the signature value, from every instance and value of the attribute.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> SignatureTimestamps => UnsignedAttributes.Where(a => a.Oid == Oids.SignatureTimestamp).SelectMany(a => a.Values);

    /// <summary>Encoded time-stamp tokens over the content.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> ContentTimestamps => SignedAttributes.Where(a => a.Oid == Oids.ContentTimestamp).SelectMany(a => a.Values);

    /// <summary>True when the signer identifier names this certificate.</summary>
    public bool Names(Certificate certificate) =>
        SubjectKeyIdentifier is { } id
            ? certificate.Facts.SubjectKeyIdentifier is { } of && of.Span.SequenceEqual(id.Span)
            : certificate.SerialNumber == SerialNumber && certificate.Issuer.SameAs(Issuer!);

    /// <summary>
    /// Checks the signature value over the signed attributes. It proves nothing about the content until <see cref="MessageDigest"/> has been compared.
    /// Without signed attributes it is <see cref="SignatureCheck.Invalid"/>: see <see cref="VerifySignatureOverContent"/>.
    /// </summary>
    public SignatureCheck VerifySignature(SubjectPublicKey key)
    {
        if (SignedAttributesDer is not { } der || SignedAttributesAsFound is not { } found) return SignatureCheck.Invalid;
        var check = SignatureVerification.VerifyData(key, SignatureAlgorithm, der.Span, SignatureValue.Span);
        // RFC 5652 5.4: over the set in DER. What stands inside an attribute is often copied from elsewhere (the issuer's name, say) and hashed as it
        // stands, so that is accepted too; a set in another order is not the one that is to be hashed.
        return check == SignatureCheck.Invalid && !der.Span.SequenceEqual(found.Span) && IsInOrder(found)
            ? SignatureVerification.VerifyData(key, SignatureAlgorithm, found.Span, SignatureValue.Span)
            : check;
    }

    // X.690 11.6, for the members of the set themselves.
    private static bool IsInOrder(ReadOnlyMemory<byte> set)
    {
        try
        {
            new AsnReader(set, AsnEncodingRules.DER).ReadSetOf();
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>RFC 5652 5.4 without signed attributes: the value is over the content's digest. Invalid when there are signed attributes.</summary>
    public SignatureCheck VerifySignatureOverContent(SubjectPublicKey key, ReadOnlySpan<byte> contentDigest) =>
        SignedAttributesDer is null ? SignatureVerification.VerifyHash(key, SignatureAlgorithm, contentDigest, SignatureValue.Span) : SignatureCheck.Invalid;

    internal static SignerInfo Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        if (!sequence.TryReadInt32(out var version)) throw new MalformedException("SignerInfo: version");
        DistinguishedName? issuer = null;
        BigInteger? serial = null;
        ReadOnlyMemory<byte>? keyIdentifier = null;
        if (sequence.PeekTag().HasSameClassAndValue(Context(0)))
        {
            keyIdentifier = sequence.ReadOctetString(Context(0));
        }
        else
        {
            var issuerSerial = sequence.ReadSequence();
            issuer = DistinguishedName.Read(issuerSerial);
            serial = SerialNumbers.Read(issuerSerial);
            issuerSerial.ThrowIfNotEmpty();
        }
        var digest = AlgorithmIdentifier.Read(sequence);
        var (signed, der, found) = ReadSigned(sequence);
        var algorithm = AlgorithmIdentifier.Read(sequence);
        var value = sequence.ReadOctetString();
        var unsigned = sequence.HasData ? CmsAttribute.ReadAll(sequence.ReadSetOf(skipSortOrderValidation: true, Context(1))) : [];
        sequence.ThrowIfNotEmpty();
        return new SignerInfo
        {
            Version = version,
            Issuer = issuer,
            SerialNumber = serial,
            SubjectKeyIdentifier = keyIdentifier,
            DigestAlgorithm = digest,
            SignatureAlgorithm = SignatureAlgorithm.From(algorithm, digest),
            SignatureValue = value,
            SignedAttributes = signed,
            UnsignedAttributes = unsigned,
            SignedAttributesDer = der,
            SignedAttributesAsFound = found,
        };
    }

    private static (IReadOnlyList<CmsAttribute> Attributes, ReadOnlyMemory<byte>? Der, ReadOnlyMemory<byte>? AsFound) ReadSigned(AsnReader sequence)
    {
        if (!sequence.PeekTag().HasSameClassAndValue(Context(0))) return ([], null, null);
        var found = sequence.PeekEncodedValue().ToArray();
        var attributes = CmsAttribute.ReadAll(sequence.ReadSetOf(skipSortOrderValidation: true, Context(0)));
        found[0] = 0x31;
        return (attributes, Ber.ToDer(found, "Signed attributes", SignedData.MaxLength), found);
    }

    private ReadOnlyMemory<byte>? OneSigned(string oid)
    {
        CmsAttribute? only = null;
        foreach (var attribute in SignedAttributes)
        {
            if (attribute.Oid != oid) continue;
            if (only is not null) return null;
            only = attribute;
        }
        // The cast matters: a bare null would become empty memory here, and an absent attribute an empty one.
        return only?.Values.Count == 1 ? only.Values[0] : (ReadOnlyMemory<byte>?)null;
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, true);
}
