using System.Formats.Asn1;
using System.Text;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>The choices of RFC 5280 4.2.1.6, in the order of their tags.</summary>
public enum GeneralNameKind { Other = 0, Email = 1, Dns = 2, X400 = 3, Directory = 4, EdiParty = 5, Uri = 6, IpAddress = 7, RegisteredId = 8 }

/// <summary>
/// <see cref="Text"/> for e-mail, DNS and URI; <see cref="Directory"/> for directory names; <see cref="Content"/> holds the content octets of
/// every kind (four or sixteen for an address, twice that in a constraint).
/// </summary>
public sealed record GeneralName(GeneralNameKind Kind, string? Text, DistinguishedName? Directory, ReadOnlyMemory<byte> Content)
{
    internal static GeneralName Read(AsnReader reader)
    {
        var tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue > 8) throw new MalformedException("GeneralName: unknown choice");
        var kind = (GeneralNameKind)tag.TagValue;
        var encoded = reader.ReadEncodedValue();
        if (kind == GeneralNameKind.Directory)
        {
            var inner = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence(tag);
            var name = DistinguishedName.Read(inner);
            inner.ThrowIfNotEmpty();
            return new GeneralName(kind, null, name, name.Raw);
        }
        AsnDecoder.ReadEncodedValue(encoded.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        var content = encoded.Slice(offset, length);
        var text = kind is GeneralNameKind.Email or GeneralNameKind.Dns or GeneralNameKind.Uri ? Encoding.Latin1.GetString(content.Span) : null;
        return new GeneralName(kind, text, null, content);
    }

    internal static IReadOnlyList<GeneralName> ReadAll(AsnReader names, string what, int max)
    {
        var list = new List<GeneralName>();
        while (names.HasData)
        {
            if (list.Count == max) throw new MalformedException($"{what}: more than {max} names");
            list.Add(Read(names));
        }
        return list;
    }
}
