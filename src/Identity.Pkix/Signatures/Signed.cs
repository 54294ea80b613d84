using System.Formats.Asn1;

namespace Identity.Pkix.Signatures;

/// <summary>The SIGNED pattern of X.509: SEQUENCE { to-be-signed, AlgorithmIdentifier, BIT STRING }.</summary>
internal static class Signed
{
    public static ToBeSigned Wrap(byte[] toBeSigned, SignatureAlgorithm algorithm) => new(toBeSigned, algorithm, value =>
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(toBeSigned);
            algorithm.Identifier.Write(writer);
            writer.WriteBitString(value.Span);
        }
        return writer.Encode();
    });
}
