using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>What EN 319 142-1 asks of the structure, read by qpdf and openssl out of a renewed archive of each form: all that any level adds is there.</summary>
public sealed partial class BaselineRequirementTests(SignedForms forms) : IClassFixture<SignedForms>
{
    private const string Level = "renewed";

    /// <summary>content-type, message-digest, signing-certificate-v2, algorithm protection (RFC 6211).</summary>
    private static readonly string[] SignedAttributes = ["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.52"];

    /// <summary>signer-attributes-v2, commitment-type-indication, signature-policy-identifier.</summary>
    private static readonly string[] RolesCommitmentAndPolicy = ["0.4.0.19122.1.1", "1.2.840.113549.1.9.16.2.16", "1.2.840.113549.1.9.16.2.15"];

    private const string SignatureTimestamp = "1.2.840.113549.1.9.16.2.14";

    public static TheoryData<string> Forms() => new(SignedForms.Forms);

    /// <summary>Clause 6.3: SubFilter, Filter, ByteRange, Contents and M are there; Cert is not, and nothing that the form did not ask for.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_signature_dictionary_has_what_it_must_and_no_more(string form)
    {
        var signed = await forms.Get(form, Level);
        var dictionaries = Objects(signed).Select(one => one.Value).OfType<JsonObject>().Where(one => one["/SubFilter"] is not null).ToList();
        Assert.Equal(signed.Signatures + signed.DocumentTimestamps, dictionaries.Count);
        foreach (var dictionary in dictionaries)
        {
            var isTimestamp = dictionary["/Type"]!.ToString() == "/DocTimeStamp";
            string[] required = ["/ByteRange", "/Contents", "/Filter", "/SubFilter", "/Type"];
            string[] own = isTimestamp ? [] : form is "certification P 1" or "certification P 2" or "certification P 3" or "FieldMDP" or "seed values and lock" ? ["/M", "/Reference"] : ["/M"];
            Assert.Equal(required.Concat(own).Order(StringComparer.Ordinal), dictionary.Select(entry => entry.Key).Order(StringComparer.Ordinal));
            Assert.Equal("/Adobe.PPKLite", dictionary["/Filter"]!.ToString());
            Assert.Equal(isTimestamp ? "/ETSI.RFC3161" : "/ETSI.CAdES.detached", dictionary["/SubFilter"]!.ToString());
            if (!isTimestamp)
                Assert.Matches(@"^u:D:\d{14}(Z|[+-]\d\d'\d\d'?)$", dictionary["/M"]!.ToString());
        }
    }

    /// <summary>Clause 5.3, ISO 32000-2 12.8.1: four numbers, the first 0; all up to the end of the revision but Contents, and in its room nothing but zeros behind the CMS.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_byte_range_covers_its_revision_but_for_Contents(string form)
    {
        var signed = await forms.Get(form, Level);
        for (var at = 0; at < signed.Signatures + signed.DocumentTimestamps; at++)
        {
            using var one = Examined(signed, at);
            // Both look at the brackets of Contents, the first at its padding.
            Assert.NotEmpty(one.Cms());
            Assert.EndsWith("%%EOF\n", System.Text.Encoding.Latin1.GetString(one.Covered()), StringComparison.Ordinal);
        }
    }

