using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.TestKit;

namespace Identity.Pkix.Tests.X509;

/// <summary>Certificates and CRLs of NIST's path validation suite: all are read, and agree with the framework's reading.</summary>
public sealed class ForeignCertificatesTests
{
    [Fact]
    public void Every_pkits_certificate_is_read_as_the_framework_reads_it()
    {
        var files = Directory.GetFiles(Repository.Shared("vectors/pkits/certs"));
        Assert.True(files.Length >= 400);
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            var ours = Certificate.Parse(bytes);
            using var theirs = X509CertificateLoader.LoadCertificate(bytes);
            Assert.Equal(theirs.SubjectName.RawData, ours.Subject.Raw.ToArray());
            Assert.Equal(theirs.IssuerName.RawData, ours.Issuer.Raw.ToArray());
            Assert.Equal(theirs.NotBefore.ToUniversalTime(), ours.NotBefore.UtcDateTime);
            Assert.Equal(theirs.NotAfter.ToUniversalTime(), ours.NotAfter.UtcDateTime);
            Assert.Equal(theirs.SerialNumberBytes.ToArray(), ours.SerialNumber.ToByteArray(isBigEndian: true));
            Assert.Equal(theirs.Extensions.Select(e => (e.Oid!.Value, e.Critical)), ours.Extensions.Select(e => ((string?)e.Oid, e.Critical)));
            Assert.Equal(theirs.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages, ours.Facts.KeyUsage);
            var constraints = theirs.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();
            Assert.Equal(constraints?.CertificateAuthority, ours.Facts.BasicConstraints?.IsAuthority);
            if (constraints is { HasPathLengthConstraint: true }) Assert.Equal(constraints.PathLengthConstraint, ours.Facts.BasicConstraints!.PathLength);
        }
    }

    [Fact]
    public void Pkits_signatures_verify_under_the_issuer_that_they_name()
    {
        var certificates = Directory.GetFiles(Repository.Shared("vectors/pkits/certs")).ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => Certificate.Parse(File.ReadAllBytes(f)));
        Assert.Equal(SignatureCheck.Valid, certificates["GoodCACert"].VerifySignature(certificates["TrustAnchorRootCertificate"].PublicKey));
        Assert.Equal(SignatureCheck.Invalid, certificates["BadSignedCACert"].VerifySignature(certificates["TrustAnchorRootCertificate"].PublicKey));
        Assert.Equal(SignatureCheck.Valid, certificates["ValidCertificatePathTest1EE"].VerifySignature(certificates["GoodCACert"].PublicKey));
        Assert.Equal(SignatureCheck.Valid, certificates["ValidDSASignaturesTest4EE"].VerifySignature(certificates["DSACACert"].PublicKey));
        Assert.Equal(SignatureCheck.Invalid, certificates["InvalidDSASignatureTest6EE"].VerifySignature(certificates["DSACACert"].PublicKey));
        var inherited = certificates["DSAParametersInheritedCACert"].PublicKey;
        var test5 = certificates["ValidDSAParameterInheritanceTest5EE"];
        Assert.Equal(SignatureCheck.KeySizeRefused, test5.VerifySignature(inherited));
        Assert.Equal(SignatureCheck.Valid, test5.VerifySignature(inherited.InheritParameters(certificates["DSACACert"].PublicKey)));
    }

    [Fact]
    public void Every_pkits_list_is_read()
    {
        var files = Directory.GetFiles(Repository.Shared("vectors/pkits/crls"));
        Assert.True(files.Length >= 170);
        var crls = files.ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => CertificateRevocationList.Parse(File.ReadAllBytes(f)));
        Assert.Contains(crls.Values, c => c.IsDelta);
        Assert.Contains(crls.Values, c => c.IssuingDistributionPoint is { Indirect: true });
        Assert.True(crls["UnknownCRLExtensionCACRL"].HasUnknownCriticalExtension);
        Assert.True(crls["UnknownCRLEntryExtensionCACRL"].HasUnknownCriticalExtension);
        Assert.NotNull(crls["GoodCACRL"].Find(14));
    }

    [Fact]
    public void Names_that_differ_in_case_and_white_space_are_the_same()
    {
        var certificates = Repository.Shared("vectors/pkits/certs");
        var issuer = Certificate.Parse(File.ReadAllBytes(Path.Combine(certificates, "GoodCACert.crt"))).Subject;
        foreach (var test in new[] { "ValidNameChainingWhitespaceTest3EE", "ValidNameChainingWhitespaceTest4EE", "ValidNameChainingCapitalizationTest5EE" })
            Assert.True(Certificate.Parse(File.ReadAllBytes(Path.Combine(certificates, test + ".crt"))).Issuer.SameAs(issuer), test);
        Assert.False(Certificate.Parse(File.ReadAllBytes(Path.Combine(certificates, "InvalidNameChainingTest1EE.crt"))).Issuer.SameAs(issuer));
    }

    [Fact]
    public void The_trust_anchors_of_the_corpus_are_read()
    {
        foreach (var file in Directory.GetFiles(Repository.Shared("corpus/trust"), "*.pem"))
        {
            var pem = File.ReadAllText(file);
            var certificate = Certificate.Parse(Convert.FromBase64String(pem[System.Security.Cryptography.PemEncoding.Find(pem).Base64Data]));
            Assert.False(certificate.Subject.IsEmpty);
            if (certificate.IsSelfIssued && !Path.GetFileName(file).StartsWith("MLDSA", StringComparison.Ordinal))
                Assert.Equal(SignatureCheck.Valid, certificate.VerifySignature(certificate.PublicKey));
        }
    }

    [Fact]
    public void An_extension_twice_is_malformed()
    {
        // Two keyUsage extensions in the hand-made sequence of extensions.
        var one = new byte[] { 0x30, 0x0B, 0x06, 0x03, 0x55, 0x1D, 0x0F, 0x04, 0x04, 0x03, 0x02, 0x06, 0x40 };
        var reader = new System.Formats.Asn1.AsnReader((byte[])[.. one, .. one], System.Formats.Asn1.AsnEncodingRules.DER);
        Assert.Contains("twice", Assert.Throws<MalformedException>(() => Extension.ReadAll(reader, "Certificate")).Message);
    }
}
