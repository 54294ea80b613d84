using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Identity.Provider.Dpop;

/// <summary>The public key in the header of a DPoP proof: ES256 on P-256, or PS256 with 2048 to 4096 bits (FAPI 2.0 5.4.1).</summary>
internal sealed class ProofKey : IDisposable
{
    private const int CoordinateBytes = 32;
    private const int ShortestModulus = 256;
    private const int LongestModulus = 512;
    private const int LongestExponent = 4;

    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    private readonly ECDsa? ec;
    private readonly RSA? rsa;

    private ProofKey(ECDsa? ec, RSA? rsa, string canonical)
    {
        this.ec = ec;
        this.rsa = rsa;
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
    }

    /// <summary>RFC 7638: SHA-256 of the required members in lexical order, base64url, 43 characters.</summary>
    public string Thumbprint { get; }

    /// <summary>Null: not a public key of one of the two kinds, or one that the operating system's cryptography refuses.</summary>
    public static ProofKey? Read(JsonElement jwk, string algorithm)
    {
        // RFC 9449 4.2: the key must not hold a private part. RFC 7518 6.2.2, 6.3.2, 6.4.
        if (jwk.ValueKind != JsonValueKind.Object || Array.Exists(PrivateMembers, member => jwk.TryGetProperty(member, out _)))
            return null;
        try
        {
            return (DpopProof.Text(jwk, "kty"), algorithm) switch
            {
                ("EC", "ES256") => Ec(jwk),
                ("RSA", "PS256") => Rsa(jwk),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            // A point that is not on the curve, an even modulus and the like.
            return null;
        }
    }

    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) => ec is not null
        ? ec.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
        : rsa!.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);

    public void Dispose()
    {
        ec?.Dispose();
        rsa?.Dispose();
    }

    private static ProofKey? Ec(JsonElement jwk)
    {
        if (DpopProof.Text(jwk, "crv") != "P-256" || Bytes(jwk, "x") is not { Length: CoordinateBytes } x || Bytes(jwk, "y") is not { Length: CoordinateBytes } y)
            return null;
        var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        return new ProofKey(key, null, $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}""");
    }

    private static ProofKey? Rsa(JsonElement jwk)
    {
        // RFC 7518 6.3.1: without leading zero bytes, so that a key has one spelling and one thumbprint.
        if (Bytes(jwk, "n") is not { Length: >= ShortestModulus and <= LongestModulus } modulus || modulus[0] == 0
            || Bytes(jwk, "e") is not { Length: > 0 and <= LongestExponent } exponent || exponent[0] == 0 || exponent is [< 3] || (exponent[^1] & 1) == 0)
        {
            return null;
        }

        var key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
        return new ProofKey(null, key, $$"""{"e":"{{Base64Url.EncodeToString(exponent)}}","kty":"RSA","n":"{{Base64Url.EncodeToString(modulus)}}"}""");
    }

    private static byte[]? Bytes(JsonElement jwk, string member) => DpopProof.Text(jwk, member) is { } text ? DpopProof.Decode(text) : null;
}
