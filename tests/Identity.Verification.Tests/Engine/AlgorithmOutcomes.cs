using System.Security.Cryptography;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Engine;

/// <summary>
/// A PDF for each algorithm, signed by openssl with its own CMS where it can make one, otherwise with its value over a CMS that is written by hand.
/// What openssl says of the same CMS is asked each time: whether the value is right is no matter of opinion, what it is worth is.
/// </summary>
public sealed class AlgorithmOutcomes(AlgorithmOutcomes.Keys keys) : IClassFixture<AlgorithmOutcomes.Keys>
{
    // Not openssl's: the CMS that it makes, with its outermost length left open as in BER.
    private const string Indefinite = "indefinite";

    private const string Passed = "TOTAL-PASSED", Weak = "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", Unlisted = Weak;

    /// <summary>Keys and certificates of a day under one root, all by openssl; without revocation data (RFC 9608).</summary>
    public sealed class Keys : IDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory("identity-algorithms-").FullName;
        private readonly HashSet<string> made = [];

        public Keys()
        {
            Run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", Path("root.key"));
            Run("req", "-x509", "-key", Path("root.key"), "-subj", "/C=XX/CN=Root of algorithms", "-days", "2", "-out", Path("root.pem"), "-addext", "keyUsage=critical,keyCertSign");
            File.WriteAllText(Path("leaf.ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n2.5.29.56=DER:05:00\n");
            Anchors = new TrustAnchors([Certificate.Parse(Der("root"))]);
        }

        public TrustAnchors Anchors { get; }

        public string Path(string name) => System.IO.Path.Combine(folder, name);

        /// <param name="key">What openssl calls the algorithm, with its size or curve.</param>
        public void Make(string key)
        {
            if (!made.Add(key))
                return;
            if (key.StartsWith("dsa", StringComparison.Ordinal))
                Run("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:" + key[3..], "-out", Path(key + ".par"));
            string[] kind = key switch
            {
                "ed25519" or "ed448" => ["-algorithm", key],
                ['r', 's', 'a', .. var bits] => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + bits],
                ['d', 's', 'a', ..] => ["-paramfile", Path(key + ".par")],
                _ => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + key],
            };
            Run(["genpkey", .. kind, "-out", Path(key + ".key")]);
            Run("req", "-new", "-key", Path(key + ".key"), "-subj", "/C=XX/CN=Signer " + key, "-out", Path(key + ".csr"));
            Run("x509", "-req", "-in", Path(key + ".csr"), "-CA", Path("root.pem"), "-CAkey", Path("root.key"), "-days", "1", "-sha256", "-extfile", Path("leaf.ext"), "-out", Path(key + ".pem"));
        }

        public byte[] Der(string name)
        {
            Run("x509", "-in", Path(name + ".pem"), "-outform", "DER", "-out", Path(name + ".der"));
            return File.ReadAllBytes(Path(name + ".der"));
        }

        public static void Run(params string[] arguments) => Assert.Equal((0, ""), (Tool.Run("openssl", arguments) is { ExitCode: not 0 } failed ? (failed.ExitCode, failed.Text) : (0, "")));

        /// <summary>Whether openssl finds the value of this CMS right, whatever it thinks of the certificate.</summary>
        public bool IsRight(byte[] cms, byte[] content)
        {
            File.WriteAllBytes(Path("asked.der"), cms);
            File.WriteAllBytes(Path("asked.bin"), content);
            return Tool.Run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", Path("asked.der"), "-content", Path("asked.bin"), "-noverify", "-out", Path("asked.out"))
                .Text.Contains("CMS Verification successful", StringComparison.Ordinal);
        }

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }

    /// <summary>Key, digest, further options, verdict, and what the report says of a weak one.</summary>
    public static TheoryData<string, string, string, string, string?> ByOpenssl => new()
    {
        { "rsa3072", "sha256", "", Passed, null },
        { "rsa3072", "sha384", "", Passed, null },
        { "rsa3072", "sha512", "", Passed, null },
        { "rsa3072", "sha3-256", "", Passed, null },
        { "rsa3072", "sha3-384", "", Passed, null },
        { "rsa3072", "sha3-512", "", Passed, null },
        { "rsa2048", "sha256", "", Passed, null },
        { "rsa3072", "sha256", "-keyopt rsa_padding_mode:pss", Passed, null },
        { "rsa3072", "sha384", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", Passed, null },
        { "rsa3072", "sha512", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:max", Passed, null },
        { "rsa3072", "sha256", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:0", Passed, null },
        { "rsa3072", "sha256", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20 -keyopt rsa_mgf1_md:sha512", Passed, null },
        { "P-256", "sha256", "", Passed, null },
        { "P-384", "sha384", "", Passed, null },
        { "P-521", "sha512", "", Passed, null },
        { "brainpoolP256r1", "sha256", "", Passed, null },
        { "brainpoolP384r1", "sha384", "", Passed, null },
        { "brainpoolP512r1", "sha512", "", Passed, null },
        { "dsa3072", "sha256", "", Passed, null },
        { "dsa2048", "sha256", "", Passed, null },
        { "P-256", "sha256", Indefinite, Passed, null },
        { "dsa1024", "sha1", "", Weak, "SHA-1, which was acceptable until 2012-08-01; DSA 1024, which was acceptable until 2019-10-01" },
        { "dsa1024", "sha256", "", Weak, "DSA 1024, which was acceptable until 2019-10-01" },
        { "rsa1024", "sha256", "", Weak, "RSA 1024, which was acceptable until 2019-10-01" },
        { "rsa3072", "sha1", "", Weak, "SHA-1, which was acceptable until 2012-08-01" },
        { "rsa3072", "sha1", "-keyopt rsa_padding_mode:pss", Weak, "SHA-1, which was acceptable until 2012-08-01" },
        { "P-256", "sha1", "", Weak, "SHA-1, which was acceptable until 2012-08-01" },
        { "rsa3072", "md5", "", Weak, "MD5, which was acceptable until 2004-08-01" },
        { "rsa3072", "ripemd160", "", Weak, "RIPEMD-160, which was acceptable until 2014-08-01" },
        { "rsa3072", "sha224", "", Passed, null },
        { "P-256", "sha224", "", Passed, null },
        { "dsa2048", "sha224", "", Passed, null },
        { "rsa3072", "sha224", "-keyopt rsa_padding_mode:pss", Passed, null },
        { "rsa3072", "sha256", "-keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha224", Passed, null },
        { "rsa3072", "sha512-256", "", Unlisted, "SHA-512/256, which the list of acceptable algorithms does not contain" },
        { "rsa3072", "sha512-224", "", Unlisted, "SHA-512/224, which the list of acceptable algorithms does not contain" },
        { "rsa3072", "sha3-224", "", Unlisted, "SHA3-224, which the list of acceptable algorithms does not contain" },
        { "secp256k1", "sha256", "", Weak, "this service does not verify" },
    };

    [Theory]
    [MemberData(nameof(ByOpenssl))]
    public async Task What_openssl_signs_is_judged_by_its_algorithm(string key, string digest, string options, string verdict, string? says)
    {
        await Judge(key, verdict, says, opensslCan: true, content =>
        {
            File.WriteAllBytes(keys.Path("content.bin"), content);
            Keys.Run(["cms", "-sign", "-binary", "-in", keys.Path("content.bin"), "-signer", keys.Path(key + ".pem"), "-inkey", keys.Path(key + ".key"), "-md", digest, "-outform", "DER",
                "-out", keys.Path("signed.der"), "-cades", .. options == Indefinite ? [] : options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            var cms = File.ReadAllBytes(keys.Path("signed.der"));
            // 30 82 and two octets of length.
            return options == Indefinite ? [0x30, 0x80, .. cms[4..], 0, 0] : cms;
        });
    }

    /// <summary>What openssl's CMS cannot, its keys can: the value is openssl's, the structure around it is written by hand.</summary>
    [Theory]
    [InlineData("ed25519", "2.16.840.1.101.3.4.2.3", "1.3.101.112", "", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "The signature uses Ed25519, which the list of acceptable algorithms does not contain")]
    [InlineData("ed448", "2.16.840.1.101.3.4.2.12", "1.3.101.113", "", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "The signature uses Ed448, which the list of acceptable algorithms does not contain")]
    [InlineData("P-256", "2.16.840.1.101.3.4.2.7", "2.16.840.1.101.3.4.3.9", "sha3-224", Unlisted, "SHA3-224, which the list of acceptable algorithms does not contain")]
    [InlineData("P-256", "2.16.840.1.101.3.4.2.6", "1.2.840.10045.2.1", "sha512-256", Unlisted, "SHA-512/256, which the list of acceptable algorithms does not contain")]
    [InlineData("P-256", "2.16.840.1.101.3.4.2.8", "2.16.840.1.101.3.4.3.10", "sha3-256", "TOTAL-PASSED", null)]
    [InlineData("brainpoolP512r1", "2.16.840.1.101.3.4.2.10", "2.16.840.1.101.3.4.3.12", "sha3-512", "TOTAL-PASSED", null)]
    public async Task What_only_its_keys_sign_is_judged_by_its_algorithm(string key, string digestOid, string algorithm, string digest, string verdict, string? says)
    {
        await Judge(key, verdict, says, opensslCan: false, content =>
        {
            var certificate = keys.Der(key);
            return HandMadeCms.Sign(content, certificate, attributes =>
            {
                File.WriteAllBytes(keys.Path("attributes.bin"), attributes);
                Keys.Run(["pkeyutl", "-sign", "-rawin", "-inkey", keys.Path(key + ".key"), "-in", keys.Path("attributes.bin"), "-out", keys.Path("value.bin"), .. digest.Length > 0 ? new[] { "-digest", digest } : []]);
                return File.ReadAllBytes(keys.Path("value.bin"));
            }, new CmsShape { DigestOid = digestOid, Algorithm = HandMadeCms.Algorithm(algorithm) }, [certificate], certificate, null);
        });
    }

    /// <summary>SM3 stands for all that are not computed here: named, and nobody is accused.</summary>
    [Theory]
    [InlineData("1.2.156.10197.1.401", null, "none")]
    [InlineData("2.16.840.1.101.3.4.2.1", "1.2.156.10197.1.401", "intact")]
    public async Task A_digest_that_is_not_computed_here_is_named_and_accuses_nobody(string digestOid, string? reference, string integrity)
    {
        keys.Make("P-256");
        var certificate = keys.Der("P-256");
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => HandMadeCms.Sign(content, certificate, attributes =>
        {
            File.WriteAllBytes(keys.Path("attributes.bin"), attributes);
            Keys.Run("dgst", "-sha256", "-sign", keys.Path("P-256.key"), "-out", keys.Path("value.bin"), keys.Path("attributes.bin"));
            return File.ReadAllBytes(keys.Path("value.bin"));
        }, new CmsShape { DigestOid = digestOid, ReferenceDigestOid = reference }, [certificate], certificate, null), new SignatureShape { SubFilter = "ETSI.CAdES.detached" });
        var signature = (await Report(file)).Only();
        Assert.Equal((Weak, integrity), (signature.Verdict(), signature.Integrity));
        Assert.Contains(signature.Messages, message => message.Text == "The signature uses 1.2.156.10197.1.401, which this service does not verify.");
    }

    /// <summary>A weak reference could name another certificate of the same digest.</summary>
    [Fact]
    public async Task A_reference_by_a_digest_that_is_not_acceptable_is_weak()
    {
        keys.Make("P-256");
        var certificate = keys.Der("P-256");
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => HandMadeCms.Sign(content, certificate, attributes =>
        {
            File.WriteAllBytes(keys.Path("attributes.bin"), attributes);
            Keys.Run("dgst", "-sha256", "-sign", keys.Path("P-256.key"), "-out", keys.Path("value.bin"), keys.Path("attributes.bin"));
            return File.ReadAllBytes(keys.Path("value.bin"));
        }, new CmsShape { ReferenceDigestOid = "2.16.840.1.101.3.4.2.7" }, [certificate], certificate, null), new SignatureShape { SubFilter = "ETSI.CAdES.detached" });
        Assert.Equal((Weak, "intact"), ((await Report(file)).Only().Verdict(), (await Report(file)).Integrity));
    }

    [Theory]
    [InlineData("adbe.pkcs7.detached", Passed)]
    [InlineData("ETSI.CAdES.detached", Passed)]
    [InlineData("adbe.x509.rsa_sha1", "TOTAL-FAILED/FORMAT_FAILURE")]
    [InlineData("adbe.x509.rsa_sha256", "TOTAL-FAILED/FORMAT_FAILURE")]
    public async Task The_format_decides_first(string subFilter, string verdict)
    {
        keys.Make("rsa3072");
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => Detached("rsa3072", content), new SignatureShape { SubFilter = subFilter });
        var signature = (await Report(file)).Only();
        Assert.Equal(verdict, signature.Verdict());
        if (subFilter == "adbe.x509.rsa_sha1")
            Assert.Contains(signature.Messages, message => message.Text == "The signature has the format adbe.x509.rsa_sha1, which the standard has withdrawn. This service does not verify it.");
    }

    [Fact]
    public async Task An_enclosed_sha1_is_weak_and_named_with_its_end()
    {
        keys.Make("rsa3072");
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content =>
        {
            File.WriteAllBytes(keys.Path("content.bin"), CryptographicOperations.HashData(HashAlgorithmName.SHA1, content));
            Keys.Run("cms", "-sign", "-binary", "-nodetach", "-in", keys.Path("content.bin"), "-signer", keys.Path("rsa3072.pem"), "-inkey", keys.Path("rsa3072.key"), "-md", "sha256", "-cades", "-outform", "DER", "-out", keys.Path("signed.der"));
            return File.ReadAllBytes(keys.Path("signed.der"));
        }, new SignatureShape { SubFilter = "adbe.pkcs7.sha1" });
        var report = await Report(file);
        Assert.Equal((Weak, "intact"), (report.Only().Verdict(), report.Integrity));
        Assert.Contains(report.Only().Messages, message => message.Text.Contains("SHA-1, which was acceptable until 2012-08-01", StringComparison.Ordinal));
    }

    private byte[] Detached(string key, byte[] content)
    {
        File.WriteAllBytes(keys.Path("content.bin"), content);
        Keys.Run("cms", "-sign", "-binary", "-in", keys.Path("content.bin"), "-signer", keys.Path(key + ".pem"), "-inkey", keys.Path(key + ".key"), "-md", "sha256", "-cades", "-outform", "DER", "-out", keys.Path("signed.der"));
        return File.ReadAllBytes(keys.Path("signed.der"));
    }

    private async Task Judge(string key, string verdict, string? says, bool opensslCan, Func<byte[], byte[]> sign)
    {
        keys.Make(key);
        byte[] cms = [], covered = [];
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => cms = sign(covered = content), new SignatureShape { SubFilter = "ETSI.CAdES.detached" });
        var report = await Report(file);
        var text = string.Join(" ", report.Only().Messages.Select(message => message.Text));
        Assert.True(report.Only().Verdict() == verdict, $"{key}: {report.Only().Verdict()}, {text}");
        foreach (var part in says?.Split("; ") ?? [])
            Assert.Contains(part, text, StringComparison.Ordinal);
        // What is verified here and what openssl verifies agree; what is not verified here is called neither intact nor broken.
        var notVerified = says?.Contains("does not verify", StringComparison.Ordinal) == true;
        if (opensslCan)
            Assert.True(keys.IsRight(cms, covered));
        Assert.Equal(notVerified ? "none" : "intact", report.Integrity);

        var changed = HandMadePdf.Flip(file, HandMadePdf.Find(file, "Sold for 100 EUR"));
        var afterwards = await Report(changed);
        Assert.Equal("TOTAL-FAILED/HASH_FAILURE", afterwards.Only().Verdict());
        if (opensslCan)
            Assert.False(keys.IsRight(cms, HandMadePdf.Flip(covered, HandMadePdf.Find(covered, "Sold for 100 EUR"))));
    }

    private Task<ValidationReport> Report(byte[] file) =>
        Validating.Report(file, keys.Anchors, at: TimeProvider.System.GetUtcNow().AddMinutes(1));
}
