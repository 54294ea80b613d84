using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Keys.Tests;

public sealed class SigningKeyTests : IDisposable
{
    private static readonly byte[] Data = "to be signed"u8.ToArray();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(KeyAlgorithm.EcdsaP256, SignatureScheme.EcdsaSha256, 64)]
    [InlineData(KeyAlgorithm.EcdsaP384, SignatureScheme.EcdsaSha384, 96)]
    public void ECDSA_comes_in_the_two_forms(KeyAlgorithm algorithm, SignatureScheme scheme, int concatenated)
    {
        var key = Create(algorithm);
        var name = scheme == SignatureScheme.EcdsaSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;
        var hash = CryptographicOperations.HashData(name, Data);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.True(verifier.VerifyData(Data, key.SignHash(scheme, hash), name, DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal(concatenated, key.SignHashConcatenated(scheme, hash).Length);
        Assert.True(verifier.VerifyData(Data, key.SignHashConcatenated(scheme, hash), name));
    }

    [Theory]
    [InlineData(SignatureScheme.RsaPkcs1Sha256)]
    [InlineData(SignatureScheme.RsaPssSha256)]
    [InlineData(SignatureScheme.RsaPssSha384)]
    public void RSA_signs_with_each_padding(SignatureScheme scheme)
    {
        var key = Create(KeyAlgorithm.Rsa2048);
        var name = scheme == SignatureScheme.RsaPssSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        var padding = scheme == SignatureScheme.RsaPkcs1Sha256 ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss;
        using var verifier = RSA.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.True(verifier.VerifyData(Data, key.SignHash(scheme, CryptographicOperations.HashData(name, Data)), name, padding));
    }

    [Fact]
    public void Ed25519_signs_octets_and_no_hash()
    {
        var key = Create(KeyAlgorithm.Ed25519);
        string message = Path.Combine(_folder.Path, "message"), signature = Path.Combine(_folder.Path, "signature"), publicKey = Path.Combine(_folder.Path, "public.pem");
        File.WriteAllBytes(message, Data);
        File.WriteAllBytes(signature, key.SignData(SignatureScheme.Ed25519, Data));
        File.WriteAllText(publicKey, PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span));
        Assert.Contains("Signature Verified Successfully", Ed25519Verified(publicKey, message, signature).Text, StringComparison.Ordinal);
        File.AppendAllText(message, "x");
        Assert.Contains("Signature Verification Failure", Ed25519Verified(publicKey, message, signature).Text, StringComparison.Ordinal);
        Assert.Equal(64, key.SignData(SignatureScheme.Ed25519, new byte[SigningKey.MostOctets]).Length);
        Assert.Throws<ArgumentException>(() => key.SignData(SignatureScheme.Ed25519, new byte[SigningKey.MostOctets + 1]));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.Ed25519, new byte[32]));
        Assert.Throws<ArgumentException>(() => key.SignHashConcatenated(SignatureScheme.Ed25519, new byte[32]));
        Assert.Throws<ArgumentException>(() => key.SignData(SignatureScheme.EcdsaSha256, Data));
        Assert.Throws<InvalidOperationException>(() => key.AsEcdsa());
        Assert.Throws<ArgumentException>(() => Create(KeyAlgorithm.EcdsaP256).SignData(SignatureScheme.Ed25519, Data));
    }

    [Fact]
    public void An_Ed25519_key_that_openssl_made_is_read_and_signs_as_openssl_does()
    {
        using var pki = new OpensslPki();
        pki.MakeKey("seal", OpensslKey.Ed25519, "Seal");
        var key = KeyRing.Open(pki.Folder, production: false).Get("seal", KeyPurpose.Seal);
        pki.Write("message", Data);
        pki.Openssl("pkeyutl", "-sign", "-inkey", pki.KeyPath("seal"), "-rawin", "-in", pki.PathOf("message"), "-out", pki.PathOf("signature"));
        // RFC 8032 5.1.6: nothing random is in it.
        Assert.Equal(File.ReadAllBytes(pki.PathOf("signature")), key.SignData(SignatureScheme.Ed25519, Data));
    }

    internal static ToolResult Ed25519Verified(string publicKey, string message, string signature) =>
        Tool.Run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-rawin", "-in", message, "-sigfile", signature);

    [Fact]
    public void Refuses_a_scheme_of_another_algorithm_and_a_hash_of_another_length()
    {
        var key = Create(KeyAlgorithm.EcdsaP256);
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.RsaPssSha256, new byte[32]));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[31]));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[48]));
        Assert.Throws<ArgumentException>(() => key.SignHashConcatenated(SignatureScheme.EcdsaSha384, new byte[32]));
    }

    [Fact]
    public async Task Many_threads_sign_at_once()
    {
        var key = Create(KeyAlgorithm.EcdsaP256);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var signatures = await Task.WhenAll(Enumerable.Range(0, 16).Select(thread => Task.Run(
            () => Enumerable.Range(0, 100)
                .Select(i => SHA256.HashData([(byte)thread, (byte)i]))
                .Select(hash => (hash, key.SignHash(SignatureScheme.EcdsaSha256, hash))).ToList(),
            TestContext.Current.CancellationToken)));
        Assert.All(signatures.SelectMany(s => s), s => Assert.True(verifier.VerifyHash(s.hash, s.Item2, DSASignatureFormat.Rfc3279DerSequence)));
    }

    [Fact]
    public void As_the_frameworks_type_it_signs_and_keeps_its_secret()
    {
        using var ecdsa = Create(KeyAlgorithm.EcdsaP256).AsEcdsa();
        Assert.True(ecdsa.VerifyData(Data, ecdsa.SignData(Data, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.Throws<CryptographicException>(() => ecdsa.ExportParameters(true));
        Assert.Throws<CryptographicException>(() => ecdsa.SignHash(new byte[20]));
        Assert.ThrowsAny<Exception>(ecdsa.ExportPkcs8PrivateKey);

        using var rsa = Create(KeyAlgorithm.Rsa2048).AsRsa();
        Assert.True(rsa.VerifyData(Data, rsa.SignData(Data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Throws<CryptographicException>(() => rsa.ExportParameters(true));
        Assert.ThrowsAny<Exception>(rsa.ExportPkcs8PrivateKey);

        using var certificate = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .Create(new X500DistinguishedName("CN=CA"), X509SignatureGenerator.CreateForECDsa(ecdsa), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), [1]);
        Assert.Equal("CN=localhost", certificate.Subject);
    }

    [Fact]
    public void A_public_key_has_the_thumbprint_of_the_standards_example()
    {
        // RFC 7638 3.1
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = System.Buffers.Text.Base64Url.DecodeFromChars("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
            Exponent = [1, 0, 1],
        });
        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", PublicJwk.For(rsa.ExportSubjectPublicKeyInfo(), "RS256").KeyId);
    }

    private SigningKey Create(KeyAlgorithm algorithm) => KeyRing.CreateDevelopmentKey(_folder.Path, "key-" + algorithm.ToString().ToLowerInvariant(), KeyPurpose.TokenSigning, algorithm);
}
