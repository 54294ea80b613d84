using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.TestKit;

namespace Identity.Pkix.Tests.Signatures;

/// <summary>Digests that nothing is made with here, compared with what openssl computes and signs.</summary>
public sealed class VerifiedOnlyTests(OpensslHierarchy hierarchy)
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 100_003).Select(i => (byte)(i * 31))];

    /// <summary>Identifier, what openssl calls it.</summary>
    public static TheoryData<string, string> ByOpenssl => new()
    {
        { Oids.Md5, "md5" }, { Oids.RipeMd160, "ripemd160" }, { Oids.Sha224, "sha224" }, { Oids.Sha512With224, "sha512-224" }, { Oids.Sha512With256, "sha512-256" },
        { Oids.Sha3With224, "sha3-224" }, { Oids.Shake128, "shake128" }, { Oids.Shake256, "shake256" }, { Oids.Shake256WithLength, "shake256" },
    };

    [Theory]
    [MemberData(nameof(ByOpenssl))]
    public void Has_the_value_that_openssl_computes(string oid, string name)
    {
        var digest = Digests.ToVerify(oid)!.Value;
        var length = name.StartsWith("shake", StringComparison.Ordinal) ? new[] { "-xoflen", Digests.Length(digest).ToString(System.Globalization.CultureInfo.InvariantCulture) } : [];
        var said = Tool.Run("openssl", ["dgst", "-" + name, .. length, "-r", hierarchy.Pki.Write("verified-only.data", Data)]);
        Assert.Equal(said.Output.Split(' ')[0], Convert.ToHexStringLower(Digests.Compute(digest, Data)));
        Assert.Equal(Digests.Length(digest), Digests.Compute(digest, Data).Length);
        // Nothing is made with it.
        Assert.Null(Digests.FromOid(oid));
    }

    [Theory]
    [MemberData(nameof(ByOpenssl))]
    public void Taken_in_pieces_and_copied_half_way_it_is_the_same(string oid, string name)
    {
        var digest = Digests.ToVerify(oid)!.Value;
        if (Digests.Start(digest) is not { } running)
        {
            Assert.Equal("md5", name);
            return;
        }
        running.Append(Data.AsSpan(0, 77_777));
        var copy = running.Copy();
        running.Append(Data.AsSpan(77_777));
        copy.Append([1]);
        Assert.Equal(Digests.Compute(digest, Data), running.Finish());
        Assert.Equal(Digests.Compute(digest, [.. Data.AsSpan(0, 77_777), 1]), copy.Finish());
    }

    [Theory]
    [InlineData(Oids.RsaMd5, "md5")]
    [InlineData(Oids.RsaRipeMd160, "ripemd160")]
    [InlineData(Oids.RsaSha224, "sha224")]
    [InlineData(Oids.RsaSha512With224, "sha512-224")]
    [InlineData(Oids.RsaSha512With256, "sha512-256")]
    [InlineData(Oids.RsaSha3With224, "sha3-224")]
    public void What_openssl_signs_verifies_and_what_differs_does_not(string algorithm, string digest)
    {
        var value = hierarchy.Pki.PathOf(digest + ".sig");
        hierarchy.Pki.Openssl("dgst", "-" + digest, "-sign", hierarchy.Pki.KeyPath("person-rsa"), "-out", value, hierarchy.Pki.Write("verified-only.data", Data));
        var signature = File.ReadAllBytes(value);
        var method = SignatureAlgorithm.From(new AlgorithmIdentifier(algorithm, default));
        SignatureCheck Check(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signed) => SignatureVerification.VerifyData(hierarchy["person-rsa"].PublicKey, method, data, signed);
        Assert.Equal(SignatureCheck.Valid, Check(Data, signature));
        Assert.Equal(SignatureCheck.Invalid, Check(Data.AsSpan(1), signature));
        Assert.Equal(SignatureCheck.Invalid, Check(Data, signature.AsSpan(1)));
        Assert.Equal(SignatureCheck.Invalid, Check(Data, [0, .. signature]));
        Assert.Equal(SignatureCheck.Invalid, Check(Data, []));
        signature[^1] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, Check(Data, signature));
    }

    public static TheoryData<string> ForgedEncodings => ["shorter padding with freight behind", "other first block", "no separator", "parameters left out", "digest of another algorithm", "a longer digest"];

    /// <summary>RFC 8017 8.2.2: signed with the private key over an encoding that is not the one; a verifier that reads it instead of comparing takes some of them.</summary>
    [Theory]
    [MemberData(nameof(ForgedEncodings))]
    public void An_encoding_that_is_not_the_one_is_invalid(string forgery)
    {
        using var key = RSA.Create(2048);
        var hash = Digests.Compute(Digests.ToVerify(Oids.Sha224)!.Value, Data);
        byte[] identifier = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04];
        byte[] right = [0x30, 0x2D, 0x30, 0x0D, .. identifier, 0x05, 0x00, 0x04, 0x1C, .. hash];
        Assert.Equal(SignatureCheck.Valid, Check(key, Encode(right, 1, 0, []), hash));
        var encoded = forgery switch
        {
            "shorter padding with freight behind" => Encode(right, 1, 0, new byte[100]),
            "other first block" => Encode(right, 2, 0, []),
            "no separator" => Encode(right, 1, 0xFF, []),
            "parameters left out" => Encode([0x30, 0x2B, 0x30, 0x0B, .. identifier, 0x04, 0x1C, .. hash], 1, 0, []),
            "digest of another algorithm" => Encode([.. right[..14], 0x05, .. right[15..]], 1, 0, []),
            "a longer digest" => Encode([0x30, 0x2E, .. right[2..18], 0x1D, .. hash, 0], 1, 0, []),
            _ => throw new ArgumentOutOfRangeException(nameof(forgery), forgery, "no such forgery"),
        };
        Assert.Equal(SignatureCheck.Invalid, Check(key, encoded, hash));
    }

    private static byte[] Encode(byte[] digestInfo, byte block, byte separator, byte[] behind)
    {
        var padding = 256 - digestInfo.Length - behind.Length - 3;
        return [0, block, .. Enumerable.Repeat((byte)0xFF, padding), separator, .. digestInfo, .. behind];
    }

    private static SignatureCheck Check(RSA key, byte[] encoded, byte[] hash)
    {
        var parameters = key.ExportParameters(includePrivateParameters: true);
        BigInteger Number(byte[] value) => new(value, isUnsigned: true, isBigEndian: true);
        var value = BigInteger.ModPow(Number(encoded), Number(parameters.D!), Number(parameters.Modulus!)).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] signature = [.. new byte[256 - value.Length], .. value];
        return SignatureVerification.VerifyHash(SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()), SignatureAlgorithm.From(new AlgorithmIdentifier(Oids.RsaSha224, default)), hash, signature);
    }
}
