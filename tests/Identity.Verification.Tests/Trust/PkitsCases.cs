using System.Text.Json;
using Identity.Pdf.Structure;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.Verification.Engine;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Evidence;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Trust;

/// <summary>NIST's Public Key Interoperability Test Suite: each of the 246 cases through the block that validates the certificates of signatures.</summary>
public sealed class PkitsCases
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>RFC 5280 judges no algorithms, and the suite has DSA with SHA-1.</summary>
    private static readonly ValidationPolicy AnyAlgorithm = ValidationPolicy.Default with
    {
        Algorithms = new AlgorithmSunset(AlgorithmSunset.KnownDigests.ToDictionary(name => name, _ => (DateTimeOffset?)null),
            [.. AlgorithmSunset.KnownFamilies.Select(family => new SignatureSunset(family, 0, null))]),
    };

    private static readonly Lazy<IReadOnlyList<JsonElement>> Manifest = new(() =>
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Shared("vectors/pkits/cases.json")));
        return [.. document.RootElement.EnumerateArray().Select(one => one.Clone())];
    });

    public static TheoryData<string> Names() => [.. Manifest.Value.Select(one => $"{one.GetProperty("id").GetString()} {one.GetProperty("name").GetString()}")];

    [Fact]
    public void There_are_246() => Assert.Equal((246, 246), (Manifest.Value.Count, Names().Select(row => row.Data).Distinct().Count()));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Agrees(string name)
    {
        var one = Manifest.Value.Single(candidate => name == $"{candidate.GetProperty("id").GetString()} {candidate.GetProperty("name").GetString()}");
        var context = Context(one);
        var leaf = Load(one.GetProperty("cert").GetString()!);
        var result = await CertificateValidation.Validate(leaf, new CertificateUse(CertificatePurpose.Signature, null), context);
        // Where the suite does not ask for revocation, its absence is no failure; a revocation that is known still is.
        var asksForRevocation = !one.TryGetProperty("revocation", out var asked) || asked.GetBoolean();
        var doubts = result.Doubts.Where(doubt => asksForRevocation || doubt is not (Doubt.NoRevocation or Doubt.StaleRevocation)).ToList();
        var found = result.Conclusion.HasPassed && doubts.Count == 0 ? "valid" : "invalid";
        Assert.True(found == one.GetProperty("expect").GetString(),
            $"{found}: {string.Join("; ", result.Conclusion.Messages.Concat(doubts.Select(doubt => doubt.Message)).Concat(result.Revocation.SelectMany(status => status.Remarks)).Select(message => message.Key))}");
        if (found == "invalid" && one.GetProperty("reason_kind").GetString() is "revoked")
            Assert.Contains(result.Doubts, doubt => doubt is Doubt.Revoked or Doubt.NoRevocation { Message.Key: "certificate-on-hold" });
        if (found == "invalid" && one.GetProperty("reason_kind").GetString() is "revocation_unavailable")
            Assert.Contains(result.Doubts, doubt => doubt is Doubt.NoRevocation or Doubt.StaleRevocation or Doubt.Revoked);
    }

    private static ValidationContext Context(JsonElement one)
    {
        var pool = new CertificatePool(new TrustAnchors([Load("TrustAnchorRootCertificate.crt")]));
        foreach (var file in Files(one, "other_certs"))
            pool.Add(Load(file));
        var evidence = new RevocationEvidence(pool);
        foreach (var file in Files(one, "crls").Append("TrustAnchorRootCRL.crl"))
            Assert.True(evidence.AddCrl(File.ReadAllBytes(Repository.Shared("vectors/pkits/crls/" + file)), RevocationOrigin.SecurityStore));
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(HandMadePdf.Plain())).Value;
        var data = new DiagnosticData { Document = document, Signatures = [], Revisions = [], Certificates = pool, Revocation = evidence };
        return new ValidationContext(data, AnyAlgorithm with { SignerPaths = Inputs(one) }, At, At, OnlineRevocation.Offline.Begin(evidence), TestContext.Current.CancellationToken) { Digests = new ContentDigests(document) };
    }

    private static PathInputs Inputs(JsonElement one)
    {
        if (!one.TryGetProperty("params", out var inputs))
            return PathInputs.Default;
        bool Flag(string key) => inputs.TryGetProperty(key, out var value) && value.GetBoolean();
        return new PathInputs
        {
            AcceptedPolicies = inputs.TryGetProperty("user_initial_policy_set", out var policies) ? [.. policies.EnumerateArray().Select(policy => policy.GetString()!)] : [],
            ExplicitPolicy = Flag("initial_explicit_policy"),
            InhibitPolicyMapping = Flag("initial_policy_mapping_inhibit"),
            InhibitAnyPolicy = Flag("initial_any_policy_inhibit"),
        };
    }

    private static IEnumerable<string> Files(JsonElement one, string key) =>
        one.TryGetProperty(key, out var files) ? files.EnumerateArray().Select(file => file.GetString()!) : [];

    private static Certificate Load(string file) => Certificate.Parse(File.ReadAllBytes(Repository.Shared("vectors/pkits/certs/" + file)));
}
