using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Paddings;
using Org.BouncyCastle.Crypto.Parameters;
using BigInteger = Org.BouncyCastle.Math.BigInteger;

namespace Identity.Provider.Encryption;

/// <summary>Reads compact JWE with none of the primitives that wrote it: the client's side, of BouncyCastle.</summary>
internal static class BouncyCastleReader
{
    /// <exception cref="InvalidCipherTextException">does not decrypt</exception>
    internal static (JsonObject Header, byte[] Plaintext) Read(string token, AsymmetricAlgorithm key)
    {
        var parts = token.Split('.');
        Assert.Equal(5, parts.Length);
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!.AsObject();
        var encryptedKey = Base64Url.DecodeFromChars(parts[1]);
        var contentKey = key is RSA rsa ? ByRsa(rsa, encryptedKey) : ByAgreement(((ECDiffieHellman)key).ExportParameters(true).D!, header, encryptedKey);
        Assert.Equal(32, contentKey.Length);
        var iv = Base64Url.DecodeFromChars(parts[2]);
        var sealedContent = (byte[])[.. Base64Url.DecodeFromChars(parts[3]), .. Base64Url.DecodeFromChars(parts[4])];
        var associated = Encoding.ASCII.GetBytes(parts[0]);
        return (header, (string)header["enc"]! == "A256GCM" ? Gcm(contentKey, iv, sealedContent, associated) : Cbc(contentKey, iv, sealedContent, associated));
    }

    private static byte[] ByRsa(RSA rsa, byte[] encryptedKey)
    {
        var numbers = rsa.ExportParameters(true);
        static BigInteger Number(byte[]? octets) => new(1, octets!);
        var oaep = new OaepEncoding(new RsaEngine(), new Sha256Digest(), new Sha256Digest(), null);
        oaep.Init(false, new RsaKeyParameters(true, Number(numbers.Modulus), Number(numbers.D)));
        return oaep.ProcessBlock(encryptedKey, 0, encryptedKey.Length);
    }

    private static byte[] ByAgreement(byte[] secret, JsonObject header, byte[] encryptedKey)
    {
        var curve = SecNamedCurves.GetByName("secp256r1");
        var domain = new ECDomainParameters(curve.Curve, curve.G, curve.N, curve.H);
        BigInteger Coordinate(string name) => new(1, Base64Url.DecodeFromChars((string)header["epk"]![name]!));
        var agreement = new ECDHBasicAgreement();
        agreement.Init(new ECPrivateKeyParameters(new BigInteger(1, secret), domain));
        var shared = agreement.CalculateAgreement(new ECPublicKeyParameters(curve.Curve.CreatePoint(Coordinate("x"), Coordinate("y")), domain)).ToByteArrayUnsigned();

        // RFC 7518 4.6.2, once more by hand.
        var algorithm = (string)header["alg"]!;
        var bytes = algorithm == "ECDH-ES+A128KW" ? 16 : 32;
        var input = new List<byte> { 0, 0, 0, 1 };
        input.AddRange(new byte[32 - shared.Length]);
        input.AddRange(shared);
        void Number(int value)
        {
            var octets = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(octets, value);
            input.AddRange(octets);
        }

        Number(algorithm.Length);
        input.AddRange(Encoding.ASCII.GetBytes(algorithm));
        Number(0);
        Number(0);
        Number(bytes * 8);
        var digest = new Sha256Digest();
        digest.BlockUpdate([.. input], 0, input.Count);
        var derived = new byte[32];
        digest.DoFinal(derived, 0);

        var unwrap = new AesWrapEngine();
        unwrap.Init(false, new KeyParameter(derived[..bytes]));
        return unwrap.Unwrap(encryptedKey, 0, encryptedKey.Length);
    }

    private static byte[] Gcm(byte[] key, byte[] iv, byte[] content, byte[] associated)
    {
        var gcm = new GcmBlockCipher(new AesEngine());
        gcm.Init(false, new AeadParameters(new KeyParameter(key), 128, iv, associated));
        var plaintext = new byte[gcm.GetOutputSize(content.Length)];
        gcm.DoFinal(plaintext, gcm.ProcessBytes(content, 0, content.Length, plaintext, 0));
        return plaintext;
    }

    private static byte[] Cbc(byte[] key, byte[] iv, byte[] content, byte[] associated)
    {
        var ciphertext = content[..^16];
        var mac = new HMac(new Sha256Digest());
        mac.Init(new KeyParameter(key[..16]));
        var bits = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bits, associated.Length * 8L);
        foreach (var part in new[] { associated, iv, ciphertext, bits })
            mac.BlockUpdate(part, 0, part.Length);
        var tag = new byte[32];
        mac.DoFinal(tag, 0);
        if (!tag.AsSpan(0, 16).SequenceEqual(content.AsSpan(ciphertext.Length)))
            throw new InvalidCipherTextException("The tag differs.");
        var cbc = new PaddedBufferedBlockCipher(new CbcBlockCipher(new AesEngine()), new Pkcs7Padding());
        cbc.Init(false, new ParametersWithIV(new KeyParameter(key[16..]), iv));
        return cbc.DoFinal(ciphertext);
    }
}
