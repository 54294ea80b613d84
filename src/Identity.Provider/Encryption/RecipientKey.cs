using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Encryption;

/// <summary>
/// A client's public key that may be encrypted for, with the algorithm (RFC 7518 4.1) that the client is registered for. Made by <see cref="Choose"/> alone.
/// </summary>
internal sealed class RecipientKey
{
    internal const string EcdhA128 = "ECDH-ES+A128KW";
    internal const string EcdhA256 = "ECDH-ES+A256KW";
    internal const string RsaOaep256 = "RSA-OAEP-256";

    private readonly JsonWebKey key;

    private RecipientKey(JsonWebKey key, string algorithm) => (this.key, Algorithm) = (key, algorithm);

    /// <summary>All that exist here.</summary>
    internal static IReadOnlyList<string> Algorithms { get; } = [EcdhA128, EcdhA256, RsaOaep256];

    internal string Algorithm { get; }

    /// <summary>As the client named it; null when it did not.</summary>
    internal string? KeyId => string.IsNullOrEmpty(key.Kid) ? null : key.Kid;

    /// <summary>
    /// The key of this set that is meant for it: of the right kind, and for no other use (RFC 7517 4.2, 4.3) and no other algorithm (4.4). One that says
    /// so is preferred to one that says nothing. Null when there is none.
    /// </summary>
    internal static RecipientKey? Choose(IEnumerable<JsonWebKey> keys, string algorithm)
    {
        var chosen = keys.Where(key => Fits(key, algorithm)).OrderByDescending(key => key.Use == "enc").ThenByDescending(key => key.Alg == algorithm).FirstOrDefault();
        return chosen is null ? null : new RecipientKey(chosen, algorithm);
    }

    /// <summary>Whether its numbers make a key at all.</summary>
    internal bool IsUsable
    {
        get
        {
            try
            {
                using AsymmetricAlgorithm opened = Algorithm == RsaOaep256 ? AsRsa() : AsEcdh();
                return true;
            }
            catch (Exception unusable) when (unusable is CryptographicException or FormatException)
            {
                return false;
            }
        }
    }

    /// <exception cref="CryptographicException">no point of its curve</exception>
    /// <exception cref="FormatException">not base64url</exception>
    internal ECDiffieHellman AsEcdh() => ECDiffieHellman.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) },
    });

    /// <exception cref="CryptographicException">no RSA key</exception>
    /// <exception cref="FormatException">not base64url</exception>
    internal RSA AsRsa() => RSA.Create(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(key.N), Exponent = Base64UrlEncoder.DecodeBytes(key.E) });

    private static bool Fits(JsonWebKey key, string algorithm)
    {
        if (!string.IsNullOrEmpty(key.Use) && key.Use != "enc")
            return false;
        if (!string.IsNullOrEmpty(key.Alg) && key.Alg != algorithm)
            return false;
        var operations = algorithm == RsaOaep256 ? ["encrypt", "wrapKey"] : (string[])["deriveKey", "deriveBits"];
        if (key.KeyOps.Count > 0 && !key.KeyOps.Intersect(operations).Any())
            return false;
        return algorithm == RsaOaep256 ? key is { Kty: "RSA", KeySize: >= 2048 and <= 4096 } : key is { Kty: "EC", Crv: "P-256" };
    }
}
