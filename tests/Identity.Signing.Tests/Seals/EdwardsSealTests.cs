using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Cms;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Policy;

namespace Identity.Signing.Tests.Seals;

/// <summary>A seal with Ed25519 (RFC 8419, ISO/TS 32002). openssl 3.0 verifies it, but not in CMS: it is given what was signed.</summary>
public sealed class EdwardsSealTests(SealSystem system) : IClassFixture<SealSystem>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_seal_with_Ed25519_is_archived_declared_and_verifies(bool inToken)
    {
        var pki = system.Pki;
        var name = inToken ? "edwards-token" : "edwards-seal";
        using var hsm = inToken ? new SoftHsm(pki.Folder) : null;
        if (hsm is not null)
        {
            hsm.Create(name, "Seal", "Ed25519");
            SealTests.CertifyRequest(system, hsm.Request(name, "CN=whatever"), name);
        }
        else
            pki.CertifySeal(name, OpensslKey.Ed25519);
        await using var service = await system.Plain.StartAnotherOn(pki.PathOf(name), SealSystem.Settings(name));
        var file = await SealSystem.Sealed(service, Pdfs.Page("Edwards"), null);

        // TS 119 312 lists no EdDSA, and so the policy without a file does not pass it; an operator's policy may list it.
        var strict = (await service.Verify(file)).Signatures[0];
        Assert.Equal(("INDETERMINATE", "intact"), (strict.Indication, strict.Integrity));
        Assert.Contains(strict.Messages, message => message.Key == "signature-unlisted-algorithm");
        var written = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "specs", "validation-policy.json"), SigningSystem.Cancellation);
        await File.WriteAllTextAsync(pki.PathOf("policy.json"), written.Replace("\"signatures\": [", "\"signatures\": [ { \"family\": \"Ed25519\", \"bits\": 256, \"until\": null },", StringComparison.Ordinal), SigningSystem.Cancellation);
        var report = await service.Verify(file, policy: PolicyFile.Read(pki.PathOf("policy.json")));
        var signature = report.Signatures[0];
        Assert.Equal(("TOTAL-PASSED", "TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, signature.Indication, signature.Level));
        Assert.Equal(("Ed25519", "SHA-512"), (signature.SignatureAlgorithm, signature.DigestAlgorithm));

        // openssl 3.0 knows no EdDSA in CMS; BouncyCastle's Java does.
        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));

        // ISO/TS 32002 and EN 319 142-1 5.6, side by side; qpdf reads them.
        pki.Write("edwards.pdf", file);
        var catalog = Tool.Run("qpdf", "--show-object=trailer", pki.PathOf("edwards.pdf")).Output;
        var root = catalog[(catalog.IndexOf("/Root ", StringComparison.Ordinal) + 6)..].Split(' ')[0];
        var shown = Tool.Run("qpdf", "--show-object=" + root, pki.PathOf("edwards.pdf")).Output;
        Assert.Contains("/ISO_ [ << /BaseVersion /2.0 /ExtensionLevel 32002 /ExtensionRevision (:2022) /Type /DeveloperExtensions /URL (https://www.iso.org/standard/45875.html) >> ]", shown, StringComparison.Ordinal);
        Assert.Contains("/ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >>", shown, StringComparison.Ordinal);

        using var examined = new ExaminedPdf(file, pki.CertificatePath("root-ca"), pki.CertificatePath("issuing-ca")) { At = 0 };
        var signer = Assert.Single(SignedData.Parse(examined.Cms()).Signers);
        pki.Write("attributes", signer.SignedAttributesDer!.Value.Span);
        pki.Write("value", signer.SignatureValue.Span);
        File.WriteAllText(pki.PathOf("edwards.pub"), pki.Openssl("x509", "-in", pki.CertificatePath(name), "-noout", "-pubkey").Output);
        Assert.Contains("Signature Verified Successfully", pki.Openssl("pkeyutl", "-verify", "-pubin", "-inkey", pki.PathOf("edwards.pub"), "-rawin",
            "-in", pki.PathOf("attributes"), "-sigfile", pki.PathOf("value")).Text, StringComparison.Ordinal);
        // RFC 8419 3.1: what is signed holds the SHA-512 of the document.
        Assert.Contains(Convert.ToHexString(SHA512.HashData(examined.Covered())),
            pki.Openssl("asn1parse", "-inform", "DER", "-in", pki.PathOf("attributes")).Output, StringComparison.Ordinal);
        Assert.Contains("Verification: OK", examined.OpensslTs().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", examined.Qpdf().Text, StringComparison.Ordinal);

        // One changed byte of the page, and one of the value.
        var changed = file.ToArray();
        changed[Encoding.Latin1.GetString(file).IndexOf("Edwards", StringComparison.Ordinal)] ^= 1;
        Assert.Equal("HASH_FAILURE", (await service.Verify(changed)).Signatures[0].SubIndication);
        var value = file.ToArray();
        var hex = Convert.ToHexStringLower(signer.SignatureValue.Span);
        var at = Encoding.Latin1.GetString(file).IndexOf(hex, StringComparison.OrdinalIgnoreCase);
        value[at] = value[at] == (byte)'0' ? (byte)'1' : (byte)'0';
        Assert.Equal("SIG_CRYPTO_FAILURE", (await service.Verify(value)).Signatures[0].SubIndication);
    }
}
