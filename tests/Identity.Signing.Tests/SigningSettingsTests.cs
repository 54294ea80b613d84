namespace Identity.Signing.Tests;

/// <summary>A refusal at start names the field.</summary>
public sealed class SigningSettingsTests
{
    public static TheoryData<string, string> Wrong() => new()
    {
        { "PublicAddress=localhost", "Signing:PublicAddress must be an absolute http(s) address" },
        { "PublicAddress=http://localhost:5200/sign", "Signing:PublicAddress must end with a slash" },
        { "PublicAddress=ftp://localhost/", "Signing:PublicAddress must be an absolute http(s) address" },
        { "Provider=", "Signing:Provider must be an absolute http(s) address" },
        { "Authority=http://user@localhost/", "Signing:Authority must be an absolute http(s) address" },
        { "Timestamps=tsa", "Signing:Timestamps must be an absolute http(s) address" },
        { "TimestampPolicies:0=any policy", "Signing:TimestampPolicies must hold object identifiers" },
        { "DataDirectory=", "Signing:DataDirectory must name a directory" },
        { "PersonKeys=", "Signing:PersonKeys must name a hardware token of the key folder, or be 'software'." },
        { "PersonKeyAlgorithm=Rsa2048", "Signing:PersonKeyAlgorithm must be one of EcdsaP256, EcdsaP384, Rsa3072, Ed25519." },
        { "PersonKeyAlgorithm=ed25519", "Signing:PersonKeyAlgorithm must be one of EcdsaP256, EcdsaP384, Rsa3072, Ed25519." },
        { "MaxDocumentBytes=0", "Signing:MaxDocumentBytes must be from 1 to" },
        { "MaxDocumentBytes=1073741825", "Signing:MaxDocumentBytes must be from 1 to 1073741824" },
        { "RequestLifetime=00:00:59", "Signing:RequestLifetime must be from" },
        { "SessionLifetime=12:00:01", "Signing:SessionLifetime must be from" },
        { "SessionLifetime=00:00:00", "Signing:SessionLifetime must be from" },
        { "ClockTolerance=00:00:00", "Signing:ClockTolerance must be from" },
        { "SigningDeadline=01:00:00", "Signing:SigningDeadline must be from" },
        { "Instance=../other", "Signing:Instance must have 1 to 64" },
        { "Agencies:0:Name=Land Registry", "Signing:Agencies:0:ClientId must be" },
        { "Agencies:0:ClientId=land-registry", "Signing:Agencies:0:Name must have" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_setting_is_refused_by_name(string setting, string message)
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => SigningApp.Build(["--environment=Development", "--Signing:" + setting]));
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://registry.example/back")]
    [InlineData("https://registry.example/back/?x=")]
    [InlineData("/back/")]
    public void A_return_prefix_that_could_match_more_than_meant_is_refused(string prefix)
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => SigningApp.Build(
            ["--environment=Development", "--Signing:Agencies:0:ClientId=a", "--Signing:Agencies:0:Name=A", "--Signing:Agencies:0:ReturnUrls:0=" + prefix]));
        Assert.StartsWith("Signing:Agencies:0:ReturnUrls", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Peoples_keys_in_software_are_refused_in_production()
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => SigningApp.Build(["--environment=Production", "--Signing:PublicAddress=https://sign.example/",
            "--Signing:Provider=https://login.example/", "--Signing:Authority=https://ca.example/", "--Signing:Verification=https://verify.example/"]));
        Assert.Equal("Signing:PersonKeys is 'software', which is for development; in production it must name a hardware token of the key folder.", refusal.Message);
    }

    [Fact]
    public void Plain_http_is_refused_in_production()
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => SigningApp.Build(["--environment=Production"]));
        Assert.Equal("Signing:Provider must be an https address in production.", refusal.Message);
    }
}
