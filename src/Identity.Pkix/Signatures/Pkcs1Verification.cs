using System.Formats.Asn1;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.Signatures;

/// <summary>RSASSA-PKCS1-v1_5 (RFC 8017 8.2.2) for digests that the framework does not know.</summary>
internal static class Pkcs1Verification
{
    /// <summary>Octets of the encoded message that are not DigestInfo, at least (9.2 (3)).</summary>
    private const int LeastPadding = 11;

    private static readonly byte[] NullParameters = [0x05, 0x00];

    /// <param name="rsaPublicKey">RSAPublicKey, whose sizes the caller has checked.</param>
    public static bool Verify(ReadOnlyMemory<byte> rsaPublicKey, HashAlgorithmName name, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (RsaPublicOperation.Apply(rsaPublicKey, signature) is not { } message)
            return false;
        // 8.2.2 (3), (4): what should have been encoded is made and compared as a whole; reading what was found is what forgeries live on.
        var digestInfo = DigestInfo(name, hash);
        if (signature.Length < digestInfo.Length + LeastPadding)
            return false;
        byte[] encoded = [0x00, 0x01, .. Enumerable.Repeat((byte)0xFF, signature.Length - digestInfo.Length - 3), 0x00, .. digestInfo];
        var written = message.Value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return written.Length < encoded.Length && encoded.AsSpan(encoded.Length - written.Length).SequenceEqual(written)
            && !encoded.AsSpan(0, encoded.Length - written.Length).ContainsAnyExcept((byte)0);
    }

    private static byte[] DigestInfo(HashAlgorithmName name, ReadOnlySpan<byte> hash)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            new AlgorithmIdentifier(Digests.Oid(name), NullParameters).Write(writer);
            writer.WriteOctetString(hash);
        }
        return writer.Encode();
    }
}
