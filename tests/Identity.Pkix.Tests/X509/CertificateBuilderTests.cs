using System.Numerics;
using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Tests.X509;

public sealed class CertificateBuilderTests(OpensslHierarchy hierarchy)
{
    private static readonly DateTimeOffset From = OpensslHierarchy.Now.AddMinutes(-1);

    [Fact]
    public void Person_certificate_is_read_by_openssl_as_it_was_meant()
    {
        var der = hierarchy.Finish(CertificateBuilder.Build(Person(), SignatureAlgorithm.EcdsaSha256), "issuing-ca");
        var path = hierarchy.Pki.Write("built-person.der", der);

        var text = hierarchy.Pki.Openssl("x509", "-inform", "DER", "-in", path, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,sname").Output;
        Assert.Contains("Version: 3 (0x2)", text);
        Assert.Contains("Subject: C=XX,CN=Õie Žukovski,GN=Õie,SN=Žukovski,serialNumber=PNOXX-48504210018", text);
        Assert.Contains("X509v3 Key Usage: critical\n                Non Repudiation\n", text);
        Assert.Contains("OCSP - URI:http://localhost:5100/ocsp", text);
        Assert.Contains("CA Issuers - URI:http://localhost:5100/ca/issuing-ca.cer", text);
        Assert.Contains("URI:http://localhost:5100/crl/issuing-ca.crl", text);
        Assert.Contains("Policy: 1.3.6.1.4.1.99999.1.1", text);
        Assert.Contains("1.3.6.1.5.5.7.3.36", text);

        var pem = hierarchy.Pki.PathOf("built-person.pem");
        hierarchy.Pki.Openssl("x509", "-inform", "DER", "-in", path, "-out", pem);
        var verified = hierarchy.Pki.Openssl("verify", "-x509_strict", "-CAfile", hierarchy.Pki.CertificatePath("root-ca"), "-untrusted",
            hierarchy.Pki.CertificatePath("issuing-ca"), pem);
        Assert.Contains(": OK", verified.Output);
    }

    [Fact]
    public void What_is_built_is_read_back_as_facts()
    {
        var content = Person();
        var certificate = Certificate.Parse(hierarchy.Finish(CertificateBuilder.Build(content, SignatureAlgorithm.EcdsaSha256), "issuing-ca"));

        Assert.Equal(3, certificate.Version);
        Assert.Equal(content.SerialNumber, certificate.SerialNumber);
        Assert.True(certificate.Issuer.SameAs(hierarchy.Issuing.Subject));
        Assert.Equal("PNOXX-48504210018", certificate.Subject[Oids.NameSerialNumber]);
        Assert.Equal(X509KeyUsageFlags.NonRepudiation, certificate.Facts.KeyUsage);
        Assert.False(certificate.Facts.BasicConstraints!.IsAuthority);
        Assert.Equal(["http://localhost:5100/ocsp"], certificate.Facts.OcspUris);
        Assert.Equal(["http://localhost:5100/ca/issuing-ca.cer"], certificate.Facts.CaIssuersUris);
        Assert.Equal(["http://localhost:5100/crl/issuing-ca.crl"], certificate.Facts.CrlDistributionPoints.SelectMany(p => p.Uris));
        Assert.Equal(hierarchy.Issuing.Facts.SubjectKeyIdentifier!.Value.ToArray(), certificate.Facts.AuthorityKeyIdentifier!.KeyIdentifier!.Value.ToArray());
        Assert.Equal(SignatureCheck.Valid, certificate.VerifySignature(hierarchy.Issuing.PublicKey));
        Assert.Equal(SignatureCheck.Invalid, certificate.VerifySignature(hierarchy["tsa"].PublicKey));
    }

    [Fact]
    public void Time_stamping_and_responder_certificates_serve_their_purpose_for_openssl()
    {
        var until = From.AddYears(3);
        var tsa = Person() with
        {
            SerialNumber = 77,
            Subject = DistinguishedName.Of(new AttributeTypeAndValue(Oids.CommonName, "TSA")),
            PublicKey = hierarchy["tsa"].PublicKey,
            NotAfter = until,
            Extensions =
            [
                CertificateExtensions.EndEntity(), CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature),
                CertificateExtensions.ExtendedKeyUsage(critical: true, Oids.UsageTimeStamping), CertificateExtensions.SubjectKeyIdentifier(hierarchy["tsa"].PublicKey),
                CertificateExtensions.AuthorityKeyIdentifier(hierarchy.Issuing), CertificateExtensions.PrivateKeyUsagePeriod(From, From.AddYears(1)),
            ],
        };
        var ocsp = tsa with
        {
            SerialNumber = 78,
            Extensions =
            [
                CertificateExtensions.KeyUsage(X509KeyUsageFlags.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(critical: false, Oids.UsageOcspSigning),
                CertificateExtensions.OcspNoCheck(), CertificateExtensions.SubjectKeyIdentifier(hierarchy["tsa"].PublicKey),
                CertificateExtensions.AuthorityKeyIdentifier(hierarchy.Issuing),
            ],
        };
        var tsaPath = hierarchy.Pki.Write("built-tsa.der", hierarchy.Finish(CertificateBuilder.Build(tsa, SignatureAlgorithm.EcdsaSha256), "issuing-ca"));
        var ocspPath = hierarchy.Pki.Write("built-ocsp.der", hierarchy.Finish(CertificateBuilder.Build(ocsp, SignatureAlgorithm.EcdsaSha256), "issuing-ca"));

        Assert.Contains("Time Stamp signing : Yes", hierarchy.Pki.Openssl("x509", "-inform", "DER", "-in", tsaPath, "-noout", "-purpose").Output);
        Assert.Contains("OCSP No Check", hierarchy.Pki.Openssl("x509", "-inform", "DER", "-in", ocspPath, "-noout", "-text").Output);
        var period = Certificate.Parse(File.ReadAllBytes(tsaPath)).Facts.PrivateKeyUsagePeriod!;
        Assert.Equal(From.AddYears(1).ToUnixTimeSeconds(), period.NotAfter!.Value.ToUnixTimeSeconds());
        Assert.True(Certificate.Parse(File.ReadAllBytes(ocspPath)).Facts.OcspNoCheck);
    }

    [Theory]
    [InlineData(2049, 0x17)]
    [InlineData(2050, 0x18)]
    public void Years_from_2050_are_written_as_generalized_time(int year, byte tag)
    {
        var content = Person() with { NotBefore = new DateTimeOffset(year, 12, 31, 23, 59, 59, TimeSpan.Zero), NotAfter = new DateTimeOffset(year, 12, 31, 23, 59, 59, TimeSpan.Zero) };
        var certificate = Certificate.Parse(hierarchy.Finish(CertificateBuilder.Build(content, SignatureAlgorithm.EcdsaSha256), "issuing-ca"));
        Assert.Equal(content.NotAfter, certificate.NotAfter);
        Assert.True(certificate.Raw.Span.IndexOf([(byte)tag, tag == 0x17 ? (byte)13 : (byte)15]) > 0);
    }

    [Fact]
    public void A_serial_number_that_is_not_positive_or_longer_than_20_octets_is_not_built()
    {
        Assert.Throws<ArgumentException>(() => CertificateBuilder.Build(Person() with { SerialNumber = 0 }, SignatureAlgorithm.EcdsaSha256));
        Assert.Throws<ArgumentException>(() => CertificateBuilder.Build(Person() with { SerialNumber = -1 }, SignatureAlgorithm.EcdsaSha256));
        Assert.Throws<ArgumentException>(() => CertificateBuilder.Build(Person() with { SerialNumber = BigInteger.One << 159 }, SignatureAlgorithm.EcdsaSha256));
        CertificateBuilder.Build(Person() with { SerialNumber = (BigInteger.One << 159) - 1 }, SignatureAlgorithm.EcdsaSha256);
    }

    private CertificateContent Person()
    {
        var key = hierarchy["person"].PublicKey;
        return new CertificateContent(
            new BigInteger(Convert.FromHexString("7F00112233445566778899AABBCCDDEE"), isUnsigned: true, isBigEndian: true),
            hierarchy.Issuing.Subject,
            DistinguishedName.Of(
                new AttributeTypeAndValue(Oids.Country, "XX"), new AttributeTypeAndValue(Oids.CommonName, "Õie Žukovski"),
                new AttributeTypeAndValue(Oids.GivenName, "Õie"), new AttributeTypeAndValue(Oids.Surname, "Žukovski"),
                new AttributeTypeAndValue(Oids.NameSerialNumber, "PNOXX-48504210018")),
            From,
            From.AddMinutes(15),
            key,
            [
                CertificateExtensions.EndEntity(),
                CertificateExtensions.KeyUsage(X509KeyUsageFlags.NonRepudiation),
                CertificateExtensions.ExtendedKeyUsage(critical: false, Oids.UsageDocumentSigning),
                CertificateExtensions.SubjectKeyIdentifier(key),
                CertificateExtensions.AuthorityKeyIdentifier(hierarchy.Issuing),
                CertificateExtensions.CertificatePolicies("1.3.6.1.4.1.99999.1.1"),
                CertificateExtensions.AuthorityInformationAccess("http://localhost:5100/ocsp", "http://localhost:5100/ca/issuing-ca.cer"),
                CertificateExtensions.CrlDistributionPoint("http://localhost:5100/crl/issuing-ca.crl"),
            ]);
    }
}
