using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Identity.Verification.CommandLine;
using Identity.Verification.Packages;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;

namespace Identity.Verification.Tests.Packages;

/// <summary>The evidence package: read by other programs, validated again without a network, and not to be lied with.</summary>
public sealed class EvidencePackages(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-package-").FullName;

    private async Task<byte[]> Package(byte[]? document = null)
    {
        document ??= hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        return EvidencePackage.Write(document, await Validating.Report(document, hierarchy));
    }

    private async Task<(int Exit, JsonElement Report)> Verify(byte[] package, params string[] more)
    {
        var (exit, output, _) = await Run(package, ["--json", .. (more.Length > 0 ? more : ["--package-time"])]);
        return (exit, JsonDocument.Parse(output).RootElement);
    }

    private async Task<(int Exit, string Output, string Complaints)> Run(byte[] package, params string[] more)
    {
        var file = Path.Combine(folder, "evidence.zip");
        await File.WriteAllBytesAsync(file, package);
        var trust = Directory.CreateDirectory(Path.Combine(folder, "trust")).FullName;
        File.Copy(hierarchy.Pki.CertificatePath("root-ca"), Path.Combine(trust, "root-ca.cer.pem"), overwrite: true);
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        var exit = await VerifyCommand.Run(["--package", "--trust", trust, .. more, file], output, complaints, TimeProvider.System);
        return (exit, output.ToString(), complaints.ToString());
    }

    private static byte[] Altered(byte[] package, Action<Dictionary<string, byte[]>> alter)
    {
        var files = new Dictionary<string, byte[]>();
        using (var zip = new ZipArchive(new MemoryStream(package)))
        {
            foreach (var entry in zip.Entries)
            {
                using var stream = entry.Open();
                using var all = new MemoryStream();
                stream.CopyTo(all);
                files[entry.FullName] = all.ToArray();
            }
        }
        alter(files);
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(content);
            }
        }
        return bytes.ToArray();
    }

    /// <summary>Writes a file and its digest into the manifest: what a forger does.</summary>
    private static byte[] Forged(byte[] package, string path, Func<byte[], byte[]> change) => Altered(package, files =>
    {
        files[path] = change(files[path]);
        var manifest = JsonNode.Parse(files["manifest.json"])!;
        manifest["files"]!.AsArray().Single(file => (string)file!["path"]! == path)!["sha256"] = Convert.ToHexStringLower(SHA256.HashData(files[path]));
        files["manifest.json"] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
    });

    private static string Why((int Exit, JsonElement Report) outcome)
    {
        Assert.Equal(1, outcome.Exit);
        Assert.Equal("package", outcome.Report.GetProperty("error").GetProperty("code").GetString());
        return outcome.Report.GetProperty("error").GetProperty("message").GetString()!;
    }

    [Fact]
    public async Task Passes_again_without_a_network_by_its_own_evidence()
    {
        var (exit, report) = await Verify(await Package());
        Assert.Equal((0, "TOTAL-PASSED", JsonValueKind.Null), (exit, report.GetProperty("conclusion").GetString(), report.GetProperty("error").ValueKind));
        // The evidence does it: the document alone leaves the question of revocation open.
        var alone = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy.Anchors);
        Assert.Equal("INDETERMINATE/TRY_LATER", alone.Only().Verdict());
    }

    [Fact]
    public async Task What_did_not_pass_does_not_pass_again_and_agrees_with_its_report()
    {
        var (exit, report) = await Verify(await Package(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")))));
        Assert.Equal((1, "changed", JsonValueKind.Null), (exit, report.GetProperty("integrity").GetString(), report.GetProperty("error").ValueKind));
    }

    [Fact]
    public async Task The_same_validation_makes_the_same_package()
    {
        var document = hierarchy.Sign(HandMadePdf.Plain());
        Assert.Equal(await Package(document), await Package(document));
    }

    [Fact]
    public async Task The_package_says_that_it_holds_no_proof_of_a_log()
    {
        using var zip = new ZipArchive(new MemoryStream(await Package()));
        using var reader = new StreamReader(await zip.GetEntry("README.txt")!.OpenAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Not in here: a proof that a log of the signing service has this signature.", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain(zip.Entries, entry => entry.FullName.Contains("log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_programs_read_every_file_of_it()
    {
        var file = Path.Combine(folder, "evidence.zip");
        await File.WriteAllBytesAsync(file, await Package(), TestContext.Current.CancellationToken);
        await ZipFile.ExtractToDirectoryAsync(file, Path.Combine(folder, "out"), TestContext.Current.CancellationToken);
        string[] Of(string kind) => Directory.GetFiles(Path.Combine(folder, "out", "evidence", kind));
        Assert.All(Of("certificates"), path => Assert.Contains("Subject:", Tool.Run("openssl", "x509", "-inform", "DER", "-text", "-noout", "-in", path).Output, StringComparison.Ordinal));
        Assert.All(Of("crls"), path => Assert.Contains("Certificate Revocation List", Tool.Run("openssl", "crl", "-inform", "DER", "-text", "-noout", "-in", path).Output, StringComparison.Ordinal));
        Assert.All(Of("timestamps"), path => Assert.Contains("Time stamp:", Tool.Run("openssl", "ts", "-reply", "-token_in", "-in", path, "-text").Output, StringComparison.Ordinal));
        Assert.Equal((true, true, true), (Of("certificates").Length >= 4, Of("crls").Length >= 2, Of("timestamps").Length == 1));
    }

    [Fact]
    public async Task The_time_that_a_package_states_is_named_on_the_first_line_and_passes_nothing_by_itself()
    {
        var package = await Package();
        var (exit, output, complaints) = await Run(package);
        Assert.Equal(1, exit);
        Assert.EndsWith($": INDETERMINATE, as of {Validating.Text(Hierarchy.Now.AddMinutes(1))}, stated by the package", output.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("1 would pass as of a time that only the package states", complaints, StringComparison.Ordinal);
        var believed = (await Verify(package, "--package-time")).Report;
        Assert.Equal(("package", "TOTAL-PASSED"), (believed.GetProperty("timeStatedBy").GetString(), believed.GetProperty("conclusion").GetString()));
        Assert.Equal(0, (await Run(package, "--package-time")).Exit);
        // A moment of the verifier's own is nobody's word.
        var own = await Verify(package, "--time", Validating.Text(Hierarchy.Now.AddMinutes(1)));
        Assert.Equal((0, false, "TOTAL-PASSED"), (own.Exit, own.Report.TryGetProperty("timeStatedBy", out _), own.Report.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task No_machine_reads_passed_in_a_report_as_of_a_time_that_only_the_package_states()
    {
        var (exit, output, _) = await Run(await Package(), "--json");
        Assert.Equal(1, exit);
        Assert.DoesNotContain("PASSED", output, StringComparison.Ordinal);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(("INDETERMINATE", "intact", "package"),
            (report.GetProperty("conclusion").GetString(), report.GetProperty("integrity").GetString(), report.GetProperty("timeStatedBy").GetString()));
        Assert.Equal("advice-give-time", Assert.Single(report.GetProperty("advice").EnumerateArray()).GetProperty("key").GetString());
        var signature = Assert.Single(report.GetProperty("signatures").EnumerateArray());
        Assert.Equal(("INDETERMINATE", "CUSTOM"), (signature.GetProperty("indication").GetString(), signature.GetProperty("subIndication").GetString()));
        Assert.Equal("time-stated-by-package", signature.GetProperty("messages")[0].GetProperty("key").GetString());
        foreach (var language in new[] { "", "et", "zh-Hans" })
            Assert.All(new[] { "advice-give-time", "time-stated-by-package" }, key =>
                Assert.NotNull(VerificationTexts.Find(CultureInfo.GetCultureInfo(language), "message." + key)));
    }

    [Fact]
    public async Task A_lying_report_is_found_whether_or_not_the_packages_time_is_believed()
    {
        var lie = Forged(await Package(), "report.json", json =>
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("Person liis", "Person evil", StringComparison.Ordinal)));
        var (exit, output, complaints) = await Run(lie, "--json");
        Assert.Contains("signedBy", Why((exit, JsonDocument.Parse(output).RootElement)), StringComparison.Ordinal);
        Assert.DoesNotContain("would pass", complaints, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--package-time", "--time", "2026-01-01")]
    [InlineData("--package-time", "--package-time", "--time", "2026-01-01")]
    public async Task Two_times_at_once_are_wrong_usage(params string[] more) => Assert.Equal(2, (await Run([1], more)).Exit);

    [Fact]
    public async Task The_time_of_packages_without_packages_is_wrong_usage()
    {
        using var complaints = new StringWriter();
        Assert.Equal(2, await VerifyCommand.Run(["--package-time", "a.pdf"], TextWriter.Null, complaints, TimeProvider.System, interrupted: TestContext.Current.CancellationToken));
        Assert.StartsWith("--package-time goes with --package", complaints.ToString(), StringComparison.Ordinal);
    }

    private const string NoPackageHasIt = "the package's manifest names a file that no package has";
    private const string NotRead = "the package's manifest or report cannot be read";
    private const string NoManifest = "the package has no manifest";

    [Theory]
    [InlineData("null", NoManifest)]
    [InlineData("[]", NotRead)]
    [InlineData("\"manifest\"", NotRead)]
    [InlineData("{}", NotRead)]
    [InlineData("{\"files\":[null]}", NotRead)]
    public async Task A_manifest_of_another_form_is_refused(string manifest, string why) =>
        Assert.Equal(why, Why(await Verify(Altered(await Package(), files => files["manifest.json"] = Encoding.UTF8.GetBytes(manifest)))));

    public static TheoryData<string, string, string> Manifests => new()
    {
        { "version", "null", NotRead },
        { "version", "2", "the package is of another version" },
        { "version", "\"1\"", NotRead },
        { "name", "null", NotRead },
        { "validationTime", "null", NotRead },
        { "validationTime", "\"yesterday\"", NotRead },
        { "validationTime", "\"2026-01-01\"", NotRead },
        { "validationTime", "\"9999-12-31T23:59:59Z\"", "the package states a time that has not come" },
        { "validationTime", "20260101", NotRead },
        { "policy", "null", NotRead },
        { "policy", "{}", NotRead },
        { "policy", "{\"name\":null,\"version\":\"1\"}", NotRead },
        { "files", "null", NotRead },
        { "files", "{}", NotRead },
        { "files", "[]", "the package holds a file that its manifest does not list" },
        { "files", "[null]", NoPackageHasIt },
        { "files", "[1]", NotRead },
        { "files", "[{}]", NotRead },
        { "files", "[{\"path\":null,\"sha256\":\"00\",\"fetched\":false}]", NotRead },
        { "files", "[{\"path\":\"document.pdf\",\"sha256\":null,\"fetched\":false}]", NotRead },
        { "files", "[{\"path\":\"document.pdf\",\"sha256\":\"00\",\"fetched\":false}]", NoPackageHasIt },
        { "files", "[{\"path\":\"document.pdf\",\"sha256\":7,\"fetched\":false}]", NotRead },
        { "files", "[{\"path\":\"document.pdf\",\"sha256\":\"00\",\"fetched\":\"no\"}]", NotRead },
        { "more", "1", NotRead },
    };

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task A_member_of_the_manifest_that_is_wrong_is_refused(string member, string value, string why) =>
        Assert.Equal(why, Why(await Verify(Altered(await Package(), files =>
        {
            var manifest = JsonNode.Parse(files["manifest.json"])!;
            manifest[member] = JsonNode.Parse(value);
            files["manifest.json"] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        }))));

    [Fact]
    public async Task A_member_of_the_manifest_that_stands_twice_is_refused() =>
        Assert.Equal(NotRead, Why(await Verify(Altered(await Package(), files =>
            files["manifest.json"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(files["manifest.json"]).Replace("\"version\": 1,", "\"version\": 1, \"version\": 1,", StringComparison.Ordinal))))));

    [Theory]
    [InlineData("../document.pdf")]
    [InlineData("/etc/passwd")]
    [InlineData("evidence/crls/../../x.crl")]
    [InlineData("evidence\\crls\\x.crl")]
    [InlineData("C:\\x.crl")]
    [InlineData("evidence/crls/x.crl")]
    [InlineData("document.pdf\n")]
    [InlineData("")]
    public async Task A_file_in_a_place_of_its_own_is_refused_though_it_is_listed(string path)
    {
        var package = Altered(await Package(), files =>
        {
            files[path.Length > 0 ? path : "x"] = [1];
            var manifest = JsonNode.Parse(files["manifest.json"])!;
            manifest["files"]!.AsArray().Add(new JsonObject { ["path"] = path, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData([1])), ["fetched"] = false });
            if (path.Length == 0)
                files.Remove("x");
            files["manifest.json"] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        });
        Assert.Equal(NoPackageHasIt, Why(await Verify(package)));
    }

    [Fact]
    public async Task A_file_that_the_manifest_lists_twice_is_refused() =>
        Assert.Equal("the package holds a file that its manifest does not list", Why(await Verify(Altered(await Package(), files =>
        {
            var manifest = JsonNode.Parse(files["manifest.json"])!;
            manifest["files"]!.AsArray().Add(manifest["files"]![0]!.DeepClone());
            files["manifest.json"] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        }))));

    [Theory]
    [InlineData("null", "report")]
    [InlineData("[]", "report")]
    [InlineData("{}", "sha256")]
    public async Task A_report_of_another_form_is_refused(string report, string member) =>
        Assert.EndsWith(member, Why(await Verify(Forged(await Package(), "report.json", _ => Encoding.UTF8.GetBytes(report)))), StringComparison.Ordinal);

    [Fact]
    public async Task A_changed_file_is_found_by_its_digest() =>
        Assert.Contains("digest", Why(await Verify(Altered(await Package(), files => files["document.pdf"][200] ^= 1))), StringComparison.Ordinal);

    [Fact]
    public async Task Another_document_with_its_digest_is_not_what_the_report_is_about() =>
        Assert.Contains("sha256", Why(await Verify(Forged(await Package(), "document.pdf", _ => hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("wei"))))), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"intact\"", "\"broken\"", "integrity")]
    [InlineData("Person liis", "Person evil", "signedBy")]
    [InlineData("{", "[", "manifest or report")]
    public async Task A_report_that_the_evidence_does_not_bear_out_is_named(string old, string lie, string member) =>
        Assert.Contains(member, Why(await Verify(Forged(await Package(), "report.json", json => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace(old, lie, StringComparison.Ordinal))))), StringComparison.Ordinal);

    [Fact]
    public async Task Evidence_that_was_taken_out_is_missed_by_manifest_or_verdict()
    {
        var package = await Package();
        string Crl(Dictionary<string, byte[]> files) => files.Keys.First(name => name.EndsWith(".crl", StringComparison.Ordinal));
        Assert.Contains("missing", Why(await Verify(Altered(package, files => files.Remove(Crl(files))))), StringComparison.Ordinal);
        var hidden = Altered(package, files =>
        {
            var manifest = JsonNode.Parse(files["manifest.json"])!;
            foreach (var name in files.Keys.Where(name => name.EndsWith(".crl", StringComparison.Ordinal)).ToList())
            {
                manifest["files"]!.AsArray().Remove(manifest["files"]!.AsArray().Single(file => (string)file!["path"]! == name));
                files.Remove(name);
            }
            files["manifest.json"] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        });
        Assert.Contains("conclusion", Why(await Verify(hidden)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_trusted_does_not_come_from_the_package()
    {
        // A stranger's package with the stranger's root in it, and a report that says that all is well.
        var stranger = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger"));
        var (exit, report) = await Verify(EvidencePackage.Write(stranger, await Validating.Report(stranger, hierarchy)));
        Assert.Equal((1, "INDETERMINATE"), (exit, report.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task Odd_archives_are_refused()
    {
        var package = await Package();
        Assert.Contains("not a ZIP", Why(await Verify("garbage"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("no manifest", Why(await Verify(Altered(package, files => files.Remove("manifest.json")))), StringComparison.Ordinal);
        Assert.Contains("does not list", Why(await Verify(Altered(package, files => files["../../etc/cron.d/x"] = [1]))), StringComparison.Ordinal);
        Assert.Contains("more than", Why(await Verify(Altered(package, files =>
        {
            for (var i = 0; i <= PackageReading.MostFiles; i++)
                files[$"evidence/{i}"] = [];
        }))), StringComparison.Ordinal);
        using var two = new MemoryStream();
        await two.WriteAsync(package, TestContext.Current.CancellationToken);
        using (var zip = new ZipArchive(two, ZipArchiveMode.Update, leaveOpen: true))
        {
            using var stream = await zip.CreateEntry("DOCUMENT.pdf").OpenAsync(TestContext.Current.CancellationToken);
            stream.Write([1]);
        }
        Assert.Contains("one name", Why(await Verify(two.ToArray())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_not_unpacked_to_its_end()
    {
        var bomb = Forged(await Package(), "report.xml", _ => new byte[PackageReading.LargestEvidence + 1]);
        Assert.True(bomb.Length < 2_000_000, $"{bomb.Length} bytes");
        Assert.Contains("too large", Why(await Verify(bomb)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/validations", "application/zip")]
    [InlineData("/v1/validations?form=zip", "text/html")]
    public async Task The_service_gives_it_to_who_asks(string address, string accept)
    {
        using var document = new ByteArrayContent(HandMadePdf.Plain());
        using var form = new MultipartFormDataContent { { document, "file", "../de<e>d.pdf" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = form };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/zip", response.Content.Headers.ContentType!.MediaType);
        var name = response.Content.Headers.ContentDisposition!.FileNameStar ?? response.Content.Headers.ContentDisposition.FileName!;
        Assert.DoesNotContain("..", name, StringComparison.Ordinal);
        Assert.EndsWith("-evidence.zip", name.Trim('"'), StringComparison.Ordinal);
        using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HandMadePdf.Plain().Length, zip.GetEntry("document.pdf")!.Length);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
