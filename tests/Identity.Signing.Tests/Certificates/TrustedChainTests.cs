using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Certificates;

/// <summary>A chain that was found is remembered, for as long as each of its certificates is valid, and for what it was asked about alone.</summary>
public sealed class TrustedChainTests : IDisposable
{
    private readonly OpensslPki pki = new();
    private readonly string folder = Directory.CreateTempSubdirectory("identity-chain-").FullName;

    public void Dispose()
    {
        pki.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_remembered_chain_holds_at_no_time_at_which_one_of_its_certificates_does_not()
    {
        var (chain, leaf) = (Chain("root-ca"), Certificate.Parse(pki.Certificate("tsa")));
        var (from, to) = (leaf.NotBefore, leaf.NotAfter);
        for (var round = 0; round < 2; round++)
        {
            Assert.True(Leads(from));
            Assert.True(Leads(from.AddDays(1)));
            Assert.True(Leads(to));
            Assert.False(Leads(from.AddSeconds(-1)));
            Assert.False(Leads(to.AddSeconds(1)));
        }

        bool Leads(DateTimeOffset at) => chain.Leads(leaf.Raw, [pki.Certificate("issuing-ca")], at);
    }

    [Fact]
    public void A_remembered_chain_is_none_for_another_certificate_or_without_the_issuer()
    {
        var (chain, now) = (Chain("root-ca"), TimeProvider.System.GetUtcNow());
        var (leaf, issuer) = (pki.Certificate("tsa"), pki.Certificate("issuing-ca"));
        var changed = leaf.ToArray();
        changed[^1] ^= 1;
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(3, chain.Path(leaf, [issuer], now)!.Count);
            Assert.Null(chain.Path(leaf, [], now));
            Assert.Null(chain.Path(changed, [issuer], now));
            Assert.Null(Chain("ocsp").Path(leaf, [issuer], now));
        }
    }

    private TrustedChain Chain(string anchor)
    {
        var trust = Directory.CreateDirectory(Path.Combine(folder, anchor)).FullName;
        File.Copy(pki.CertificatePath(anchor), Path.Combine(trust, anchor + ".pem"), overwrite: true);
        return new TrustedChain(SigningSettings.Check(
            new SigningOptions
            {
                PublicAddress = "http://localhost:1/", Provider = "http://localhost:1/", Authority = "http://localhost:1/", Verification = "http://localhost:1/", PersonKeys = "software",
                DataDirectory = folder, KeysDirectory = folder, TrustDirectory = trust, Agencies = [new AgencyOptions { ClientId = "one", Name = "One", ReturnUrls = ["http://localhost:1/"] }],
            },
            production: false));
    }
}
