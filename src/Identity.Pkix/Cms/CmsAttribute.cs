using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Cms;

/// <summary>An attribute (RFC 5652 5.3): each value as one encoded value.</summary>
#pragma warning disable CA1711 // "Attribute" is the standard's word.
public sealed record CmsAttribute(string Oid, IReadOnlyList<ReadOnlyMemory<byte>> Values)
#pragma warning restore CA1711
{
    public const int MaxAttributes = 64;
    public const int MaxValues = 64;

    internal static IReadOnlyList<CmsAttribute> ReadAll(AsnReader set)
    {
        var attributes = new List<CmsAttribute>();
        while (set.HasData)
        {
            if (attributes.Count == MaxAttributes) throw new MalformedException($"SignerInfo: more than {MaxAttributes} attributes");
            var attribute = set.ReadSequence();
            var oid = attribute.ReadObjectIdentifier();
            var values = new List<ReadOnlyMemory<byte>>();
            var members = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (members.HasData)
            {
                if (values.Count == MaxValues) throw new MalformedException($"SignerInfo: more than {MaxValues} values of an attribute");
                values.Add(members.ReadEncodedValue());
            }
            attribute.ThrowIfNotEmpty();
            attributes.Add(new CmsAttribute(oid, values));
        }
        return attributes;
    }
}
