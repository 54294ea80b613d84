using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace Identity.Verification.Tests.Fixtures;

/// <summary>A TSTInfo (RFC 3161 2.4.2) written value by value: openssl's tokens are always of now, and tests need other times.</summary>
internal static class HandMadeTimestamp
{
    public const string TstInfoOid = "1.2.840.113549.1.9.16.1.4";

    public static byte[] Info(byte[] data, DateTimeOffset time, bool sha1 = false)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier("1.2.3.4");
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier(sha1 ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1");
                writer.WriteOctetString(CryptographicOperations.HashData(sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, data));
            }
            writer.WriteInteger(new BigInteger(RandomNumberGenerator.GetBytes(8), isUnsigned: true));
            writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
        }
        return writer.Encode();
    }
}
