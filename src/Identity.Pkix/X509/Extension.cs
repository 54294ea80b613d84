using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>RFC 5280 4.1.2.9: <see cref="Value"/> is the content of the OCTET STRING.</summary>
public sealed record Extension(string Oid, bool Critical, ReadOnlyMemory<byte> Value)
{
    public const int MaxExtensions = 64;

    internal static IReadOnlyList<Extension> ReadAll(AsnReader sequence, string what)
    {
        var list = new List<Extension>();
        while (sequence.HasData)
        {
            if (list.Count == MaxExtensions) throw new MalformedException($"{what}: more than {MaxExtensions} extensions");
            var one = sequence.ReadSequence();
            var oid = one.ReadObjectIdentifier();
            var critical = one.HasData && one.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && one.ReadBoolean();
            var value = one.ReadOctetString();
            one.ThrowIfNotEmpty();
            // RFC 5280 4.2: one instance of each; two would let two readers see two certificates.
            if (list.Exists(e => e.Oid == oid)) throw new MalformedException($"{what}: an extension twice");
            list.Add(new Extension(oid, critical, value));
        }
        return list;
    }

    internal static void WriteAll(AsnWriter writer, IEnumerable<Extension> extensions)
    {
        using var scope = writer.PushSequence();
        foreach (var extension in extensions)
        {
            using var one = writer.PushSequence();
            writer.WriteObjectIdentifier(extension.Oid);
            // X.690 11.5: a DEFAULT value is not encoded.
            if (extension.Critical) writer.WriteBoolean(true);
            writer.WriteOctetString(extension.Value.Span);
        }
    }
}
