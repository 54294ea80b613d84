using System.Formats.Asn1;
using System.Text;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>One attribute of a name: type as dotted identifier, value as text whatever string type carried it.</summary>
public sealed record AttributeTypeAndValue(string Oid, string Value);

/// <summary>
/// RFC 5280 4.1.2.4. Keeps the encoding as found, for issuer and subject are hashed and compared in it. Values are foreign text: a page that
/// shows them escapes them.
/// </summary>
public sealed class DistinguishedName
{
    /// <summary>Octets.</summary>
    public const int MaxLength = 16 * 1024;

    public const int MaxAttributes = 64;

    private static readonly Dictionary<string, string> ShortNames = new()
    {
        [Oids.CommonName] = "CN", [Oids.Surname] = "SN", [Oids.GivenName] = "GN", [Oids.NameSerialNumber] = "serialNumber", [Oids.Country] = "C",
        [Oids.Locality] = "L", [Oids.StateOrProvince] = "ST", [Oids.Organization] = "O", [Oids.OrganizationalUnit] = "OU",
        [Oids.OrganizationIdentifier] = "organizationIdentifier", [Oids.EmailAddress] = "emailAddress", [Oids.DomainComponent] = "DC",
    };

    // RFC 5280 7.1 composes each value: names are compared often, so it is done once. Two threads at once do it twice, with one outcome.
    private AttributeTypeAndValue[][]? prepared;

    private DistinguishedName(ReadOnlyMemory<byte> raw, IReadOnlyList<IReadOnlyList<AttributeTypeAndValue>> relativeNames)
    {
        Raw = raw;
        RelativeNames = relativeNames;
    }

    /// <summary>The encoded Name.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    public IReadOnlyList<IReadOnlyList<AttributeTypeAndValue>> RelativeNames { get; }

    public IEnumerable<AttributeTypeAndValue> Attributes => RelativeNames.SelectMany(set => set);

    public bool IsEmpty => RelativeNames.Count == 0;

    /// <summary>First value of the attribute, or null.</summary>
    public string? this[string oid] => Attributes.FirstOrDefault(a => a.Oid == oid)?.Value;

