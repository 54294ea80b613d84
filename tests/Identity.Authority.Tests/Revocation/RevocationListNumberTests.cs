using Identity.Authority.Revocation;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Revocation;

/// <summary>Apart from the other tests: the clock moves and the issuing authority is revoked.</summary>
public sealed class RevocationListNumberTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task A_list_is_renewed_at_half_of_its_time_and_its_number_only_rises()
    {
        var first = await List("root-ca");
        system.Time.Offset += TimeSpan.FromHours(13);
        await Until(async () => (await List("root-ca")).ThisUpdate > first.ThisUpdate.AddHours(12));
        var second = await List("root-ca");
        Assert.True(second.Number > first.Number);
        Assert.True(second.NextUpdate > first.NextUpdate);
        await system.Restart();
        Assert.True((await List("root-ca")).Number >= second.Number);
    }

    [Fact]
    public async Task A_number_that_a_crash_left_unused_is_not_given_again()
    {
        long highest;
        await using (var database = system.Database())
        {
            highest = await database.RevocationLists.Where(l => l.Issuer == "root-ca").MaxAsync(l => l.Number);
            database.Add(new RevocationListRecord { Issuer = "root-ca", Number = highest + 5, ThisUpdate = default, NextUpdate = default, Sequence = 0 });
            await database.SaveChangesAsync();
        }
        var tsa = Certificate.Parse(system.Pki.Certificate("issuing-ca"));
        Assert.Equal(RevocationResult.Revoked, await system.Services.GetRequiredService<CertificateRevocations>().Revoke("root-ca", tsa.SerialHex, RevocationReason.CaCompromise, CancellationToken.None));
        await Until(async () => (await List("root-ca")).Find(tsa.SerialNumber) is not null);
        Assert.True((await List("root-ca")).Number > highest + 5);
    }

    private async Task<CertificateRevocationList> List(string issuer)
    {
        var list = CertificateRevocationList.Parse(await system.Http.GetByteArrayAsync($"{system.Address}crl/{issuer}.crl"));
        Assert.Equal(SignatureCheck.Valid, list.VerifySignature(Certificate.Parse(system.Pki.Certificate(issuer)).PublicKey));
        Assert.Null(list.IssuingDistributionPoint);
        return list;
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
