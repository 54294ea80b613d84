using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Journeys.Running;

/// <summary>RFC 5652 by hand: a detached signature without signed attributes, whose value is over the content itself.</summary>
public static class HandMadeCms
{
    /// <param name="certificates">DER, the signer's first.</param>
    /// <param name="signature">ECDSA with SHA-256.</param>
    public static byte[] Detached(IReadOnlyList<byte[]> certificates, byte[] signature)
    {
        using var signer = X509CertificateLoader.LoadCertificate(certificates[0]);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
            using var content = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            using var signedData = writer.PushSequence();
            writer.WriteInteger(1);
            using (writer.PushSetOf())
                Algorithm(writer, "2.16.840.1.101.3.4.2.1");
            using (writer.PushSequence())
                writer.WriteObjectIdentifier("1.2.840.113549.1.7.1");
            using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                foreach (var certificate in certificates)
                    writer.WriteEncodedValue(certificate);
            }

            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                using (writer.PushSequence())
                {
                    writer.WriteEncodedValue(signer.IssuerName.RawData);
                    writer.WriteInteger(new BigInteger(signer.SerialNumberBytes.Span, isUnsigned: true, isBigEndian: true));
                }

                Algorithm(writer, "2.16.840.1.101.3.4.2.1");
                Algorithm(writer, "1.2.840.10045.4.3.2");
                writer.WriteOctetString(signature);
            }
        }

        return writer.Encode();
    }

    private static void Algorithm(AsnWriter writer, string identifier)
    {
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(identifier);
    }
}
