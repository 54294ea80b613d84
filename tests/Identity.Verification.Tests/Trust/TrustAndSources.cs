using System.Net;
using Identity.Pkix.X509;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Trust;

/// <summary>What is trusted, who is asked, and what the settings refuse.</summary>
public sealed class TrustAndSources(Hierarchy hierarchy)
{
    private Certificate this[string name] => Certificate.Parse(hierarchy.Pki.Certificate(name));

    [Fact]
    public void A_path_leads_from_leaf_to_anchor()
    {
        var pool = new CertificatePool(hierarchy.Anchors);
        pool.Add(this["people-ca"]);
        pool.Add(this["revoking-ca"]);
        var path = Assert.Single(PathBuilding.Build(this["liis"], CertificatePurpose.Signature, pool));
        Assert.Equal([this["liis"], this["people-ca"], this["root-ca"]], path.Certificates);
    }

    [Fact]
    public void Without_the_intermediate_there_is_no_path() => Assert.Empty(PathBuilding.Build(this["liis"], CertificatePurpose.Signature, new CertificatePool(hierarchy.Anchors)));

    [Fact]
    public void Certificates_beyond_the_cap_are_left_aside()
    {
        var pool = new CertificatePool(TrustAnchors.None);
        var template = hierarchy.Pki.Certificate("stranger");
        for (var i = 0; i <= ValidationCaps.Certificates; i++)
        {
            var different = template.ToArray();
            different[^1] = (byte)i;
            different[^2] = (byte)(i >> 8);
            pool.AddRaw(different);
        }
        Assert.Equal((ValidationCaps.Certificates, 1), (pool.Certificates.Count, pool.LeftAside));
    }

