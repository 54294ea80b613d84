using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Signing.Tests.Csc;

/// <summary>The signed attributes that a program computes for itself, as specs/csc.md describes them: by the framework, without the product's code.</summary>
internal static class SignedAttributes
{
    /// <summary>DER SET OF: content-type, message-digest, signing-certificate-v2 (RFC 5035), cms-algorithm-protection (RFC 6211).</summary>
    public static byte[] Of(byte[] digest, byte[] certificate, string algorithm = CscCaller.Ecdsa, byte[]? parameters = null)
    {
        using var read = X509CertificateLoader.LoadCertificate(certificate);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf())
        {
            Attribute(writer, "1.2.840.113549.1.9.3", () => writer.WriteObjectIdentifier("1.2.840.113549.1.7.1"));
            Attribute(writer, "1.2.840.113549.1.9.4", () => writer.WriteOctetString(digest));
            Attribute(writer, "1.2.840.113549.1.9.16.2.47", () =>
            {
                using var attribute = writer.PushSequence();
                using var list = writer.PushSequence();
                using var id = writer.PushSequence();
                writer.WriteOctetString(SHA256.HashData(certificate));
                using var issuerSerial = writer.PushSequence();
                using (writer.PushSequence())
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4, true)))
                    writer.WriteEncodedValue(read.IssuerName.RawData);
                writer.WriteInteger(read.SerialNumberBytes.Span);
            });
            Attribute(writer, "1.2.840.113549.1.9.52", () =>
            {
                using var protection = writer.PushSequence();
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier(CscCaller.Sha256);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1, true)))
                {
                    writer.WriteObjectIdentifier(algorithm);
                    if (parameters is not null)
                        writer.WriteEncodedValue(parameters);
                }
            });
        }

        return writer.Encode();
    }

    private static void Attribute(AsnWriter writer, string oid, Action write)
    {
        using var attribute = writer.PushSequence();
        writer.WriteObjectIdentifier(oid);
        using var values = writer.PushSetOf();
        write();
    }
}
