using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Pdf.Signatures;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Cms;
using Org.BouncyCastle.Cms;

namespace Identity.Signing.Tests.Pades;

/// <summary>
/// Time-stamps that a document brings along, made by openssl and BouncyCastle: whoever has any key can make something that looks like one, and it states
/// whatever time they like.
/// </summary>
public sealed class TimestampsOfOthersTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string ForTimestamps = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
    private static readonly TimeSpan Back = TimeSpan.FromHours(20);

    [Theory]
    [InlineData("a person's", "keyUsage=critical,nonRepudiation\n")]
    [InlineData("not critical", "keyUsage=critical,digitalSignature\nextendedKeyUsage=timeStamping\n")]
    [InlineData("not alone", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping,emailProtection\n")]
    public async Task A_back_dated_one_by_a_certificate_that_is_not_for_time_stamps_alone_saves_no_revoked_signer(string which, string usage)
    {
        system.Reset();
        Certify(which, usage);
        var revoked = Revoked();
        var signature = Signed(revoked, value => Token(which, value, Back));
        // A real one is put over it, and by that time the signer was revoked.
        Assert.Equal(2, (await system.Verify(await Extend(signature, PadesLevel.T))).Signatures.Count);
        Assert.Equal(FailureReason.CertificateRevoked, (await Try(signature, PadesLevel.LT)).Reason);

        var document = Stamped(Signed(revoked), covered => Token(which, covered, Back));
        Assert.Equal(3, (await system.Verify(await Extend(document, PadesLevel.T))).Signatures.Count);
        Assert.Equal(FailureReason.CertificateRevoked, (await Try(document, PadesLevel.LT)).Reason);
    }

    [Fact]
    public async Task A_back_dated_one_by_an_authority_under_the_same_root_is_believed()
    {
        system.Reset();
        Certify("another tsa", ForTimestamps);
        // What makes the refusals above refusals of the certificate, and of nothing else.
        var signature = Signed(Revoked(), value => Token("another tsa", value, Back));
        Assert.Single((await system.Verify(await Extend(signature, PadesLevel.T))).Signatures);
        await Extend(signature, PadesLevel.LT);
    }

    [Fact]
    public async Task One_that_another_certificate_of_the_same_issuer_and_number_signed_does_not_count()
    {
        system.Reset();
        using var stranger = new OpensslPki();
        Certify("namesake", ForTimestamps);
        // Same name of issuer and same number, by another key: the real certificate stands first among those enclosed.
        using var real = X509CertificateLoader.LoadCertificate(system.Pki.Certificate("namesake"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(real.SubjectName, key, HashAlgorithmName.SHA256);
        // Members of a set go by their encoding (X.690 11.6): the longer one comes later.
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.99999.9", new byte[1000], critical: false));
        using var forged = request.Create(real.IssuerName, X509SignatureGenerator.CreateForECDsa(issuer), real.NotBefore, real.NotAfter, real.SerialNumberBytes.Span);
        await File.WriteAllTextAsync(stranger.CertificatePath("namesake"), forged.ExportCertificatePem(), SigningSystem.Cancellation);
        await File.WriteAllTextAsync(stranger.KeyPath("namesake"), key.ExportPkcs8PrivateKeyPem(), SigningSystem.Cancellation);
        await File.WriteAllTextAsync(stranger.PathOf("first.pem"), real.ExportCertificatePem(), SigningSystem.Cancellation);
        var document = Stamped(Signed(Revoked()), covered => Token("namesake", covered, Back, stranger, stranger.PathOf("first.pem")));
        Assert.Equal(FailureReason.CertificateRevoked, (await Try(document, PadesLevel.LT)).Reason);
    }

    [Fact]
    public async Task One_of_a_hierarchy_that_is_not_trusted_is_as_if_it_were_not_there()
    {
        system.Reset();
        using var stranger = new OpensslPki();
        var signature = Signed(Person(), value => Token("tsa", value, TimeSpan.Zero, stranger));
        var document = Stamped(Signed(Person()), covered => Token("tsa", covered, TimeSpan.Zero, stranger));
        var alone = Stamped(HandMadePdf.Plain(), covered => Token("tsa", covered, TimeSpan.Zero, stranger));
        foreach (var (file, before) in new[] { (signature, 1), (document, 2), (alone, 1) })
        {
            var raised = await Extend(file, PadesLevel.T);
            Assert.True(raised.AsSpan().StartsWith(file));
            Assert.Equal(before + 1, (await system.Verify(raised)).Signatures.Count);
            system.Authority.TimestampStatus = 503;
            Assert.Equal(FailureReason.TimestampUnavailable, (await Try(file, PadesLevel.T)).Reason);
            Assert.Equal(FailureReason.TimestampUnavailable, (await Try(file, PadesLevel.LTA)).Reason);
            system.Authority.TimestampStatus = 200;
        }

        Assert.Equal("TOTAL-PASSED", (await system.Verify(await Extend(signature, PadesLevel.LT))).Signatures[0].Indication);
    }

    [Fact]
    public async Task One_whose_authority_was_valid_only_later_does_not_count()
    {
        system.Reset();
        Certify("young", ForTimestamps);
        system.Authority.TimestampStatus = 503;
        // The hierarchy is a day old.
        Assert.Equal(FailureReason.TimestampUnavailable, (await Try(Signed(Person(), value => Token("young", value, TimeSpan.FromDays(3))), PadesLevel.T)).Reason);
        await Extend(Signed(Person(), value => Token("young", value, Back)), PadesLevel.T);
    }

    [Fact]
    public async Task One_whose_authority_is_revoked_by_now_is_replaced_where_the_status_is_asked()
    {
        system.Reset();
        Certify("compromised", ForTimestamps);
        SetRevoked("compromised");
        var file = Signed(Person(), value => Token("compromised", value, Back));
        Assert.Single((await system.Verify(await Extend(file, PadesLevel.T))).Signatures);
        var report = await system.Verify(await Extend(file, PadesLevel.LT));
        Assert.Equal(("TOTAL-PASSED", 2), (report.Signatures[0].Indication, report.Signatures.Count));
        // And again it saves nobody.
        Assert.Equal(FailureReason.CertificateRevoked, (await Try(Signed(Revoked(), value => Token("compromised", value, Back)), PadesLevel.LT)).Reason);
        system.Authority.TimestampStatus = 503;
        Assert.Equal(FailureReason.TimestampUnavailable, (await Try(file, PadesLevel.LT)).Reason);
    }

    [Fact]
    public async Task One_whose_authority_cannot_be_asked_about_now_is_not_given_up()
    {
        system.Reset();
        Certify("silent", ForTimestamps);
        var file = Signed(Person(), value => Token("silent", value, Back));
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (503, 503);
        Assert.Equal(FailureReason.StatusUnavailable, (await Try(file, PadesLevel.LT)).Reason);
        Assert.Equal(0, system.Authority.TimestampRequests);
    }

    private void Certify(string name, string usage) => system.Pki.Certify(name, OpensslKey.P256, "/C=XX/O=Others/CN=Others " + name,
        $"basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{usage}crlDistributionPoints=URI:{system.Authority.Address}crl/issuing-ca.crl\nauthorityInfoAccess=OCSP;URI:{system.Authority.Address}ocsp\n",
        "issuing-ca", "Timestamping");

    private string Person()
    {
        if (!File.Exists(system.Pki.CertificatePath("anna")))
            system.Pki.CertifyPerson("anna", OpensslKey.P256);
        return "anna";
    }

    // Revoked before it signs: the back-dated time is what would save it.
    private string Revoked()
    {
        if (!File.Exists(system.Pki.CertificatePath("gone")))
        {
            system.Pki.CertifyPerson("gone", OpensslKey.P256);
            SetRevoked("gone");
        }

        return "gone";
    }

    private void SetRevoked(string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(system.Pki.Certificate(name));
        system.Pki.SetStatus(certificate.SerialNumber, revoked: true);
    }

    private byte[] Signed(string signer, Func<byte[], byte[]>? token = null) => HandMadePdf.Sign(HandMadePdf.Plain(), covered =>
    {
        var cms = new CmsSignedData(Cms(system.Pki, signer, covered, "-nosmimecap", "-certfile", system.Pki.CertificatePath("issuing-ca")));
        if (token is null)
            return cms.GetEncoded("DER");
        var one = cms.GetSignerInfos().GetSigners().Single();
        var value = new DerSet(Asn1Object.FromByteArray(token(one.GetSignature())));
        var unsigned = new Org.BouncyCastle.Asn1.Cms.AttributeTable(new Dictionary<DerObjectIdentifier, object>
        {
            [new("1.2.840.113549.1.9.16.2.14")] = new Org.BouncyCastle.Asn1.Cms.Attribute(new DerObjectIdentifier("1.2.840.113549.1.9.16.2.14"), value),
        });
        return CmsSignedData.ReplaceSigners(cms, new SignerInformationStore(SignerInformation.ReplaceUnsignedAttributes(one, unsigned))).GetEncoded("DER");
    });

    private static byte[] Stamped(byte[] file, Func<byte[], byte[]> token) => HandMadePdf.Sign(file, token, new SignatureShape
    {
        FirstObject = 20, EarlierFields = HandMadePdf.Find(file, "/AcroForm") < 0 ? [] : [HandMadePdf.FirstFree], Name = "Stamp", Type = "DocTimeStamp", SubFilter = "ETSI.RFC3161",
    });

    /// <summary>RFC 3161 2.4.2: a TSTInfo about the SHA-256 of what is stamped, in a CMS by whoever signs it.</summary>
    private byte[] Token(string signer, byte[] stamped, TimeSpan back, OpensslPki? hierarchy = null, string? enclosed = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier("1.3.6.1.4.1.99999.1");
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
                writer.WriteOctetString(SHA256.HashData(stamped));
            }

            writer.WriteInteger(7);
            writer.WriteGeneralizedTime(TimeProvider.System.GetUtcNow() - back, omitFractionalSeconds: true);
        }

        var by = hierarchy ?? system.Pki;
        return Cms(by, signer, writer.Encode(), "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-certfile", enclosed ?? by.CertificatePath("issuing-ca"));
    }

    private static byte[] Cms(OpensslPki pki, string signer, byte[] content, params string[] more)
    {
        pki.Write("content.bin", content);
        pki.Openssl(["cms", "-sign", "-cades", "-binary", "-md", "sha256", "-outform", "DER", "-in", "content.bin", "-out", "made.der",
            "-signer", pki.CertificatePath(signer), "-inkey", pki.KeyPath(signer), .. more]);
        return File.ReadAllBytes(pki.PathOf("made.der"));
    }

    private ExtendDocument Extending => system.App.Services.GetRequiredService<ExtendDocument>();

    private static OpenedDocument Open(byte[] file) => Assert.IsType<Opening.Done>(OpenedDocument.Open(file, ValidationData.None, despiteCertification: false)).Document;

    private async Task<byte[]> Extend(byte[] file, PadesLevel level)
    {
        var outcome = await Extending.Run(Open(file), level, SigningSystem.Cancellation);
        return outcome is Extended.Done done ? done.Document.ToArray() : throw new InvalidOperationException(outcome.ToString());
    }

    private async Task<Extended.Failed> Try(byte[] file, PadesLevel level) => Assert.IsType<Extended.Failed>(await Extending.Run(Open(file), level, SigningSystem.Cancellation));
}
