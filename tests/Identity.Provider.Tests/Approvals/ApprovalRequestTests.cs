using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Identity.Provider.Approvals;

public sealed class ApprovalRequestTests
{
    [Fact]
    public void Reads_what_a_signing_service_asks()
    {
        var request = ApprovalRequest.TryRead(new JsonArray(Details()).ToJsonString(), out var refusal);
        Assert.Equal("", refusal);
        Assert.Equal("Land Registry", request!.Requester);
        Assert.Equal("Transfer of a flat", request.Purpose);
        Assert.Equal(SHA256.HashData("deed"u8), Assert.Single(request.Documents).Sha256);
    }

    private static readonly Dictionary<string, (Action<JsonObject> Change, string Refusal)> Bad = new()
    {
        ["another type"] = (d => d["type"] = "payment", "type must be credential"),
        ["no type"] = (d => d.Remove("type"), "type must be credential"),
        ["another hash"] = (d => d["hashAlgorithmOID"] = "1.3.14.3.2.26", "hashAlgorithmOID must be SHA-256"),
        ["an unknown member"] = (d => d["credentialID"] = "x", "authorization_details has an unknown member"),
        ["no purpose"] = (d => d.Remove("purpose"), "purpose must be 1 to 500 printable characters"),
        ["an empty purpose"] = (d => d["purpose"] = " ", "purpose must be 1 to 500 printable characters"),
        ["a purpose over the cap"] = (d => d["purpose"] = new string('x', 501), "purpose must be 1 to 500 printable characters"),
        ["a purpose with a bidi override"] = (d => d["purpose"] = "pay \u202E001", "purpose must be 1 to 500 printable characters"),
        ["a purpose with a line break"] = (d => d["purpose"] = "pay\nmore", "purpose must be 1 to 500 printable characters"),
        ["a requester over the cap"] = (d => d["requester"] = new string('x', 201), "requester must be 1 to 200 printable characters"),
        ["a requester that is a number"] = (d => d["requester"] = 7, "requester must be 1 to 200 printable characters"),
        ["no documents"] = (d => d["documentDigests"] = new JsonArray(), "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["101 documents"] = (d => Fill(d, 101), "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a short hash"] = (d => d["documentDigests"]![0]!["hash"] = "AAAA", "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a hash in hexadecimal"] = (d => d["documentDigests"]![0]!["hash"] = new string('a', 64), "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a label over the cap"] = (d => d["documentDigests"]![0]!["label"] = new string('x', 256), "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a label with a bidi override"] = (d => d["documentDigests"]![0]!["label"] = "fdp\u202E.exe", "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a label with a joiner that nothing needs"] = (d => d["documentDigests"]![0]!["label"] = "pay\u200Dpal.pdf", "documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes"),
        ["a requester with a joiner at its end"] = (d => d["requester"] = "\u0646\u0627\u0645\u200C", "requester must be 1 to 200 printable characters"),
        ["another count"] = (d => d["numSignatures"] = 2, "numSignatures must equal the number of documents"),
        ["no count"] = (d => d.Remove("numSignatures"), "numSignatures must equal the number of documents"),
    };

    public static TheoryData<string> BadDetails => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(BadDetails))]
    public void Refuses_and_names_the_field(string what)
    {
        var details = Details();
        Bad[what].Change(details);
        Assert.Null(ApprovalRequest.TryRead(new JsonArray(details).ToJsonString(), out var refusal));
        Assert.Equal(Bad[what].Refusal, refusal);
    }

    [Theory]
    [InlineData("\u0646\u0627\u0645\u200C\u0647\u0627")]
    [InlineData("\u0915\u094D\u200D\u0937")]
    public void Takes_a_joiner_that_its_script_needs(string text)
    {
        var details = Details();
        details["purpose"] = text;
        details["requester"] = text;
        details["documentDigests"]![0]!["label"] = text;
        Assert.Equal(text, ApprovalRequest.TryRead(new JsonArray(details).ToJsonString(), out _)!.Requester);
    }

    [Fact]
    public void Takes_every_limit_at_its_cap()
    {
        var details = Details();
        details["purpose"] = new string('p', 500);
        details["requester"] = new string('r', 200);
        Fill(details, 100);
        foreach (var document in details["documentDigests"]!.AsArray())
            document!["label"] = new string('限', 255);
        Assert.Equal(100, ApprovalRequest.TryRead(new JsonArray(details).ToJsonString(), out _)!.Documents.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("[{},{}]")]
    [InlineData("[[[[[[[[[[[[]]]]]]]]]]]]")]
    [InlineData("[{\"type\":\"credential\",\"type\":\"credential\"}]")]
    [InlineData("[{\"type\":\"credential\",\"hashAlgorithmOID\":\"2.16.840.1.101.3.4.2.1\",\"requester\":\"\\ud800\"}]")]
    public void Refuses_other_forms(string json)
    {
        Assert.Null(ApprovalRequest.TryRead(json, out var refusal));
        Assert.NotEqual("", refusal);
    }

    [Fact]
    public void Refuses_more_characters_than_the_cap_unread()
    {
        Assert.Null(ApprovalRequest.TryRead(new string('[', ApprovalRequest.MaxDetailsCharacters + 1), out var refusal));
        Assert.Equal("authorization_details is longer than 196608 characters", refusal);
    }

    private static void Fill(JsonObject details, int count)
    {
        details["documentDigests"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)Digest($"{i}.pdf"))]);
        details["numSignatures"] = count;
    }

    private static JsonObject Digest(string label) => new() { ["hash"] = Convert.ToBase64String(SHA256.HashData("deed"u8)), ["label"] = label };

    private static JsonObject Details() => new()
    {
        ["type"] = "credential",
        ["numSignatures"] = 1,
        ["documentDigests"] = new JsonArray(Digest("deed.pdf")),
        ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1",
        ["locations"] = new JsonArray("http://localhost:5200/"),
        ["requester"] = "Land Registry",
        ["purpose"] = "Transfer of a flat",
    };
}
