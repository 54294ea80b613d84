using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Keys.Pkcs11;
using Identity.TestKit;
using Net.Pkcs11Interop.Common;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>Keys in a real SoftHSM2 token, made by the command, used through the token's own process.</summary>
public sealed class Pkcs11SigningKeyTests : HardwareToken
{
    private static readonly byte[] Hash = SHA256.HashData("to be signed"u8);

    [Theory]
    [InlineData("EcdsaP256", SignatureScheme.EcdsaSha256, "-sha256")]
    [InlineData("EcdsaP384", SignatureScheme.EcdsaSha384, "-sha384")]
    [InlineData("Rsa2048", SignatureScheme.RsaPkcs1Sha256, "-sha256")]
    [InlineData("Rsa2048", SignatureScheme.RsaPssSha256, "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")]
    [InlineData("Rsa3072", SignatureScheme.RsaPssSha256, "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")]
    [InlineData("Rsa3072", SignatureScheme.RsaPssSha384, "-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:48")]
    public void A_key_in_the_token_signs_what_openssl_verifies(string algorithm, SignatureScheme scheme, params string[] openssl)
    {
        Hsm.Create("tsa", "Timestamping", algorithm);
        var key = Ring().Get("tsa", KeyPurpose.Timestamping);
        byte[] message = [.. "what is signed"u8, .. RandomNumberGenerator.GetBytes(16)];
        var hash = openssl[0] == "-sha384" ? SHA384.HashData(message) : SHA256.HashData(message);
        File.WriteAllBytes(PathOf("message"), message);
        File.WriteAllBytes(PathOf("signature"), key.SignHash(scheme, hash));
        File.WriteAllText(PathOf("public.pem"), PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span));
        string[] verify = ["dgst", openssl[0], "-verify", PathOf("public.pem"), "-signature", PathOf("signature"), .. openssl[1..], PathOf("message")];
        Assert.Equal("Verified OK\n", Tool.Run("openssl", verify).Output);
        File.AppendAllText(PathOf("message"), "x");
        Assert.Contains("Verification failure", Tool.Run("openssl", verify).Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void An_Ed25519_key_in_the_token_signs_octets_and_openssl_verifies_them()
    {
        Hsm.Create("seal", "Seal", "Ed25519");
        var key = Ring().Get("seal", KeyPurpose.Seal);
        File.WriteAllText(PathOf("public.pem"), PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span));
        foreach (var length in new[] { 0, 1, 300, SigningKey.MostOctets })
        {
            File.WriteAllBytes(PathOf("message"), RandomNumberGenerator.GetBytes(length));
            File.WriteAllBytes(PathOf("signature"), key.SignData(SignatureScheme.Ed25519, File.ReadAllBytes(PathOf("message"))));
            if (length > 0)
                Assert.Contains("Signature Verified Successfully", SigningKeyTests.Ed25519Verified(PathOf("public.pem"), PathOf("message"), PathOf("signature")).Text, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => key.SignData(SignatureScheme.Ed25519, new byte[SigningKey.MostOctets + 1]));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.Ed25519, new byte[32]));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[32]));
    }

    [Fact]
    public void As_the_frameworks_type_it_signs_for_jose()
    {
        Hsm.Create("token-es256", "TokenSigning");
        using var key = Ring().Get("token-es256", KeyPurpose.TokenSigning).AsEcdsa();
        Assert.True(key.VerifyHash(Hash, key.SignHash(Hash)));
        Assert.Throws<CryptographicException>(() => key.ExportParameters(true));
    }

    [Fact]
    public void Many_signatures_have_numbers_of_every_length()
    {
        Hsm.Create("tsa", "Timestamping");
        var key = Ring().Get("tsa", KeyPurpose.Timestamping);
        // One in 128 has an r or s with a leading zero octet.
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(Signs(key)));
    }

    [Theory]
    [InlineData("EcdsaP256", "Private Key Object; EC", CKA.CKA_VALUE)]
    [InlineData("EcdsaP384", "Private Key Object; EC", CKA.CKA_VALUE)]
    [InlineData("Ed25519", "Private Key Object; EC_EDWARDS", CKA.CKA_VALUE)]
    [InlineData("Rsa3072", "Private Key Object; RSA", CKA.CKA_PRIVATE_EXPONENT, CKA.CKA_PRIME_1, CKA.CKA_PRIME_2, CKA.CKA_EXPONENT_1, CKA.CKA_EXPONENT_2, CKA.CKA_COEFFICIENT)]
    public void The_private_half_cannot_be_read_or_wrapped(string algorithm, string kind, params CKA[] secrets)
    {
        var purpose = algorithm == "Ed25519" ? "Seal" : "Timestamping";
        Hsm.Create("tsa", purpose, algorithm);
        var objects = Hsm.Objects();
        Assert.Contains(kind, objects, StringComparison.Ordinal);
        Assert.Contains("label:      tsa " + purpose, objects, StringComparison.Ordinal);
        Assert.Contains("Access:     sensitive, always sensitive, never extractable, local", objects, StringComparison.Ordinal);
        Assert.Matches(@"Private Key Object; [A-Z_]+\s+label: .*\s+ID: .*\s+Usage:\s+sign\s+Access:", objects);
        Assert.DoesNotContain("tsa " + purpose, File.ReadAllText(PathOf("tsa.key.json")), StringComparison.Ordinal);
        // Whoever has the PIN asks the module itself.
        Assert.All(RawModule.Read(Hsm, "tsa " + purpose, secrets), answer => Assert.Equal(CKR.CKR_ATTRIBUTE_SENSITIVE, answer));
        Assert.Equal([CKR.CKR_OK], RawModule.Read(Hsm, "tsa " + purpose, CKA.CKA_LABEL));
        foreach (var by in new[] { CKM.CKM_AES_KEY_WRAP_PAD, CKM.CKM_RSA_PKCS_OAEP })
        {
            var (ofKey, ofExtractable) = RawModule.Wrap(Hsm, "tsa " + purpose, by);
            Assert.Equal((CKR.CKR_KEY_UNEXTRACTABLE, CKR.CKR_OK), (ofKey, ofExtractable));
        }
    }

    [Fact]
    public void A_key_asked_for_with_another_purpose_is_refused()
    {
        Hsm.Create("tsa", "Timestamping");
        Assert.Equal("Key 'tsa' is kept for Timestamping and was asked for CertificateAuthority.", Refusal(Ring(), "tsa", KeyPurpose.CertificateAuthority));
    }

    [Fact]
    public void A_file_edited_to_another_purpose_finds_no_key()
    {
        Hsm.Create("tsa", "Timestamping");
        Edit("tsa", json => json["purpose"] = "CertificateAuthority");
        Assert.Equal("Key 'tsa' is not in the token for CertificateAuthority: no private key has the CKA_ID of this public key and purpose.", Refusal(Ring(), "tsa", KeyPurpose.CertificateAuthority));
    }

    [Fact]
    public void One_key_serves_no_second_purpose_under_another_name()
    {
        Hsm.Create("tsa", "Timestamping");
        File.Copy(PathOf("tsa.key.json"), PathOf("ca.key.json"));
        Edit("ca", json => json["purpose"] = "CertificateAuthority");
        File.Copy(PathOf("tsa.key.json"), PathOf("other.key.json"));
        var ring = Ring();
        Assert.True(Signs(ring.Get("tsa", KeyPurpose.Timestamping)));
        Assert.StartsWith("Key 'ca' is not in the token for CertificateAuthority", Refusal(ring, "ca", KeyPurpose.CertificateAuthority), StringComparison.Ordinal);
        Assert.Equal("Key 'other' is refused: its CKA_LABEL in the token is not 'other Timestamping'.", Refusal(ring, "other"));
    }

    [Fact]
    public void A_file_with_another_public_key_finds_no_key()
    {
        Hsm.Create("tsa", "Timestamping");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Edit("tsa", json => json["publicKey"] = Convert.ToBase64String(other.ExportSubjectPublicKeyInfo()));
        Assert.StartsWith("Key 'tsa' is not in the token for Timestamping", Refusal(Ring(), "tsa"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_private_key_that_is_not_the_public_keys_is_refused()
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.Create("ocsp", "OcspResponder");
        var identifiers = new[] { "tsa", "ocsp" }.ToDictionary(name => name, IdentifierOf);
        // Who has the PIN gives the responder's key the name and identifier of the time-stamping key.
        Assert.Equal(0, Hsm.Pkcs11Tool("--delete-object", "--type", "privkey", "--id", identifiers["tsa"]).ExitCode);
        var renamed = Hsm.Pkcs11Tool("--set-id", identifiers["tsa"], "--id", identifiers["ocsp"], "--type", "privkey");
        Assert.True(renamed.ExitCode == 0, renamed.Text);
        Assert.StartsWith("Key 'tsa' is refused: ", Refusal(Ring(), "tsa"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CKA_EXTRACTABLE is true", "--extractable", "--sensitive")]
    [InlineData("CKA_NEVER_EXTRACTABLE is false", "imported")]
    [InlineData("CKA_SENSITIVE is false", "not sensitive")]
    public void A_key_that_could_be_read_is_refused_by_name(string refusal, params string[] options)
    {
        string publicKey;
        if (options is ["imported"])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllBytes(PathOf("key.der"), key.ExportECPrivateKey());
            File.WriteAllBytes(PathOf("public.der"), key.ExportSubjectPublicKeyInfo());
            Run("--write-object", PathOf("key.der"), "--type", "privkey", "--id", "01", "--label", "tsa Timestamping", "--usage-sign", "--sensitive");
            publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        }
        else if (options is ["not sensitive"])
        {
            publicKey = Convert.ToBase64String(RawModule.MakeKeyThatCanBeRead(Hsm, "tsa Timestamping"));
        }
        else
        {
            Run(["--keypairgen", "--key-type", "EC:prime256v1", "--id", "01", "--label", "tsa Timestamping", "--usage-sign", .. options]);
            Run("--read-object", "--type", "pubkey", "--id", "01", "--output-file", PathOf("public.der"));
            publicKey = Convert.ToBase64String(File.ReadAllBytes(PathOf("public.der")));
        }

        File.WriteAllText(PathOf("tsa.key.json"), $$"""{"token":"hsm","purpose":"Timestamping","algorithm":"EcdsaP256","publicKey":"{{publicKey}}"}""");
        Run("--set-id", IdentifierOf("tsa"), "--id", "01", "--type", "privkey");
        Assert.Equal($"Key 'tsa' is refused: the token says {refusal}.", Refusal(Ring(), "tsa"));
    }

    [Fact]
    public void A_key_that_could_decrypt_too_is_refused_by_name()
    {
        Run("--keypairgen", "--key-type", "rsa:2048", "--id", "01", "--label", "tsa Timestamping", "--usage-sign", "--usage-decrypt", "--sensitive");
        Run("--read-object", "--type", "pubkey", "--id", "01", "--output-file", PathOf("public.der"));
        File.WriteAllText(PathOf("tsa.key.json"),
            $$"""{"token":"hsm","purpose":"Timestamping","algorithm":"Rsa2048","publicKey":"{{Convert.ToBase64String(File.ReadAllBytes(PathOf("public.der")))}}"}""");
        Run("--set-id", IdentifierOf("tsa"), "--id", "01", "--type", "privkey");
        Assert.Equal("Key 'tsa' is refused: the token says CKA_DECRYPT is true.", Refusal(Ring(), "tsa"));
    }

    [Fact]
    public void A_key_that_is_there_as_a_file_too_is_refused()
    {
        Hsm.Create("tsa", "Timestamping");
        File.WriteAllText(PathOf("tsa.key.pem"), "");
        Assert.Equal($"Key 'tsa' is there twice: in a token ('{PathOf("tsa.key.json")}') and in a file.", Refusal(Ring(), "tsa"));
    }

    [Fact]
    public async Task Sixteen_threads_sign_in_parallel_with_two_keys()
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.Create("ocsp", "OcspResponder");
        var ring = Ring();
        SigningKey[] keys = [ring.Get("tsa", KeyPurpose.Timestamping), ring.Get("ocsp", KeyPurpose.OcspResponder)];
        var signed = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(thread => Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                if (Signs(keys[(thread + i) % 2]))
                    Interlocked.Increment(ref signed);
            }
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(1600, signed);
    }

    [Theory]
    [InlineData("EcdsaP256", SignatureScheme.EcdsaSha256, 500)]
    [InlineData("Rsa3072", SignatureScheme.RsaPssSha256, 60)]
    public async Task Eight_threads_load_more_sessions_than_one_and_every_signature_is_good(string algorithm, SignatureScheme scheme, int each)
    {
        Hsm.Describe(sessions: 4, timeoutSeconds: 60);
        Hsm.Create("tsa", "Timestamping", algorithm);
        var key = Ring().Get("tsa", KeyPurpose.Timestamping);
        var good = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
        {
            using var verifier = PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out var _);
            for (var i = 0; i < each; i++)
            {
                var hash = RandomNumberGenerator.GetBytes(32);
                var value = key.SignHash(scheme, hash);
                if (scheme == SignatureScheme.EcdsaSha256 ? verifier.Ecdsa!.VerifyHash(hash, value, DSASignatureFormat.Rfc3279DerSequence)
                    : verifier.Rsa!.VerifyHash(hash, value, HashAlgorithmName.SHA256, RSASignaturePadding.Pss))
                    Interlocked.Increment(ref good);
            }
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(8 * each, good);
        var process = OnlyProcess();
        var worked = Directory.EnumerateDirectories($"/proc/{process}/task").Select(Path.GetFileName)
            .Where(thread => ReadProc(process, $"task/{thread}/comm").Trim() == TokenHost.SessionThread)
            // proc(5): utime and stime are the 14th and 15th field, the 12th and 13th behind the name in brackets.
            .Select(thread => ReadProc(process, $"task/{thread}/stat").Split(')')[^1].Split(' ')).Count(fields => fields[12] != "0" || fields[13] != "0");
        Assert.InRange(worked, 2, 4);
    }

    private sealed class PublicKey(ECDsa? ecdsa, RSA? rsa) : IDisposable
    {
        public ECDsa? Ecdsa => ecdsa;

        public RSA? Rsa => rsa;

        public static PublicKey CreateFromSubjectPublicKeyInfo(ReadOnlySpan<byte> encoded, out int read)
        {
            var key = System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(encoded, out read);
            return new PublicKey(key.GetECDsaPublicKey(), key.GetRSAPublicKey());
        }

        public void Dispose()
        {
            ecdsa?.Dispose();
            rsa?.Dispose();
        }
    }

    [Fact]
    public void Another_scheme_or_length_is_the_callers_error()
    {
        Hsm.Create("tsa", "Timestamping");
        var key = Ring().Get("tsa", KeyPurpose.Timestamping);
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.RsaPssSha256, Hash));
        Assert.Throws<ArgumentException>(() => key.SignHash(SignatureScheme.EcdsaSha256, Hash.AsSpan(1)));
        Assert.True(Signs(key));
    }

    private void Edit(string name, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(PathOf(name + ".key.json")))!;
        change(json);
        File.WriteAllText(PathOf(name + ".key.json"), json.ToJsonString());
    }

    /// <summary>The rule of specs/keys.md, written a second time.</summary>
    private string IdentifierOf(string name)
    {
        var json = JsonNode.Parse(File.ReadAllText(PathOf(name + ".key.json")))!;
        byte[] bound = [.. "Identity key purpose\0"u8, .. System.Text.Encoding.ASCII.GetBytes(json["purpose"]!.GetValue<string>()), 0, .. Convert.FromBase64String(json["publicKey"]!.GetValue<string>())];
        return Convert.ToHexStringLower(SHA256.HashData(bound).AsSpan(0, 20));
    }

    private void Run(params string[] arguments)
    {
        var result = Hsm.Pkcs11Tool(arguments);
        Assert.True(result.ExitCode == 0, result.Text);
    }
}
