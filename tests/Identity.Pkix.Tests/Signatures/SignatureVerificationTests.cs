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
    [InlineData("1.2.840.113549.1.1.4")] // MD5 with RSA
    [InlineData("1.2.840.113549.1.1.14")] // SHA-224 with RSA
    [InlineData("2.16.840.1.101.3.4.3.18")] // ML-DSA-65
    public void Algorithms_outside_the_list_are_unsupported(string oid) =>
        Assert.Equal(SignatureCheck.UnsupportedAlgorithm,
            SignatureVerification.VerifyData(hierarchy["person-rsa"].PublicKey, SignatureAlgorithm.From(new AlgorithmIdentifier(oid, default)), Data, new byte[256]));

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
    [InlineData("different-mgf")]
    [InlineData("salt-0")]
    public void Pss_parameters_that_the_framework_cannot_honour_are_unsupported(string what)
    {
        var hex = Convert.ToHexString(SignatureAlgorithm.RsaPssSha256.Identifier.Parameters.Span);
        const string sha256 = "0609608648016503040201";
        hex = what == "salt-0" ? hex.Replace("020120", "020100", StringComparison.Ordinal)
            : hex[..hex.LastIndexOf(sha256, StringComparison.Ordinal)] + "0609608648016503040202" + hex[(hex.LastIndexOf(sha256, StringComparison.Ordinal) + sha256.Length)..];
        Assert.Equal(SignatureFamily.Unknown, SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.RsaPss, Convert.FromHexString(hex))).Family);
        Assert.Equal(SignatureFamily.RsaPss, SignatureAlgorithm.From(SignatureAlgorithm.RsaPssSha256.Identifier).Family);
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
