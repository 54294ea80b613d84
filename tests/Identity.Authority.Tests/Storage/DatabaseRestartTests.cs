using System.Net;
using System.Security.Cryptography;
using Identity.Audit;
using Identity.Authority.Revocation;
using Identity.Authority.RevocationLists;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Identity.Authority.Tests.Storage;

/// <summary>PostgreSQL stopped under a running Authority and started again: its client wraps what it takes for transient, and a restart is all of that.</summary>
public sealed class DatabaseRestartTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task A_restart_of_PostgreSQL_is_try_later_everywhere_and_after_it_the_service_goes_on()
    {
        using var server = await PostgresServer.Start();
        await system.RestartWith($"--Authority:Database={await server.NewDatabase()}");
        try
        {
            var serial = await system.NewPerson("restarted");
            var evidence = system.NewEvidence();
            var csr = system.NewCsr();
            Assert.Equal(OcspResponseStatus.Successful, (await Ocsp(serial)).Status);
            var host = system.Services.GetRequiredService<IHostApplicationLifetime>();

            await server.Stop();
            for (var round = 0; round < 3; round++)
            {
                Assert.Equal(OcspResponseStatus.TryLater, (await Ocsp(serial)).Status);
                Assert.Equal(TimestampFailures.SystemFailure, Assert.IsType<TimestampResponse.Refused>(await Stamp()).Failures);
                var (status, answer) = await system.Ask(evidence, csr);
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable"), (status, answer["error"]!.GetValue<string>()));
            }

            // The worker has looked in vain more than once by then.
            var lists = system.Services.GetRequiredService<RevocationListPublisher>();
            await Until(() => Task.FromResult(lists.SeenRevocations is null));
            Assert.False(host.ApplicationStopping.IsCancellationRequested, "an outage of the database must not end the service");
            Assert.Equal(HttpStatusCode.OK, await Health("live"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await Health("ready"));

            await server.RunAgain();
            await Until(async () => await Health("ready") == HttpStatusCode.OK);
            await Until(async () => (await Ocsp(serial)).Status == OcspResponseStatus.Successful);
            Assert.Equal(HttpStatusCode.Created, (await system.Ask(evidence, csr)).Status);
            Assert.IsType<TimestampResponse.TokenGranted>(await Stamp());
            Assert.Equal(RevocationResult.Revoked, await Revoke(serial));
            await Until(async () => CertificateRevocationList.Parse(await system.Http.GetByteArrayAsync(system.Address + "crl/issuing-ca.crl")).Find(SerialNumbers.FromHex(serial)) is not null);
            Assert.IsType<CertificateStatus.Revoked>((await Ocsp(serial)).Basic!.Responses[0].Status);
            Assert.False(host.ApplicationStopping.IsCancellationRequested);
        }
        finally
        {
            await system.RestartWith();
            Npgsql.NpgsqlConnection.ClearAllPools();
        }
    }

    [Theory]
    // Serialization failure: transient, so wrapped; a plain fault: not.
    [InlineData("40001")]
    [InlineData("P0001")]
    public async Task A_revocation_that_the_database_does_not_take_has_its_end_in_the_audit_log(string state)
    {
        using var server = await PostgresServer.Start();
        await system.RestartWith($"--Authority:Database={await server.NewDatabase()}");
        try
        {
            var serial = await system.NewPerson("lost");
            await using (var database = system.Database())
            {
                await database.Database.ExecuteSqlRawAsync(
                    """
                    CREATE TABLE lost (state text);
                    CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = (SELECT state FROM lost); END $$ LANGUAGE plpgsql;
                    CREATE TRIGGER lose BEFORE INSERT ON "Revocations" FOR EACH ROW EXECUTE FUNCTION lose();
                    """);
                await database.Database.ExecuteSqlAsync($"INSERT INTO lost VALUES ({state})");
            }

            var problem = await Assert.ThrowsAnyAsync<Exception>(() => Revoke(serial));
            Assert.Equal("database", AuthorityStores.Outage(problem)?.Store);
            await system.Stop();
            await using var log = File.OpenRead(system.AuditFile);
            Assert.DoesNotContain(AuditVerification.Run(log).Unfinished, begun => begun.Event == new CertificateRevocation(serial, "").Name);
        }
        finally
        {
            await system.RestartWith();
            Npgsql.NpgsqlConnection.ClearAllPools();
        }
    }

    private Task<RevocationResult> Revoke(string serial) =>
        system.Services.GetRequiredService<CertificateRevocations>().Revoke("issuing-ca", serial, RevocationReason.KeyCompromise, CancellationToken.None);

    private async Task<HttpStatusCode> Health(string which)
    {
        using var answer = await system.Http.GetAsync($"{system.Address}health/{which}");
        return answer.StatusCode;
    }

    private async Task<OcspResponse> Ocsp(string serial)
    {
        // With a nonce, so that no answer from before will do.
        var request = new OcspRequest([CertificateId.For(Certificate.Parse(system.Pki.Certificate("issuing-ca")), SerialNumbers.FromHex(serial))], RandomNumberGenerator.GetBytes(16)).Encode();
        var (status, body, _) = await system.Post("ocsp", request, "application/ocsp-request");
        Assert.Equal(HttpStatusCode.OK, status);
        return OcspResponse.Parse(body);
    }

    private async Task<TimestampResponse> Stamp()
    {
        var request = TimestampRequest.For(HashAlgorithmName.SHA256, SHA256.HashData("data"u8), 1).Encode();
        var (status, body, _) = await system.Post("tsa", request, "application/timestamp-query");
        Assert.Equal(HttpStatusCode.OK, status);
        return TimestampResponse.Parse(body);
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await holds()) return;
            await Task.Delay(100);
        }
        Assert.Fail("It did not happen within 30 seconds.");
    }
}
