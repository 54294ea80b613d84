using Identity.Verification.Policy;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Policy;

/// <summary>The policy is a file that is checked when it is read, and it decides.</summary>
public sealed class PolicyFiles(Hierarchy hierarchy) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-policy-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private ValidationPolicy Read(string json)
    {
        var file = Path.Combine(folder, "policy.json");
        File.WriteAllText(file, json);
        return PolicyFile.Read(file);
    }

    private async Task<string> Verdict(string members, CmsShape? cms = null) =>
        (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), cms), hierarchy.AllAnchors, hierarchy.Network(Hierarchy.Now.AddMinutes(-1)),
            policy: Read($$"""{"name":"p","version":"7"{{members}}}"""))).Only().Verdict();

    [Fact]
    public async Task What_the_file_leaves_out_is_as_without_a_file()
    {
        Assert.Equal("TOTAL-PASSED", await Verdict(""));
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy.AllAnchors, policy: Read("""{"name":"municipal","version":"7"}"""));
        Assert.Equal(("municipal", "7"), (report.Policy.Name, report.Policy.Version));
    }

    [Theory]
    [InlineData(""", "algorithms":{"digests":{"SHA-256":"2020-01-01"},"signatures":[{"family":"ECDSA","bits":256}]}""", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE")]
    [InlineData(""", "algorithms":{"digests":{"SHA-256":null},"signatures":[{"family":"ECDSA","bits":256,"until":"2020-01-01"}]}""", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE")]
    [InlineData(""", "algorithms":{"digests":{"SHA-256":null},"signatures":[{"family":"ECDSA","bits":384}]}""", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE")]
    [InlineData(""", "algorithms":{"digests":{"SHA-256":null},"signatures":[{"family":"ECDSA","bits":256}]}""", "TOTAL-PASSED")]
    [InlineData(""", "signers":{"keyUsages":["digitalSignature"]}""", "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE")]
    [InlineData(""", "signers":{"keyUsages":["nonRepudiation"]}""", "TOTAL-PASSED")]
    [InlineData(""", "signers":{"policies":["1.2.3"],"explicitPolicy":true}""", "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE")]
    [InlineData(""", "demandProvenTime":true""", "INDETERMINATE/CUSTOM")]
    public async Task What_the_file_says_decides(string members, string verdict) => Assert.Equal(verdict, await Verdict(members));

    [Fact]
    public async Task An_anchor_with_an_end_is_trusted_until_then()
    {
        var anchor = Convert.ToHexString(Assert.Single(hierarchy.Anchors.Certificates).Sha256());
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", await Verdict($$""", "anchorsUntil":{"{{anchor}}":"2020-01-01"}"""));
        Assert.Equal("TOTAL-PASSED", await Verdict($$""", "anchorsUntil":{"{{anchor}}":"2199-01-01T00:00:00Z"}"""));
    }

    [Fact]
    public async Task A_signature_policy_is_read_from_beside_the_file()
    {
        File.WriteAllText(Path.Combine(folder, "terms.txt"), "terms");
        Assert.Equal("TOTAL-PASSED", await Verdict(""", "signaturePolicies":{"demandKnown":true,"documents":{"1.2.3":"terms.txt"}}"""));
        Assert.Throws<PolicyFileException>(() => Read("""{"name":"p","version":"7","signaturePolicies":{"documents":{"1.2.3":"gone.txt"}}}"""));
    }

    [Theory]
    [InlineData("""{"version":"1"}""", "name must have from 1 to 500 characters")]
    [InlineData("""{"name":"p"}""", "version must have from 1 to 500 characters")]
    [InlineData("""{"name":"p","version":"1","revocationFreshness":"1 day"}""", "revocationFreshness is no ISO 8601 duration")]
    [InlineData("""{"name":"p","version":"1","revocationFreshness":"P367D"}""", "revocationFreshness must be from zero to P366D")]
    [InlineData("""{"name":"p","version":"1","clockSkew":"-PT1M"}""", "clockSkew must be from zero to PT1H")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{"SHA-2":null},"signatures":[]}}""", "algorithms.digests names no known digest: SHA-2")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{"SHA-1":"soon"},"signatures":[]}}""", "algorithms.digests.SHA-1 is no date as 2029-01-01 and no time as 2029-01-01T00:00:00Z")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{},"signatures":[{"family":"ROT","bits":13}]}}""", "algorithms.signatures[0].family must be one of RSA, RSA-PSS, ECDSA, DSA, Ed25519, Ed448, ML-DSA")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{},"signatures":[{"family":"RSA","bits":16385}]}}""", "algorithms.signatures[0].bits must be from 0 to 16384")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{},"signatures":[{"family":"RSA","bits":1},{"family":"RSA","bits":1}]}}""", "algorithms.signatures[1] is there twice")]
    [InlineData("""{"name":"p","version":"1","signers":{"keyUsages":[]}}""", "signers.keyUsages is empty, so that nobody could sign")]
    [InlineData("""{"name":"p","version":"1","signers":{"keyUsages":["signing"]}}""", "signers.keyUsages names no key usage: signing")]
    [InlineData("""{"name":"p","version":"1","signers":{"purposes":["document"]}}""", "signers.purposes holds no object identifier: document")]
    [InlineData("""{"name":"p","version":"1","approvedDocumentsExtensions":["documents"]}""", "approvedDocumentsExtensions holds no object identifier: documents")]
    [InlineData("""{"name":"p","version":"1","anchorsUntil":{"12":"2020-01-01"}}""", "anchorsUntil names no SHA-256 of a certificate: 12")]
    public void A_wrong_member_is_refused_by_name(string json, string refusal) =>
        Assert.Equal(refusal, Assert.Throws<PolicyFileException>(() => Read(json)).Message);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"name":"p","version":"1","freshness":"PT1H"}""")]
    [InlineData("""{"name":"p","name":"q","version":"1"}""")]
    [InlineData("""{"name":"p","version":"1","algorithms":{"digests":{}}}""")]
    public void What_is_not_a_policy_file_is_refused(string json) =>
        Assert.StartsWith("not a readable policy file", Assert.Throws<PolicyFileException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_policy_that_is_shipped_as_an_example_is_the_one_without_a_file()
    {
        var example = PolicyFile.Read(Path.Combine(TestKit.Repository.Root, "specs", "validation-policy.json"));
        Assert.Equal((ValidationPolicy.Default.Name, ValidationPolicy.Default.Version, ValidationPolicy.Default.RevocationFreshness), (example.Name, example.Version, example.RevocationFreshness));
        Assert.Equivalent(AlgorithmSunset.Ts119312.Entries, example.Algorithms.Entries);
        Assert.Equal(ValidationPolicy.Default.SignerPaths.Purposes.Order(StringComparer.Ordinal), example.SignerPaths.Purposes.Order(StringComparer.Ordinal));
        Assert.Equal(ValidationPolicy.Default.SignerPaths.KeyUsages, example.SignerPaths.KeyUsages);
        Assert.Equal(ValidationPolicy.Default.ApprovedDocumentsExtensions, example.ApprovedDocumentsExtensions);
    }
}
