using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Identity.TestKit;

namespace Identity.Keys.Tests;

public sealed class KeyRingTests : IDisposable
{
    private static readonly byte[] Hash = SHA256.HashData("to be signed"u8);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(KeyAlgorithm.EcdsaP256)]
    [InlineData(KeyAlgorithm.EcdsaP384)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa3072)]
    public void A_created_key_is_marked_private_and_read_back(KeyAlgorithm algorithm)
    {
        var made = KeyRing.CreateDevelopmentKey(_folder.Path, "root-ca", KeyPurpose.CertificateAuthority, algorithm);
        var read = KeyRing.Open(_folder.Path, production: false).Get("root-ca", KeyPurpose.CertificateAuthority);
        Assert.Equal(algorithm, read.Algorithm);
        Assert.Equal(made.SubjectPublicKeyInfo.ToArray(), read.SubjectPublicKeyInfo.ToArray());

        var path = Path.Combine(_folder.Path, "root-ca.key.pem");
        Assert.StartsWith("Identity development key - never use in production\nPurpose: CertificateAuthority\n" + PemEncoding.WriteString("PRIVATE KEY", default).Split('\n')[0] + "\n", File.ReadAllText(path), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Openssl_reads_the_key_file_and_verifies_a_signature()
    {
        var key = KeyRing.CreateDevelopmentKey(_folder.Path, "tsa", KeyPurpose.Timestamping, KeyAlgorithm.EcdsaP256);
        string File_(string name) => Path.Combine(_folder.Path, name);
        File.WriteAllBytes(File_("data"), "to be signed"u8.ToArray());
        File.WriteAllBytes(File_("signature"), key.SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.Equal(0, Tool.Run("openssl", "pkey", "-in", File_("tsa.key.pem"), "-pubout", "-out", File_("public.pem")).ExitCode);
        Assert.Contains("Verified OK", Tool.Run("openssl", "dgst", "-sha256", "-verify", File_("public.pem"), "-signature", File_("signature"), File_("data")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_replaces_a_key()
    {
        KeyRing.CreateDevelopmentKey(_folder.Path, "tsa", KeyPurpose.Timestamping, KeyAlgorithm.EcdsaP256);
        var before = File.ReadAllText(Path.Combine(_folder.Path, "tsa.key.pem"));
        Assert.Throws<IOException>(() => KeyRing.CreateDevelopmentKey(_folder.Path, "tsa", KeyPurpose.Timestamping, KeyAlgorithm.EcdsaP256));
        Assert.Equal(before, File.ReadAllText(Path.Combine(_folder.Path, "tsa.key.pem")));
    }

    [Fact]
    public void Refuses_another_purpose()
    {
        KeyRing.CreateDevelopmentKey(_folder.Path, "ocsp", KeyPurpose.OcspResponder, KeyAlgorithm.EcdsaP256);
        var ring = KeyRing.Open(_folder.Path, production: false);
        var refusal = Assert.Throws<KeyRingException>(() => ring.Get("ocsp", KeyPurpose.CertificateAuthority));
        Assert.Equal("Key 'ocsp' is kept for OcspResponder and was asked for CertificateAuthority.", refusal.Message);
    }

    [Fact]
    public void Refuses_a_development_key_in_production_by_name()
    {
        KeyRing.CreateDevelopmentKey(_folder.Path, "issuing-ca", KeyPurpose.CertificateAuthority, KeyAlgorithm.EcdsaP256);
        KeyRing.CreateDevelopmentKey(_folder.Path, "tls", KeyPurpose.Tls, KeyAlgorithm.EcdsaP256);
        var ring = KeyRing.Open(_folder.Path, production: true);
        Assert.Equal("issuing-ca", Assert.Throws<DevelopmentKeyRefusedException>(() => ring.Get("issuing-ca", KeyPurpose.CertificateAuthority)).KeyName);
        Assert.Throws<DevelopmentKeyRefusedException>(() => ring.CertificateWithPrivateKey("tls", KeyPurpose.Tls));
    }

    [Fact]
    public void In_production_a_file_may_hold_channel_keys_only()
    {
        Unmarked("tls", KeyPurpose.Tls);
        Unmarked("issuing-ca", KeyPurpose.CertificateAuthority);
        var ring = KeyRing.Open(_folder.Path, production: true);
        Assert.Equal(KeyPurpose.Tls, ring.Get("tls", KeyPurpose.Tls).Purpose);
        Assert.Contains("hardware token", Assert.Throws<KeyRingException>(() => ring.Get("issuing-ca", KeyPurpose.CertificateAuthority)).Message, StringComparison.Ordinal);

        void Unmarked(string name, KeyPurpose purpose)
        {
            KeyRing.CreateDevelopmentKey(_folder.Path, name, purpose, KeyAlgorithm.EcdsaP256);
            var path = Path.Combine(_folder.Path, name + ".key.pem");
            File.WriteAllLines(path, File.ReadAllLines(path).Skip(1));
        }
    }

    [Theory]
    [InlineData("no-key", "no PEM block", "text")]
    [InlineData("no-purpose", "one purpose", "[PRIVATE KEY]")]
    [InlineData("two-purposes", "one purpose", "Purpose: Tls\nPurpose: Timestamping\n[PRIVATE KEY]")]
    [InlineData("number-purpose", "one purpose", "Purpose: 0\n[PRIVATE KEY]")]
    [InlineData("another-block", "no PEM block", "Purpose: Tls\n[CERTIFICATE]")]
    [InlineData("garbage", "cannot be used", "Purpose: Tls\n[PRIVATE KEY]")]
    public void Refuses_a_file_that_is_no_key(string name, string reason, string text)
    {
        // A word in brackets stands for a PEM block with that label that holds no key: none is in the source, not even its looks.
        var written = Regex.Replace(text, @"\[([A-Z ]+)\]", label => PemEncoding.WriteString(label.Groups[1].Value, new byte[3]));
        File.WriteAllText(Path.Combine(_folder.Path, name + ".key.pem"), written);
        var refusal = Assert.Throws<KeyRingException>(() => KeyRing.Open(_folder.Path, production: false).Get(name, KeyPurpose.Tls));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../tsa")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a.b")]
    public void Refuses_a_name_that_could_leave_the_folder(string name) =>
        Assert.Contains("name", Assert.Throws<KeyRingException>(() => KeyRing.Open(_folder.Path, production: false).Get(name, KeyPurpose.Tls)).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_missing_folder_and_a_missing_key()
    {
        Assert.Throws<KeyRingException>(() => KeyRing.Open(Path.Combine(_folder.Path, "none"), production: false));
        Assert.Throws<KeyRingException>(() => KeyRing.Open(_folder.Path, production: false).Get("none", KeyPurpose.Tls));
        Assert.Throws<KeyRingException>(() => KeyRing.Open(_folder.Path, production: false).Certificate("none"));
    }

    [Fact]
    public void Gives_certificate_and_key_together_to_channels_only()
    {
        foreach (var (name, purpose) in new[] { ("tls", KeyPurpose.Tls), ("tsa", KeyPurpose.Timestamping) })
        {
            var key = KeyRing.CreateDevelopmentKey(_folder.Path, name, purpose, KeyAlgorithm.EcdsaP256);
            using var ecdsa = key.AsEcdsa();
            using var certificate = new CertificateRequest("CN=localhost", ecdsa, HashAlgorithmName.SHA256)
                .Create(new X500DistinguishedName("CN=localhost"), X509SignatureGenerator.CreateForECDsa(ecdsa), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1), [1]);
            File.WriteAllText(Path.Combine(_folder.Path, name + ".cer.pem"), certificate.ExportCertificatePem());
        }

        var ring = KeyRing.Open(_folder.Path, production: false);
        using var withKey = ring.CertificateWithPrivateKey("tls", KeyPurpose.Tls);
        using var without = ring.Certificate("tls");
        Assert.True(withKey.HasPrivateKey);
        Assert.False(without.HasPrivateKey);
        Assert.Throws<KeyRingException>(() => ring.CertificateWithPrivateKey("tsa", KeyPurpose.Timestamping));
        Assert.Throws<KeyRingException>(() => ring.CertificateWithPrivateKey("tsa", KeyPurpose.Tls));

        File.Copy(Path.Combine(_folder.Path, "tsa.cer.pem"), Path.Combine(_folder.Path, "tls.cer.pem"), overwrite: true);
        Assert.Throws<KeyRingException>(() => ring.CertificateWithPrivateKey("tls", KeyPurpose.Tls));
    }
}
