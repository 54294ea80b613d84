using System.Net;

using Identity.Web.Outgoing;

namespace Identity.Provider.Outgoing;

public sealed class AllowedAddressesTests
{
    private static readonly AllowedAddresses Production = AllowedAddresses.Check([], development: false);

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("2001:200::1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    public void An_address_of_the_internet_may_be_called(string address) => Assert.True(Production.Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.255.255.255")]
    [InlineData("10.0.0.0")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.0")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.0")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.0.0")]
    [InlineData("192.168.255.255")]
    [InlineData("198.18.0.0")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:1ff::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fdff:ffff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Any_other_address_may_not(string address) => Assert.False(Production.Allows(IPAddress.Parse(address)));

    [Fact]
    public void Private_networks_are_called_when_the_operator_lists_them_and_nothing_beside()
    {
        var listed = AllowedAddresses.Check(["10.1.2.0/24", "fd00:1::/32"], development: false);
        Assert.True(listed.Allows(IPAddress.Parse("10.1.2.255")));
        Assert.True(listed.Allows(IPAddress.Parse("::ffff:10.1.2.0")));
        Assert.True(listed.Allows(IPAddress.Parse("fd00:1:ffff::1")));
        Assert.False(listed.Allows(IPAddress.Parse("10.1.1.255")));
        Assert.False(listed.Allows(IPAddress.Parse("10.1.3.0")));
        Assert.False(listed.Allows(IPAddress.Parse("fd00:2::1")));
        Assert.False(listed.Allows(IPAddress.Loopback));
    }

    [Fact]
    public void Loopback_is_for_development()
    {
        var development = AllowedAddresses.Check([], development: true);
        Assert.True(development.Allows(IPAddress.Loopback));
        Assert.True(development.Allows(IPAddress.IPv6Loopback));
        Assert.False(development.Allows(IPAddress.Parse("10.0.0.1")));
        Assert.True(development.Allows(new Uri("http://localhost:5401/keys")));
        Assert.False(Production.Allows(new Uri("http://localhost:5401/keys")));
    }

    [Theory]
    [InlineData("http://agency.example/keys")]
    [InlineData("ftp://agency.example/keys")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://agency.example/")]
    [InlineData("https://name:password@agency.example/keys")]
    [InlineData("https://agency.example/keys#part")]
    public void Https_alone_and_nothing_hidden_in_it(string address)
    {
        Assert.False(Production.Allows(new Uri(address)));
        Assert.False(AllowedAddresses.Check([], development: true).Allows(new Uri(address)));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("intranet")]
    [InlineData("")]
    public void A_network_that_is_none_is_refused_by_name(string network)
    {
        var refusal = Assert.Throws<ProviderSettingsException>(() => AllowedAddresses.Check(
            ["10.0.0.0/8", network], development: false, (index, rule) => new ProviderSettingsException($"{nameof(ProviderOptions.AllowedPrivateNetworks)}:{index}", rule)));
        Assert.StartsWith("Provider:AllowedPrivateNetworks:1: must be a network", refusal.Message, StringComparison.Ordinal);
    }
}
