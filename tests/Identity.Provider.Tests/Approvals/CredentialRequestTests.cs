using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Identity.Provider.Approvals;

/// <summary>CSC API v2 8.4.2: what programs ask a person to approve.</summary>
public sealed class CredentialRequestTests
{
    private const string Digests = "documentDigests must be 1 to 100 objects of label and hash, perhaps documentHash, each the base64 of 32 bytes";
    private static readonly byte[] Hash = SHA256.HashData("hash"u8);
    private static readonly byte[] Document = SHA256.HashData("document"u8);

    private static readonly Dictionary<string, (Action<JsonObject> Change, string Refusal)> Bad = new()
    {
        ["another type"] = (d => d["type"] = "payment", "type must be credential"),
        ["a short credential"] = (d => d["credentialID"] = "x", "credentialID is not one of this service"),
        ["a credential in base64"] = (d => d["credentialID"] = Convert.ToBase64String(Hash)[..42] + "+", "credentialID is not one of this service"),
        ["a credential that is a number"] = (d => d["credentialID"] = 7, "credentialID is not one of this service"),
        ["another qualifier"] = (d => d["signatureQualifier"] = "eu_eidas_qes", "signatureQualifier must be eu_eidas_aes"),
        ["a requester of its own choice"] = (d => d["requester"] = "Land Registry", "authorization_details has an unknown member"),
        ["another hash algorithm"] = (d => d["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.2", "hashAlgorithmOID must be SHA-256"),
        ["no hash algorithm"] = (d => d.Remove("hashAlgorithmOID"), "hashAlgorithmOID must be SHA-256"),
        ["a description over the cap"] = (d => d["description"] = new string('x', 501), "description must be 1 to 500 printable characters"),
        ["a description with a bidi override"] = (d => d["description"] = "pay \u202E001", "description must be 1 to 500 printable characters"),
        ["no hashes"] = (d => d["documentDigests"] = new JsonArray(), Digests),
        ["101 hashes"] = (d => Fill(d, 101), Digests),
        ["a short hash"] = (d => d["documentDigests"]![0]!["hash"] = "AAAA", Digests),
        ["no label"] = (d => d["documentDigests"]![0]!.AsObject().Remove("label"), Digests),
        ["a label over the cap"] = (d => d["documentDigests"]![0]!["label"] = new string('x', 256), Digests),
        ["an unknown member of a hash"] = (d => d["documentDigests"]![0]!["pages"] = 1, Digests),
        ["a short document hash"] = (d => d["documentDigests"]![0]!["documentHash"] = "AAAA", Digests),
        ["another count"] = (d => d["numSignatures"] = 2, "numSignatures must equal the number of hashes"),
        ["a count in words"] = (d => d["numSignatures"] = "one", "numSignatures must equal the number of hashes"),
        ["locations in words"] = (d => d["locations"] = "here", "locations must be 1 to 4 addresses"),
        ["five locations"] = (d => d["locations"] = new JsonArray("a", "b", "c", "d", "e"), "locations must be 1 to 4 addresses"),
    };

    public static TheoryData<string> BadOnes() => [.. Bad.Keys];

    [Fact]
    public void Reads_hashes_for_a_credential_and_documents_for_a_qualifier()
    {
        var asked = ApprovalRequest.TryRead(new JsonArray(Details()).ToJsonString(), out _)!;
        Assert.Equal((true, Encode(Hash), ""), (asked.IsOfProgram, asked.Credential, asked.Purpose));
        var signature = Assert.Single(asked.Signatures);
        Assert.Equal("a.pdf", signature.Label);
        Assert.Equal(Hash, signature.Hash);
        Assert.Equal(Document, signature.DocumentSha256);
        Assert.Empty(asked.Documents);

        var qualified = Details();
        qualified.Remove("credentialID");
        qualified["signatureQualifier"] = "eu_eidas_aes";
        Assert.Null(ApprovalRequest.TryRead(new JsonArray(qualified.DeepClone()).ToJsonString(), out var refusal));
        Assert.Equal("documentHash belongs to the hashes of a credentialID", refusal);
        qualified["documentDigests"]![0]!.AsObject().Remove("documentHash");
        asked = ApprovalRequest.TryRead(new JsonArray(qualified.DeepClone()).ToJsonString(), out _)!;
        Assert.True(asked.IsOfProgram);
        Assert.Null(asked.Credential);
        Assert.Equal(Hash, Assert.Single(asked.Documents).Sha256);
    }

    [Fact]
    public void Reads_a_hundred_hashes()
    {
        var details = Details();
        Fill(details, 100);
        Assert.Equal(100, ApprovalRequest.TryRead(new JsonArray(details).ToJsonString(), out _)!.Signatures.Count);
    }

    [Theory]
    [MemberData(nameof(BadOnes))]
    public void Refuses(string what)
    {
        var details = Details();
        Bad[what].Change(details);
        Assert.Null(ApprovalRequest.TryRead(new JsonArray(details).ToJsonString(), out var refusal));
        Assert.Equal(Bad[what].Refusal, refusal);
    }

    private static void Fill(JsonObject details, int count) =>
        details["documentDigests"] = new JsonArray([.. Enumerable.Range(0, count).Select(number => new JsonObject { ["hash"] = Convert.ToBase64String(Hash), ["label"] = $"{number}" })]);

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static JsonObject Details() => new()
    {
        ["type"] = "credential",
        ["credentialID"] = Encode(Hash),
        ["documentDigests"] = new JsonArray(new JsonObject { ["hash"] = Convert.ToBase64String(Hash), ["label"] = "a.pdf", ["documentHash"] = Convert.ToBase64String(Document) }),
        ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1",
    };
}
