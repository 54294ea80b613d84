using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using Identity.Authority.CommandLine;
using Identity.Authority.Tests.Requests;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;

namespace Identity.Authority.Tests.Issuance;

/// <summary>Keys beyond P-256 that the operator's profiles list: Ed25519, P-384 and RSA-3072 of a person, ML-DSA-65 of an organisation.</summary>
public sealed class FurtherKeyTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Theory]
    [InlineData(OpensslKey.Ed25519, "Ed25519", "Public Key Algorithm: ED25519")]
    [InlineData(OpensslKey.P384, "EcdsaP384", "NIST CURVE: P-384")]
    [InlineData(OpensslKey.Rsa3072, "Rsa3072", "Public-Key: (3072 bit)")]
    public async Task A_person_has_a_key_of_a_further_kind_certified_where_the_profile_lists_it(OpensslKey kind, string listed, string named)
    {
        CertificateRequestTests.IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr(kind)), HttpStatusCode.BadRequest, "invalid_request");
        await system.RestartWith("--Authority:Person:Keys:0=" + listed);
        try
        {
            var (status, answer) = await system.Ask(system.NewEvidence(), system.NewCsr(kind));
            Assert.Equal(HttpStatusCode.Created, status);
            var der = Convert.FromBase64String(answer["certificate"]!.GetValue<string>());
            var path = system.Pki.PathOf(listed + ".pem");
            await File.WriteAllTextAsync(path, PemEncoding.WriteString("CERTIFICATE", der) + "\n", TestContext.Current.CancellationToken);
            Assert.Contains(": OK", system.Pki.Openssl("verify", "-x509_strict", "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted", system.Pki.CertificatePath("issuing-ca"), path).Output, StringComparison.Ordinal);
            var text = system.Pki.Openssl("x509", "-in", path, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,sname").Output;
            Assert.Contains(named, text, StringComparison.Ordinal);
            Assert.Contains("Subject: C=XX,CN=Liis Tamm,GN=Liis,SN=Tamm,serialNumber=PNOXX-48504210018", text, StringComparison.Ordinal);
            Assert.Contains("X509v3 Key Usage: critical\n                Non Repudiation\n", text, StringComparison.Ordinal);
            // RFC 8410 3: without parameters.
            if (kind == OpensslKey.Ed25519)
                Assert.Equal("3005" + "06032B6570", Convert.ToHexString(Certificate.Parse(der).PublicKey.Raw.Span.Slice(2, 7)));

            // What the profile does not list is not certified, nor a request whose signature is of another key.
            CertificateRequestTests.IsRefused(await system.Ask(system.NewEvidence(), system.NewCsr()), HttpStatusCode.BadRequest, "invalid_request");
            var csr = system.NewCsr(kind);
            csr[^1] ^= 1;
            CertificateRequestTests.IsRefused(await system.Ask(system.NewEvidence(), csr), HttpStatusCode.BadRequest, "invalid_request");
        }
        finally
        {
            await system.RestartWith();
        }
    }

    [Fact]
    public async Task An_organisation_has_an_ml_dsa_key_certified_where_the_profile_lists_it()
    {
        system.Pki.Certify("seals-ca", OpensslKey.P256, "/C=XX/O=Identity Test/CN=Seals",
            "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", "root-ca", "CertificateAuthority");
        system.Pki.Certify("ocsp-seals", OpensslKey.P256, "/C=XX/O=Identity Test/CN=OCSP of seals",
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", "seals-ca", "OcspResponder");
        var request = Lattice("lattice", spoilt: false);
        var (code, said) = await Certify(request, "refused");
        Assert.Equal(1, code);
        Assert.Contains("is not the request of a key EcdsaP256 that proves possession.", said, StringComparison.Ordinal);
        Assert.False(File.Exists(system.Pki.PathOf("refused.pem")));

        const string Listed = "--Authority:Seal:Keys:0=MlDsa65";
        (code, said) = await Certify(Lattice("spoilt", spoilt: true), "spoilt", Listed);
        Assert.Equal(1, code);
        Assert.Contains("is not the request of a key MlDsa65 that proves possession.", said, StringComparison.Ordinal);
        Assert.Equal((0, ""), await Certify(request, "lattice", Listed));
        var path = system.Pki.PathOf("lattice.pem");
        // openssl 3.0 builds no chain to a key that it does not know: it looks at the issuer's signature, names and usages.
        var parts = new AsnReader(Der(path), AsnEncodingRules.DER).ReadSequence();
        var signed = system.Pki.Write("lattice.tbs", parts.ReadEncodedValue().Span);
        parts.ReadEncodedValue();
        var value = system.Pki.Write("lattice.sig", parts.ReadBitString(out _));
        await File.WriteAllTextAsync(system.Pki.PathOf("seals.pub"), system.Pki.Openssl("x509", "-in", system.Pki.CertificatePath("seals-ca"), "-noout", "-pubkey").Output, TestContext.Current.CancellationToken);
        Assert.Contains("Verified OK", system.Pki.Openssl("dgst", "-sha256", "-verify", system.Pki.PathOf("seals.pub"), "-signature", value, signed).Text, StringComparison.Ordinal);
        var text = system.Pki.Openssl("x509", "-in", path, "-noout", "-text").Output;
        Assert.Contains("Subject: C = EE, O = Land Registry, organizationIdentifier = NTREE-70000001, CN = Land Registry Seal", text, StringComparison.Ordinal);
        Assert.Contains("X509v3 Key Usage: critical\n                Non Repudiation\n", text, StringComparison.Ordinal);
        var certificate = Certificate.Parse(Der(path));
        Assert.Equal((PublicKeyKind.MlDsa, "2.16.840.1.101.3.4.3.18"), (certificate.PublicKey.Kind, certificate.PublicKey.Algorithm.Oid));
    }

    /// <summary>A request as BouncyCastle makes it (RFC 9881): openssl 3.0 cannot.</summary>
    private string Lattice(string name, bool spoilt)
    {
        var generator = new MLDsaKeyPairGenerator();
        generator.Init(new MLDsaKeyGenerationParameters(new Org.BouncyCastle.Security.SecureRandom(), MLDsaParameters.ml_dsa_65));
        var pair = generator.GenerateKeyPair();
        var request = new Org.BouncyCastle.Pkcs.Pkcs10CertificationRequest(
            new Asn1SignatureFactory("ML-DSA-65", pair.Private), new Org.BouncyCastle.Asn1.X509.X509Name("CN=whatever"), pair.Public, attributes: null).GetDerEncoded();
        if (spoilt)
            request[^1] ^= 1;
        var path = system.Pki.PathOf(name + ".csr");
        File.WriteAllText(path, PemEncoding.WriteString("CERTIFICATE REQUEST", request) + "\n");
        return path;
    }

    private async Task<(int Code, string Error)> Certify(string request, string name, params string[] more)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CertifyCommand.Run(["seal", "--request", request, "--country", "EE", "--organization", "Land Registry", "--identifier", "NTREE-70000001", "--common-name", "Land Registry Seal",
            "--out", system.Pki.PathOf(name + ".pem"), .. AuthoritySystem.ForCommands(system.Settings), "--Authority:Issuers:0:Name=issuing-ca", "--Authority:Issuers:0:Responder=ocsp",
            "--Authority:Issuers:0:Certifies=People", "--Authority:Issuers:1:Name=seals-ca", "--Authority:Issuers:1:Responder=ocsp-seals", "--Authority:Issuers:1:Certifies=Seals", .. more], system.Time, output, error);
        return (code, error.ToString());
    }

    private static byte[] Der(string path)
    {
        var pem = File.ReadAllText(path);
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }
}
