using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.X509;

/// <summary>
/// A certificate (RFC 5280 4.1) read into facts for builders and validators. Judges nothing, makes no key object. Immutable and safe to share.
/// Two certificates are equal when their octets are.
/// </summary>
public sealed class Certificate : IEquatable<Certificate>
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 128 * 1024;

    private Certificate(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The signed octets.</summary>
    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }

    /// <summary>1 to 3.</summary>
    public int Version { get; private init; }

    public BigInteger SerialNumber { get; private init; }

    /// <summary>As <see cref="SerialNumbers.ToHex"/>.</summary>
    public string SerialHex => SerialNumbers.ToHex(SerialNumber);

    public SignatureAlgorithm SignatureAlgorithm { get; private init; } = null!;

    /// <summary>RFC 5280 4.1.1.2: the identifier inside and outside the signed part must be equal.</summary>
    public bool SignatureAlgorithmsAgree { get; private init; }

    public DistinguishedName Issuer { get; private init; } = null!;

    public DistinguishedName Subject { get; private init; } = null!;

    public DateTimeOffset NotBefore { get; private init; }

    public DateTimeOffset NotAfter { get; private init; }

    public SubjectPublicKey PublicKey { get; private init; } = null!;

    public IReadOnlyList<Extension> Extensions { get; private init; } = [];

    public CertificateExtensionFacts Facts { get; private init; } = null!;

    public ReadOnlyMemory<byte> SignatureValue { get; private init; }

    /// <summary>SHA-256 of <see cref="Raw"/>, 32 octets.</summary>
    public byte[] Sha256() => SHA256.HashData(Raw.Span);

    public bool IsSelfIssued => Subject.SameAs(Issuer);

    public bool IsValidAt(DateTimeOffset time) => NotBefore <= time && time <= NotAfter;

    /// <summary>Checks this certificate's signature with the issuer's key; says nothing else about either.</summary>
    public SignatureCheck VerifySignature(SubjectPublicKey issuerKey) =>
        SignatureAlgorithmsAgree
            ? SignatureVerification.VerifyData(issuerKey, SignatureAlgorithm, ToBeSigned.Span, SignatureValue.Span)
            : SignatureCheck.Invalid;

    /// <summary>Reads DER, tolerating BER lengths. Throws <see cref="MalformedException"/>.</summary>
    public static Certificate Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "Certificate", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var toBeSigned = outer.PeekEncodedValue();
        var tbs = outer.ReadSequence();
        var signatureAlgorithm = AlgorithmIdentifier.Read(outer);
        var signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();

        var version = ReadVersion(tbs);
        var serial = SerialNumbers.Read(tbs);
        var innerAlgorithm = AlgorithmIdentifier.Read(tbs);
        var issuer = DistinguishedName.Read(tbs);
        var validity = tbs.ReadSequence();
        var notBefore = Times.Read(validity);
        var notAfter = Times.Read(validity);
        validity.ThrowIfNotEmpty();
        var subject = DistinguishedName.Read(tbs);
        var key = SubjectPublicKey.Parse(tbs.ReadEncodedValue());
        var extensions = ReadExtensions(tbs);
        return new Certificate(raw)
        {
            ToBeSigned = toBeSigned,
            Version = version,
            SerialNumber = serial,
            SignatureAlgorithm = SignatureAlgorithm.From(signatureAlgorithm),
            SignatureAlgorithmsAgree = signatureAlgorithm.Oid == innerAlgorithm.Oid
                && signatureAlgorithm.Parameters.Span.SequenceEqual(innerAlgorithm.Parameters.Span),
            Issuer = issuer,
            Subject = subject,
            NotBefore = notBefore,
            NotAfter = notAfter,
            PublicKey = key,
            Extensions = extensions,
            Facts = ExtensionReader.Read(extensions),
            SignatureValue = signature,
        };
    });

    public bool Equals(Certificate? other) => other is not null && Raw.Span.SequenceEqual(other.Raw.Span);

    public override bool Equals(object? obj) => Equals(obj as Certificate);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(SignatureValue.Span);
        return hash.ToHashCode();
    }

    private static int ReadVersion(AsnReader tbs)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0, true);
        if (!tbs.PeekTag().HasSameClassAndValue(tag)) return 1;
        var wrapped = tbs.ReadSequence(tag);
        if (!wrapped.TryReadInt32(out var version) || version is < 0 or > 2) throw new MalformedException("Certificate: unknown version");
        return version + 1;
    }

    private static IReadOnlyList<Extension> ReadExtensions(AsnReader tbs)
    {
        IReadOnlyList<Extension> extensions = [];
        while (tbs.HasData)
        {
            var tag = tbs.PeekTag();
            if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue is < 1 or > 3) throw new MalformedException("Certificate: unknown member");
            if (tag.TagValue == 3)
            {
                var wrapped = tbs.ReadSequence(tag);
                extensions = Extension.ReadAll(wrapped.ReadSequence(), "Certificate");
                tbs.ThrowIfNotEmpty();
            }
            else
            {
                // Unique identifiers (RFC 5280 4.1.2.8): must not be used, and change nothing.
                tbs.ReadEncodedValue();
            }
        }
        return extensions;
    }
}
