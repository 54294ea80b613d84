using System.Formats.Cbor;
using System.Security.Cryptography;

namespace Identity.Keys.Activation;

/// <summary>A passkey's public key: COSE_Key (RFC 9052 7, RFC 9053 7.1, RFC 8230 4) for ES256 or RS256; any other is not read.</summary>
internal sealed class CosePublicKey : IDisposable
{
    private const int MaximumLength = 1024;
    private const int Es256 = -7;
    private const int Rs256 = -257;
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private CosePublicKey(ECDsa? ecdsa, RSA? rsa)
    {
        _ecdsa = ecdsa;
        _rsa = rsa;
    }

    public static CosePublicKey? Read(byte[] encoded)
    {
        if (encoded.Length > MaximumLength)
            return null;
        try
        {
            var (numbers, bytes) = ReadMap(encoded);
            var (kty, alg) = (numbers.GetValueOrDefault(1), numbers.GetValueOrDefault(3));
            // kty 2 = EC2 with crv 1 = P-256; kty 3 = RSA.
            if (kty == 2 && alg == Es256 && numbers.GetValueOrDefault(-1) == 1 && bytes.TryGetValue(-2, out var x) && bytes.TryGetValue(-3, out var y)
                && x.Length == 32 && y.Length == 32)
                return new CosePublicKey(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } }), null);
            if (kty == 3 && alg == Rs256 && bytes.TryGetValue(-1, out var n) && bytes.TryGetValue(-2, out var e)
                && n.Length is >= 256 and <= 512 && n[0] >= 0x80 && e.Length is > 0 and <= 4)
                return new CosePublicKey(null, RSA.Create(new RSAParameters { Modulus = n, Exponent = e }));
            return null;
        }
        catch (Exception problem) when (problem is CborContentException or InvalidOperationException or OverflowException or CryptographicException)
        {
            return null;
        }
    }

    public bool Verify(byte[] signed, byte[] signature) =>
        _ecdsa?.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
            ?? _rsa!.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    /// <summary>PEM of the SubjectPublicKeyInfo.</summary>
    public string ToPem() => _ecdsa?.ExportSubjectPublicKeyInfoPem() ?? _rsa!.ExportSubjectPublicKeyInfoPem();

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    // CTAP2 canonical: definite lengths, sorted keys, none twice; a COSE_Key of a passkey holds integers and byte strings only.
    private static (Dictionary<int, int> Numbers, Dictionary<int, byte[]> Bytes) ReadMap(byte[] encoded)
    {
        var numbers = new Dictionary<int, int>();
        var bytes = new Dictionary<int, byte[]>();
        var cbor = new CborReader(encoded, CborConformanceMode.Ctap2Canonical);
        var count = cbor.ReadStartMap();
        for (var i = 0; i < count; i++)
        {
            var label = cbor.ReadInt32();
            if (cbor.PeekState() == CborReaderState.ByteString)
                bytes.Add(label, cbor.ReadByteString());
            else
                numbers.Add(label, cbor.ReadInt32());
        }

        cbor.ReadEndMap();
        return cbor.BytesRemaining == 0 ? (numbers, bytes) : throw new CborContentException("bytes after the key");
    }
}
