using System.Formats.Asn1;
using System.Numerics;

namespace Identity.Pkix.Signatures;

/// <summary>
/// RSAVP1 (RFC 8017 5.2.2), for the encodings and digests that the framework does not verify. Public values only, so nothing here need take the
/// same time for each.
/// </summary>
internal static class RsaPublicOperation
{
    /// <summary>The message that the value was made from; null when the value has not the form of one (8.1.2 (1), 8.2.2 (1), 5.2.2 (1)).</summary>
    /// <param name="rsaPublicKey">RSAPublicKey, whose sizes the caller has checked.</param>
    public static (BigInteger Value, int ModulusBits)? Apply(ReadOnlyMemory<byte> rsaPublicKey, ReadOnlySpan<byte> signature)
    {
        var key = new AsnReader(rsaPublicKey, AsnEncodingRules.BER).ReadSequence();
        BigInteger modulus = key.ReadInteger(), exponent = key.ReadInteger();
        var bits = (int)modulus.GetBitLength();
        var value = new BigInteger(signature, isUnsigned: true, isBigEndian: true);
        return signature.Length == (bits + 7) / 8 && value < modulus ? (BigInteger.ModPow(value, exponent, modulus), bits) : null;
    }
}
