using Identity.Journeys.Running;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Journeys.Journeys;

/// <summary>Programs that share no code with ours judge a file that a person signed, with nothing but the root and what the running Authority publishes. Their words count.</summary>
[Collection("whole system")]
public sealed class ProofByOthersJourneys(WholeSystem system) : IDisposable
{
    private static readonly TimeSpan PublicationPatience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();

    private string Authority => system.Host.Address(100);

    private string Root => system.Host.RootCertificate;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_signed_file_stands_up_to_every_program_and_a_revocation_is_seen()
    {
        var original = HandMadePdf.Plain();
        byte[] signed;
        await using (var visitor = await system.Visit())
        {
            var signing = new AtSigning(system.Host, visitor);
            await signing.SignIn(DemoCodes.Liis);
            signed = await signing.Sign("sale.pdf", original);
        }

        Assert.True(signed.AsSpan().StartsWith(original));
        var issuing = await Issuing();
        using var examined = new ExaminedPdf(signed, Root, issuing) { At = 0 };
        EveryProgramAccepts(examined);
        using var archived = new ExaminedPdf(signed, Root, issuing);
        Assert.Contains("Verification: OK", archived.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);

        var good = Ocsp(examined.SignerCertificate, issuing);
        Assert.Contains("Response verify OK", good, StringComparison.Ordinal);
        Assert.Contains($"{examined.SignerCertificate}: good", good, StringComparison.Ordinal);
        Assert.EndsWith(": OK", (await Verify(examined.SignerCertificate, issuing)).Trim(), StringComparison.Ordinal);

        Revoke(examined.SignerCertificate);

        var revoked = Ocsp(examined.SignerCertificate, issuing);
        Assert.Contains("Response verify OK", revoked, StringComparison.Ordinal);
        Assert.Contains($"{examined.SignerCertificate}: revoked", revoked, StringComparison.Ordinal);
        Assert.Contains("Reason: keyCompromise", revoked, StringComparison.Ordinal);
        Assert.Contains("error 23 at 0 depth lookup: certificate revoked", await VerifyUntilRevoked(examined.SignerCertificate, issuing), StringComparison.Ordinal);

        // EN 319 102-1 5.5: the time-stamp proves that the signature was made before, and the document holds what was known then.
        var report = await new AtVerification(system.Host).Report(signed);
        Assert.Equal("TOTAL-PASSED", report.GetProperty("conclusion").GetString());
        Assert.Equal("good", report.GetProperty("signatures")[0].GetProperty("certificates")[0].GetProperty("revocation").GetProperty("status").GetString());
    }

    private static void EveryProgramAccepts(ExaminedPdf examined)
    {
        var pdfsig = examined.Pdfsig().Text;
        foreach (var words in new[] { "Signature is Valid.", "Certificate is Trusted.", "Total document signed", "ETSI.CAdES.detached", "Signer Certificate Common Name: Liis Tamm" })
            Assert.Contains(words, pdfsig, StringComparison.Ordinal);
        var qpdf = examined.Qpdf();
        Assert.True(qpdf.ExitCode == 0 && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        Assert.Contains("Verification: OK", examined.OpensslTs().Text, StringComparison.Ordinal);
    }

    private string Ocsp(string certificate, string issuing) =>
        Tool.Run("openssl", "ocsp", "-issuer", issuing, "-cert", certificate, "-url", Authority + "ocsp", "-CAfile", Root).Text;

    /// <summary>The whole chain against the lists as they are published now.</summary>
    private async Task<string> Verify(string certificate, string issuing)
    {
        var lists = "";
        foreach (var issuer in new[] { "issuing-ca", "root-ca" })
            lists += Pem("crl", await Published($"crl/{issuer}.crl", issuer + ".crl"));
        var path = Path.Combine(_folder.Path, "lists.pem");
        await File.WriteAllTextAsync(path, lists, TestContext.Current.CancellationToken);
        return Tool.Run("openssl", "verify", "-x509_strict", "-crl_check_all", "-CRLfile", path, "-CAfile", Root, "-untrusted", issuing, certificate).Text;
    }

    // The list is made anew within seconds; how many depends on the machine.
    private async Task<string> VerifyUntilRevoked(string certificate, string issuing)
    {
        using var patience = new CancellationTokenSource(PublicationPatience);
        while (true)
        {
            var said = await Verify(certificate, issuing);
            if (!said.Contains(": OK", StringComparison.Ordinal) || patience.IsCancellationRequested)
                return said;
            await Task.Delay(250, TestContext.Current.CancellationToken);
        }
    }

    private void Revoke(string certificate)
    {
        var serial = Tool.Run("openssl", "x509", "-in", certificate, "-noout", "-serial").Output.Trim().Split('=')[1];
        var result = Tool.Run("dotnet", DevHostProcess.Built("Identity.Authority"), "revoke", "--serial", serial, "--reason", "keyCompromise",
            $"--Authority:Database=Data Source={Path.Combine(system.Host.Data, "authority", "authority.db")}",
            $"--Authority:Audit={Path.Combine(system.Host.Data, "audit", "authority.jsonl")}");
        Assert.True(result.ExitCode == 0, result.Text);
        Assert.Contains("is revoked.", result.Output, StringComparison.Ordinal);
    }

    private async Task<string> Issuing()
    {
        var path = Path.Combine(_folder.Path, "issuing-ca.pem");
        await File.WriteAllTextAsync(path, Pem("x509", await Published("ca/issuing-ca.cer", "issuing-ca.cer")), TestContext.Current.CancellationToken);
        return path;
    }

    private async Task<string> Published(string address, string file)
    {
        using var client = new HttpClient();
        var path = Path.Combine(_folder.Path, file);
        await File.WriteAllBytesAsync(path, await client.GetByteArrayAsync(Authority + address, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        return path;
    }

    private static string Pem(string kind, string path) => Tool.Run("openssl", kind, "-inform", "DER", "-in", path).Output;
}
