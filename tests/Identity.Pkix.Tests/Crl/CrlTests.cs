using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.Tests.Crl;

public sealed class CrlTests(OpensslHierarchy hierarchy)
{
    [Fact]
    public void Openssl_finds_the_person_good_and_then_revoked()
    {
        Verify([], "OK", 0);
        Verify([new RevokedCertificate(hierarchy["person"].SerialNumber, OpensslHierarchy.Now, RevocationReason.KeyCompromise)], "error 23", 2);
    }

    [Fact]
    public void Openssl_reads_number_reason_and_distribution_point()
    {
        var der = Build([new RevokedCertificate(4711, OpensslHierarchy.Now, RevocationReason.CessationOfOperation)]);
        var text = hierarchy.Pki.Openssl("crl", "-inform", "DER", "-in", hierarchy.Pki.Write("shown.crl", der), "-noout", "-text").Output;
        Assert.Contains("Version 2", text);
        Assert.Contains("X509v3 CRL Number: \n                17", text);
        Assert.Contains("Serial Number: 1267", text);
        Assert.Contains("Cessation Of Operation", text);
        Assert.Contains("X509v3 Issuing Distribution Point: critical", text);
    }

    [Fact]
    public void A_list_made_by_openssl_is_read_as_facts()
    {
        var pki = hierarchy.Pki;
        File.WriteAllText(pki.PathOf("revoked-index.txt"), "R\t361231235959Z\t261101120000Z,keyCompromise\t0A1B\tunknown\t/CN=x\n");
        File.WriteAllText(pki.PathOf("crlnumber"), "2A\n");
        File.WriteAllText(pki.PathOf("crl.cnf"),
            $"[ca]\ndefault_ca=a\n[a]\ndatabase={pki.PathOf("revoked-index.txt")}\ncrlnumber={pki.PathOf("crlnumber")}\ndefault_md=sha256\n[e]\nauthorityKeyIdentifier=keyid\n");
        var path = pki.PathOf("openssl.crl");
        pki.Openssl("ca", "-gencrl", "-config", pki.PathOf("crl.cnf"), "-crlexts", "e", "-crldays", "7", "-keyfile", pki.KeyPath("issuing-ca"), "-cert",
            pki.CertificatePath("issuing-ca"), "-out", path);
        pki.Openssl("crl", "-in", path, "-outform", "DER", "-out", path + ".der");

        var crl = CertificateRevocationList.Parse(File.ReadAllBytes(path + ".der"));
        Assert.Equal(0x2A, crl.Number);
        Assert.Equal(SignatureCheck.Valid, crl.VerifySignature(hierarchy.Issuing.PublicKey));
        Assert.True(crl.Issuer.SameAs(hierarchy.Issuing.Subject));
        Assert.Equal(hierarchy.Issuing.Facts.SubjectKeyIdentifier!.Value.ToArray(), crl.AuthorityKeyIdentifier!.KeyIdentifier!.Value.ToArray());
        Assert.Equal(RevocationReason.KeyCompromise, crl.Find(0x0A1B)!.Reason);
        Assert.Null(crl.Find(0x0A1C));
        Assert.False(crl.IsDelta || crl.HasUnknownCriticalExtension);
        Assert.Equal(TimeSpan.FromDays(7), crl.NextUpdate - crl.ThisUpdate);
    }

    [Fact]
    public void What_is_built_is_read_back()
    {
        var crl = CertificateRevocationList.Parse(Build([new RevokedCertificate(1, OpensslHierarchy.Now, null), new RevokedCertificate(2, OpensslHierarchy.Now, RevocationReason.Superseded)]));
        Assert.Equal(17, crl.Number);
        Assert.Equal(["http://localhost:5100/crl/issuing-ca.crl"], crl.IssuingDistributionPoint!.Uris);
        Assert.False(crl.IssuingDistributionPoint.Indirect);
        Assert.Null(crl.Find(1)!.Reason);
        Assert.Equal(RevocationReason.Superseded, crl.Find(2)!.Reason);
        Assert.NotNull(crl.ExpiredCertificatesSince);
    }

    [Fact]
    public void A_changed_list_does_not_verify()
    {
        var der = Build([new RevokedCertificate(4711, OpensslHierarchy.Now, null)]);
        var at = der.AsSpan().IndexOf(new byte[] { 0x02, 0x02, 0x12, 0x67 });
        der[at + 3] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, CertificateRevocationList.Parse(der).VerifySignature(hierarchy.Issuing.PublicKey));
    }

    [Fact]
    public void Bytes_after_the_list_are_refused() =>
        Assert.Throws<MalformedException>(() => CertificateRevocationList.Parse(Build([]).Append((byte)0).ToArray()));

    private byte[] Build(IReadOnlyList<RevokedCertificate> revoked) => hierarchy.Finish(CrlBuilder.Build(
        new CrlContent(hierarchy.Issuing, 17, OpensslHierarchy.Now.AddMinutes(-1), OpensslHierarchy.Now.AddDays(1), revoked)
        {
            DistributionPointUri = "http://localhost:5100/crl/issuing-ca.crl",
            ExpiredCertificatesSince = OpensslHierarchy.Now.AddYears(-1),
        }, SignatureAlgorithm.EcdsaSha256), "issuing-ca");

    private void Verify(IReadOnlyList<RevokedCertificate> revoked, string expected, int code)
    {
        var der = hierarchy.Finish(CrlBuilder.Build(
            new CrlContent(hierarchy.Issuing, 1, OpensslHierarchy.Now.AddMinutes(-1), OpensslHierarchy.Now.AddDays(1), revoked), SignatureAlgorithm.EcdsaSha256), "issuing-ca");
        var pem = hierarchy.Pki.PathOf("built.crl.pem");
        hierarchy.Pki.Openssl("crl", "-inform", "DER", "-in", hierarchy.Pki.Write("built.crl", der), "-out", pem);
        var result = hierarchy.Pki.Try("verify", "-x509_strict", "-crl_check", "-CRLfile", pem, "-CAfile", hierarchy.Pki.CertificatePath("root-ca"),
            "-untrusted", hierarchy.Pki.CertificatePath("issuing-ca"), hierarchy.Pki.CertificatePath("person"));
        Assert.Contains(expected, result.Text);
        Assert.Equal(code, result.ExitCode);
    }
}
