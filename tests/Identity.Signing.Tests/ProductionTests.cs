using Identity.Keys;

namespace Identity.Signing.Tests;

public sealed class ProductionTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("Production")]
    // A name that somebody made up or misspelt must not open what Production closes.
    [InlineData("Prod")]
    public void A_development_key_is_refused_by_name(string environment)
    {
        string[] https = ["--environment=" + environment, "--Signing:PublicAddress=https://sign.example/", "--Signing:Provider=https://login.example/",
            "--Signing:Authority=https://ca.example/", "--Signing:Verification=https://verify.example/", "--Signing:Agencies:0:ReturnUrls:0=https://a.example/", "--Signing:PersonKeys=hsm"];
        var refusal = Assert.Throws<DevelopmentKeyRefusedException>(() => SigningApp.Build([.. system.Arguments("https://sign.example/"), .. https]));
        Assert.Equal("data-protection", refusal.KeyName);
    }
}
