using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>ESSCertID or ESSCertIDv2 (RFC 5035 3 and 4). Hash algorithm as identifier, for it may be one that is not known here.</summary>
public sealed record SigningCertificateReference(string HashAlgorithm, ReadOnlyMemory<byte> Hash, DistinguishedName? Issuer, BigInteger? SerialNumber)
{
    public const int MaxReferences = 32;

    /// <summary>Null when the digest algorithm is unknown; else whether the certificate has this digest.</summary>
    public bool? Matches(Certificate certificate) =>
        Digests.ToVerify(HashAlgorithm) is { } name ? Digests.Compute(name, certificate.Raw.Span).AsSpan().SequenceEqual(Hash.Span) : null;

    internal static IReadOnlyList<SigningCertificateReference> ReadAll(ReadOnlyMemory<byte> value, bool version2) => Ber.Guard("signing-certificate", () =>
    {
        var reader = new AsnReader(value, AsnEncodingRules.BER);
        var list = reader.ReadSequence().ReadSequence();
        var references = new List<SigningCertificateReference>();
        while (list.HasData)
        {
            if (references.Count == MaxReferences) throw new MalformedException($"signing-certificate: more than {MaxReferences}");
            references.Add(ReadOne(list.ReadSequence(), version2));
        }
        return references;
    });

    private static SigningCertificateReference ReadOne(AsnReader id, bool version2)
    {
        var algorithm = version2 ? Oids.Sha256 : Oids.Sha1;
        if (version2 && id.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) algorithm = AlgorithmIdentifier.Read(id).Oid;
        var hash = id.ReadOctetString();
        DistinguishedName? issuer = null;
        BigInteger? serial = null;
        if (id.HasData)
        {
            var issuerSerial = id.ReadSequence();
            issuer = GeneralName.ReadAll(issuerSerial.ReadSequence(), "issuerSerial", 16).FirstOrDefault(n => n.Directory is not null)?.Directory;
            serial = SerialNumbers.Read(issuerSerial);
        }
        id.ThrowIfNotEmpty();
        return new SigningCertificateReference(algorithm, hash, issuer, serial);
    }
}

/// <summary>CMSAlgorithmProtection (RFC 6211 2).</summary>
public sealed record AlgorithmProtection(AlgorithmIdentifier Digest, AlgorithmIdentifier? Signature)
{
    internal static AlgorithmProtection Read(ReadOnlyMemory<byte> value) => Ber.Guard("CMSAlgorithmProtection", () =>
    {
        var sequence = new AsnReader(value, AsnEncodingRules.BER).ReadSequence();
        var digest = AlgorithmIdentifier.Read(sequence);
        var tag = new Asn1Tag(TagClass.ContextSpecific, 1, true);
        var signature = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(tag) ? AlgorithmIdentifier.Read(sequence, tag) : null;
        return new AlgorithmProtection(digest, signature);
    });
}

/// <summary>Adobe's RevocationInfoArchival (ISO 32000-2 12.8.3.3.2): encoded CRLs and OCSPResponses.</summary>
public sealed record RevocationArchival(IReadOnlyList<ReadOnlyMemory<byte>> Crls, IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses)
{
    public const int MaxEntries = 128;

    internal static RevocationArchival Read(ReadOnlyMemory<byte> value) => Ber.Guard("RevocationInfoArchival", () =>
    {
        var sequence = new AsnReader(value, AsnEncodingRules.BER).ReadSequence();
        List<ReadOnlyMemory<byte>> crls = [], ocsps = [];
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            var list = sequence.ReadSequence(tag).ReadSequence();
            var target = tag.TagValue == 0 ? crls : tag.TagValue == 1 ? ocsps : null;
            while (list.HasData)
            {
                if (crls.Count + ocsps.Count >= MaxEntries) throw new MalformedException($"RevocationInfoArchival: more than {MaxEntries} entries");
                var entry = list.ReadEncodedValue();
                target?.Add(entry);
            }
        }
        return new RevocationArchival(crls, ocsps);
    });
}