    /// <summary>A name of one attribute per relative name. Country and serial number are PrintableString, all else UTF8String (RFC 5280 appendix A).</summary>
    public static DistinguishedName Of(params IReadOnlyList<AttributeTypeAndValue> attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var (oid, value) in attributes)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(oid);
                    var type = oid is Oids.Country or Oids.NameSerialNumber ? UniversalTagNumber.PrintableString
                        : oid is Oids.EmailAddress or Oids.DomainComponent ? UniversalTagNumber.IA5String
                        : UniversalTagNumber.UTF8String;
                    writer.WriteCharacterString(type, value);
                }
            }
        }
        return Parse(writer.Encode());
    }

    public static DistinguishedName Parse(ReadOnlyMemory<byte> raw) => Ber.Read(raw, "Name", MaxLength, reader =>
    {
        var names = new List<IReadOnlyList<AttributeTypeAndValue>>();
        var sequence = reader.ReadSequence();
        var count = 0;
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf(skipSortOrderValidation: true);
            var attributes = new List<AttributeTypeAndValue>();
            while (set.HasData)
            {
                if (++count > MaxAttributes) throw new MalformedException($"Name: more than {MaxAttributes} attributes");
                var attribute = set.ReadSequence();
                attributes.Add(new AttributeTypeAndValue(attribute.ReadObjectIdentifier(), ReadText(attribute)));
                attribute.ThrowIfNotEmpty();
            }
            names.Add(attributes);
        }
        return new DistinguishedName(raw, names);
    });

    /// <summary>This name with one relative name below it (nameRelativeToCRLIssuer, RFC 5280 4.2.1.13). Throws <see cref="MalformedException"/>.</summary>
    /// <param name="relative">A RelativeDistinguishedName under whatever tag.</param>
    public DistinguishedName With(ReadOnlyMemory<byte> relative) => Ber.Guard("RelativeDistinguishedName", () =>
    {
        var reader = new AsnReader(relative, AsnEncodingRules.BER);
        var attributes = reader.ReadSetOf(skipSortOrderValidation: true, reader.PeekTag());
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            var above = new AsnReader(Raw, AsnEncodingRules.BER).ReadSequence();
            while (above.HasData) writer.WriteEncodedValue(above.ReadEncodedValue().Span);
            using (writer.PushSetOf())
                while (attributes.HasData) writer.WriteEncodedValue(attributes.ReadEncodedValue().Span);
        }
        return Parse(writer.Encode());
    });

    internal static DistinguishedName Read(AsnReader reader) => Parse(reader.ReadEncodedValue());

    /// <summary>
    /// RFC 5280 7.1: equal octets, or the same attributes in the same order when case, composition and runs of white space are disregarded.
    /// </summary>
    public bool SameAs(DistinguishedName other)
    {
        if (Raw.Span.SequenceEqual(other.Raw.Span)) return true;
        if (RelativeNames.Count != other.RelativeNames.Count) return false;
        for (var i = 0; i < RelativeNames.Count; i++)
            if (!Prepared[i].AsSpan().SequenceEqual(other.Prepared[i])) return false;
        return true;
    }

    /// <summary>True when this name starts with all of <paramref name="root"/> (directoryName in name constraints, RFC 5280 4.2.1.10).</summary>
    public bool IsWithin(DistinguishedName root)
    {
        if (root.RelativeNames.Count > RelativeNames.Count) return false;
        for (var i = 0; i < root.RelativeNames.Count; i++)
            if (!Prepared[i].AsSpan().SequenceEqual(root.Prepared[i])) return false;
        return true;
    }

    /// <summary>RFC 4514, most specific first. Unknown attribute types appear as dotted identifiers with their text.</summary>
    public override string ToString() =>
        string.Join(',', RelativeNames.Reverse().Select(set => string.Join('+', set.Select(a => $"{ShortNames.GetValueOrDefault(a.Oid, a.Oid)}={Escape(a.Value)}"))));

    private AttributeTypeAndValue[][] Prepared => prepared ??= [.. RelativeNames.Select(set => PreparedSet(set).ToArray())];

    private static IEnumerable<AttributeTypeAndValue> PreparedSet(IReadOnlyList<AttributeTypeAndValue> set) =>
        set.Select(a => new AttributeTypeAndValue(a.Oid, Prepare(a.Value))).OrderBy(a => a.Oid, StringComparer.Ordinal).ThenBy(a => a.Value, StringComparer.Ordinal);

    private static string Prepare(string value)
    {
        var words = value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var joined = string.Join(' ', words);
        try
        {
            return joined.Normalize(NormalizationForm.FormKC).ToUpperInvariant();
        }
        catch (ArgumentException)
        {
            // Unpaired surrogates have no composed form; they still compare with themselves.
            return joined;
        }
    }

    private static string ReadText(AsnReader reader)
    {
        var tag = reader.PeekTag();
        var encoded = reader.ReadEncodedValue();
        if (tag.TagClass != TagClass.Universal || tag.IsConstructed) return Convert.ToHexString(encoded.Span);
        AsnDecoder.ReadEncodedValue(encoded.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        var content = encoded.Span.Slice(offset, length);
        // Certificates in the field carry characters that their string type does not allow, so the type is not enforced when reading.
        return (UniversalTagNumber)tag.TagValue switch
        {
            UniversalTagNumber.UTF8String => Encoding.UTF8.GetString(content),
            UniversalTagNumber.BMPString => Encoding.BigEndianUnicode.GetString(content),
            UniversalTagNumber.UniversalString => new UTF32Encoding(bigEndian: true, byteOrderMark: false).GetString(content),
            UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String or UniversalTagNumber.VisibleString
                or UniversalTagNumber.NumericString => Encoding.Latin1.GetString(content),
            _ => Convert.ToHexString(encoded.Span),
        };
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            var edge = (i == 0 && c is ' ' or '#') || (i == value.Length - 1 && c == ' ');
            if (edge || c is ',' or '+' or '"' or '\\' or '<' or '>' or ';') text.Append('\\');
            text.Append(c == '\0' ? "\\00" : c.ToString());
        }
        return text.ToString();
    }
}
