using Identity.Keys.Tests.Pkcs11;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Keys.Tests.CommandLine;

public sealed class TokenCommandTests : HardwareToken
{
    private static readonly string[] CreateTsa = ["--token", "hsm", "--purpose", "Timestamping", "--algorithm", "EcdsaP256"];

    [Fact]
    public void Create_prints_the_record_of_the_key_and_writes_no_secret()
    {
        var made = SoftHsm.Command(["create", Folder, "tsa", .. CreateTsa]);
        Assert.Equal(0, made.ExitCode);
        Assert.StartsWith("key        tsa Timestamping\ntoken      identity-test\nalgorithm  EcdsaP256, not extractable, for signing only\nCKA_ID     ", made.Output, StringComparison.Ordinal);
        Assert.Contains("\nSHA-256 of the public key  ", made.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(SoftHsm.Pin, File.ReadAllText(PathOf("tsa.key.json")), StringComparison.Ordinal);
        Assert.True(Signs(Ring().Get("tsa", KeyPurpose.Timestamping)));
    }

    [Fact]
    public void Create_replaces_no_key()
    {
        Hsm.Create("tsa", "Timestamping");
        var again = SoftHsm.Command(["create", Folder, "tsa", .. CreateTsa]);
        Assert.Equal((1, $"There is a key 'tsa' in '{Folder}' already.\n"), (again.ExitCode, again.Error));
        File.Delete(PathOf("tsa.key.json"));
        again = SoftHsm.Command(["create", Folder, "tsa", .. CreateTsa]);
        Assert.Equal((1, "The token has an object with the label 'tsa Timestamping' already.\n"), (again.ExitCode, again.Error));
        Assert.False(File.Exists(PathOf("tsa.key.json")));
    }

    [Theory]
    [InlineData("Tls")]
    [InlineData("DataProtection")]
    [InlineData("TokenEncryption")]
    [InlineData("PersonSignature")]
    public void Create_makes_no_key_for_a_purpose_that_has_no_place_in_a_token(string purpose)
    {
        var refused = SoftHsm.Command("create", Folder, "key", "--token", "hsm", "--purpose", purpose, "--algorithm", "EcdsaP256");
        Assert.Equal((1, $"A key for {purpose} is not made here.\n"), (refused.ExitCode, refused.Error));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("create", "DIR", "tsa", "--token", "hsm", "--purpose", "5", "--algorithm", "EcdsaP256")]
    [InlineData("create", "DIR", "tsa", "--token", "hsm", "--purpose", "Timestamping", "--algorithm", "ecdsap256")]
    [InlineData("request", "DIR", "tsa")]
    [InlineData("unfinished", "DIR", "hsm", "--force")]
    [InlineData("token")]
    public void Wrong_usage_is_told_apart(params string[] arguments)
    {
        var result = SoftHsm.Command([.. arguments.Select(argument => argument == "DIR" ? Folder : argument)]);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("Keys in hardware tokens (PKCS#11).", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EcdsaP256")]
    [InlineData("EcdsaP384")]
    [InlineData("Rsa2048")]
    [InlineData("Rsa3072")]
    public void A_request_is_signed_in_the_token_and_openssl_verifies_it(string algorithm)
    {
        Hsm.Create("issuing-ca", "CertificateAuthority", algorithm);
        File.WriteAllText(PathOf("request.pem"), Hsm.Request("issuing-ca", "CN=Issuing CA, O=Identity Test, C=XX"));
        var shown = Tool.Run("openssl", "req", "-in", PathOf("request.pem"), "-verify", "-noout", "-subject");
        Assert.Contains("self-signature verify OK", shown.Text, StringComparison.Ordinal);
        Assert.Contains("CN = Issuing CA", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ed25519_is_made_for_seals_alone_and_its_request_verifies()
    {
        Hsm.Create("seal", "Seal", "Ed25519");
        File.WriteAllText(PathOf("request.pem"), Hsm.Request("seal", "CN=Seal, O=Identity Test, C=XX"));
        var shown = Tool.Run("openssl", "req", "-in", PathOf("request.pem"), "-verify", "-noout", "-text");
        Assert.Contains("self-signature verify OK", shown.Text, StringComparison.Ordinal);
        Assert.Contains("Signature Algorithm: ED25519", shown.Text, StringComparison.Ordinal);
        foreach (var purpose in new[] { "CertificateAuthority", "Timestamping", "OcspResponder", "TokenSigning", "ClientAuthentication" })
        {
            var refused = SoftHsm.Command("create", Folder, "other", "--token", "hsm", "--purpose", purpose, "--algorithm", "Ed25519");
            Assert.Equal((1, "Ed25519 is for Seal alone.\n"), (refused.ExitCode, refused.Error));
        }
    }

    [Fact]
    public void Check_names_each_key_and_what_is_wrong_with_it()
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.Create("ocsp", "OcspResponder");
        File.Copy(PathOf("tsa.key.json"), PathOf("copy.key.json"));
        var result = SoftHsm.Command("check", Folder, "hsm");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("token 'identity-test': logged in\nocsp: OcspResponder, EcdsaP256, good\ntsa: Timestamping, EcdsaP256, good\n", result.Output);
        Assert.Equal("Key 'copy' is refused: its CKA_LABEL in the token is not 'copy Timestamping'.\n", result.Error);
    }

    [Fact]
    public void What_an_interrupted_create_left_is_listed_and_removed()
    {
        Hsm.Create("tsa", "Timestamping");
        Assert.Equal(0, Hsm.Pkcs11Tool("--keypairgen", "--key-type", "EC:prime256v1", "--id", "01", "--label", "identity unfinished ocsp", "--usage-sign").ExitCode);
        Assert.Equal("ocsp: unfinished\nocsp: unfinished\n", SoftHsm.Command("unfinished", Folder, "hsm").Output);
        Assert.Equal("ocsp: removed\nocsp: removed\n", SoftHsm.Command("unfinished", Folder, "hsm", "--remove").Output);
        Assert.Equal("", SoftHsm.Command("unfinished", Folder, "hsm").Output);
        Assert.DoesNotContain("unfinished", Hsm.Objects(), StringComparison.Ordinal);
        Assert.True(Signs(Ring().Get("tsa", KeyPurpose.Timestamping)));
    }

    [Fact]
    public void A_wrong_pin_costs_one_attempt()
    {
        Hsm.WritePin("000000");
        var refused = SoftHsm.Command("check", Folder, "hsm");
        Assert.Equal((1, "Token 'hsm' refused the PIN (CKR_PIN_INCORRECT); it is not tried again.\n"), (refused.ExitCode, refused.Error));
    }

    [Fact]
    public void A_name_that_leaves_the_folder_is_refused()
    {
        foreach (var name in new[] { "../tsa", "Tsa", new string('a', 65) })
        {
            var refused = SoftHsm.Command(["create", Folder, name, .. CreateTsa]);
            Assert.Equal((1, "A key's name is 1 to 64 characters of a-z, 0-9 and '-'.\n"), (refused.ExitCode, refused.Error));
        }
    }
}
