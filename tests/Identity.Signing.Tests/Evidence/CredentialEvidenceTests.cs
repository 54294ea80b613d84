using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Signing.CommandLine;
using Identity.Signing.Tests.Csc;
using Identity.TestKit;

namespace Identity.Signing.Tests.Evidence;

/// <summary>The proof of an approval of hashes, and of documents of the CSC API: taken out by the operator, judged by anybody, with and without our code.</summary>
public sealed class CredentialEvidenceTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly byte[] Signed = "what a program has signed\n"u8.ToArray();
    private static readonly byte[] Other = SHA256.HashData("the other"u8);

    [Fact]
    public async Task The_file_holds_and_says_that_nobody_but_the_program_knows_what_the_hashes_are_of()
    {
        var file = (await Evidence("holds")).File;
        var (code, text) = await Check(file, "--trust", system.Pki.PathOf("trust"));
        Assert.True(code == 0, text);
        Assert.Contains("holds  file         an evidence file of version 2", text, StringComparison.Ordinal);
        Assert.Contains("holds  signatures   2 approved for Program: -", text, StringComparison.Ordinal);
        Assert.Matches("holds  certificate  serial [0-9A-F]+: this person, and named by the approval", text);
        Assert.Contains("holds  chain        each certificate is signed by the next, up to one that you trust", text, StringComparison.Ordinal);
        Assert.Contains("What they are hashes of, the program alone has seen.", text, StringComparison.Ordinal);
        var written = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        Assert.Equal(("document 0", Convert.ToHexStringLower(SHA256.HashData(Signed)), "signed"),
            ((string)written["signatures"]![0]!["name"]!, (string)written["signatures"]![0]!["hash"]!, (string)written["signatures"]![0]!["status"]!));
    }

    public static TheoryData<string, string> Tampering => new()
    {
        { "structure", "FAILS  parts        the parts are not those in the Provider's token" },
        { "client_data", "FAILS  parts        the parts are not those in the Provider's token" },
        { "authenticator_data", "FAILS  parts        the parts are not those in the Provider's token" },
        { "signature", "FAILS  parts        the parts are not those in the Provider's token" },
        { "public_key_cose", "FAILS  parts        the parts are not those in the Provider's token" },
        { "signature of the token", "FAILS  approval     wrong_token_signature" },
        { "no token", "FAILS  approval     malformed" },
        { "another key", "FAILS  approval     unknown_key" },
        { "name", "FAILS  signatures   the hashes are not those that were approved" },
        { "hash", "FAILS  signatures   the hashes are not those that were approved" },
        { "a document that was not said", "FAILS  signatures   the hashes are not those that were approved" },
        { "one less", "FAILS  signatures   the hashes are not those that were approved" },
        { "order", "FAILS  signatures   the hashes are not those that were approved" },
        { "certificate of another credential", "FAILS  certificate  it is not the one that was approved" },
        { "certificate of another person", "FAILS  certificate  it names another person" },
        { "no certificate", "FAILS  certificate  no certificate came of this approval" },
        { "certificate that is none", "FAILS  certificate  malformed" },
        { "issuers in another order", "FAILS  chain        certificate 1 is not signed by the next" },
        { "version of documents", "FAILS  file         not an evidence file of version 1 or 2" },
        { "another version", "FAILS  file         not an evidence file of version 1 or 2" },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task A_tampered_part_of_an_approval_of_hashes_is_named(string what, string refusal)
    {
        var json = JsonNode.Parse(await File.ReadAllTextAsync((await Evidence("tampered")).File, SigningSystem.Cancellation))!;
        await Tamper(what, json);
        var tampered = system.Pki.PathOf("tampered-hashes.json");
        await File.WriteAllTextAsync(tampered, json.ToJsonString(), SigningSystem.Cancellation);
        var (code, said) = await Check(tampered);
        Assert.Equal(1, code);
        Assert.Contains(refusal, said, StringComparison.Ordinal);
        Assert.EndsWith("This file proves nothing.\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_page_check_the_approval_of_a_hash_and_its_signature_without_our_code()
    {
        var (file, signature) = await Evidence("by hand");
        var folder = Directory.CreateDirectory(system.Pki.PathOf("hashes-by-hand")).FullName;
        string PathOf(string name) => Path.Combine(folder, name);
        File.Copy(file, PathOf("evidence.json"));
        await File.WriteAllBytesAsync(PathOf("signed.bin"), Signed, SigningSystem.Cancellation);
        await File.WriteAllBytesAsync(PathOf("signature.bin"), signature, SigningSystem.Cancellation);
        File.Copy(system.Pki.CertificatePath("root-ca"), PathOf("root.pem"));
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "specs", "evidence.md"), SigningSystem.Cancellation);
        // All but the last block about documents, then the one about hashes.
        var blocks = Regex.Matches(page, "```sh\n(.*?)```", RegexOptions.Singleline).Select(block => block.Groups[1].Value).SkipLast(1).Append(Regex.Match(page, "```bash\n(.*?)```", RegexOptions.Singleline).Groups[1].Value);
        var script = "set -euo pipefail\ncd '" + folder + "'\n" + string.Concat(blocks);
        var result = Tool.Run("bash", "-c", script);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Equal(3, Regex.Count(result.Output, "Verified OK"));
        Assert.Contains("signer.pem: OK", result.Output, StringComparison.Ordinal);

        // The same lines notice something else that was signed, another signature, another certificate, and a passkey's signature over something else.
        async Task Noticed(string name, byte[] bytes)
        {
            var good = await File.ReadAllBytesAsync(PathOf(name), SigningSystem.Cancellation);
            await File.WriteAllBytesAsync(PathOf(name), bytes, SigningSystem.Cancellation);
            Assert.True(Tool.Run("bash", "-c", script).ExitCode != 0, name);
            await File.WriteAllBytesAsync(PathOf(name), good, SigningSystem.Cancellation);
        }

        await Noticed("signed.bin", "something else"u8.ToArray());
        await Noticed("signature.bin", [.. signature[..^1], (byte)(signature[^1] ^ 1)]);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        await Tamper("certificate of another credential", json);
        await Noticed("evidence.json", Encoding.UTF8.GetBytes(json.ToJsonString()));
        json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        Flip(json["approval"]!, "authenticator_data");
        await Noticed("evidence.json", Encoding.UTF8.GetBytes(json.ToJsonString()));
        Assert.Equal(0, Tool.Run("bash", "-c", script).ExitCode);
    }

    [Fact]
    public async Task Of_documents_of_the_api_the_file_is_as_of_any_others_and_of_an_unknown_approval_there_is_none()
    {
        using var caller = new CscCaller(system);
        var pdf = Pdfs.Page("by the API");
        var sad = caller.ApprovedDocument(SHA256.HashData(pdf));
        await caller.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, new JsonObject
        {
            ["signatureQualifier"] = "eu_eidas_aes",
            ["documents"] = new JsonArray(new JsonObject { ["document"] = Convert.ToBase64String(pdf), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
        });
        var file = await Export(sad, "documents");
        await File.WriteAllBytesAsync(system.Pki.PathOf("by-the-api.pdf"), pdf, SigningSystem.Cancellation);
        var (code, text) = await Check(file, "--document", system.Pki.PathOf("by-the-api.pdf"), "--trust", system.Pki.PathOf("trust"));
        Assert.True(code == 0, text);
        Assert.Contains("holds  document     by-the-api.pdf: approved under the name document 0", text, StringComparison.Ordinal);
        using var complaints = new StringWriter();
        Assert.Equal(1, await EvidenceCommand.Run(["export", new string('A', 22), "-o", file + "2", .. system.Settings], TextWriter.Null, complaints, TimeProvider.System));
        Assert.Equal("There is no such approval.", complaints.ToString().Trim());
    }

    private async Task Tamper(string what, JsonNode json)
    {
        var (token, signatures) = (json["approval_evidence"]!.GetValue<string>(), json["signatures"]!.AsArray());
        switch (what)
        {
            case "signature of the token": json["approval_evidence"] = token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..]; break;
            case "no token": json["approval_evidence"] = "hello"; break;
            case "another key": json["provider_keys"]!["keys"]![0]!["kid"] = "another"; break;
            case "name": signatures[0]!["name"] = "other"; break;
            case "hash": signatures[0]!["hash"] = new string('0', 64); break;
            case "a document that was not said": signatures[0]!["document"] = new string('0', 64); break;
            case "one less": signatures.RemoveAt(1); break;
            case "order":
                var last = signatures[1]!.DeepClone();
                signatures.RemoveAt(1);
                signatures.Insert(0, last);
                break;
            case "certificate of another credential": json["certificates"] = await CertificatesOf((await Evidence("another")).File); break;
            case "certificate of another person":
                system.Provider.Person = StandInPerson.Wei;
                try
                {
                    json["certificates"] = await CertificatesOf((await Evidence("wei", StandInPerson.Wei)).File);
                }
                finally
                {
                    system.Provider.Person = StandInPerson.Liis;
                }

                break;
            case "no certificate": json["certificates"] = new JsonArray(); break;
            case "certificate that is none": json["certificates"]![0] = "hello"; break;
            case "issuers in another order":
                var root = json["certificates"]![2]!.DeepClone();
                json["certificates"]!.AsArray().RemoveAt(2);
                json["certificates"]!.AsArray().Insert(1, root);
                break;
            case "version of documents": json["version"] = 1; break;
            case "another version": json["version"] = 3; break;
            default: Flip(json["approval"]!, what); break;
        }
    }

    private static async Task<JsonNode> CertificatesOf(string file) => JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!["certificates"]!.DeepClone();

    private static void Flip(JsonNode parent, string member)
    {
        var bytes = Convert.FromBase64String(parent[member]!.GetValue<string>());
        bytes[^1] ^= 1;
        parent[member] = Convert.ToBase64String(bytes);
    }

    private static async Task<(int Code, string Text)> Check(params string[] arguments)
    {
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        var code = await EvidenceCommand.Run(["check", .. arguments], output, complaints, TimeProvider.System);
        Assert.Equal("", complaints.ToString());
        return (code, output.ToString());
    }

    /// <summary>Of an approval of two hashes that were signed: the file, and the first signature.</summary>
    private async Task<(string File, byte[] Signature)> Evidence(string name, StandInPerson? person = null)
    {
        using var caller = new CscCaller(system, subject: "evidence-" + name);
        var credential = await caller.Credential();
        byte[][] hashes = [SHA256.HashData(Signed), Other];
        var sad = caller.Approved(credential, hashes, payload => payload["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), person);
        var answer = await caller.Expect(HttpStatusCode.OK, "signatures/signHash", sad, CscCaller.Hashes(credential, hashes));
        return (await Export(sad, name), Convert.FromBase64String((string)answer["signatures"]![0]!));
    }

    private async Task<string> Export(string sad, string name)
    {
        var evidence = (string)system.Provider.Tokens[sad]["authorization_details"]![0]!["approval_evidence"]!;
        var approval = (string)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Split('.')[1]))!["jti"]!;
        var path = system.Pki.PathOf($"csc-{name.Replace(' ', '-')}-{approval}.json");
        using var complaints = new StringWriter();
        Assert.True(await EvidenceCommand.Run(["export", approval, "-o", path, .. system.Settings], TextWriter.Null, complaints, TimeProvider.System) == 0, complaints.ToString());
        return path;
    }
}
