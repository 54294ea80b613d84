using Microsoft.Extensions.Hosting;

namespace Identity.Provider.Storage;

/// <summary>What the Provider refuses to start with; the message names the setting.</summary>
public sealed class ProviderSettingsTests
{
    public static TheoryData<string, string, Action<ProviderOptions>> Bad => new()
    {
        { "Production", "Issuer", options => options.Issuer = "http://id.example/" },
        { "Production", "Issuer", options => options.Issuer = "http://localhost:5000/" },
        { "Development", "Issuer", options => options.Issuer = "http://id.example/" },
        { "Production", "Issuer", options => options.Issuer = "https://id.example" },
        { "Production", "Issuer", options => options.Issuer = "https://ID.example/" },
        { "Production", "Issuer", options => options.Issuer = "https://id.example/?a" },
        { "Production", "Issuer", options => options.Issuer = "https://id.example/#a" },
        { "Production", "Issuer", options => options.Issuer = "https://u@id.example/" },
        { "Production", "Issuer", options => options.Issuer = null },
        { "Production", "SeedDemo:Enabled", options => options.SeedDemo.Enabled = true },
        { "Staging", "SeedDemo:Enabled", options => options.SeedDemo.Enabled = true },
        { "Production", "Database", options => options.Database = "" },
        { "Production", "Redis", options => options.Redis = null },
        { "Production", "Redis", options => options.Redis = "redis:6379,nonsense=1" },
        { "Production", "Redis", options => options.Redis = "serviceName=identity" },
        { "Production", "RedisReplicas", options => options.RedisReplicas = -1 },
        { "Production", "RedisReplicas", options => options.RedisReplicas = 6 },
        { "Production", "RedisReplicas", options => options.Redis = "sentinel:26379,serviceName=identity" },
        { "Production", "Keys", options => options.Keys = null },
        { "Production", "Audit", options => options.Audit = null },
        { "Production", "RequestLifetime", options => options.RequestLifetime = TimeSpan.FromSeconds(600) },
        { "Production", "RequestLifetime", options => options.RequestLifetime = TimeSpan.Zero },
        { "Production", "CodeLifetime", options => options.CodeLifetime = TimeSpan.FromSeconds(61) },
        { "Production", "AccessTokenLifetime", options => options.AccessTokenLifetime = TimeSpan.FromMinutes(61) },
        { "Production", "InteractionLifetime", options => options.InteractionLifetime = TimeSpan.FromMinutes(61) },
        { "Production", "Resources:0:Address", options => options.Resources.Add(new ResourceOptions { Scope = "signing", Address = "http://sign.example/" }) },
        { "Production", "Resources:0:Scope", options => options.Resources.Add(new ResourceOptions { Scope = "a b", Address = "https://sign.example/" }) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_refusal_names_the_setting(string environment, string setting, Action<ProviderOptions> change)
    {
        var options = Good();
        change(options);
        var refused = Assert.Throws<ProviderSettingsException>(() => ProviderSettings.Check(options, new NamedEnvironment(environment)));
        Assert.StartsWith($"Provider:{setting}: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_ones_pass_without_demo() => Assert.False(ProviderSettings.Check(Good(), new NamedEnvironment("Production")).SeedDemo);

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("Prod")]
    [InlineData("")]
    public void Every_environment_but_Development_is_as_strict_as_production(string environment)
    {
        var settings = ProviderSettings.Check(Good(), new NamedEnvironment(environment));
        Assert.True(settings.Production);
        Assert.False(settings.SeedDemo);
    }

    private static ProviderOptions Good() => new()
    {
        Issuer = "https://id.example/", Database = "Data Source=provider.db", Redis = "redis:6379", Keys = "/keys", Audit = "/audit/provider.jsonl",
    };
}
