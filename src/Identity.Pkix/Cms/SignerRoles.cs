using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Cms;

/// <summary>
/// Claimed roles in signer-attributes-v2 (EN 319 122-1 5.2.6.1): attributes of type title (X.520 6.4.4: the position or function of somebody in
/// an organisation), each with one UTF8String. Read as other signers write them: any attribute with values that are texts.
/// </summary>
public static class SignerRoles
{
    /// <summary>Written and read at most.</summary>
    public const int Most = 16;

    /// <summary>Characters (UTF-16) of a role; X.520's upper bound of a title.</summary>
    public const int Longest = 64;

    private static readonly Asn1Tag Claimed = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly UniversalTagNumber[] Texts = [UniversalTagNumber.UTF8String, UniversalTagNumber.PrintableString, UniversalTagNumber.BMPString, UniversalTagNumber.IA5String];

    internal static void Write(AsnWriter writer, IReadOnlyList<string> roles)
    {
        if (roles.Count > Most || roles.Any(role => role.Length is 0 or > Longest)) throw new ArgumentException($"must be at most {Most} roles of 1 to {Longest} characters", nameof(roles));
        using var attributes = writer.PushSequence();
        // EN 319 122-1 B: explicit tags.
        using var claimed = writer.PushSequence(Claimed);
        using var list = writer.PushSequence();
        foreach (var role in roles)
        {
            using var attribute = writer.PushSequence();
            writer.WriteObjectIdentifier(Oids.NameTitle);
            using var values = writer.PushSetOf();
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, role);
        }
    }

    /// <summary>The texts of the claimed attributes, in order, <see cref="Most"/> at most; a value that is no text is left out.</summary>
    /// <exception cref="MalformedException">the attribute is none</exception>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> value) => Ber.Guard("signer-attributes", () =>
    {
        var roles = new List<string>();
        var parts = new AsnReader(value, AsnEncodingRules.BER).ReadSequence();
        while (parts.HasData)
        {
            if (parts.PeekTag() != Claimed)
            {
                parts.ReadEncodedValue();
                continue;
            }
            var list = parts.ReadSequence(Claimed).ReadSequence();
            while (list.HasData && roles.Count < Most)
            {
                var attribute = list.ReadSequence();
                attribute.ReadObjectIdentifier();
                var values = attribute.ReadSetOf(skipSortOrderValidation: true);
                while (values.HasData && roles.Count < Most)
                {
                    var tag = values.PeekTag();
                    if (tag.TagClass == TagClass.Universal && Texts.Contains((UniversalTagNumber)tag.TagValue)) roles.Add(values.ReadCharacterString((UniversalTagNumber)tag.TagValue));
                    else values.ReadEncodedValue();
                }
            }
        }
        return (IReadOnlyList<string>)roles;
    });
}