    [Fact]
    public void An_end_entity_may_not_issue()
    {
        hierarchy.Pki.Certify("direct", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Direct", "keyUsage=critical,nonRepudiation\n", "root-ca", "PersonSignature", days: 1);
        hierarchy.Pki.Certify("forged", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Forged", "keyUsage=critical,nonRepudiation\n", "direct", "PersonSignature", days: 1);
        var path = new CertificatePath([this["forged"], this["direct"], this["root-ca"]]);
        Assert.Equal("certificate-not-authority", PathValidation.Refuse(path, CertificatePurpose.Signature, PathInputs.Default)!.Key);
    }

    [Theory]
    [InlineData("1.2.3.4=critical,ASN1:NULL", "certificate-critical-extension")]
    [InlineData("keyUsage=critical,keyEncipherment", "signer-key-usage")]
    [InlineData("extendedKeyUsage=serverAuth", "signer-key-usage")]
    [InlineData("extendedKeyUsage=critical,timeStamping", "signer-key-usage")]
    [InlineData("extendedKeyUsage=OCSPSigning,codeSigning", "signer-key-usage")]
    [InlineData("extendedKeyUsage=1.2.3.4", "signer-key-usage")]
    public void A_leaf_with_this_extension_is_refused(string extension, string key)
    {
        var usage = extension.StartsWith("keyUsage", StringComparison.Ordinal) ? "" : "keyUsage=critical,nonRepudiation\n";
        hierarchy.Pki.Certify("odd", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Odd", usage + extension + "\n", "people-ca", "PersonSignature", days: 1);
        var path = new CertificatePath([this["odd"], this["people-ca"], this["root-ca"]]);
        Assert.Equal(key, PathValidation.Refuse(path, CertificatePurpose.Signature, PathInputs.Default)!.Key);
    }

    [Theory]
    [InlineData("nameConstraints=critical,permitted;email:example.com", "subjectAltName=email:a@example.org", false)]
    [InlineData("nameConstraints=critical,permitted;email:example.com", "subjectAltName=email:a@example.com", true)]
    [InlineData("nameConstraints=critical,excluded;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:10.1.2.3", false)]
    [InlineData("nameConstraints=critical,excluded;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:11.1.2.3", true)]
    [InlineData("nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:2001:db8::1", false)]
    [InlineData("nameConstraints=critical,permitted;URI:.example.com", "subjectAltName=URI:http://192.0.2.1/", false)]
    [InlineData("nameConstraints=critical,excluded;RID:1.2.3.4", "subjectAltName=RID:1.2.3.4.5", false)]
    public void Names_are_held_to_what_the_issuer_may_certify(string constraint, string name, bool holds)
    {
        hierarchy.Pki.Certify("narrow", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Narrow", "basicConstraints=critical,CA:TRUE\n" + constraint + "\n", "root-ca", "CertificateAuthority");
        hierarchy.Pki.Certify("named", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Named", "keyUsage=critical,nonRepudiation\n" + name + "\n", "narrow", "PersonSignature", days: 1);
        var refusal = PathValidation.Refuse(new CertificatePath([this["named"], this["narrow"], this["root-ca"]]), CertificatePurpose.Signature, PathInputs.Default);
        Assert.Equal(holds ? null : "certificate-name-constraints", refusal?.Key);
    }

    [Theory]
    [InlineData(ValidationCaps.PoliciesPerCertificate, null)]
    [InlineData(ValidationCaps.PoliciesPerCertificate + 1, "certificate-too-costly")]
    public void Policies_at_the_cap_are_processed_and_one_more_is_refused(int count, string? key)
    {
        var policies = string.Join(',', Enumerable.Range(1, count).Select(number => $"1.2.3.{number}"));
        hierarchy.Pki.Certify("policies", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Policies", $"keyUsage=critical,nonRepudiation\ncertificatePolicies={policies}\n", "people-ca", "PersonSignature", days: 1);
        Assert.Equal(key, PathValidation.Refuse(new CertificatePath([this["policies"], this["people-ca"], this["root-ca"]]), CertificatePurpose.Signature, PathInputs.Default)?.Key);
    }

    [Theory]
    [InlineData(99, null)]
    [InlineData(100, "certificate-too-costly")]
    public void Comparisons_of_names_at_the_cap_are_made_and_more_are_refused(int names, string? key)
    {
        // Each name is compared with each subtree of its kind: 99 and 100 times 101, against a cap of 10 000.
        Assert.Equal(10_000, ValidationCaps.NameComparisons);
        hierarchy.Pki.Certify("many", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Many",
            "basicConstraints=critical,CA:TRUE\nnameConstraints=critical," + string.Join(',', Enumerable.Range(0, 101).Select(number => $"excluded;email:h{number}.example")) + "\n", "root-ca", "CertificateAuthority");
        hierarchy.Pki.Certify("crowd", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Crowd",
            "keyUsage=critical,nonRepudiation\nsubjectAltName=" + string.Join(',', Enumerable.Range(0, names).Select(number => $"email:p{number}@other.example")) + "\n", "many", "PersonSignature", days: 1);
        Assert.Equal(key, PathValidation.Refuse(new CertificatePath([this["crowd"], this["many"], this["root-ca"]]), CertificatePurpose.Signature, PathInputs.Default)?.Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("extendedKeyUsage=emailProtection,clientAuth\n")]
    [InlineData("extendedKeyUsage=1.3.6.1.5.5.7.3.36\n")]
    [InlineData("extendedKeyUsage=serverAuth,1.2.840.113583.1.1.5\n")]
    [InlineData("extendedKeyUsage=anyExtendedKeyUsage\n")]
    public void A_leaf_whose_purposes_fit_documents_is_accepted(string extension)
    {
        hierarchy.Pki.Certify("fitting", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Fitting", "keyUsage=critical,digitalSignature\n" + extension, "people-ca", "PersonSignature", days: 1);
        Assert.Null(PathValidation.Refuse(new CertificatePath([this["fitting"], this["people-ca"], this["root-ca"]]), CertificatePurpose.Signature, PathInputs.Default));
    }

    [Fact]
    public void A_path_longer_than_its_issuer_allows_is_refused()
    {
        hierarchy.Pki.Certify("below", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Below", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", "people-ca", "CertificateAuthority");
        hierarchy.Pki.Certify("deep", TestKit.Pki.OpensslKey.P256, "/C=XX/CN=Deep", "keyUsage=critical,nonRepudiation\n", "below", "PersonSignature", days: 1);
        var path = new CertificatePath([this["deep"], this["below"], this["people-ca"], this["root-ca"]]);
        Assert.Equal("certificate-path-too-long", PathValidation.Refuse(path, CertificatePurpose.Signature, PathInputs.Default)!.Key);
    }

    [Theory]
    [InlineData("http://a.test/ocsp", true)]
    [InlineData("http://a.test/ocsp/x", true)]
    [InlineData("http://a.test/ocsp-evil", false)]
    [InlineData("http://a.test/ocsp/../admin", false)]
    [InlineData("http://a.test/", false)]
    [InlineData("https://a.test/ocsp", false)]
    [InlineData("http://a.test:81/ocsp", false)]
    [InlineData("http://a.test.evil/ocsp", false)]
    [InlineData("http://a.test@evil.test/ocsp", false)]
    [InlineData("http://user@a.test/ocsp", false)]
    [InlineData("ftp://a.test/ocsp", false)]
    [InlineData("file:///etc/passwd", false)]
    public void Only_addresses_below_an_allowed_prefix_are_asked(string address, bool allowed) =>
        Assert.Equal(allowed, AllowedRevocationSources.From(["http://a.test/ocsp"]).Allows(new Uri(address)));

    [Theory]
    [InlineData("http://localhost:6100/ocsp", true)]
    [InlineData("http://localhost:6100/crl/issuing-ca.crl", true)]
    [InlineData("http://localhost:6379/", false)]
    [InlineData("http://127.0.0.1:6100/ocsp", false)]
    [InlineData("http://localhost.evil.test/ocsp", false)]
    public void A_developers_own_copy_is_asked_on_any_port(string address, bool allowed) =>
        Assert.Equal(allowed, AllowedRevocationSources.From([], loopback: true).Allows(new Uri(address)));

    [Fact]
    public async Task A_redirect_is_not_followed_and_an_endless_answer_is_cut()
    {
        foreach (var answer in new[] { new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri("http://evil.test/") } }, new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Endless()) } })
        {
            using var online = new OnlineRevocation(AllowedRevocationSources.From([Hierarchy.Source]), new Answering(answer));
            var evidence = new RevocationEvidence(new CertificatePool(hierarchy.Anchors));
            var obstacles = await online.Begin(evidence).Fetch(this["liis"], this["people-ca"], TestContext.Current.CancellationToken);
            Assert.Equal("revocation-source-failed", Assert.Single(obstacles).Key);
            Assert.Empty(evidence.Crls);
        }
    }

    public static TheoryData<string, string> WrongSettings() => new()
    {
        { "PublicAddress", "nowhere" },
        { "TrustDirectories", "/no/such/folder" },
        { "AllowedRevocationSources", "not an address" },
        { "PolicyFile", "/no/such/file" },
        { "MaxFileBytes", "0" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void A_wrong_setting_is_refused_by_name(string field, string value)
    {
        var options = new VerificationOptions { PublicAddress = "http://localhost:5300/" };
        switch (field)
        {
            case "PublicAddress":
                options.PublicAddress = value;
                break;
            case "TrustDirectories":
                options.TrustDirectories = [value];
                break;
            case "PolicyFile":
                options.PolicyFile = value;
                break;
            case "AllowedRevocationSources":
                options.AllowedRevocationSources = [value];
                break;
            default:
                options.MaxFileBytes = 0;
                break;
        }
        var refusal = Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(options, production: false));
        Assert.StartsWith("Verification:" + field, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Production_refuses_http() => Assert.Throws<VerificationSettingException>(() =>
        VerificationSettings.Check(new VerificationOptions { PublicAddress = "http://verification.example/" }, production: true));

    [Fact]
    public void Production_refuses_the_development_root()
    {
        hierarchy.Pki.Certify("development", TestKit.Pki.OpensslKey.P256, "/C=XX/O=Identity Development/CN=Root", "basicConstraints=critical,CA:TRUE\n", null, "CertificateAuthority");
        var folder = Directory.CreateTempSubdirectory("identity-trust-").FullName;
        File.Copy(hierarchy.Pki.CertificatePath("development"), Path.Combine(folder, "root.pem"));
        var options = new VerificationOptions { PublicAddress = "https://verification.example/", TrustDirectories = [folder] };
        Assert.Contains("development", Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(options, production: true)).Message, StringComparison.Ordinal);
        options.PublicAddress = "http://localhost/";
        Assert.Single(VerificationSettings.Check(options, production: false).OwnAnchors.Certificates);
        Directory.Delete(folder, recursive: true);
    }

    private sealed class Answering(HttpResponseMessage answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.DoesNotContain("evil", request.RequestUri!.Host, StringComparison.Ordinal);
            return Task.FromResult(answer);
        }
    }

    private sealed class Endless : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => 0; set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => count;
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
