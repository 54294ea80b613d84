using Identity.Authority.Revocation;
using Identity.Pkix.Crl;
using Identity.Pkix.X509;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Revocation;

/// <summary>Lists in four parts. Apart from the other tests: the service is started anew with other settings.</summary>
public sealed class RevocationListShardTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task Each_revoked_serial_is_on_the_list_that_its_certificate_names_and_on_the_complete_one_once()
    {
        await system.RestartWith("--Authority:RevocationListShards=4");
        var people = new List<(string Name, string Serial, string List)>();
        for (var i = 0; i < 6; i++)
        {
            var serial = await system.NewPerson($"person-{i}");
            var certificate = Certificate.Parse(system.Pki.Certificate($"person-{i}"));
            var address = Assert.Single(Assert.Single(certificate.Facts.CrlDistributionPoints).Uris);
            Assert.Equal($"{system.Address}crl/issuing-ca/{SerialNumbers.FromHex(serial) % 4}.crl", address);
            people.Add(($"person-{i}", serial, address));
        }
        var before = new Dictionary<string, CertificateRevocationList>();
        foreach (var list in All()) before[list] = await List(list);
        Assert.EndsWith(": OK\n", await Verify(people[0]), StringComparison.Ordinal);

        foreach (var (_, serial, _) in people.SkipLast(1))
            Assert.Equal(RevocationResult.Revoked, await system.Services.GetRequiredService<CertificateRevocations>().Revoke("issuing-ca", serial, RevocationReason.KeyCompromise, CancellationToken.None));
        foreach (var (_, serial, address) in people.SkipLast(1))
            await Until(async () => (await List(address)).Find(SerialNumbers.FromHex(serial))?.Reason == RevocationReason.KeyCompromise);
        await Until(async () => (await List($"{system.Address}crl/issuing-ca.crl")).Entries.Count == 5);
        foreach (var list in All())
        {
            var now = await List(list);
            Assert.True(now.Number >= before[list].Number);
            Assert.All(now.Entries, e => Assert.Contains(people, p => p.Serial == SerialNumbers.ToHex(e.SerialNumber) && (p.List == list || list.EndsWith("issuing-ca.crl", StringComparison.Ordinal))));
            Assert.Equal(now.Entries.Count, now.Entries.Select(e => e.SerialNumber).Distinct().Count());
            // RFC 5280 5.2.5: a part says which; the complete list says nothing.
            Assert.Equal(list.EndsWith("issuing-ca.crl", StringComparison.Ordinal) ? null : list, now.IssuingDistributionPoint?.Uris.Single());
            Assert.NotNull(now.ExpiredCertificatesSince);
        }
        Assert.Contains("error 23", await Verify(people[0]), StringComparison.Ordinal);
        Assert.EndsWith(": OK\n", await Verify(people[5]), StringComparison.Ordinal);

        // With another number of shards the old ones stay, and their numbers go on.
        var last = (await List(people[0].List)).Number;
        await system.RestartWith();
        Assert.True((await List(people[0].List)).Number >= last);
        Assert.Equal(5, (await List($"{system.Address}crl/issuing-ca.crl")).Entries.Count);
        await system.NewPerson("after");
        Assert.Equal([$"{system.Address}crl/issuing-ca.crl"], Certificate.Parse(system.Pki.Certificate("after")).Facts.CrlDistributionPoints.SelectMany(p => p.Uris));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await system.Http.GetAsync($"{system.Address}crl/issuing-ca/4.crl")).StatusCode);
    }

    private IEnumerable<string> All() => Enumerable.Range(0, 4).Select(n => $"{system.Address}crl/issuing-ca/{n}.crl").Append($"{system.Address}crl/issuing-ca.crl");

    private async Task<CertificateRevocationList> List(string address) => CertificateRevocationList.Parse(await system.Http.GetByteArrayAsync(address));

    private async Task<string> Verify((string Name, string Serial, string List) person)
    {
        var der = await system.Http.GetByteArrayAsync(person.List);
        system.Pki.Openssl("crl", "-inform", "DER", "-in", system.Pki.Write("shard.crl", der), "-out", system.Pki.PathOf("shard.pem"));
        return system.Pki.Try("verify", "-x509_strict", "-crl_check", "-CRLfile", system.Pki.PathOf("shard.pem"), "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted",
            system.Pki.CertificatePath("issuing-ca"), system.Pki.CertificatePath(person.Name)).Text;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await holds()) return;
            await Task.Delay(100);
        }
        Assert.Fail("It did not happen within 20 seconds.");
    }
}
