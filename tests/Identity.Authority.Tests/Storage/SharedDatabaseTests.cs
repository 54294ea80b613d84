using System.Net;
using System.Security.Cryptography;
using Identity.Authority.Revocation;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Storage;

/// <summary>Two instances on one PostgreSQL database, which both find empty.</summary>
public sealed class SharedDatabaseTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task Serials_approvals_stamps_and_lists_have_one_winner_between_two_instances()
    {
        using var server = await PostgresServer.Start();
        var connection = await server.NewDatabase();
        var address = $"http://localhost:{FreePort.Next()}";
        // The second one answers elsewhere and is meant by the same requests.
        await using var second = AuthorityApp.Build([.. system.Settings, $"--Authority:Database={connection}", $"--Authority:Audit={system.Pki.PathOf("second.jsonl")}", $"--urls={address}"], system.Time);
        await Task.WhenAll(Task.Run(() => system.RestartWith($"--Authority:Database={connection}", "--Authority:TrustedClock=Unchecked")), Task.Run(() => second.StartAsync()));
        try
        {
            await Both(second, address + "/");
        }
        finally
        {
            await second.StopAsync(CancellationToken.None);
            await system.RestartWith();
            Npgsql.NpgsqlConnection.ClearAllPools();
        }
    }

    private async Task Both(WebApplication second, string address)
    {
        // An approval is used once, whoever is asked.
        var (evidence, csr) = (system.NewEvidence(), system.NewCsr());
        var asked = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Ask(i % 2 == 0 ? system.Address : address, evidence, csr)));
        Assert.Single(asked, HttpStatusCode.Created);
        Assert.Equal(5, asked.Count(s => s == HttpStatusCode.Conflict));

        var stamps = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Stamp(i % 2 == 0 ? system.Address : address)));
        Assert.Equal(40, stamps.Distinct().Count());

        var serial = await system.NewPerson("shared");
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? system.Services : second.Services).GetRequiredService<CertificateRevocations>()
            .Revoke("issuing-ca", serial, RevocationReason.KeyCompromise, CancellationToken.None)));
        Assert.Single(results, RevocationResult.Revoked);
        foreach (var at in new[] { system.Address, address })
        {
            await Until(async () => CertificateRevocationList.Parse(await system.Http.GetByteArrayAsync(at + "crl/issuing-ca.crl")).Find(SerialNumbers.FromHex(serial)) is not null);
            await Until(async () => await Status(at, serial) is CertificateStatus.Revoked { Reason: RevocationReason.KeyCompromise });
        }
        await using var database = system.Database();
        Assert.True(database.Database.IsNpgsql());
        // The key of the table does not let a number be given twice; soon both serve the last.
        await Until(async () =>
        {
            var last = await database.RevocationLists.AsNoTracking().Where(l => l.Issuer == "issuing-ca" && l.Der != null).OrderByDescending(l => l.Number).FirstAsync();
            var served = await Task.WhenAll(new[] { system.Address, address }.Select(at => system.Http.GetByteArrayAsync(at + "crl/issuing-ca.crl")));
            return served.All(list => list.AsSpan().SequenceEqual(last.Der));
        });
    }

    private async Task<HttpStatusCode> Ask(string address, string evidence, byte[] csr)
    {
        var body = AuthoritySystem.Body(evidence, csr);
        using var request = new HttpRequestMessage(HttpMethod.Post, address + "certificates") { Content = new ByteArrayContent(body) };
        request.Headers.Authorization = new("Bearer", system.Token(body));
        using var response = await system.Http.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<System.Numerics.BigInteger> Stamp(string address)
    {
        using var content = new ByteArrayContent(TimestampRequest.For(HashAlgorithmName.SHA256, SHA256.HashData("data"u8), 1).Encode());
        content.Headers.ContentType = new("application/timestamp-query");
        using var response = await system.Http.PostAsync(address + "tsa", content);
        return Assert.IsType<TimestampResponse.TokenGranted>(TimestampResponse.Parse(await response.Content.ReadAsByteArrayAsync())).Token.Info.SerialNumber;
    }

    private async Task<CertificateStatus> Status(string address, string serial)
    {
        using var content = new ByteArrayContent(new OcspRequest([CertificateId.For(Certificate.Parse(system.Pki.Certificate("issuing-ca")), SerialNumbers.FromHex(serial))], null).Encode());
        content.Headers.ContentType = new("application/ocsp-request");
        using var response = await system.Http.PostAsync(address + "ocsp", content);
        return OcspResponse.Parse(await response.Content.ReadAsByteArrayAsync()).Basic!.Responses[0].Status;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 200; i++)
        {
            try
            {
                if (await holds()) return;
            }
            catch (HttpRequestException problem) when (problem.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                // Who found the first number taken has no list until it looks again, and is not ready until then.
            }
            await Task.Delay(100);
        }
        Assert.Fail("It did not happen within 20 seconds.");
    }
}
