using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Keys.Activation;
using Identity.TestKit;

namespace Identity.Keys.Tests.Activation;

public sealed class ApprovalStructureTests
{
    // Written by hand: the form others must be able to write too.
    private const string Canonical =
        """{"type":"identity-approval","version":1,"approval":"AAECAwQFBgcICQoLDA0ODw","random":"EBESExQVFhcYGRobHB0eHw","person":"PNOXX-48504210018","client":"signing","requester":"Land Registry","purpose":"Sign \"the deed\" \\ õ 中 /","documents":[{"label":"deed.pdf","sha256":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}],"expires":"2026-11-23T10:05:00Z"}""";

    private static readonly Dictionary<string, Func<string, string>> Variants = new()
    {
        ["a space after a colon"] = c => c.Replace("\"version\":1", "\"version\": 1", StringComparison.Ordinal),
        ["a space after a comma"] = c => c.Replace(",\"random\"", ", \"random\"", StringComparison.Ordinal),
        ["a line end at the end"] = c => c + "\n",
        ["a space at the start"] = c => " " + c,
        ["a byte order mark"] = c => "\uFEFF" + c,
        ["members in another order"] = c => c.Replace("\"type\":\"identity-approval\",\"version\":1", "\"version\":1,\"type\":\"identity-approval\"", StringComparison.Ordinal),
        ["a document's members in another order"] = c => c.Replace("\"label\":\"deed.pdf\",\"sha256\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"", "\"sha256\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\",\"label\":\"deed.pdf\"", StringComparison.Ordinal),
        ["a letter escaped"] = c => c.Replace("deed.pdf", "\\u0064eed.pdf", StringComparison.Ordinal),
        ["a letter beyond ASCII escaped"] = c => c.Replace("õ", "\\u00f5", StringComparison.Ordinal),
        ["a slash escaped"] = c => c.Replace(" /", " \\/", StringComparison.Ordinal),
        ["a quote escaped by number"] = c => c.Replace("\\\"the", "\\u0022the", StringComparison.Ordinal),
        ["a line feed by number"] = c => c.Replace("Registry", "Registry\\u000a", StringComparison.Ordinal),
        ["a control in upper case"] = c => c.Replace("Registry", "Registry\\u001F", StringComparison.Ordinal),
        ["a raw control character"] = c => c.Replace("Registry", "Registry\u0001", StringComparison.Ordinal),
        ["a lone surrogate"] = c => c.Replace("Registry", "Registry\\ud800", StringComparison.Ordinal),
        ["a member twice"] = c => c.Replace("\"version\":1", "\"version\":1,\"version\":1", StringComparison.Ordinal),
        ["a document's member twice"] = c => c.Replace("\"label\"", "\"label\":\"x\",\"label\"", StringComparison.Ordinal),
        ["a member more"] = c => c.Replace("\"version\":1", "\"version\":1,\"note\":1", StringComparison.Ordinal),
        ["a document's member more"] = c => c.Replace("{\"label\"", "{\"pages\":1,\"label\"", StringComparison.Ordinal),
        ["a member less"] = c => c.Replace(",\"requester\":\"Land Registry\"", "", StringComparison.Ordinal),
        ["a null"] = c => c.Replace("\"Land Registry\"", "null", StringComparison.Ordinal),
        ["version 1.0"] = c => c.Replace("\"version\":1", "\"version\":1.0", StringComparison.Ordinal),
        ["version 1e0"] = c => c.Replace("\"version\":1", "\"version\":1e0", StringComparison.Ordinal),
        ["version 01"] = c => c.Replace("\"version\":1", "\"version\":01", StringComparison.Ordinal),
        ["version as text"] = c => c.Replace("\"version\":1", "\"version\":\"1\"", StringComparison.Ordinal),
        ["version 2"] = c => c.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal),
        ["another type"] = c => c.Replace("identity-approval", "identity-login", StringComparison.Ordinal),
        ["a name in capitals"] = c => c.Replace("\"type\"", "\"Type\"", StringComparison.Ordinal),
        ["a comment"] = c => c.Replace("\"version\":1", "\"version\":1/**/", StringComparison.Ordinal),
        ["a trailing comma"] = c => c.Replace("Z\"}", "Z\",}", StringComparison.Ordinal),
        ["a second value"] = c => c + "{}",
        ["an expiry with milliseconds"] = c => c.Replace("10:05:00Z", "10:05:00.000Z", StringComparison.Ordinal),
        ["an expiry with an offset"] = c => c.Replace("10:05:00Z", "10:05:00+00:00", StringComparison.Ordinal),
        ["an expiry in lower case"] = c => c.Replace("10:05:00Z", "10:05:00z", StringComparison.Ordinal),
        ["an hour 24"] = c => c.Replace("T10:05", "T24:05", StringComparison.Ordinal),
        ["an approval id with stray bits"] = c => c.Replace("DA0ODw", "DA0ODx", StringComparison.Ordinal),
        ["an approval id with padding"] = c => c.Replace("DA0ODw", "DA0ODw==", StringComparison.Ordinal),
        ["an approval id of 120 bits"] = c => c.Replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0O", StringComparison.Ordinal),
        ["a hash in base64"] = c => c.Replace("-_TImW-5", "+/TImW+5", StringComparison.Ordinal),
        ["no documents"] = c => c.Replace("{\"label\":\"deed.pdf\",\"sha256\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}", "", StringComparison.Ordinal),
        ["an empty purpose"] = c => c.Replace("\"purpose\":\"Sign \\\"the deed\\\" \\\\ õ 中 /\"", "\"purpose\":\"\"", StringComparison.Ordinal),
        ["a person with a space"] = c => c.Replace("PNOXX-4850", "PNOXX- 4850", StringComparison.Ordinal),
        ["nothing"] = _ => "",
        ["no object"] = _ => "[]",
        ["deep nesting"] = _ => new string('[', 5000),
    };

    public static TheoryData<string> VariantNames => [.. Variants.Keys];

    [Fact]
    public void Reads_and_writes_the_canonical_form_byte_for_byte()
    {
        Assert.True(ApprovalStructure.TryParse(Encoding.UTF8.GetBytes(Canonical), out var structure));
        Assert.Equal("Sign \"the deed\" \\ õ 中 /", structure!.Purpose);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 10, 5, 0, TimeSpan.Zero), structure.Expires);
        Assert.Equal(Canonical, Encoding.UTF8.GetString(structure.ToCanonicalBytes()));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)), structure.Challenge());
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Refuses_another_form(string variant)
    {
        var changed = Variants[variant](Canonical);
        Assert.NotEqual(Canonical, changed);
        Assert.False(ApprovalStructure.TryParse(Encoding.UTF8.GetBytes(changed), out var structure));
        Assert.Null(structure);
    }

    [Fact]
    public void Refuses_bytes_that_are_not_UTF_8()
    {
        var bytes = Encoding.UTF8.GetBytes(Canonical);
        bytes[Canonical.IndexOf("deed", StringComparison.Ordinal)] = 0xFF;
        Assert.False(ApprovalStructure.TryParse(bytes, out _));
    }

    [Fact]
    public void Holds_each_limit_and_names_it_one_past()
    {
        var at = Structure() with
        {
            Requester = new string('限', 200),
            Purpose = new string('限', 500),
            Client = new string('c', 100),
            Person = new string('n', 64),
            Documents = [.. Enumerable.Repeat(new ApprovedDocument(new string('限', 255), Structure().Documents[0].Sha256), 100)],
        };
        Assert.True(ApprovalStructure.TryParse(at.ToCanonicalBytes(), out var read));
        Assert.Equal(at, read);
        Refused("requester", at with { Requester = new string('r', 201) });
        Refused("purpose", at with { Purpose = new string('p', 501) });
        Refused("client", at with { Client = new string('c', 101) });
        Refused("person", at with { Person = new string('n', 65) });
        Refused("label", at with { Documents = [new ApprovedDocument(new string('l', 256), at.Documents[0].Sha256)] });
        Refused("documents", at with { Documents = [.. at.Documents, at.Documents[0]] });
        Refused("larger", at with { Documents = [.. Enumerable.Repeat(new ApprovedDocument(new string('\u0001', 255), at.Documents[0].Sha256), 100)] });
        Refused("expires", at with { Expires = at.Expires.AddMilliseconds(1) });
        Refused("expires", at with { Expires = at.Expires.ToOffset(TimeSpan.FromHours(2)) });
        Refused("purpose", at with { Purpose = "\ud800" });

        static void Refused(string member, ApprovalStructure structure) =>
            Assert.Contains(member, Assert.Throws<ArgumentException>(structure.ToCanonicalBytes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_values_are_128_bits_and_differ()
    {
        var values = Enumerable.Range(0, 100).Select(_ => ApprovalStructure.NewRandom()).ToHashSet();
        Assert.Equal(100, values.Count);
        Assert.All(values, value => Assert.Equal(22, value.Length));
    }

    [Fact]
    public void A_browser_would_write_the_same_bytes()
    {
        // Every character class that RFC 8785 tells apart, written by JSON.stringify.
        var texts = new[] { "\u0000\u0001\u0007\b\t\n\u000b\f\r\u001f", "\"\\/", "\u007f\u0080\u2028\u2029\ufeff", "õ中😀<>&'+`", "\ue000\uffff" };
        var script = "const s=JSON.parse(require('fs').readFileSync(0,'utf8'));process.stdout.write(JSON.stringify(s))";
        foreach (var text in texts)
        {
            var structure = Structure() with { Requester = text, Purpose = text, Documents = [new ApprovedDocument(text, Structure().Documents[0].Sha256)] };
            var parsed = JsonSerializer.SerializeToUtf8Bytes(JsonDocument.Parse(structure.ToCanonicalBytes()).RootElement);
            var written = Tool.RunWith("node", ["-e", script], parsed);
            Assert.Equal(Encoding.UTF8.GetString(structure.ToCanonicalBytes()), written.Output);
            Assert.True(ApprovalStructure.TryParse(structure.ToCanonicalBytes(), out var read));
            Assert.Equal(text, read!.Purpose);
        }
    }

    private static ApprovalStructure Structure()
    {
        Assert.True(ApprovalStructure.TryParse(Encoding.UTF8.GetBytes(Canonical), out var structure));
        return structure!;
    }
}
