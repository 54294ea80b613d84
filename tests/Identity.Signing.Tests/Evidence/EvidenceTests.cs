using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Signing.CommandLine;
using Identity.Signing.Tests.Requests;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Evidence;

/// <summary>The proof of an approval leaves the service as one file, and is judged without it.</summary>
public sealed class EvidenceTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task The_file_holds_and_names_person_and_documents_and_says_what_it_does_not_prove()
    {
        var (file, documents) = await Evidence("holds");
        var (code, text) = await Check(file, "--document", documents[0], "--document", documents[1], "--trust", system.Pki.PathOf("trust"));
        Assert.True(code == 0, text);
        Assert.Contains("holds  approval", text, StringComparison.Ordinal);
        Assert.Contains(StandInPerson.Liis.Identifier, text, StringComparison.Ordinal);
        Assert.Contains("holds  chain        each certificate is signed by the next, up to one that you trust", text, StringComparison.Ordinal);
        Assert.Contains("Does not prove: that the passkey was this person's", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_document_is_recognised_by_the_beginning_that_was_approved()
    {
        var (file, documents) = await Evidence("signed");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        var signed = Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories)
            .Single(path => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) == json["documents"]![1]!["signed_sha256"]!.GetValue<string>());
        Assert.Equal(0, (await Check(file, "--document", signed)).Code);
        var other = system.Pki.PathOf("other.pdf");
        await File.WriteAllBytesAsync(other, Pdfs.Page("never approved"), SigningSystem.Cancellation);
        var (code, text) = await Check(file, "--document", documents[0], "--document", other);
        Assert.Equal(1, code);
        Assert.Contains("FAILS  document     other.pdf: neither it nor a beginning of it was approved", text, StringComparison.Ordinal);
        Assert.EndsWith("This file proves nothing.\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("signed_sha256")]
    public async Task What_the_service_alone_says_is_not_called_proven_and_the_signed_file_shows_a_lie(string member)
    {
        var (file, documents) = await Evidence("stated");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        var hash = json["documents"]![1]!["signed_sha256"]!.GetValue<string>();
        var signed = Directory.EnumerateFiles(system.Documents, "*.signed.pdf", SearchOption.AllDirectories)
            .Single(path => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) == hash);
        var (code, said) = await Check(file, "--document", signed);
        Assert.Equal(0, code);
        Assert.Contains($": signed, and the signed file has SHA-256 {hash}", said, StringComparison.Ordinal);
        Assert.Contains("begins with what was approved under the name", said, StringComparison.Ordinal);
        // What was put behind it later changes nothing.
        var longer = system.Pki.PathOf("longer.pdf");
        await File.WriteAllBytesAsync(longer, [.. await File.ReadAllBytesAsync(signed, SigningSystem.Cancellation), .. "1 0 obj null endobj\n%%EOF\n"u8], SigningSystem.Cancellation);
        Assert.Equal(0, (await Check(file, "--document", longer)).Code);

        json["documents"]![1]![member] = member == "status" ? "failed" : new string('0', 64);
        await File.WriteAllTextAsync(file, json.ToJsonString(), SigningSystem.Cancellation);
        (code, said) = await Check(file, "--document", documents[1]);
        Assert.Equal(0, code);
        Assert.Contains(member == "status" ? ": failed, and" : "SHA-256 " + new string('0', 64), said, StringComparison.Ordinal);
        Assert.All(said.Split('\n').Where(line => line.Contains("stated  ", StringComparison.Ordinal)), line => Assert.StartsWith("says   stated", line, StringComparison.Ordinal));
        Assert.Contains("Not proven either: lines that begin with \"says\"", said, StringComparison.Ordinal);
        (code, said) = await Check(file, "--document", signed);
        Assert.Equal(member == "status" ? 0 : 1, code);
        Assert.Equal(member != "status", said.Contains("but is not the signed file that is stated", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Tampering => new()
    {
        { "structure", "FAILS  parts        the parts are not those in the Provider's token" },
        { "client_data", "FAILS  parts        the parts are not those in the Provider's token" },
        { "authenticator_data", "FAILS  parts        the parts are not those in the Provider's token" },
        { "signature", "FAILS  parts        the parts are not those in the Provider's token" },
        { "public_key_cose", "FAILS  parts        the parts are not those in the Provider's token" },
        { "public_key", "FAILS  parts        the parts are not those in the Provider's token" },
        { "a claim of the token", "FAILS  approval     wrong_token_signature" },
        { "signature of the token", "FAILS  approval     wrong_token_signature" },
        { "no token", "FAILS  approval     malformed" },
        { "another key", "FAILS  approval     unknown_key" },
        { "document's name", "FAILS  documents    the documents are not those that were approved" },
        { "document's hash", "FAILS  documents    the documents are not those that were approved" },
        { "a document less", "FAILS  documents    the documents are not those that were approved" },
        { "order of documents", "FAILS  documents    the documents are not those that were approved" },
        { "certificate of another approval", "FAILS  certificate  it names other documents" },
        { "no certificate", "FAILS  certificate  no certificate came of this approval" },
        { "certificate that is none", "FAILS  certificate  malformed" },
        { "issuers in another order", "FAILS  chain        certificate 1 is not signed by the next" },
        { "another type", "FAILS  file         not an evidence file of version 1 or 2" },
        { "another version", "FAILS  file         not an evidence file of version 1 or 2" },
        { "a member twice", "FAILS  file         not an evidence file of version 1 or 2" },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task A_tampered_part_is_named(string what, string refusal)
    {
        var (file, _) = await Evidence("tampered");
        var text = await File.ReadAllTextAsync(file, SigningSystem.Cancellation);
        var json = JsonNode.Parse(text)!;
        await Tamper(what, json);
        var tampered = system.Pki.PathOf("tampered.json");
        await File.WriteAllTextAsync(tampered, what == "a member twice" ? text.Replace("\"version\": 1,", "\"version\": 1, \"version\": 1,", StringComparison.Ordinal) : json.ToJsonString(), SigningSystem.Cancellation);
        var (code, said) = await Check(tampered);
        Assert.Equal(1, code);
        Assert.Contains(refusal, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_another_provider_do_not_hold()
    {
        var (file, _) = await Evidence("other provider");
        using var other = new EvidenceBuilder();
        var keys = system.Pki.PathOf("other-provider.json");
        await File.WriteAllTextAsync(keys, other.Jwks, SigningSystem.Cancellation);
        var (code, text) = await Check(file, "--provider-keys", keys);
        Assert.Equal(1, code);
        Assert.Contains("FAILS  approval     wrong_token_signature", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_root_that_the_reader_does_not_trust_does_not_hold()
    {
        var (file, _) = await Evidence("other root");
        using var other = new OpensslPki();
        Directory.CreateDirectory(other.PathOf("trust"));
        File.Copy(other.CertificatePath("root-ca"), Path.Combine(other.PathOf("trust"), "root.pem"));
        Assert.Contains("FAILS  chain        it does not end with a certificate that you trust", (await Check(file, "--trust", other.PathOf("trust"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_of_trust_without_a_certificate_are_wrong_usage_and_no_leave_to_trust_the_file()
    {
        var (file, _) = await Evidence("no root");
        using var other = new OpensslPki();
        Directory.CreateDirectory(other.PathOf("trust"));
        File.WriteAllText(Path.Combine(other.PathOf("trust"), "root.p7b"), "x");
        using var complaints = new StringWriter();
        Assert.Equal(2, await EvidenceCommand.Run(["check", file, "--trust", other.PathOf("trust")], TextWriter.Null, complaints, TimeProvider.System));
        Assert.Equal("No certificate to trust is in the folders of --trust (*.pem, *.cer, *.crt, *.der).\n", complaints.ToString());
        // As other systems name their files.
        File.Copy(system.Pki.CertificatePath("root-ca"), Path.Combine(other.PathOf("trust"), "ROOT.PEM"));
        Assert.Equal(0, (await Check(file, "--trust", other.PathOf("trust"))).Code);
    }

    [Theory]
    [InlineData("authority", "holds  chain        each certificate is signed by the next, up to")]
    [InlineData("no authority", "FAILS  chain        a certificate in it may not issue others, or was not valid when the next was issued")]
    [InlineData("may not issue", "FAILS  chain        a certificate in it may not issue others, or was not valid when the next was issued")]
    [InlineData("long over", "FAILS  chain        a certificate in it may not issue others, or was not valid when the next was issued")]
    public async Task Whoever_has_some_certificate_below_a_trusted_root_certifies_nobody(string issuer, string finding)
    {
        var (file, _) = await Evidence("forged issuer");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        json["certificates"] = new JsonArray([.. Forged(json["certificates"]![0]!.GetValue<string>(), issuer).Select(pem => JsonValue.Create(pem))]);
        var forged = system.Pki.PathOf($"forged-{issuer}.json");
        await File.WriteAllTextAsync(forged, json.ToJsonString(), SigningSystem.Cancellation);
        Assert.Contains(finding, (await Check(forged, "--trust", system.Pki.PathOf("trust"))).Text, StringComparison.Ordinal);
        Assert.Contains(finding, (await Check(forged)).Text, StringComparison.Ordinal);
    }

    /// <summary>The same names and extensions, issued anew by a certificate of somebody who has one below the root.</summary>
    private IEnumerable<string> Forged(string leafPem, string issuer)
    {
        using var root = X509Certificate2.CreateFromPemFile(system.Pki.CertificatePath("root-ca"), system.Pki.KeyPath("root-ca"));
        using var leaf = X509Certificate2.CreateFromPem(leafPem);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Somebody", issuerKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer != "no authority", false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(issuer == "may not issue" ? X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.KeyCertSign, true));
        var (from, to) = issuer == "long over" ? (root.NotBefore, root.NotBefore.AddHours(1)) : (root.NotBefore, root.NotAfter);
        using var made = request.Create(root, from, to, [1, 2, 3]);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var again = new CertificateRequest(leaf.SubjectName, key, HashAlgorithmName.SHA256);
        foreach (var extension in leaf.Extensions)
            again.CertificateExtensions.Add(extension);
        using var person = again.Create(made.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), leaf.NotBefore, leaf.NotAfter, [4, 5, 6]);
        return [person.ExportCertificatePem(), made.ExportCertificatePem(), root.ExportCertificatePem()];
    }

    [Theory]
    [InlineData("check")]
    [InlineData("check", "missing.json")]
    [InlineData("check", "a.json", "b.json")]
    [InlineData("check", "--unknown", "a.json")]
    [InlineData("export", "x")]
    [InlineData("forge", "a.json")]
    public async Task Wrong_usage_is_2(params string[] arguments)
    {
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        Assert.Equal(2, await EvidenceCommand.Run(arguments, output, complaints, TimeProvider.System));
        Assert.NotEqual("", complaints.ToString());
    }

    [Fact]
    public async Task As_JSON_each_finding_has_its_word()
    {
        var (file, _) = await Evidence("json");
        var json = JsonNode.Parse((await Check(file, "--json")).Text)!;
        Assert.True(json["holds"]!.GetValue<bool>());
        Assert.Equal(["file", "parts", "approval", "documents", "stated", "stated", "certificate", "chain"], json["findings"]!.AsArray().Select(finding => finding!["check"]!.GetValue<string>()));
    }

    [Fact]
    public async Task The_operator_exports_the_same_file()
    {
        var (file, _) = await Evidence("operator");
        var approval = Jwt(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))["jti"]!.GetValue<string>();
        var path = system.Pki.PathOf($"exported-{approval}.json");
        using var complaints = new StringWriter();
        Assert.Equal(0, await EvidenceCommand.Run(["export", approval, "-o", path, .. system.Settings], TextWriter.Null, complaints, TimeProvider.System));
        Assert.Equal(await File.ReadAllTextAsync(file, SigningSystem.Cancellation), await File.ReadAllTextAsync(path, SigningSystem.Cancellation));
        Assert.Equal(1, await EvidenceCommand.Run(["export", new string('A', 22), "-o", path + "2", .. system.Settings], TextWriter.Null, complaints, TimeProvider.System));
    }

    [Fact]
    public async Task Only_the_person_and_the_agency_of_the_request_get_it()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("whose evidence"));
        using var agency = system.AgencyClient();
        Assert.Equal(HttpStatusCode.Conflict, (await agency.GetAsync($"requests/{id}/evidence", SigningSystem.Cancellation)).StatusCode);
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        await system.Ended(id);
        Assert.Equal(HttpStatusCode.OK, (await agency.GetAsync($"requests/{id}/evidence", SigningSystem.Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.Get($"requests/{id}/evidence")).StatusCode);
        using var otherAgency = system.AgencyClient(system.Provider.AccessToken(system.Address, "tax-portal"));
        Assert.Equal(HttpStatusCode.NotFound, (await otherAgency.GetAsync($"requests/{id}/evidence", SigningSystem.Cancellation)).StatusCode);
        system.Provider.Person = StandInPerson.Wei;
        using var stranger = system.NewBrowser();
        await stranger.Get("sign-in");
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Get($"requests/{id}/evidence")).StatusCode);
        using var nobody = new HttpClient { BaseAddress = new Uri(system.Address) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync($"requests/{id}/evidence", SigningSystem.Cancellation)).StatusCode);
        Assert.Equal(2, system.Audit(id).Count(line => line.GetRawText().Contains("signing.evidence-delivered", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_commands_of_the_page_check_it_without_our_code()
    {
        var (file, documents) = await Evidence("by hand");
        var folder = Directory.CreateDirectory(system.Pki.PathOf("by-hand")).FullName;
        File.Copy(file, Path.Combine(folder, "evidence.json"));
        File.Copy(documents[1], Path.Combine(folder, "document.pdf"));
        File.Copy(system.Pki.CertificatePath("root-ca"), Path.Combine(folder, "root.pem"));
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "specs", "evidence.md"), SigningSystem.Cancellation);
        var blocks = Regex.Matches(page, "```sh\n(.*?)```", RegexOptions.Singleline).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 5);
        var script = "set -euo pipefail\ncd '" + folder + "'\n" + string.Concat(blocks);
        var result = Tool.Run("bash", "-c", script);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Equal(2, Regex.Count(result.Output, "Verified OK"));
        Assert.Contains("signer.pem: OK", result.Output, StringComparison.Ordinal);

        // The same lines notice another document, and a passkey's signature over something else.
        await File.WriteAllBytesAsync(Path.Combine(folder, "document.pdf"), Pdfs.Page("another"), SigningSystem.Cancellation);
        Assert.NotEqual(0, Tool.Run("bash", "-c", script).ExitCode);
        File.Copy(documents[1], Path.Combine(folder, "document.pdf"), overwrite: true);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file, SigningSystem.Cancellation))!;
        Flip(json["approval"]!, "authenticator_data");
        await File.WriteAllTextAsync(Path.Combine(folder, "evidence.json"), json.ToJsonString(), SigningSystem.Cancellation);
        Assert.NotEqual(0, Tool.Run("bash", "-c", script).ExitCode);
    }

    private async Task Tamper(string what, JsonNode json)
    {
        var token = json["approval_evidence"]!.GetValue<string>();
        switch (what)
        {
            case "a claim of the token":
                var claims = Jwt(json.ToJsonString());
                claims["person"]!["identifier"] = "PNOXX-00000000000";
                var parts = token.Split('.');
                json["approval_evidence"] = $"{parts[0]}.{EvidenceBuilder.Base64Url(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
                break;
            case "signature of the token": json["approval_evidence"] = token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..]; break;
            case "no token": json["approval_evidence"] = "hello"; break;
            case "another key": json["provider_keys"]!["keys"]![0]!["kid"] = "another"; break;
            case "document's name": json["documents"]![0]!["name"] = "other.pdf"; break;
            case "document's hash": json["documents"]![0]!["sha256"] = new string('0', 64); break;
            case "a document less": json["documents"]!.AsArray().RemoveAt(1); break;
            case "order of documents": Swap(json["documents"]!.AsArray(), 0, 1); break;
            case "certificate of another approval":
                var (other, _) = await Evidence("another approval");
                json["certificates"] = JsonNode.Parse(await File.ReadAllTextAsync(other, SigningSystem.Cancellation))!["certificates"]!.DeepClone();
                break;
            case "no certificate": json["certificates"] = new JsonArray(); break;
            case "certificate that is none": json["certificates"]![0] = "hello"; break;
            case "issuers in another order": Swap(json["certificates"]!.AsArray(), 1, 2); break;
            case "another type": json["type"] = "identity-approval"; break;
            case "another version": json["version"] = 2; break;
            case "public_key": json["approval"]!["public_key"] = json["certificates"]![0]!.GetValue<string>(); break;
            case "a member twice": break;
            default: Flip(json["approval"]!, what); break;
        }
    }

    private static void Flip(JsonNode parent, string member)
    {
        var bytes = Convert.FromBase64String(parent[member]!.GetValue<string>());
        bytes[^1] ^= 1;
        parent[member] = Convert.ToBase64String(bytes);
    }

    private static void Swap(JsonArray array, int one, int other)
    {
        var (first, second) = (array[one]!.DeepClone(), array[other]!.DeepClone());
        (array[one], array[other]) = (second, first);
    }

    private static JsonNode Jwt(string file) =>
        JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(JsonNode.Parse(file)!["approval_evidence"]!.GetValue<string>().Split('.')[1]))!;

    private static async Task<(int Code, string Text)> Check(params string[] arguments)
    {
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        var code = await EvidenceCommand.Run(["check", .. arguments], output, complaints, TimeProvider.System);
        Assert.Equal("", complaints.ToString());
        return (code, output.ToString());
    }

    /// <summary>Of an approval of two documents: the file, and the documents as they were approved.</summary>
    private async Task<(string File, string[] Documents)> Evidence(string text)
    {
        system.Reset();
        var documents = BatchTests.Documents(2, text + Convert.ToHexString(RandomNumberGenerator.GetBytes(4)));
        var batch = await BatchTests.Created(system, documents, "B-T");
        await BatchTests.Approve(system.NewBrowser(), batch["id"]!.GetValue<string>());
        Assert.Equal("signed", (await BatchTests.Ended(system, batch["id"]!.GetValue<string>()))["status"]!.GetValue<string>());
        using var agency = system.AgencyClient();
        var name = Convert.ToHexString(RandomNumberGenerator.GetBytes(4));
        var file = system.Pki.PathOf($"evidence-{name}.json");
        await File.WriteAllBytesAsync(file, await agency.GetByteArrayAsync($"requests/{batch["documents"]![1]!["id"]}/evidence", SigningSystem.Cancellation), SigningSystem.Cancellation);
        string[] paths = [system.Pki.PathOf($"{name}-0.pdf"), system.Pki.PathOf($"{name}-1.pdf")];
        for (var index = 0; index < 2; index++)
            await File.WriteAllBytesAsync(paths[index], documents[index], SigningSystem.Cancellation);
        return (file, paths);
    }
}
