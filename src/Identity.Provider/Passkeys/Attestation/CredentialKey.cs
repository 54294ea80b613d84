using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>The public key of a new passkey, of the two kinds that <see cref="PasskeyPolicy"/> takes: P-256 for ES256 or RSA for RS256.</summary>
/// <param name="Algorithm">COSE algorithm identifier.</param>
/// <param name="First">x, or the modulus.</param>
/// <param name="Second">y, or the public exponent without leading zeros.</param>
internal sealed record CredentialKey(int Algorithm, byte[] First, byte[] Second)
{
    private const int MaximumLength = 1024;
    private const int CoordinateLength = 32;

    public bool IsRsa => Algorithm == StatementSignature.Rs256;

    /// <summary>RFC 9053 7.1.1 and RFC 8230 4. Null: another kind of key.</summary>
    public static CredentialKey? Read(byte[] coseKey)
    {
        if (coseKey.Length > MaximumLength)
            throw new CborContentException("key too long");
        var numbers = new Dictionary<int, int>();
        var bytes = new Dictionary<int, byte[]>();
        var cbor = new CborReader(coseKey, CborConformanceMode.Ctap2Canonical);
        for (var left = cbor.ReadStartMap() ?? throw new CborContentException("indefinite length"); left > 0; left--)
        {
            var label = cbor.ReadInt32();
            if (cbor.PeekState() == CborReaderState.ByteString)
                bytes.Add(label, cbor.ReadByteString());
            else
                numbers.Add(label, cbor.ReadInt32());
        }

        cbor.ReadEndMap();
        return (numbers.GetValueOrDefault(1), numbers.GetValueOrDefault(3)) switch
        {
            (2, StatementSignature.Es256) when numbers.GetValueOrDefault(-1) == 1
                && bytes.TryGetValue(-2, out var x) && bytes.TryGetValue(-3, out var y) && x.Length == CoordinateLength && y.Length == CoordinateLength
                => new CredentialKey(StatementSignature.Es256, x, y),
            (3, StatementSignature.Rs256) when bytes.TryGetValue(-1, out var modulus) && bytes.TryGetValue(-2, out var exponent)
                && modulus.Length is >= 256 and <= 512 && modulus[0] >= 0x80 && exponent.Length is > 0 and <= 4
                => new CredentialKey(StatementSignature.Rs256, modulus, Trimmed(exponent)),
            _ => null,
        };
    }

    /// <summary>Whether a certificate is for this very key.</summary>
    public bool IsOf(X509Certificate2 certificate)
    {
        if (IsRsa)
        {
            using var rsa = certificate.GetRSAPublicKey();
            return rsa?.ExportParameters(false) is { } parameters && IsRsaOf(parameters.Modulus!, parameters.Exponent!);
        }

        using var ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa?.ExportParameters(false).Q is { } point && ecdsa.KeySize == CoordinateLength * 8 && IsPoint(point.X!, point.Y!);
    }

    public bool IsPoint(byte[] x, byte[] y) => !IsRsa && First.AsSpan().SequenceEqual(x) && Second.AsSpan().SequenceEqual(y);

    public bool IsRsaOf(byte[] modulus, byte[] exponent) => IsRsa && First.AsSpan().SequenceEqual(modulus) && Second.AsSpan().SequenceEqual(Trimmed(exponent));

    /// <summary>Whether the key itself has signed.</summary>
    public bool Verify(byte[] signed, byte[] signature)
    {
        if (IsRsa)
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = First, Exponent = Second });
            return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = First, Y = Second } });
        return ecdsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static byte[] Trimmed(byte[] number) => number.AsSpan().TrimStart((byte)0).ToArray();
}
