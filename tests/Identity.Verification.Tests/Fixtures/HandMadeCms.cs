using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.TestKit;

namespace Identity.Verification.Tests.Fixtures;

/// <summary>A detached CMS SignedData (RFC 5652) with one ECDSA signer, written value by value with the framework's DER writer.</summary>
internal static class HandMadeCms
{
    private const string Sha1 = "1.3.14.3.2.26";
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0, true);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1, true);

    /// <param name="content">What is signed.</param>
    /// <param name="signerCertificate">DER.</param>
    /// <param name="sign">The value over the DER of the signed attributes.</param>
    /// <param name="timestamp">The token over a signature value; null for none.</param>
    public static byte[] Sign(byte[] content, byte[] signerCertificate, Func<byte[], byte[]> sign, CmsShape shape, IReadOnlyList<byte[]> certificates, byte[]? referenced,
        Func<byte[], byte[]>? timestamp)
    {
        List<byte[]> attributes =
        [
            Attribute("1.2.840.113549.1.9.3", w => w.WriteObjectIdentifier(shape.ContentType)),
            Attribute("1.2.840.113549.1.9.4", w => w.WriteOctetString(shape.ContentDigest ?? Digest(shape.DigestOid, content))),
        ];
        if (referenced is not null)
            attributes.Add(Attribute("1.2.840.113549.1.9.16.2.47", w => Sequence(w, () => Sequence(w, () => Sequence(w, () => Reference(w, shape, referenced))))));
        if (shape.SignedAttribute is { } further)
            attributes.Add(Attribute(further.Oid, w => w.WriteEncodedValue(further.Value)));
        var signed = Set(attributes, Asn1Tag.SetOf);
        var value = sign(signed);

        var writer = new AsnWriter(AsnEncodingRules.DER);
        Sequence(writer, () =>
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
            Sequence(writer, () => Sequence(writer, () =>
            {
                writer.WriteInteger(1);
                writer.WriteEncodedValue(Set([Algorithm(shape.DigestOid)], Asn1Tag.SetOf));
                Sequence(writer, () =>
                {
                    writer.WriteObjectIdentifier(shape.ContentType);
                    if (shape.Enclosed is { } enclosed)
                        Sequence(writer, () => writer.WriteOctetString(enclosed), Zero);
                });
                writer.WriteEncodedValue(Set(certificates, Zero));
                writer.WriteEncodedValue(Set([SignerInfo(signerCertificate, shape, attributes, value, timestamp)], Asn1Tag.SetOf));
            }), Zero);
        });
        return writer.Encode();
    }

    // RFC 5035 4: SHA-256 is not stated.
    private static void Reference(AsnWriter writer, CmsShape shape, byte[] referenced)
    {
        if (shape.ReferenceDigestOid is { } digest)
            writer.WriteEncodedValue(Algorithm(digest));
        writer.WriteOctetString(Digest(shape.ReferenceDigestOid ?? "", referenced));
    }

    private static byte[] SignerInfo(byte[] certificate, CmsShape shape, List<byte[]> attributes, byte[] value, Func<byte[], byte[]>? timestamp)
    {
        using var parsed = X509CertificateLoader.LoadCertificate(certificate);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        Sequence(writer, () =>
        {
            writer.WriteInteger(1);
            Sequence(writer, () =>
            {
                writer.WriteEncodedValue(parsed.IssuerName.RawData);
                writer.WriteInteger(new BigInteger(parsed.GetSerialNumber()));
            });
            writer.WriteEncodedValue(Algorithm(shape.DigestOid));
            writer.WriteEncodedValue(Set(attributes, Zero));
            writer.WriteEncodedValue(shape.Algorithm ?? Algorithm(shape.DigestOid == Sha1 ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2"));
            writer.WriteOctetString(value);
            if (timestamp is not null)
                writer.WriteEncodedValue(Set([Attribute("1.2.840.113549.1.9.16.2.14", w => w.WriteEncodedValue(timestamp(value)))], One));
        });
        return writer.Encode();
    }

    private static byte[] Attribute(string oid, Action<AsnWriter> value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        Sequence(writer, () =>
        {
            writer.WriteObjectIdentifier(oid);
            using (writer.PushSetOf())
                value(writer);
        });
        return writer.Encode();
    }

    private static byte[] Digest(string oid, byte[] content) => oid switch
    {
        Sha1 => CryptographicOperations.HashData(HashAlgorithmName.SHA1, content),
        "2.16.840.1.101.3.4.2.3" => SHA512.HashData(content),
        "2.16.840.1.101.3.4.2.8" => SHA3_256.HashData(content),
        "2.16.840.1.101.3.4.2.10" => SHA3_512.HashData(content),
        // RFC 8702 2: 512 bits of output.
        "2.16.840.1.101.3.4.2.12" => Shake256.HashData(content, 64),
        "2.16.840.1.101.3.4.2.6" => ByOpenssl("-sha512-256", content),
        "2.16.840.1.101.3.4.2.7" => ByOpenssl("-sha3-224", content),
        "1.2.156.10197.1.401" => ByOpenssl("-sm3", content),
        _ => SHA256.HashData(content),
    };

    private static byte[] ByOpenssl(string digest, byte[] content)
    {
        using var file = new TemporaryFile(content);
        var said = Tool.Run("openssl", "dgst", digest, "-r", file.Path);
        Assert.Equal(0, said.ExitCode);
        return Convert.FromHexString(said.Output.Split(' ')[0]);
    }

    public static byte[] Algorithm(string oid)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        Sequence(writer, () => writer.WriteObjectIdentifier(oid));
        return writer.Encode();
    }

    private static byte[] Set(IEnumerable<byte[]> members, Asn1Tag tag)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf(tag))
        {
            foreach (var member in members)
                writer.WriteEncodedValue(member);
        }
        return writer.Encode();
    }

    private static void Sequence(AsnWriter writer, Action content, Asn1Tag? tag = null)
    {
        using (writer.PushSequence(tag))
            content();
    }
}
