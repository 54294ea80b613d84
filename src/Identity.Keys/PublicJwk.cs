using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Identity.Keys;

/// <summary>A public key as JSON Web Key (RFC 7517), with its RFC 7638 thumbprint as <c>kid</c>.</summary>
public sealed record PublicJwk(string KeyId, string Json)
{
    /// <param name="subjectPublicKeyInfo">DER; EC P-256, EC P-384 or RSA</param>
    /// <param name="algorithm">the JOSE <c>alg</c> that the key is for, such as <c>ES256</c></param>
    /// <exception cref="CryptographicException">another kind of key</exception>
    public static PublicJwk For(ReadOnlyMemory<byte> subjectPublicKeyInfo, string algorithm)
    {
        var members = Members(subjectPublicKeyInfo);
        // RFC 7638 3: the required members only, in lexicographic order, without white space.
        var thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(members)));
        return new PublicJwk(thumbprint, $"{members[..^1]},\"use\":\"sig\",\"alg\":\"{algorithm}\",\"kid\":\"{thumbprint}\"}}");
    }

    private static string Members(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        using var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
        }
        catch (CryptographicException)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
            var parameters = rsa.ExportParameters(false);
            return $"{{\"e\":\"{Base64Url.EncodeToString(parameters.Exponent)}\",\"kty\":\"RSA\",\"n\":\"{Base64Url.EncodeToString(parameters.Modulus)}\"}}";
        }

        var point = ecdsa.ExportParameters(false);
        var curve = ecdsa.KeySize switch
        {
            256 => "P-256",
            384 => "P-384",
            _ => throw new CryptographicException("The curve is neither P-256 nor P-384."),
        };
        return $"{{\"crv\":\"{curve}\",\"kty\":\"EC\",\"x\":\"{Base64Url.EncodeToString(point.Q.X)}\",\"y\":\"{Base64Url.EncodeToString(point.Q.Y)}\"}}";
    }
}
