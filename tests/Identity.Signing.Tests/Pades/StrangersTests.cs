using Identity.Pdf.Signatures;
using Identity.Signing.Pades;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ess;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.Security;

namespace Identity.Signing.Tests.Pades;

/// <summary>
/// A signature that another program (BouncyCastle) made with a certificate of another hierarchy, which the operator trusts too: its names are those of the
/// service's own, its keys, numbers, responder and lists are not.
/// </summary>
public sealed class StrangersTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData(OpensslKey.P256)]
    [InlineData(OpensslKey.P384)]
    [InlineData(OpensslKey.Rsa3072)]
    public async Task A_strangers_signature_is_raised_to_the_archive_and_valid_for_every_program(OpensslKey algorithm)
    {
        system.Reset();
        var address = $"http://localhost:{FreePort.Next()}/";
        using var stranger = new OpensslPki(statusAddress: address);
        await using var authority = await StandInAuthority.Start(stranger, address);
        stranger.CertifyPerson("mari", algorithm, "/C=XX/CN=Mari Maasikas/GN=Mari/SN=Maasikas/serialNumber=PNOXX-46001010011");
        var signed = Signed(stranger, "mari");

        // Nobody knows its root: not raised, not in part.
        var refused = Assert.IsType<Extended.Failed>(await Extend(system, signed));
        Assert.Equal("chain_not_trusted_signer", refused.Detail);
        // The root alone does not say who may be asked.
        var trust = Directory.CreateDirectory(stranger.PathOf("both")).FullName;
        File.Copy(system.Pki.CertificatePath("root-ca"), Path.Combine(trust, "own.pem"));
        File.Copy(stranger.CertificatePath("root-ca"), Path.Combine(trust, "strangers.pem"));
        await using (var trusting = await system.StartAnotherOn(stranger.PathOf("data-1"), $"--Signing:TrustDirectory={trust}"))
            Assert.Equal("source_not_allowed_signer", Assert.IsType<Extended.Failed>(await Extend(trusting, signed)).Detail);
        await using var service = await system.StartAnotherOn(stranger.PathOf("data-2"), $"--Signing:TrustDirectory={trust}", $"--Signing:StatusSources:1={address}");
        var raised = Assert.IsType<Extended.Done>(await Extend(service, signed)).Document.ToArray();

        Assert.True(raised.AsSpan().StartsWith(signed));
        var report = await system.Verify(raised, trust: trust);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "Mari Maasikas"), (report.Conclusion, report.Signatures[0].Level, report.Signatures[0].SignedBy));
        // Whoever trusts the service's root alone does not trust the stranger.
        Assert.Equal("INDETERMINATE", (await system.Verify(raised)).Conclusion);
        using var examined = new ExaminedPdf(raised, stranger.CertificatePath("root-ca"), stranger.CertificatePath("issuing-ca")) { At = 0 };
        var pdfsig = examined.Pdfsig().Text;
        Assert.Contains("Signature is Valid.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("CAdES Verification successful", examined.OpensslCms().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", examined.Qpdf().Text, StringComparison.Ordinal);
        using var stamped = new ExaminedPdf(raised, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Contains("Verification: OK", stamped.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
        Assert.All(PdfBox.Verify(raised), line => Assert.Contains(" verifies ", line, StringComparison.Ordinal));
        // The stranger's own responder was asked, and not the service's.
        Assert.True(authority.OcspRequests > 0);
    }

    private static async Task<Extended> Extend(SigningSystem service, byte[] file) => await service.App.Services.GetRequiredService<ExtendDocument>().Run(
        Assert.IsType<Opening.Done>(OpenedDocument.Open(file, ValidationData.None, despiteCertification: false)).Document, PadesLevel.LTA, SigningSystem.Cancellation);

    /// <summary>EN 319 142-1 6.3, level B: signing-certificate-v2, and no signing-time.</summary>
    private static byte[] Signed(OpensslPki pki, string signer) => HandMadePdf.Sign(HandMadePdf.Plain(), covered =>
    {
        using var reader = new StringReader(string.Join('\n', File.ReadAllLines(pki.KeyPath(signer)).SkipWhile(line => !line.StartsWith("-----", StringComparison.Ordinal))));
        var read = new PemReader(reader).ReadObject();
        var key = read is Org.BouncyCastle.Crypto.AsymmetricCipherKeyPair pair ? pair.Private : (Org.BouncyCastle.Crypto.AsymmetricKeyParameter)read;
        var certificates = new[] { signer, "issuing-ca" }.Select(name => new Org.BouncyCastle.X509.X509Certificate(pki.Certificate(name))).ToList();
        var generator = new CmsSignedDataGenerator();
        generator.AddSigner(key, certificates[0], CmsSignedGenerator.DigestSha256, new BaselineAttributes(certificates[0]), null);
        generator.AddCertificates(Org.BouncyCastle.Utilities.Collections.CollectionUtilities.CreateStore(certificates));
        return generator.Generate(new CmsProcessableByteArray(covered), encapsulate: false).GetEncoded(Asn1Encodable.Der);
    }, new SignatureShape { Time = TimeProvider.System.GetUtcNow().ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture) });

    private sealed class BaselineAttributes(Org.BouncyCastle.X509.X509Certificate certificate) : DefaultSignedAttributeTableGenerator
    {
        protected override IDictionary<DerObjectIdentifier, object> CreateStandardAttributeTable(IDictionary<CmsAttributeTableParameter, object> parameters)
        {
            var attributes = base.CreateStandardAttributeTable(parameters);
            attributes.Remove(Org.BouncyCastle.Asn1.Cms.CmsAttributes.SigningTime);
            var named = new SigningCertificateV2(new EssCertIDv2(DigestUtilities.CalculateDigest("SHA-256", certificate.GetEncoded())));
            attributes[PkcsObjectIdentifiers.IdAASigningCertificateV2] = new Org.BouncyCastle.Asn1.Cms.Attribute(PkcsObjectIdentifiers.IdAASigningCertificateV2, new DerSet(named));
            return attributes;
        }
    }
}
