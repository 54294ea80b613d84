using System.Net;
using Identity.Authority.Revocation;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Revocation;

public sealed class RevocationTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public async Task Openssl_verifies_a_person_and_after_the_revoke_command_finds_error_23()
    {
        var serial = await system.NewPerson("revoked-person");
        var before = await List("issuing-ca");
        Assert.Contains(": OK", await Verify("revoked-person"));

        Assert.Equal((0, ""), await Command("--serial", serial, "--reason", "keyCompromise"));
        await Until(async () => (await List("issuing-ca")).Find(SerialNumbers.FromHex(serial)) is not null);
        Assert.Contains("error 23", await Verify("revoked-person"));
        var after = await List("issuing-ca");
        Assert.True(after.Number > before.Number);
        Assert.Equal(RevocationReason.KeyCompromise, after.Find(SerialNumbers.FromHex(serial))!.Reason);
        Assert.Single(after.Entries, e => e.SerialNumber == SerialNumbers.FromHex(serial));
    }

    /// <summary>The promise of the certificate policy, in real time: by command, while the service runs, and not only for who sends a nonce.</summary>
    [Fact]
    public async Task A_revocation_is_seen_in_answers_and_in_the_list_within_the_promised_minute()
    {
        var serial = await system.NewPerson("minute");
        using var minute = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var request = Uri.EscapeDataString(Convert.ToBase64String(new OcspRequest([CertificateId.For(Certificate.Parse(system.Pki.Certificate("issuing-ca")), SerialNumbers.FromHex(serial))], null).Encode()));
        async Task<CertificateStatus> Answered() =>
            OcspResponse.Parse(await system.Http.GetByteArrayAsync(system.Address + "ocsp/" + request, minute.Token)).Basic!.Responses[0].Status;
        Assert.IsType<CertificateStatus.Good>(await Answered());
        Assert.Null((await List("issuing-ca")).Find(SerialNumbers.FromHex(serial)));

        Assert.Equal((0, ""), await Command("--serial", serial, "--reason", "keyCompromise"));
        var (answered, listed) = (false, false);
        while (!(answered && listed))
        {
            answered = await Answered() is CertificateStatus.Revoked { Reason: RevocationReason.KeyCompromise };
            listed = (await List("issuing-ca")).Find(SerialNumbers.FromHex(serial)) is { Reason: RevocationReason.KeyCompromise };
            await Task.Delay(100, minute.Token);
        }
    }

    [Fact]
    public async Task Revoking_twice_changes_nothing()
    {
        var serial = await system.NewPerson("twice");
        Assert.Equal(0, (await Command("--serial", serial.ToLowerInvariant(), "--reason", "superseded")).Code);
        Assert.Equal(1, (await Command("--serial", serial, "--reason", "keyCompromise")).Code);
        await using var database = system.Database();
        Assert.Equal(RevocationReason.Superseded, (await database.Revocations.SingleAsync(r => r.Serial == serial)).Reason);
    }

    [Fact]
    public async Task Parallel_revocations_of_one_certificate_leave_one()
    {
        var serial = await system.NewPerson("parallel");
        var revocations = system.Services.GetRequiredService<CertificateRevocations>();
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => revocations.Revoke("issuing-ca", serial, RevocationReason.Superseded, CancellationToken.None))));
        Assert.Single(results, RevocationResult.Revoked);
        Assert.Equal(7, results.Count(r => r == RevocationResult.AlreadyRevoked));
    }

    [Theory]
    [InlineData("--serial", "0BADC0DE", "--reason", "keyCompromise", 1)]
    [InlineData("--serial", "xyz", "--reason", "keyCompromise", 2)]
    [InlineData("--serial", "", "--reason", "keyCompromise", 2)]
    [InlineData("--serial", "0BADC0DE", "--reason", "certificateHold", 2)]
    [InlineData("--serial", "0BADC0DE", "--reason", "removeFromCRL", 2)]
    [InlineData("--serial", "0BADC0DE", "--other", "x", 2)]
    public async Task The_command_refuses_what_it_cannot_do(string a, string b, string c, string d, int code) =>
        Assert.Equal(code, (await Command(a, b, c, d)).Code);

    [Fact]
    public async Task A_database_that_is_not_there_is_named_and_not_made()
    {
        var path = system.Pki.PathOf("elsewhere.db");
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await RevokeCommand.Run(
            ["--serial", "0BADC0DE", "--reason", "keyCompromise", .. system.Settings.Where(s => s.StartsWith("--Authority", StringComparison.Ordinal)), $"--Authority:Database=Data Source={path}"],
            system.Time, output, error));
        Assert.Contains(path, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task The_root_publishes_its_list_too_and_openssl_checks_the_whole_chain()
    {
        await system.NewPerson("whole-chain");
        foreach (var issuer in new[] { "issuing-ca", "root-ca" })
        {
            var der = await system.Http.GetByteArrayAsync($"{system.Address}crl/{issuer}.crl");
            system.Pki.Openssl("crl", "-inform", "DER", "-in", system.Pki.Write(issuer + ".der.crl", der), "-out", system.Pki.PathOf(issuer + ".pem.crl"));
        }
        File.WriteAllText(system.Pki.PathOf("lists.pem"), File.ReadAllText(system.Pki.PathOf("issuing-ca.pem.crl")) + File.ReadAllText(system.Pki.PathOf("root-ca.pem.crl")));
        var result = system.Pki.Try("verify", "-x509_strict", "-crl_check_all", "-CRLfile", system.Pki.PathOf("lists.pem"), "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted",
            system.Pki.CertificatePath("issuing-ca"), system.Pki.CertificatePath("whole-chain"));
        Assert.Contains(": OK", result.Text);
    }

    [Theory]
    [InlineData("crl/other.crl")]
    [InlineData("ca/tsa.cer")]
    [InlineData("crl/..%2Fissuing-ca.crl")]
    public async Task Other_names_are_not_found(string path)
    {
        using var answer = await system.Http.GetAsync(system.Address + path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Issuers_are_published_in_der()
    {
        foreach (var issuer in new[] { "issuing-ca", "root-ca" })
            Assert.Equal(system.Pki.Certificate(issuer), await system.Http.GetByteArrayAsync($"{system.Address}ca/{issuer}.cer"));
    }

    [Fact]
    public async Task It_is_ready_and_alive()
    {
        Assert.Equal("ok", await system.Http.GetStringAsync(system.Address + "health/live"));
        Assert.Equal("ok", await system.Http.GetStringAsync(system.Address + "health/ready"));
    }

    private async Task<CertificateRevocationList> List(string issuer)
    {
        var list = CertificateRevocationList.Parse(await system.Http.GetByteArrayAsync($"{system.Address}crl/{issuer}.crl"));
        Assert.Equal(SignatureCheck.Valid, list.VerifySignature(Certificate.Parse(system.Pki.Certificate(issuer)).PublicKey));
        Assert.Null(list.IssuingDistributionPoint);
        return list;
    }

    private async Task<string> Verify(string name)
    {
        var der = await system.Http.GetByteArrayAsync(system.Address + "crl/issuing-ca.crl");
        system.Pki.Openssl("crl", "-inform", "DER", "-in", system.Pki.Write("now.crl", der), "-out", system.Pki.PathOf("now.pem"));
        return system.Pki.Try("verify", "-x509_strict", "-crl_check", "-CRLfile", system.Pki.PathOf("now.pem"), "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted",
            system.Pki.CertificatePath("issuing-ca"), system.Pki.CertificatePath(name)).Text;
    }

    private async Task<(int Code, string Error)> Command(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await RevokeCommand.Run([.. args, .. system.Settings.Where(s => s.StartsWith("--Authority", StringComparison.Ordinal))], system.Time, output, error);
        Assert.NotEqual("", output.ToString() + error);
        return (code, error.ToString());
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
