using System.Text.Json.Nodes;
using Identity.TestKit.Pki;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>What a folder says of a token and its keys is checked, and a refusal names the field; what the token itself refuses is told too.</summary>
public sealed class TokenSettingsTests : HardwareToken
{
    [Theory]
    [InlineData("module", "\"libsofthsm2.so\"", "module in '{0}' must be the absolute path of a PKCS#11 library.")]
    [InlineData("module", "null", "module in '{0}' must be the absolute path of a PKCS#11 library.")]
    [InlineData("module", "\"/none/module.so\"", "module '/none/module.so' does not exist.")]
    [InlineData("module", "\"/etc/passwd\"", "Token 'hsm': Unable to load")]
    [InlineData("label", "\"\"", "label in '{0}' must be the token's label, 1 to 32 bytes without spaces around it.")]
    [InlineData("label", "\"123456789012345678901234567890123\"", "label in '{0}' must be the token's label, 1 to 32 bytes without spaces around it.")]
    [InlineData("label", "\"12345678901234567890123456789012\"", "no token with the label '12345678901234567890123456789012' is present.")]
    [InlineData("pinFile", "\"pin\"", "pinFile in '{0}' must be the absolute path of a file, or 'credential:NAME' when the service manager hands credentials over.")]
    [InlineData("pinFile", "\"credential:../pin\"", "pinFile in '{0}' must be the absolute path of a file, or 'credential:NAME' when the service manager hands credentials over.")]
    [InlineData("pinFile", "\"/none/pin\"", "pinFile '/none/pin' cannot be read.")]
    [InlineData("sessions", "0", "sessions in '{0}' must be from 1 to 64.")]
    [InlineData("sessions", "65", "sessions in '{0}' must be from 1 to 64.")]
    [InlineData("sessions", "\"4\"", "'{0}' is not as it must be at $.sessions")]
    [InlineData("timeoutSeconds", "0", "timeoutSeconds in '{0}' must be from 1 to 120.")]
    [InlineData("timeoutSeconds", "121", "timeoutSeconds in '{0}' must be from 1 to 120.")]
    [InlineData("environment", "{\"LD_PRELOAD\":\"/tmp/x.so\"}", "environment in '{0}' may hold what the module reads")]
    [InlineData("environment", "{\"HSM_PIN\":\"1234\"}", "environment in '{0}' may hold what the module reads")]
    [InlineData("environment", "{\"A B\":\"1\"}", "environment in '{0}' may hold what the module reads")]
    [InlineData("pin", "\"271828\"", "'{0}' is not as it must be at $.pin")]
    public void A_wrong_field_of_a_token_is_refused_by_name(string field, string value, string refusal)
    {
        Hsm.Create("tsa", "Timestamping");
        Edit("hsm.token.json", field, value);
        Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, refusal, Hsm.TokenFile), Refusal(Ring(), "tsa"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token", "\"../hsm\"", "token in '{0}' must name a token: 1 to 64 characters of a-z, 0-9 and '-'.")]
    [InlineData("token", "\"none\"", "Token 'none' cannot be read from")]
    [InlineData("purpose", "\"1\"", "purpose in '{0}' must be one of CertificateAuthority,")]
    [InlineData("purpose", "\"Timestamping,Tls\"", "purpose in '{0}' must be one of CertificateAuthority,")]
    [InlineData("purpose", "null", "purpose in '{0}' must be one of CertificateAuthority,")]
    [InlineData("algorithm", "\"EcdsaP521\"", "algorithm in '{0}' must be one of EcdsaP256,")]
    [InlineData("algorithm", "\"Rsa2048\"", "publicKey in '{0}' must be a SubjectPublicKeyInfo of Rsa2048, in base64.")]
    [InlineData("publicKey", "\"AAAA\"", "publicKey in '{0}' must be a SubjectPublicKeyInfo of EcdsaP256, in base64.")]
    [InlineData("publicKey", "\"no base64!\"", "'{0}' is not as it must be at $.publicKey")]
    [InlineData("label", "\"x\"", "'{0}' is not as it must be at $.label")]
    public void A_wrong_field_of_a_key_is_refused_by_name(string field, string value, string refusal)
    {
        Hsm.Create("tsa", "Timestamping");
        Edit("tsa.key.json", field, value);
        Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, refusal, PathOf("tsa.key.json")), Refusal(Ring(), "tsa"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_up_to_its_cap()
    {
        Hsm.Create("tsa", "Timestamping");
        var text = File.ReadAllText(PathOf("tsa.key.json"));
        File.WriteAllText(PathOf("tsa.key.json"), text.PadRight(16 * 1024));
        Assert.True(Signs(Ring().Get("tsa", KeyPurpose.Timestamping)));
        File.WriteAllText(PathOf("tsa.key.json"), text.PadRight(16 * 1024 + 1));
        Assert.Equal($"Key 'tsa': '{PathOf("tsa.key.json")}' is larger than 16384 bytes.", Refusal(Ring(), "tsa"));
    }

    [Fact]
    public void A_member_that_occurs_twice_is_refused()
    {
        Hsm.Create("tsa", "Timestamping");
        File.WriteAllText(PathOf("tsa.key.json"), File.ReadAllText(PathOf("tsa.key.json")).Replace("\"purpose\"", "\"purpose\":\"Seal\",\"purpose\"", StringComparison.Ordinal));
        Assert.Contains("is not as it must be", Refusal(Ring(), "tsa"), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_tokens_with_one_label_are_refused()
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.NewToken(SoftHsm.Label);
        Assert.Equal($"Token 'hsm': 2 tokens have the label '{SoftHsm.Label}'.", Refusal(Ring(), "tsa"));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead)]
    public void A_pin_file_that_others_may_read_is_refused(UnixFileMode mode)
    {
        Hsm.Create("tsa", "Timestamping");
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(Hsm.PinFile, mode);
        Assert.Equal($"Token 'hsm': pinFile '{Hsm.PinFile}' may be read by its owner only (mode 0600 or 0400).", Refusal(Ring(), "tsa"));
    }

    [Theory]
    [InlineData("123")]
    [InlineData("271828\n271828\n")]
    [InlineData("")]
    public void A_pin_file_holds_one_line(string content)
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.WritePin(content);
        Assert.Equal($"Token 'hsm': pinFile '{Hsm.PinFile}' must hold one line of 4 to 255 bytes.", Refusal(Ring(), "tsa"));
    }

    [Fact]
    public void A_wrong_pin_is_tried_once_and_by_no_later_start()
    {
        Hsm.Create("tsa", "Timestamping");
        Hsm.WritePin("000000\n");
        var ring = Ring();
        Assert.Equal("Token 'hsm' refused the PIN (CKR_PIN_INCORRECT); it is not tried again.", Refusal(ring, "tsa"));
        Assert.Equal("Token 'hsm' refused the PIN (CKR_PIN_INCORRECT); it is not tried again.", Refusal(ring, "tsa"));
        // A service manager starts the service again, even with the right PIN: a person is to look first.
        Hsm.WritePin(SoftHsm.Pin);
        Assert.Equal("Token 'hsm': a wrong PIN was entered since the last right one. Put it right and log in once, with `check`.", Refusal(Ring(), "tsa"));
        Assert.Equal(0, SoftHsm.Command("check", Folder, "hsm").ExitCode);
        Assert.True(Signs(Ring().Get("tsa", KeyPurpose.Timestamping)));
        Assert.Contains("is not tried again", Refusal(ring, "tsa"), StringComparison.Ordinal);
    }

    private void Edit(string file, string field, string value)
    {
        var json = JsonNode.Parse(File.ReadAllText(PathOf(file)))!;
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(PathOf(file), json.ToJsonString());
    }
}
