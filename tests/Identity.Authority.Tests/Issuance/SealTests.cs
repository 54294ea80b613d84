using System.Security.Cryptography;
using Identity.Authority.CommandLine;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Issuance;

/// <summary>Organisations' certificates by the command, beside the running service; and issuances that were cut short.</summary>
public sealed class SealTests : IClassFixture<AuthoritySystem>
{
    private readonly AuthoritySystem system;
    private readonly string[] settings;

    public SealTests(AuthoritySystem system)
    {
        this.system = system;
        if (!File.Exists(system.Pki.CertificatePath("seals-ca")))
        {
            system.Pki.Certify("seals-ca", OpensslKey.Rsa3072, "/C=XX/O=Identity Test/CN=Seals",
                "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", "root-ca", "CertificateAuthority");
            system.Pki.Certify("ocsp-seals", OpensslKey.P256, "/C=XX/O=Identity Test/CN=OCSP of seals",
                "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", "seals-ca", "OcspResponder");
        }
        settings = [.. system.Settings, "--Authority:Seal:Keys:0=EcdsaP256", "--Authority:Seal:Keys:1=EcdsaP384", "--Authority:Seal:Keys:2=Rsa3072", "--Authority:Seal:Keys:3=Ed25519",
            .. new[] { ("issuing-ca", "ocsp", "People"), ("seals-ca", "ocsp-seals", "Seals") }.SelectMany((i, n) => new[]
                { $"--Authority:Issuers:{n}:Name={i.Item1}", $"--Authority:Issuers:{n}:Responder={i.Item2}", $"--Authority:Issuers:{n}:Certifies={i.Item3}" })];
    }

    [Theory]
    [InlineData(OpensslKey.P256, "ECDSA")]
    [InlineData(OpensslKey.P384, "ECDSA")]
    [InlineData(OpensslKey.Rsa3072, "RSA")]
    [InlineData(OpensslKey.Ed25519, "EdDSA (Ed25519)")]
    public async Task A_seal_of_an_rsa_pss_issuer_stands_up_to_openssl_and_gnutls(OpensslKey key, string kind)
    {
        var seal = $"seal-{key}";
        Assert.Equal((0, ""), await Certify(Request(seal, key), seal));
        var path = system.Pki.PathOf(seal + ".pem");
        Assert.Contains(": OK", system.Pki.Openssl("verify", "-x509_strict", "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted", system.Pki.CertificatePath("seals-ca"), path).Text);
        // Its issuer stands behind it: what Signing reads beside the key.
        Assert.Equal(File.ReadAllText(system.Pki.CertificatePath("seals-ca")).Replace("\n", "", StringComparison.Ordinal), File.ReadAllText(path).Replace("\n", "", StringComparison.Ordinal).Split("-----BEGIN")[2].Insert(0, "-----BEGIN"));
        var text = system.Pki.Openssl("x509", "-in", path, "-noout", "-text").Text;
        Assert.Contains("Signature Algorithm: rsassaPss", text);
        Assert.Contains("Subject: C = EE, O = Land Registry, organizationIdentifier = NTREE-70000001, CN = Land Registry Seal", text);
        Assert.Contains("X509v3 Key Usage: critical\n                Non Repudiation", text);
        Assert.Contains("qcStatements", text);
        var gnutls = Tool.Run("certtool", "--certificate-info", "--infile", path).Text;
        Assert.Contains("Signature Algorithm: RSA-PSS-SHA256", gnutls);
        Assert.Contains(kind, gnutls);
        // EN 319 412-1 5.1.4, and nothing of EN 319 412-5 that would claim to be qualified.
        var statements = QualifiedStatements.Read(Certificate.Parse(Der(path)).Extensions.Single(e => e.Oid == Pkix.Asn1.Oids.QualifiedStatements).Value);
        Assert.Equal((Pkix.Asn1.Oids.SemanticsLegal, false, false, 0), (statements.Semantics, statements.Compliance, statements.Device, statements.Types.Count));
    }

