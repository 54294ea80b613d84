using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>From extension octets to <see cref="CertificateExtensionFacts"/>.</summary>
internal static class ExtensionReader
{
    private const int MaxLength = 128 * 1024;
    private const int MaxNames = 1024;

    private static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);

    public static CertificateExtensionFacts Read(IEnumerable<Extension> extensions) =>
        extensions.Aggregate(new CertificateExtensionFacts(), (facts, extension) => With(facts, extension.Oid, extension.Value));

    private static CertificateExtensionFacts With(CertificateExtensionFacts facts, string oid, ReadOnlyMemory<byte> value) => oid switch
    {
        Oids.BasicConstraints => facts with { BasicConstraints = Value(value, "basicConstraints", ReadBasicConstraints) },
        Oids.KeyUsage => facts with { KeyUsage = Value(value, "keyUsage", ReadKeyUsage) },
        Oids.ExtendedKeyUsage => facts with { ExtendedKeyUsage = Value(value, "extKeyUsage", r => Each(r.ReadSequence(), s => s.ReadObjectIdentifier())) },
        Oids.SubjectKeyIdentifier => facts with { SubjectKeyIdentifier = Value(value, "subjectKeyIdentifier", r => r.ReadOctetString()) },
        Oids.AuthorityKeyIdentifier => facts with { AuthorityKeyIdentifier = Value(value, "authorityKeyIdentifier", ReadAuthorityKeyIdentifier) },
        Oids.SubjectAltName => facts with { SubjectAltNames = Value(value, "subjectAltName", r => GeneralName.ReadAll(r.ReadSequence(), "subjectAltName", MaxNames)) },
        Oids.CrlDistributionPoints => facts with { CrlDistributionPoints = Value(value, "cRLDistributionPoints", r => Each(r.ReadSequence(), ReadDistributionPoint)) },
        Oids.AuthorityInformationAccess => facts with { AuthorityInformationAccess = Value(value, "authorityInfoAccess", r => Each(r.ReadSequence(), ReadAccess)) },
        Oids.CertificatePolicies => facts with { CertificatePolicies = Value(value, "certificatePolicies", r => Each(r.ReadSequence(), s => s.ReadSequence().ReadObjectIdentifier())) },
        Oids.PolicyMappings => facts with { PolicyMappings = Value(value, "policyMappings", r => Each(r.ReadSequence(), ReadMapping)) },
        Oids.PolicyConstraints => facts with { PolicyConstraints = Value(value, "policyConstraints", ReadPolicyConstraints) },
        Oids.InhibitAnyPolicy => facts with { InhibitAnyPolicy = Value(value, "inhibitAnyPolicy", r => SkipCount(r, null)) },
        Oids.NameConstraints => facts with { NameConstraints = Value(value, "nameConstraints", ReadNameConstraints) },
        Oids.PrivateKeyUsagePeriod => facts with { PrivateKeyUsagePeriod = Value(value, "privateKeyUsagePeriod", ReadUsagePeriod) },
        Oids.OcspNoCheck => facts with { OcspNoCheck = true },
        Oids.NoRevocationAvailable => facts with { NoRevocationAvailable = true },
        Oids.ValidityAssuredShortTerm => facts with { ValidityAssuredShortTerm = true },
        Oids.QualifiedStatements => facts with { QualifiedStatements = ReadStatements(value) },
        _ => facts,
    };

    private static T Value<T>(ReadOnlyMemory<byte> value, string what, Func<AsnReader, T> read) => Ber.Read(value, what, MaxLength, read);

    private static List<T> Each<T>(AsnReader sequence, Func<AsnReader, T> read)
    {
        var list = new List<T>();
        while (sequence.HasData)
        {
            if (list.Count == MaxNames) throw new MalformedException($"Extension: more than {MaxNames} members");
            list.Add(read(sequence));
        }
        return list;
    }

    private static BasicConstraints ReadBasicConstraints(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var authority = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && sequence.ReadBoolean();
        var pathLength = sequence.HasData ? SkipCount(sequence, null) : (int?)null;
        sequence.ThrowIfNotEmpty();
        return new BasicConstraints(authority, pathLength);
    }

    // ReadNamedBitList would refuse the trailing zero bits that some issuers write.
    private static X509KeyUsageFlags ReadKeyUsage(AsnReader reader)
    {
        var bits = reader.ReadBitString(out _);
        var flags = X509KeyUsageFlags.None;
        if (bits.Length > 0) flags |= (X509KeyUsageFlags)bits[0];
        if (bits.Length > 1 && (bits[1] & 0x80) != 0) flags |= X509KeyUsageFlags.DecipherOnly;
        return flags;
    }

    private static AuthorityKeyIdentifier ReadAuthorityKeyIdentifier(AsnReader reader)
    {
        ReadOnlyMemory<byte>? key = null, serial = null;
        IReadOnlyList<GeneralName> issuer = [];
        var sequence = reader.ReadSequence();
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(0))) key = sequence.ReadOctetString(Context(0));
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(1)))
            issuer = GeneralName.ReadAll(sequence.ReadSequence(Context(1, true)), "authorityKeyIdentifier", MaxNames);
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(2)))
            serial = sequence.ReadIntegerBytes(Context(2)).ToArray().AsMemory().TrimStart((byte)0);
        sequence.ThrowIfNotEmpty();
        return new AuthorityKeyIdentifier(key, issuer, serial);
    }

    internal static DistributionPoint ReadDistributionPoint(AsnReader reader)
    {
        var point = reader.ReadSequence();
        IReadOnlyList<GeneralName> full = [], crlIssuer = [];
        ReadOnlyMemory<byte>? relative = null;
        int? reasons = null;
        if (point.HasData && point.PeekTag().HasSameClassAndValue(Context(0))) (full, relative) = ReadPointName(point);
        if (point.HasData && point.PeekTag().HasSameClassAndValue(Context(1))) reasons = ReadReasons(point.ReadBitString(out _, Context(1)));
        if (point.HasData && point.PeekTag().HasSameClassAndValue(Context(2)))
            crlIssuer = GeneralName.ReadAll(point.ReadSequence(Context(2, true)), "cRLIssuer", MaxNames);
        point.ThrowIfNotEmpty();
        return new DistributionPoint(full, relative, reasons, crlIssuer);
    }

    /// <summary>DistributionPointName under [0]: full name or name relative to the issuer.</summary>
    internal static (IReadOnlyList<GeneralName> Full, ReadOnlyMemory<byte>? Relative) ReadPointName(AsnReader reader)
    {
        var name = reader.ReadSequence(Context(0, true));
        var tag = name.PeekTag();
        if (tag.HasSameClassAndValue(Context(0))) return (GeneralName.ReadAll(name.ReadSequence(Context(0, true)), "distributionPoint", MaxNames), null);
        return ([], name.ReadEncodedValue());
    }

    /// <summary>ReasonFlags with bit 0 as value 1, so that reason code n is bit n (RFC 5280 4.2.1.13).</summary>
    internal static int ReadReasons(ReadOnlySpan<byte> bits)
    {
        var flags = 0;
        for (var bit = 0; bit < Math.Min(bits.Length * 8, 16); bit++)
            if ((bits[bit / 8] & (0x80 >> (bit % 8))) != 0) flags |= 1 << bit;
        return flags;
    }

    private static AccessDescription ReadAccess(AsnReader reader)
    {
        var access = reader.ReadSequence();
        return new AccessDescription(access.ReadObjectIdentifier(), GeneralName.Read(access));
    }

    private static PolicyMapping ReadMapping(AsnReader reader)
    {
        var mapping = reader.ReadSequence();
        return new PolicyMapping(mapping.ReadObjectIdentifier(), mapping.ReadObjectIdentifier());
    }

    private static PolicyConstraints ReadPolicyConstraints(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        int? require = null, inhibit = null;
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(0))) require = SkipCount(sequence, Context(0));
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(1))) inhibit = SkipCount(sequence, Context(1));
        sequence.ThrowIfNotEmpty();
        return new PolicyConstraints(require, inhibit);
    }

    private static NameConstraints ReadNameConstraints(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        IReadOnlyList<GeneralName> permitted = [], excluded = [];
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(0))) permitted = Each(sequence.ReadSequence(Context(0, true)), ReadSubtree);
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(1))) excluded = Each(sequence.ReadSequence(Context(1, true)), ReadSubtree);
        sequence.ThrowIfNotEmpty();
        return new NameConstraints(permitted, excluded);
    }

    private static GeneralName ReadSubtree(AsnReader reader)
    {
        var subtree = reader.ReadSequence();
        var name = GeneralName.Read(subtree);
        // RFC 5280 4.2.1.10: minimum is 0 (so absent, or an encoded default) and maximum absent.
        if (subtree.HasData && (!subtree.PeekTag().HasSameClassAndValue(Context(0)) || SkipCount(subtree, Context(0)) != 0))
            throw new MalformedException("nameConstraints: minimum or maximum");
        subtree.ThrowIfNotEmpty();
        return name;
    }

    private static PrivateKeyUsagePeriod ReadUsagePeriod(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        DateTimeOffset? from = null, to = null;
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(0))) from = sequence.ReadGeneralizedTime(Context(0));
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Context(1))) to = sequence.ReadGeneralizedTime(Context(1));
        sequence.ThrowIfNotEmpty();
        return new PrivateKeyUsagePeriod(from, to);
    }

    private static List<string> ReadStatements(ReadOnlyMemory<byte> value)
    {
        try
        {
            return Value(value, "qcStatements", r => Each(r.ReadSequence(), s => s.ReadSequence().ReadObjectIdentifier()));
        }
        catch (MalformedException)
        {
            return [];
        }
    }

    // Counts of certificates: more than a path can have is as good as no limit.
    private static int SkipCount(AsnReader reader, Asn1Tag? tag)
    {
        var value = reader.ReadInteger(tag);
        if (value.Sign < 0) throw new MalformedException("Extension: negative count");
        return value > int.MaxValue ? int.MaxValue : (int)value;
    }
}