    /// <summary>Clause 6.3: the mandatory signed attributes, once each, none that is forbidden (signing-time above all), one signer, detached, its certificate inside.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_cms_has_one_signer_and_the_attributes_of_the_baseline(string form)
    {
        var signed = await forms.Get(form, Level);
        for (var at = 0; at < signed.Signatures; at++)
        {
            using var one = Examined(signed, at);
            var printed = Printed(one.Cms());
            Assert.Contains("eContentType: pkcs7-data", printed, StringComparison.Ordinal);
            Assert.Contains("eContent: <ABSENT>", printed, StringComparison.Ordinal);
            var signer = printed[printed.IndexOf("\n    signerInfos:", StringComparison.Ordinal)..];
            Assert.Equal(1, Count(signer, "\n        version:"));
            // RFC 5652 5.3: named by issuer and serial number is version 1.
            Assert.Contains("version: 1", signer, StringComparison.Ordinal);
            var (attributes, unsigned) = (signer[..signer.IndexOf("unsignedAttrs:", StringComparison.Ordinal)], signer[signer.IndexOf("unsignedAttrs:", StringComparison.Ordinal)..]);
            string[] asked = form == "roles, commitment and policy" ? RolesCommitmentAndPolicy : [];
            Assert.Equal(SignedAttributes.Concat(asked).Order(StringComparer.Ordinal), Attributes(attributes).Order(StringComparer.Ordinal));
            // Clause 6.3, T and LT: a signature-time-stamp; values and references go into the security store, never here; no counter-signature.
            Assert.Equal([SignatureTimestamp], Attributes(unsigned));
            var hash = AlgorithmName().Match(signer[signer.IndexOf("digestAlgorithm:", StringComparison.Ordinal)..]).Groups[1].Value;
            Assert.Contains(hash, new[] { "sha256", "sha384" });
            Assert.Contains(form == "RSA-3072 with PSS" ? "algorithm: rsassaPss" : $"ecdsa-with-{hash.ToUpperInvariant()}", signer, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("certificates:", printed, StringComparison.Ordinal);
            Assert.DoesNotContain("crls:\n      d.crl", printed, StringComparison.Ordinal);
        }
    }

    /// <summary>Clause 5.4.3 and RFC 3161 2.4.2: a document time-stamp is the bare token, whose imprint is made by a hash that is still good.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_document_time_stamp_is_the_bare_token(string form)
    {
        var signed = await forms.Get(form, Level);
        for (var at = signed.Signatures; at < signed.Signatures + signed.DocumentTimestamps; at++)
        {
            using var one = Examined(signed, at);
            var path = forms.System.Pki.Write("token.der", one.Cms());
            var printed = Tool.Run("openssl", "ts", "-reply", "-token_in", "-in", path, "-token_out", "-text").Output;
            Assert.Contains("Hash Algorithm: sha256", printed, StringComparison.Ordinal);
            Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(one.Covered()))[..16], Hex().Replace(printed, ""), StringComparison.Ordinal);
            Assert.Contains("eContentType: id-smime-ct-TSTInfo", Printed(one.Cms()), StringComparison.Ordinal);
        }
    }

    /// <summary>Clause 5.4.2: the security store's arrays hold references to streams, one DER object each and none twice; no VRI; declared as an extension (clause 5.6).</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_security_store_holds_each_item_once(string form)
    {
        var signed = await forms.Get(form, Level);
        var all = Objects(signed);
        var catalog = Assert.Single(all, one => (one.Value as JsonObject)?["/Type"]?.ToString() == "/Catalog").Value!.AsObject();
        var store = (catalog["/DSS"] is JsonValue reference ? all["obj:" + reference] : catalog["/DSS"])!.AsObject();
        Assert.Equal(["/CRLs", "/Certs", "/OCSPs"], store.Select(entry => entry.Key).Where(key => key != "/Type").Order(StringComparer.Ordinal));
        var items = store.Where(entry => entry.Value is not JsonValue { } value || !value.ToString().StartsWith("/DSS", StringComparison.Ordinal))
            .SelectMany(entry => (entry.Value is JsonArray array ? array : all["obj:" + entry.Value]!.AsArray()).Select(item => all["obj:" + item]!["data"]!.GetValue<string>())).ToList();
        Assert.Equal(items.Count, items.Distinct(StringComparer.Ordinal).Count());
        // DER: a SEQUENCE whose length is that of the whole.
        Assert.All(items, item => Assert.Equal(Convert.FromBase64String(item).Length, SequenceLength(Convert.FromBase64String(item))));
        Assert.Equal("/1.7 1", $"{catalog["/Extensions"]!["/ESIC"]!["/BaseVersion"]} {catalog["/Extensions"]!["/ESIC"]!["/ExtensionLevel"]}");
    }

    private ExaminedPdf Examined(SignedForm signed, int at) =>
        new(signed.File, forms.System.Pki.CertificatePath("root-ca"), forms.System.Pki.CertificatePath("issuing-ca")) { At = at };

    private string Printed(byte[] cms) => forms.System.Pki.Openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", forms.System.Pki.Write("printed.der", cms)).Output;

    private static List<string> Attributes(string printed) => [.. AttributeName().Matches(printed).Select(match => match.Groups[1].Value)];

    /// <summary>Values by the names of their objects; of a stream its dictionary, with what it holds as `data`.</summary>
    private static Dictionary<string, JsonNode?> Objects(SignedForm signed)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, signed.File);
            var json = Tool.Run("qpdf", "--password=" + signed.Password, "--json=2", "--json-key=qpdf", "--json-stream-data=inline", "--decode-level=generalized", path);
            Assert.True(json.ExitCode == 0, json.Error);
            return JsonNode.Parse(json.Output, documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!["qpdf"]![1]!.AsObject()
                .ToDictionary(one => one.Key, one => one.Value!["stream"] ?? one.Value["value"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static int SequenceLength(byte[] der) => der is not [0x30, ..] ? -1 : der[1] < 0x80 ? 2 + der[1]
        : 2 + (der[1] & 0x7f) + der.AsSpan(2, der[1] & 0x7f).ToArray().Aggregate(0, (length, octet) => (length << 8) | octet);

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    [GeneratedRegex(@"^ +object: .+ \(([0-9.]+)\)$", RegexOptions.Multiline)]
    private static partial Regex AttributeName();

    [GeneratedRegex(@"algorithm: (\S+)")]
    private static partial Regex AlgorithmName();

    [GeneratedRegex(@"(^ +[0-9a-f]{4} - )|(   .*$)|[ -]|\n", RegexOptions.Multiline)]
    private static partial Regex Hex();
}