    [Fact]
    public async Task A_qualified_provider_states_it_when_it_is_set()
    {
        Assert.Equal((0, ""), await Certify(Request("qualified", OpensslKey.P256), "qualified",
            "--Authority:Seal:Qualified:Compliance=true", "--Authority:Seal:Qualified:Device=true", "--Authority:Seal:Qualified:Disclosures:en=https://terms.example/en"));
        // openssl prints the octets: 0.4.0.1862.1.1, .1.4, .1.6 with .1.6.2 (seal).
        var dump = system.Pki.Openssl("asn1parse", "-in", system.Pki.PathOf("qualified.pem")).Text;
        Assert.Contains("qcStatements", dump);
        var read = QualifiedStatements.Read(Certificate.Parse(Der(system.Pki.PathOf("qualified.pem"))).Extensions.Single(e => e.Oid == Pkix.Asn1.Oids.QualifiedStatements).Value);
        Assert.Equal((true, true), (read.Compliance, read.Device));
        Assert.Equal([Pkix.Asn1.Oids.QualifiedTypeSeal], read.Types);
        Assert.Equal([new DisclosureStatement("https://terms.example/en", "en")], read.Disclosures);
    }

    [Theory]
    [InlineData("RSA-2048", "is not the request of a key EcdsaP256 or EcdsaP384 or Rsa3072 or Ed25519 that proves possession.")]
    [InlineData("garbage", "is not the request of a key")]
    [InlineData("missing", "is not the request of a key")]
    [InlineData("identifier", "It was not signed: subject: identifier is not of the semantic form")]
    [InlineData("no issuer", "Authority:Issuers has none that certifies Seals.")]
    [InlineData("file is there", "is there already.")]
    public async Task What_is_no_seal_is_not_signed(string what, string refusal)
    {
        var request = what == "RSA-2048" ? Request("small", OpensslKey.Rsa2048) : what == "garbage" ? system.Pki.Write("garbage.csr", "garbage"u8) : what == "missing" ? system.Pki.PathOf("none.csr") : Request("refused", OpensslKey.P256);
        if (what == "file is there") File.WriteAllText(system.Pki.PathOf("refused.pem"), "");
        else File.Delete(system.Pki.PathOf("refused.pem"));
        var (code, error) = await Certify(request, "refused",
            what == "identifier" ? "--identifier=70000001" : what == "no issuer" ? "--Authority:Issuers:1:Certifies=Services" : "--environment=Development");
        Assert.Equal(1, code);
        Assert.Contains(refusal, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seal_with_a_key_that_was_certified_before_is_refused()
    {
        var request = Request("once", OpensslKey.P256);
        Assert.Equal((0, ""), await Certify(request, "once"));
        Assert.Equal((1, "It was not signed: this key was certified before."), await Certify(request, "twice") is var (code, error) ? (code, error.Trim()) : default);
    }

    [Theory]
    [InlineData("seal")]
    [InlineData("person", "--request", "x", "--country", "EE", "--organization", "x", "--identifier", "x", "--common-name", "x", "--out", "x")]
    [InlineData("seal", "--request", "x", "--country", "Eesti", "--organization", "x", "--identifier", "x", "--common-name", "x", "--out", "x")]
    public async Task Wrong_usage_is_2(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(2, await CertifyCommand.Run(args, system.Time, output, error));
    }

    [Fact]
    public async Task A_seal_that_was_cut_short_is_completed_with_the_octets_that_were_stored()
    {
        var record = await CutShort(new StatusAddresses(new Uri(system.Address), "seals-ca", true, 0));
        Assert.Contains(record.Serial, (await Issuance("list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Issuance("complete", record.Serial, "--out", system.Pki.PathOf("completed.pem"))).Code);
        var certificate = Certificate.Parse(Der(system.Pki.PathOf("completed.pem")));
        Assert.Equal(record.Intended, certificate.ToBeSigned.ToArray());
        Assert.Contains(": OK", system.Pki.Openssl("verify", "-x509_strict", "-CAfile", system.Pki.CertificatePath("root-ca"), "-untrusted", system.Pki.CertificatePath("seals-ca"), system.Pki.PathOf("completed.pem")).Text);
        var (code, output) = await Issuance("complete", record.Serial, "--out", system.Pki.PathOf("again.pem"));
        Assert.Equal((1, $"No issuance of {record.Serial} is open."), (code, output.Trim()));
    }

    [Fact]
    public async Task What_breaks_a_rule_by_now_is_not_completed_and_can_be_abandoned()
    {
        var record = await CutShort(new StatusAddresses(new Uri("http://old.example/"), "seals-ca", true, 0));
        var (code, output) = await Issuance("complete", record.Serial, "--out", system.Pki.PathOf("broken.pem"));
        Assert.Equal((1, $"{record.Serial} was not signed: status-addresses: no OCSP address of the profile"), (code, output.Trim()));
        Assert.Contains($"{record.Serial} Seal", (await Issuance("repair")).Output, StringComparison.Ordinal);
        await using var database = system.Database();
        Assert.Equal(CertificateState.Abandoned, (await database.Certificates.SingleAsync(c => c.Serial == record.Serial)).State);
        Assert.True(await database.Revocations.AnyAsync(r => r.Issuer == "seals-ca" && r.Serial == record.Serial));
    }

    [Theory]
    [InlineData]
    [InlineData("mend")]
    [InlineData("complete")]
    public async Task An_unknown_step_is_wrong_usage(params string[] args) => Assert.Equal(2, (await Issuance(args)).Code);

    private async Task<CertificateRecord> CutShort(StatusAddresses addresses)
    {
        await using var services = AuthorityApp.Build(settings, system.Time);
        var keys = services.Services.GetRequiredService<AuthorityKeys>();
        var profile = services.Services.GetRequiredService<AuthoritySettings>().Seal! with { Addresses = addresses };
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var content = profile.Content(new LegalPerson("EE", "Land Registry", "NTREE-70000001", "Seal").ToName(), Pkix.Signatures.SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()),
            keys.Sealing!.Certificate, system.Time.GetUtcNow());
        var intended = await IntendedCertificate.Store(system.Services.GetRequiredService<IDbContextFactory<AuthorityDatabase>>(), profile, content, keys.Sealing, null,
            system.Time.GetUtcNow() - IssuanceRepair.Patience - TimeSpan.FromSeconds(1), CancellationToken.None);
        await using var database = system.Database();
        return await database.Certificates.AsNoTracking().SingleAsync(c => c.Serial == intended!.Serial);
    }

    private string Request(string name, OpensslKey key)
    {
        system.Pki.MakeKey(name, key, "OrganisationSeal");
        File.WriteAllText(system.Pki.PathOf("seal.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
        system.Pki.Openssl("req", "-new", "-config", system.Pki.PathOf("seal.cnf"), "-key", system.Pki.KeyPath(name), "-subj", "/CN=whatever", "-out", system.Pki.PathOf(name + ".csr"));
        return system.Pki.PathOf(name + ".csr");
    }

    private async Task<(int Code, string Error)> Certify(string request, string name, params string[] more)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CertifyCommand.Run(["seal", "--request", request, "--country", "EE", "--organization", "Land Registry", "--identifier", "NTREE-70000001", "--common-name", "Land Registry Seal",
            "--out", system.Pki.PathOf(name + ".pem"), .. AuthoritySystem.ForCommands(settings), .. more], system.Time, output, error);
        return (code, error.ToString());
    }

    private async Task<(int Code, string Output)> Issuance(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (await IssuanceCommand.Run([.. args, .. AuthoritySystem.ForCommands(settings)], system.Time, output, error), output.ToString() + error);
    }

    private static byte[] Der(string path)
    {
        var pem = File.ReadAllText(path);
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }
}
