using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Journeys.Journeys;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Start;

/// <summary>
/// The commands of README.md, SECURITY.md and specs, run by a shell as they are written beside a development host that was started as they say. The
/// ports alone are others, and what `dotnet run` builds is built. A command that is new or changed there must be run here.
/// </summary>
[Collection("whole system")]
public sealed partial class DocumentedCommandTests(WholeSystem browsers, FreshSystem system) : IClassFixture<FreshSystem>, IDisposable
{
    // Written as they are beside the tests that run these commands with files and machines of their own.
    private static readonly Dictionary<string, string> RunElsewhere = new(StringComparer.Ordinal)
    {
        ["dotnet run --project src/Identity.DevHost"] = "DevHostStartTests",
        ["dotnet run --project src/Identity.Authority -- ceremony root --settings ceremony.json --keys /media/root --record root.json --attendee \"M. Maasikas, key custodian\" --attendee \"J. Tamm, auditor\""] = "CeremonyTests",
        ["dotnet run --project src/Identity.Keys -- create /etc/identity/keys tsa --token hsm --purpose Timestamping --algorithm EcdsaP256"] = "TokenCommandTests",
        ["dotnet run --project src/Identity.Keys -- request /etc/identity/keys tsa --subject \"CN=Time-stamps, O=Agency, C=XX\""] = "TokenCommandTests",
        ["dotnet run --project src/Identity.Keys -- check /etc/identity/keys hsm"] = "TokenCommandTests",
        ["dotnet run --project src/Identity.Keys -- unfinished /etc/identity/keys hsm --remove"] = "TokenCommandTests",
    };

    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _ran = new(StringComparer.Ordinal);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_command_in_the_documents_does_what_they_say()
    {
        // The folder in which the development host was started: its data and keys are there.
        File.CreateSymbolicLink(Path.Combine(_folder.Path, ".identity-dev"), system.Host.Data);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "keys-dev"), Path.Combine(system.Host.Data, "keys-dev"));

        await SignAndExtend();
        Says(0, "", "dotnet run --project src/Identity.Signing -- evidence export APPROVAL -o evidence.json --data .identity-dev", ("APPROVAL", Approval()));
        File.Copy(Path.Combine(_folder.Path, "contract.pdf"), Path.Combine(_folder.Path, "document.pdf"));
        Says(0, "holds", "dotnet run --project src/Identity.Signing -- evidence check evidence.json --document signed.pdf");
        Says(0, "holds", "dotnet run --project src/Identity.Signing -- evidence check evidence.json --document document.pdf");
        Says(0, "TOTAL-PASSED", "dotnet run --project src/Identity.Verification -- verify --trust keys-dev/trust signed.pdf");
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "evidence.zip"), await Package(), TestContext.Current.CancellationToken);
        Says(0, "TOTAL-PASSED", "dotnet run --project src/Identity.Verification -- verify --package --package-time --trust keys-dev/trust evidence.zip");

        Says(0, "land-registry", "dotnet run --project src/Identity.Provider -- client list --data .identity-dev");
        Says(0, "museum", "dotnet run --project src/Identity.Provider -- client token add museum --uses 2 --hours 48 --scope \"openid profile\" --data .identity-dev");
        Says(0, "", string.Join('\n', Lines("specs/agency.md").SkipWhile(line => !line.StartsWith("openssl genpkey", StringComparison.Ordinal)).Take(3)));
        Says(0, "my-agency", "dotnet run --project src/Identity.Provider -- client add --data .identity-dev --id my-agency --name \"My Agency\" --redirect-uri http://localhost:5450/signin-oidc --scope \"openid profile\" --jwks agency.jwk.json");
        Says(0, "token-es256-b", "dotnet run --project src/Identity.Provider -- keys announce token-es256-b --alg ES256 --data .identity-dev");
        Says(0, "", Lines("specs/operations.md").Single(line => line.StartsWith("(umask 077;", StringComparison.Ordinal)));
        Says(0, "token-es256-b", "dotnet run --project src/Identity.Provider -- keys publish token-es256-b --data .identity-dev");
        // As the page says: clients keep the key set for 15 minutes.
        Says(1, "clients know it after 900 s", "dotnet run --project src/Identity.Provider -- keys activate token-es256-b --data .identity-dev");

        Assert.Equal(Documented().Except(RunElsewhere.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal), _ran.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_run_elsewhere_is_documented_and_is_run_there()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);
        Assert.All(RunElsewhere, command => Assert.Contains(command.Value, tests));
        Assert.Superset(RunElsewhere.Keys.ToHashSet(StringComparer.Ordinal), Documented().ToHashSet(StringComparer.Ordinal));
    }

    private async Task SignAndExtend()
    {
        await using var visitor = await browsers.Visit();
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "contract.pdf"), await OwnDocumentJourneys.MadeByChromium(visitor), TestContext.Current.CancellationToken);
        using (var sign = Process.Start(Shell("dotnet run --project src/Identity.Signing -- sign --service http://localhost:5200 contract.pdf -o signed.pdf"))!)
        {
            await new AtSignCommand(system.Host, visitor, sign).ComeToApprove(DemoCodes.Liis);
            await visitor.UsePasskey();
            await sign.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal((0, "contract.pdf: signed at B-LTA, signed.pdf\n"), (sign.ExitCode, await sign.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)));
        }

        Says(0, "renewed.pdf", "dotnet run --project src/Identity.Signing -- extend --service http://localhost:5200 signed.pdf -o renewed.pdf");
        Assert.True(File.Exists(Path.Combine(_folder.Path, "renewed.pdf")));
    }

    /// <summary>Where evidence.md says that it is found.</summary>
    private string Approval() => Directory.EnumerateFiles(Path.Combine(system.Host.Data, "signing", "audit"), "*.jsonl").SelectMany(Shared)
        .Select(line => (string?)JsonNode.Parse(line)!["data"]?["approval"]).Last(approval => approval is not null)!;

    // The running service has it open.
    private static IEnumerable<string> Shared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<byte[]> Package()
    {
        using var http = new HttpClient();
        using var part = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "signed.pdf"), TestContext.Current.CancellationToken));
        part.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using var form = new MultipartFormDataContent { { part, "file", "signed.pdf" } };
        using var answer = await http.PostAsync(new Uri(system.Host.Address(300) + "v1/validations?form=zip"), form, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private void Says(int code, string part, string command, (string Name, string Value)? named = null)
    {
        var start = Shell(command, named);
        var result = Tool.RunWith(start.FileName, start.ArgumentList, workingDirectory: _folder.Path);
        Assert.True(result.ExitCode == code && result.Text.Contains(part, StringComparison.Ordinal), $"{command}\n{result.ExitCode}\n{result.Text}");
    }

    private ProcessStartInfo Shell(string command, (string Name, string Value)? named = null)
    {
        if (Command().IsMatch(command))
            _ran.Add(command);
        var line = Command().Replace(command, run => $"dotnet '{DevHostProcess.Built(run.Groups["project"].Value)}'")
            .Replace("http://localhost:5200", system.Host.Address(200).TrimEnd('/'), StringComparison.Ordinal);
        if (named is var (name, value))
            line = line.Replace(name, value, StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path };
        start.Environment["BROWSER"] = "true";
        return start;
    }

    private static List<string> Documented() =>
        [.. new[] { "README.md", "SECURITY.md" }.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "specs"), "*.md").Select(file => "specs/" + Path.GetFileName(file)))
            .SelectMany(Lines).Where(line => Command().IsMatch(line)).Distinct(StringComparer.Ordinal)];

    /// <summary>What stands in a document's code blocks, between fences or indented; a line that ends with \ goes on in the next.</summary>
    private static IEnumerable<string> Lines(string document)
    {
        var fenced = false;
        var begun = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, document)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                fenced = !fenced;
            else if (fenced || line.StartsWith("    ", StringComparison.Ordinal))
            {
                if (line.EndsWith('\\'))
                {
                    begun += line[..^1].Trim() + " ";
                    continue;
                }

                yield return begun + line.Trim();
                begun = "";
            }
        }
    }

    [GeneratedRegex("^dotnet run --project src/(?<project>Identity\\.[A-Za-z]+)( --)?(?= |$)")]
    private static partial Regex Command();
}
