using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.TestKit.Pki;

namespace Identity.Pkix.Tests.Signatures;

public sealed class SignatureVerificationTests(OpensslHierarchy hierarchy)
{
    private static readonly byte[] Data = Encoding.UTF8.GetBytes("data");

    public static TheoryData<string, string, string> ByOpenssl => new()
    {
        { "person", "sha256", Oids.EcdsaSha256 },
        { "person", "sha1", Oids.EcdsaSha1 },
        { "person", "sha3-256", Oids.EcdsaSha3With256 },
        { "person-384", "sha384", Oids.EcdsaSha384 },
        { "person-rsa", "sha1", Oids.RsaSha1 },
        { "person-rsa", "sha256", Oids.RsaSha256 },
        { "person-rsa", "sha512", Oids.RsaSha512 },
        { "person-rsa", "sha3-512", Oids.RsaSha3With512 },
    };

    [Theory]
    [MemberData(nameof(ByOpenssl))]
    public void A_signature_of_openssl_verifies_and_a_changed_one_does_not(string name, string digest, string oid)
    {
        var output = hierarchy.Pki.PathOf($"{name}-{digest}.sig");
        hierarchy.Pki.Openssl("dgst", "-" + digest, "-sign", hierarchy.Pki.KeyPath(name), "-out", output, hierarchy.Pki.Write("dgst.data", Data));
        var signature = File.ReadAllBytes(output);
        var algorithm = SignatureAlgorithm.From(new AlgorithmIdentifier(oid, ReadOnlyMemory<byte>.Empty));
        var key = hierarchy[name].PublicKey;

        Assert.Equal(SignatureCheck.Valid, SignatureVerification.VerifyData(key, algorithm, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, "date"u8, signature));
        signature[^1] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, Data, signature));
    }

    /// <summary>A key is opened once and goes from one verification to the next.</summary>
    [Theory]
    [InlineData("person", nameof(SignatureAlgorithm.EcdsaSha256))]
    [InlineData("person-rsa", nameof(SignatureAlgorithm.RsaPkcs1Sha256))]
    [InlineData("person-rsa", nameof(SignatureAlgorithm.RsaPssSha256))]
    public async Task Threads_that_verify_with_one_key_get_each_their_own_answer(string name, string algorithm)
    {
        var method = (SignatureAlgorithm)typeof(SignatureAlgorithm).GetProperty(algorithm)!.GetValue(null)!;
        var data = Enumerable.Range(0, 4).Select(number => new[] { (byte)number }).ToArray();
        var padding = method.Family switch { SignatureFamily.RsaPss => RSASignaturePadding.Pss, SignatureFamily.RsaPkcs1 => RSASignaturePadding.Pkcs1, _ => null };
        var values = data.Select(one => hierarchy.Pki.Sign(name, one, HashAlgorithmName.SHA256, padding)).ToArray();
        var key = hierarchy[name].PublicKey;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var turn = 0; turn < 50; turn++)
            {
                var (mine, other) = ((thread + turn) % 4, (thread + turn + 1) % 4);
                Assert.Equal(SignatureCheck.Valid, SignatureVerification.VerifyData(key, method, data[mine], values[mine]));
                Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, method, data[other], values[mine]));
                Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, method, data[mine], []));
            }
        })));
    }

    [Fact]
    public void Ed25519_verifies_and_a_changed_signature_does_not()
    {
        hierarchy.Pki.CertifyPerson("person-ed25519", OpensslKey.Ed25519);
        var output = hierarchy.Pki.PathOf("ed25519.sig");
        hierarchy.Pki.Openssl("pkeyutl", "-sign", "-rawin", "-inkey", hierarchy.Pki.KeyPath("person-ed25519"), "-in", hierarchy.Pki.Write("ed.data", Data), "-out", output);
        var signature = File.ReadAllBytes(output);
        var key = hierarchy["person-ed25519"].PublicKey;
        var algorithm = SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.Ed25519, default));
        Assert.Equal(SignatureCheck.Valid, SignatureVerification.VerifyData(key, algorithm, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, Data, signature.AsSpan(1)));
        Assert.Equal(SignatureCheck.UnsupportedAlgorithm, SignatureVerification.VerifyHash(key, algorithm, new byte[64], signature));
        signature[5] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, Data, signature));
    }

    [Fact]
    public void An_ecdsa_value_of_zeros_is_invalid()
    {
        byte[] zeros = [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00];
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(hierarchy["person"].PublicKey, SignatureAlgorithm.EcdsaSha256, Data, zeros));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(hierarchy["person"].PublicKey, SignatureAlgorithm.EcdsaSha256, Data, []));
    }

    [Fact]
    public void An_algorithm_for_another_key_is_a_mismatch()
    {
        Assert.Equal(SignatureCheck.KeyMismatch, SignatureVerification.VerifyData(hierarchy["person"].PublicKey, SignatureAlgorithm.RsaPkcs1Sha256, Data, new byte[256]));
        Assert.Equal(SignatureCheck.KeyMismatch, SignatureVerification.VerifyData(hierarchy["person-rsa"].PublicKey, SignatureAlgorithm.EcdsaSha256, Data, new byte[70]));
    }

    [Fact]
    public void A_point_off_the_curve_is_no_key()
    {
        var raw = hierarchy["person"].PublicKey.Raw.ToArray();
        raw[^1] ^= 1;
        Assert.Equal(SignatureCheck.KeyMismatch, SignatureVerification.VerifyData(SubjectPublicKey.Parse(raw), SignatureAlgorithm.EcdsaSha256, Data, new byte[70]));
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.2")] // MD2 with RSA
    [InlineData("1.2.156.10197.1.504")] // SM3 with RSA
    [InlineData("2.16.840.1.101.3.4.3.20")] // SLH-DSA-SHA2-128s
    public void Algorithms_outside_the_list_are_unsupported(string oid) =>
        Assert.Equal(SignatureCheck.UnsupportedAlgorithm,
            SignatureVerification.VerifyData(hierarchy["person-rsa"].PublicKey, SignatureAlgorithm.From(new AlgorithmIdentifier(oid, default)), Data, new byte[256]));

    [Fact]
    public void Ml_dsa_verifies_under_its_own_key_only()
    {
        // By BouncyCastle's generator: openssl 3.0 has no ML-DSA. What others signed is in the corpus that Verification's tests read.
        var generator = new Org.BouncyCastle.Crypto.Generators.MLDsaKeyPairGenerator();
        generator.Init(new Org.BouncyCastle.Crypto.Parameters.MLDsaKeyGenerationParameters(new Org.BouncyCastle.Security.SecureRandom(), Org.BouncyCastle.Crypto.Parameters.MLDsaParameters.ml_dsa_65));
        var pair = generator.GenerateKeyPair();
        var signer = new Org.BouncyCastle.Crypto.Signers.MLDsaSigner(Org.BouncyCastle.Crypto.Parameters.MLDsaParameters.ml_dsa_65, deterministic: true);
        signer.Init(true, pair.Private);
        signer.BlockUpdate(Data, 0, Data.Length);
        var signature = signer.GenerateSignature();
        var key = SubjectPublicKey.Parse(Org.BouncyCastle.X509.SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(pair.Public).GetDerEncoded());
        var algorithm = SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.MlDsa65, default));
        Assert.Equal(SignatureCheck.Valid, SignatureVerification.VerifyData(key, algorithm, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, [.. Data, 0], signature));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, Data, signature.AsSpan(..^1)));
        Assert.Equal(SignatureCheck.Invalid, SignatureVerification.VerifyData(key, algorithm, Data, []));
        Assert.Equal(SignatureCheck.KeyMismatch, SignatureVerification.VerifyData(key, SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.MlDsa87, default)), Data, signature));
        Assert.Equal(SignatureCheck.KeyMismatch, SignatureVerification.VerifyData(hierarchy["person"].PublicKey, algorithm, Data, signature));
    }

    [Theory]
    [InlineData(1023, 65537, SignatureCheck.KeySizeRefused)]
    [InlineData(1024, 65537, SignatureCheck.Invalid)]
    [InlineData(8192, 65537, SignatureCheck.Invalid)]
    [InlineData(8193, 65537, SignatureCheck.KeySizeRefused)]
    [InlineData(2048, 1, SignatureCheck.KeySizeRefused)]
    [InlineData(2048, 3, SignatureCheck.Invalid)]
    [InlineData(2048, 4294967295, SignatureCheck.Invalid)]
    [InlineData(2048, 4294967297, SignatureCheck.KeySizeRefused)]
    public void Rsa_keys_outside_the_caps_are_not_used(int bits, long exponent, SignatureCheck expected)
    {
        var key = RsaKey(bits, exponent);
        Assert.Equal(bits, key.Size);
        Assert.Equal(expected, SignatureVerification.VerifyData(key, SignatureAlgorithm.RsaPkcs1Sha256, Data, new byte[(bits + 7) / 8]));
    }

    [Fact]
    public void Reading_a_hundred_large_rsa_keys_takes_no_arithmetic()
    {
        var raw = RsaKey(65536, 65537).Raw;
        SubjectPublicKey.Parse(raw);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) SubjectPublicKey.Parse(raw);
        // Numbers of this size are cut out of the encoding; anything computed with them would allocate more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100L * 3 * raw.Length);
    }

    [Theory]
    [InlineData("sha256", "sha256", 32)]
    [InlineData("sha256", "sha256", 0)]
    [InlineData("sha512", "sha512", 100)]
    [InlineData("sha256", "sha512", 32)]
    [InlineData("sha384", "sha1", 20)]
    public void Pss_with_any_salt_and_mask_of_openssl_verifies_and_with_others_does_not(string digest, string mask, int salt)
    {
        var output = hierarchy.Pki.PathOf("pss.sig");
        hierarchy.Pki.Openssl("dgst", "-" + digest, "-sign", hierarchy.Pki.KeyPath("person-rsa"), "-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{salt}",
            "-sigopt", "rsa_mgf1_md:" + mask, "-out", output, hierarchy.Pki.Write("dgst.data", Data));
        var signature = File.ReadAllBytes(output);
        var key = hierarchy["person-rsa"].PublicKey;
        SignatureCheck Check(string hash, string inMask, int length, byte[] data, byte[] value) => SignatureVerification.VerifyData(key, Pss(hash, inMask, length), data, value);

        Assert.Equal(SignatureCheck.Valid, Check(digest, mask, salt, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt + 1, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask == "sha1" ? "sha256" : "sha1", salt, Data, signature));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt, "date"u8.ToArray(), signature));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt, Data, signature[..^1]));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt, Data, new byte[signature.Length]));
        Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt, Data, [.. Enumerable.Repeat((byte)0xFF, signature.Length)]));
        for (var at = 0; at < signature.Length; at += 31)
        {
            var changed = signature.ToArray();
            changed[at] ^= 0x10;
            Assert.Equal(SignatureCheck.Invalid, Check(digest, mask, salt, Data, changed));
        }
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(-1)]
    public void A_salt_of_an_impossible_length_is_no_algorithm(int salt) => Assert.Equal(SignatureFamily.Unknown, Pss("sha256", "sha512", salt).Family);

    // RSASSA-PSS-params (RFC 4055 3.1), written by hand.
    private static SignatureAlgorithm Pss(string hash, string mask, int salt)
    {
        static string Oid(string name) => name switch { "sha1" => Oids.Sha1, "sha256" => Oids.Sha256, "sha384" => Oids.Sha384, _ => Oids.Sha512 };
        var writer = new AsnWriter(AsnEncodingRules.DER);
        void Algorithm(string oid, string? inside = null)
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(oid);
                if (inside is not null)
                    Algorithm(inside);
            }
        }
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true))) Algorithm(Oid(hash));
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1, true))) Algorithm(Oids.Mgf1, Oid(mask));
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2, true))) writer.WriteInteger(salt);
        }
        return SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.RsaPss, writer.Encode()));
    }

    // An odd modulus of exactly that many bits, written by hand.
    private static SubjectPublicKey RsaKey(int bits, long exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger((BigInteger.One << (bits - 1)) + 1);
            key.WriteInteger(exponent);
        }
        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier(Oids.RsaEncryption);
                info.WriteNull();
            }
            info.WriteBitString(key.Encode());
        }
        return SubjectPublicKey.Parse(info.Encode());
    }
}
