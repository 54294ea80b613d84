using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Crl;

/// <summary>One entry of a CRL (RFC 5280 5.1.2.6, 5.3). Reason null = not stated.</summary>
public sealed record RevokedCertificate(BigInteger SerialNumber, DateTimeOffset RevocationDate, RevocationReason? Reason)
{
    public DateTimeOffset? InvalidityDate { get; init; }

    /// <summary>RFC 5280 5.3.3, of indirect CRLs: stated on this entry; entries without it belong to the issuer of the one before.</summary>
    public DistinguishedName? CertificateIssuer { get; init; }
}

/// <summary>RFC 5280 5.2.5.</summary>
public sealed record IssuingDistributionPoint(IReadOnlyList<GeneralName> FullName, ReadOnlyMemory<byte>? RelativeName, bool OnlyUserCertificates,
    bool OnlyAuthorityCertificates, int? OnlySomeReasons, bool Indirect, bool OnlyAttributeCertificates)
{
    public IEnumerable<string> Uris => FullName.Where(n => n.Kind == GeneralNameKind.Uri).Select(n => n.Text!);
}

/// <summary>A CRL read into facts. Immutable. Memory is about five times the input's.</summary>
public sealed class CertificateRevocationList
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    private static readonly HashSet<string> KnownExtensions =
        [Oids.CrlNumber, Oids.AuthorityKeyIdentifier, Oids.IssuingDistributionPoint, Oids.DeltaCrlIndicator, Oids.ExpiredCertificatesOnCrl, Oids.FreshestCrl,
         Oids.IssuerAltName, Oids.CrlReason, Oids.InvalidityDate, Oids.CertificateIssuer];

    private readonly Dictionary<BigInteger, RevokedCertificate> bySerial;
    private readonly bool namesIssuers;

    private CertificateRevocationList(ReadOnlyMemory<byte> raw, IReadOnlyList<RevokedCertificate> entries)
    {
        Raw = raw;
        Entries = entries;
        bySerial = [];
        foreach (var entry in entries) bySerial.TryAdd(entry.SerialNumber, entry);
        namesIssuers = entries.Any(entry => entry.CertificateIssuer is not null);
    }

    public ReadOnlyMemory<byte> Raw { get; }

    public IReadOnlyList<RevokedCertificate> Entries { get; }

    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }

    public SignatureAlgorithm SignatureAlgorithm { get; private init; } = null!;

    public bool SignatureAlgorithmsAgree { get; private init; }

    public ReadOnlyMemory<byte> SignatureValue { get; private init; }

    public DistinguishedName Issuer { get; private init; } = null!;

    public DateTimeOffset ThisUpdate { get; private init; }

    /// <summary>Null when absent, which RFC 5280 5.1.2.5 forbids and old CRLs do.</summary>
    public DateTimeOffset? NextUpdate { get; private init; }

    public BigInteger? Number { get; private init; }

    public AuthorityKeyIdentifier? AuthorityKeyIdentifier { get; private init; }

    public IssuingDistributionPoint? IssuingDistributionPoint { get; private init; }

    public DateTimeOffset? ExpiredCertificatesSince { get; private init; }

    /// <summary>RFC 5280 5.2.4: only changes to a base; never complete on its own.</summary>
    public bool IsDelta { get; private init; }

    /// <summary>RFC 5280 5.2.4: the number of the list from which the changes start; null when this is a complete list.</summary>
    public BigInteger? BaseNumber { get; private init; }

    /// <summary>RFC 5280 5.2 and 5.3: with one of these the list must not be used to decide.</summary>
    public bool HasUnknownCriticalExtension { get; private init; }

    /// <summary>The first entry of that serial. Not for indirect CRLs, in which a serial alone names nothing.</summary>
    public RevokedCertificate? Find(BigInteger serial) => bySerial.GetValueOrDefault(serial);

    /// <summary>The first entry of that serial and certificate issuer, also in indirect lists (RFC 5280 5.3.3).</summary>
    public RevokedCertificate? Find(BigInteger serial, DistinguishedName certificateIssuer)
    {
        if (!namesIssuers) return Issuer.SameAs(certificateIssuer) ? Find(serial) : null;
        // One pass: an entry without the extension belongs to the issuer of the one before, the first to the list's own.
        var (stated, matches) = (Issuer, Issuer.SameAs(certificateIssuer));
        foreach (var entry in Entries)
        {
            if (entry.CertificateIssuer is { } next && !ReferenceEquals(next, stated)) (stated, matches) = (next, next.SameAs(certificateIssuer));
            if (matches && entry.SerialNumber == serial) return entry;
        }
        return null;
    }

    public SignatureCheck VerifySignature(SubjectPublicKey issuerKey) =>
        SignatureAlgorithmsAgree
            ? SignatureVerification.VerifyData(issuerKey, SignatureAlgorithm, ToBeSigned.Span, SignatureValue.Span)
            : SignatureCheck.Invalid;

    public static CertificateRevocationList Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "CertificateList", MaxLength, reader =>
    {
        var outer = reader.ReadSequence();
        var toBeSigned = outer.PeekEncodedValue();
        var tbs = outer.ReadSequence();
        var signatureAlgorithm = AlgorithmIdentifier.Read(outer);
        var signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();

        if (tbs.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) && (!tbs.TryReadInt32(out var version) || version != 1))
            throw new MalformedException("CertificateList: unknown version");
        var innerAlgorithm = AlgorithmIdentifier.Read(tbs);
        var issuer = DistinguishedName.Read(tbs);
        var thisUpdate = Times.Read(tbs);
        DateTimeOffset? nextUpdate = tbs.HasData && IsTime(tbs.PeekTag()) ? Times.Read(tbs) : null;
        var unknownCritical = false;
        var entries = tbs.HasData && tbs.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)
            ? ReadEntries(tbs.ReadSequence(), ref unknownCritical)
            : [];
        var extensions = ReadExtensions(tbs);
        return new CertificateRevocationList(raw, entries)
        {
            ToBeSigned = toBeSigned,
            SignatureAlgorithm = SignatureAlgorithm.From(signatureAlgorithm),
            SignatureAlgorithmsAgree = signatureAlgorithm.Oid == innerAlgorithm.Oid
                && signatureAlgorithm.Parameters.Span.SequenceEqual(innerAlgorithm.Parameters.Span),
            SignatureValue = signature,
            Issuer = issuer,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
            Number = Value(extensions, Oids.CrlNumber, r => (BigInteger?)r.ReadInteger()),
            AuthorityKeyIdentifier = ExtensionReader.Read(extensions.Where(e => e.Oid == Oids.AuthorityKeyIdentifier)).AuthorityKeyIdentifier,
            IssuingDistributionPoint = Value(extensions, Oids.IssuingDistributionPoint, ReadDistributionPoint),
            ExpiredCertificatesSince = Value(extensions, Oids.ExpiredCertificatesOnCrl, r => (DateTimeOffset?)r.ReadGeneralizedTime()),
            IsDelta = extensions.Any(e => e.Oid == Oids.DeltaCrlIndicator),
            BaseNumber = Value(extensions, Oids.DeltaCrlIndicator, r => (BigInteger?)r.ReadInteger()),
            HasUnknownCriticalExtension = unknownCritical || extensions.Any(IsUnknownCritical),
        };
    });

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static bool IsUnknownCritical(Extension extension) => extension.Critical && !KnownExtensions.Contains(extension.Oid);

    private static List<RevokedCertificate> ReadEntries(AsnReader list, ref bool unknownCritical)
    {
        var entries = new List<RevokedCertificate>();
        while (list.HasData)
        {
            var entry = list.ReadSequence();
            var serial = SerialNumbers.Read(entry);
            var date = Times.Read(entry);
            var revoked = new RevokedCertificate(serial, date, null);
            if (entry.HasData)
            {
                var extensions = Extension.ReadAll(entry.ReadSequence(), "CertificateList entry");
                unknownCritical |= extensions.Any(IsUnknownCritical);
                revoked = revoked with
                {
                    Reason = Value(extensions, Oids.CrlReason, r => (RevocationReason?)r.ReadEnumeratedValue<RevocationReason>()),
                    InvalidityDate = Value(extensions, Oids.InvalidityDate, r => (DateTimeOffset?)r.ReadGeneralizedTime()),
                    CertificateIssuer = Value(extensions, Oids.CertificateIssuer,
                        r => GeneralName.ReadAll(r.ReadSequence(), "certificateIssuer", 16).FirstOrDefault(n => n.Directory is not null)?.Directory),
                };
            }
            entry.ThrowIfNotEmpty();
            entries.Add(revoked);
        }
        return entries;
    }

    private static IReadOnlyList<Extension> ReadExtensions(AsnReader tbs)
    {
        if (!tbs.HasData) return [];
        var wrapped = tbs.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true));
        tbs.ThrowIfNotEmpty();
        return Extension.ReadAll(wrapped.ReadSequence(), "CertificateList");
    }

    private static T? Value<T>(IReadOnlyList<Extension> extensions, string oid, Func<AsnReader, T> read) =>
        extensions.FirstOrDefault(e => e.Oid == oid) is { } extension ? Ber.Read(extension.Value, "CRL extension", Certificate.MaxLength, read) : default;

    private static IssuingDistributionPoint ReadDistributionPoint(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        IReadOnlyList<GeneralName> full = [];
        ReadOnlyMemory<byte>? relative = null;
        if (Next(0)) (full, relative) = ExtensionReader.ReadPointName(sequence);
        var users = Next(1) && sequence.ReadBoolean(Tag(1));
        var authorities = Next(2) && sequence.ReadBoolean(Tag(2));
        var reasons = Next(3) ? ExtensionReader.ReadReasons(sequence.ReadBitString(out _, Tag(3))) : (int?)null;
        var indirect = Next(4) && sequence.ReadBoolean(Tag(4));
        var attributes = Next(5) && sequence.ReadBoolean(Tag(5));
        sequence.ThrowIfNotEmpty();
        return new IssuingDistributionPoint(full, relative, users, authorities, reasons, indirect, attributes);

        static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number);
        bool Next(int number) => sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Tag(number));
    }
}
