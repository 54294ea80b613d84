using Identity.Authority.Issuance;
using Identity.Authority.RevocationLists;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;

namespace Identity.Authority.Tests.Revocation;

/// <summary>One change to a list, and what is said of it.</summary>
public sealed class RevocationListLintTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly OpensslPki pki = new();

    public void Dispose() => pki.Dispose();

    [Theory]
    [InlineData("nothing", null)]
    [InlineData("a part", null)]
    [InlineData("other issuer", "issuer is not the subject of the authority")]
    [InlineData("nextUpdate before", "nextUpdate is missing, before thisUpdate or too late")]
    [InlineData("nextUpdate late", "nextUpdate is missing, before thisUpdate or too late")]
    [InlineData("number 0", "no number")]
    [InlineData("other part", "not the distribution point that is intended")]
    [InlineData("no part", "not the distribution point that is intended")]
    [InlineData("twice", "a serial number twice")]
    [InlineData("tomorrow", "revoked after thisUpdate")]
    [InlineData("hold", "a reason that is not given")]
    [InlineData("removal", "a reason that is not given")]
    public void A_list_that_differs_is_not_signed(string change, string? problem)
    {
        var issuing = Certificate.Parse(pki.Certificate("issuing-ca"));
        var intended = new CrlContent(issuing, 7, Now, Now.AddDays(1), [new RevokedCertificate(1, Now, RevocationReason.KeyCompromise), new RevokedCertificate(2, Now.AddDays(-1), null)])
        {
            DistributionPointUri = change.Contains("part", StringComparison.Ordinal) ? "http://status.example/crl/issuing-ca/1.crl" : null,
        };
        var written = change switch
        {
            "other issuer" => intended with { Issuer = Certificate.Parse(pki.Certificate("root-ca")) },
            "nextUpdate before" => intended with { NextUpdate = Now },
            "nextUpdate late" => intended with { NextUpdate = Now.AddDays(31).AddSeconds(1) },
            "number 0" => intended with { Number = 0 },
            "other part" => intended with { DistributionPointUri = "http://status.example/crl/issuing-ca/2.crl" },
            "no part" => intended with { DistributionPointUri = null },
            "twice" => intended with { Revoked = [.. intended.Revoked, new RevokedCertificate(1, Now, null)] },
            "tomorrow" => intended with { Revoked = [new RevokedCertificate(1, Now.AddSeconds(1), null)] },
            "hold" => intended with { Revoked = [new RevokedCertificate(1, Now, RevocationReason.CertificateHold)] },
            "removal" => intended with { Revoked = [new RevokedCertificate(1, Now, RevocationReason.RemoveFromCrl)] },
            _ => intended,
        };
        var list = CertificateRevocationList.Parse(ThrowAwaySignature.Finish(CrlBuilder.Build(written, SignatureAlgorithm.EcdsaSha256)));
        Assert.Equal(problem, RevocationListLint.Check(list, intended));
    }
}
