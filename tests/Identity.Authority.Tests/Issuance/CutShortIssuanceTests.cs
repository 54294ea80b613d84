using System.Net;
using Identity.Authority.Revocation;
using Identity.Authority.Storage;
using Identity.Authority.Tests.Requests;
using Identity.Authority.Tests.Timestamps;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Issuance;

/// <summary>The certificate is signed and cannot be stored: a trigger in the database refuses it.</summary>
public sealed class CutShortIssuanceTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task What_could_not_be_stored_is_not_handed_out_is_known_and_can_be_revoked()
    {
        var evidence = system.NewEvidence(out var approval);
        await using (var database = system.Database())
            await database.Database.ExecuteSqlRawAsync("CREATE TRIGGER refuse BEFORE UPDATE ON Certificates BEGIN SELECT RAISE(FAIL, 'refused'); END");
        CertificateRequestTests.IsRefused(await system.Ask(evidence, system.NewCsr()), HttpStatusCode.ServiceUnavailable, "unavailable");
        await using (var database = system.Database())
            await database.Database.ExecuteSqlRawAsync("DROP TRIGGER refuse");

        string serial;
        await using (var database = system.Database())
        {
            var record = await database.Certificates.AsNoTracking().SingleAsync(c => c.ApprovalId == approval);
            Assert.Equal(CertificateState.Intended, record.State);
            serial = record.Serial;
        }
        Assert.Contains(TimestampEndpointTests.AuditLines(system), l => l.Contains(serial, StringComparison.Ordinal) && l.Contains("not_stored", StringComparison.Ordinal));
        Assert.IsType<CertificateStatus.Unknown>(await Status(serial));
        // The approval stays used: a second certificate for it could be signed beside the first.
        CertificateRequestTests.IsRefused(await system.Ask(evidence, system.NewCsr()), HttpStatusCode.Conflict, "approval_used");

        Assert.Equal(RevocationResult.Revoked,
            await system.Services.GetRequiredService<CertificateRevocations>().Revoke("issuing-ca", serial, RevocationReason.Superseded, CancellationToken.None));
        Assert.IsType<CertificateStatus.Revoked>(await Status(serial));
    }

    private async Task<CertificateStatus> Status(string serial)
    {
        var id = CertificateId.For(Certificate.Parse(system.Pki.Certificate("issuing-ca")), SerialNumbers.FromHex(serial));
        var (_, body, _) = await system.Post("ocsp", new OcspRequest([id], null).Encode(), "application/ocsp-request");
        return Assert.Single(OcspResponse.Parse(body).Basic!.Responses).Status;
    }
}
