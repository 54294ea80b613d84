using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.Provider.Encryption;

/// <summary>Writes JSON Web Encryption in its compact form (RFC 7516 7.1). Nothing here reads it: nobody encrypts for this Provider.</summary>
internal static class CompactEncryption
{
    /// <param name="plaintext">A signed JWT for <paramref name="contentType"/> <c>JWT</c>, else claims as JSON.</param>
    /// <param name="contentType">RFC 7519 5.2: <c>JWT</c> when it is nested.</param>
    /// <exception cref="CryptographicException">the recipient's key cannot be used</exception>
    internal static string Write(ReadOnlySpan<byte> plaintext, RecipientKey recipient, ContentEncryption encryption, string? contentType)
    {
        // RFC 7516 5.1, with its numbers.
        var header = new JsonObject { ["alg"] = recipient.Algorithm, ["enc"] = encryption.Name, ["typ"] = "JWT" };
        if (contentType is not null)
            header["cty"] = contentType;
        if (recipient.KeyId is { } keyId)
            header["kid"] = keyId;
        // (2) A key for this content alone.
        var contentKey = RandomNumberGenerator.GetBytes(ContentEncryption.KeyBytes);
        try
        {
            // (3), (4), (5)
            var encryptedKey = recipient.Algorithm == RecipientKey.RsaOaep256 ? ForRsa(recipient, contentKey) : ForAgreement(recipient, contentKey, header);
            // (9)
            var iv = RandomNumberGenerator.GetBytes(encryption.IvBytes);
            // (13), (14) The header is authenticated as it is sent.
            var protectedHeader = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header));
            // (15)
            var (ciphertext, tag) = encryption.Encrypt(contentKey, iv, plaintext, Encoding.ASCII.GetBytes(protectedHeader));
            return string.Join('.', protectedHeader, Base64Url.EncodeToString(encryptedKey), Base64Url.EncodeToString(iv), Base64Url.EncodeToString(ciphertext), Base64Url.EncodeToString(tag));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    // RFC 7518 4.3.
    private static byte[] ForRsa(RecipientKey recipient, byte[] contentKey)
    {
        using var rsa = recipient.AsRsa();
        return rsa.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256);
    }

    // RFC 7518 4.6: the key that both agree on wraps the content's key.
    private static byte[] ForAgreement(RecipientKey recipient, byte[] contentKey, JsonObject header)
    {
        using var theirs = recipient.AsEcdh();
        // 4.6.1.1: a new key for each agreement.
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = ephemeral.ExportParameters(false).Q;
        header["epk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        using var theirPublic = theirs.PublicKey;
        var secret = ephemeral.DeriveRawSecretAgreement(theirPublic);
        var wrappingKey = ConcatKdf.Derive(secret, recipient.Algorithm, recipient.Algorithm == RecipientKey.EcdhA128 ? 16 : 32);
        try
        {
            return AesKeyWrap.Wrap(wrappingKey, contentKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }
}
