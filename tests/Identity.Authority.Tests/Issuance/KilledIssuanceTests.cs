using System.Diagnostics;
using Identity.Authority.CommandLine;
using Identity.Authority.Storage;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Tests.Issuance;

/// <summary>The service as a process of its own, killed when a certificate is signed and not yet stored.</summary>
public sealed class KilledIssuanceTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    // Whoever stores the certificate does not return from it: ten rows, joined with themselves fourteen times.
    private static readonly string Endless = "CREATE TRIGGER hang BEFORE UPDATE ON Certificates WHEN NEW.State = 'Issued' BEGIN SELECT count(*) FROM "
        + string.Join(", ", Enumerable.Repeat("(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))", 14)) + "; END";

    [Fact]
    public async Task A_service_killed_between_signature_and_store_leaves_a_trace_that_the_command_repairs()
    {
        var evidence = system.NewEvidence(out var approval);
        var csr = system.NewCsr();
        await system.Stop();
        using (var process = Start())
        {
            try
            {
                await Until(async () => (await system.Http.GetAsync(system.Address + "health/ready")).IsSuccessStatusCode);
                await using (var database = system.Database())
                    await database.Database.ExecuteSqlRawAsync(Endless);
                var asked = system.Ask(evidence, csr);
                await Until(() => Task.FromResult(AuditLines().Any(l => l.Contains(approval, StringComparison.Ordinal) && l.Contains("authority.certificate-issue", StringComparison.Ordinal))));
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
        }
        await using (var database = system.Database())
            await database.Database.ExecuteSqlRawAsync("DROP TRIGGER hang");

        await system.Restart();
        CertificateRecord record;
        await using (var database = system.Database())
            record = await database.Certificates.AsNoTracking().SingleAsync(c => c.ApprovalId == approval);
        Assert.Equal((CertificateState.Intended, false), (record.State, record.Der is not null));
        // Within its minute it may be under way: it is left alone.
        Assert.Equal("No issuance is open.", await Command("repair"));
        system.Time.Offset = TimeSpan.FromMinutes(2);
        Assert.StartsWith($"issuing-ca {record.Serial} Person ", await Command("list"), StringComparison.Ordinal);
        Assert.EndsWith(": abandoned and revoked", await Command("repair"), StringComparison.Ordinal);
        Assert.Equal("No issuance is open.", await Command("repair"));

        await using (var database = system.Database())
            Assert.Equal(CertificateState.Abandoned, (await database.Certificates.SingleAsync(c => c.Serial == record.Serial)).State);
        var id = CertificateId.For(Certificate.Parse(system.Pki.Certificate("issuing-ca")), SerialNumbers.FromHex(record.Serial));
        var (_, body, _) = await system.Post("ocsp", new OcspRequest([id], null).Encode(), "application/ocsp-request");
        Assert.IsType<CertificateStatus.Revoked>(Assert.Single(OcspResponse.Parse(body).Basic!.Responses).Status);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Tool.Require("dotnet")) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(AuthorityApp).Assembly.Location);
        foreach (var setting in system.Settings) start.ArgumentList.Add(setting);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private string[] AuditLines()
    {
        using var stream = new FileStream(system.AuditFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<string> Command(string step)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, await IssuanceCommand.Run([step, .. AuthoritySystem.ForCommands(system.Settings)], system.Time, output, error));
        return output.ToString().Trim();
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 600; i++)
        {
            try
            {
                if (await holds()) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(100);
        }
        Assert.Fail("It did not happen within a minute.");
    }
}
