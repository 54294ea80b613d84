using System.Text.RegularExpressions;
using System.Xml.Linq;
using Identity.TestKit;

namespace Identity.Journeys.Architecture;

/// <summary>Rules of the house that a compiler does not hold.</summary>
public sealed partial class HouseRules
{
    private const int LongestFile = 450;

    private static readonly string[] FoldersByKind =
        ["Helpers", "Services", "Models", "Common", "Utils", "Managers", "Interfaces", "Extensions", "Infrastructure"];

    [Fact]
    public void The_top_level_holds_only_what_a_newcomer_expects()
    {
        var top = SourceFiles.All.Select(path => path.Split('/')[0]).Distinct().Where(name => !name.StartsWith('.'));
        Assert.Empty(top.Except(
        [
            "src", "tests", "keys-dev", "specs", "Identity.sln", "README.md", "SECURITY.md", "LICENSE", "global.json",
            "Directory.Build.props", "Directory.Packages.props",
        ]));
    }

    [Theory]
    [InlineData("Provider")]
    [InlineData("Authority")]
    [InlineData("Signing")]
    [InlineData("Verification")]
    [InlineData("Demo")]
    public void Routes_are_mapped_in_one_file(string service)
    {
        var mapping = SourceFiles.Under($"src/Identity.{service}", ".cs")
            .Where(path => RouteMapping().IsMatch(SourceFiles.Read(path)))
            .ToArray();
        Assert.Equal([$"src/Identity.{service}/{service}App.cs"], mapping);
    }

    [Fact]
    public void A_file_name_occurs_once()
    {
        var repeated = SourceFiles.Under("src", ".cs")
            .Where(path => !path.Contains("/Migrations/", StringComparison.Ordinal))
            .GroupBy(path => Path.GetFileName(path)!)
            .Where(files => files.Key != "Program.cs" && files.Count() > 1)
            .Select(files => string.Join(", ", files));
        Assert.Empty(repeated);
    }

    [Fact]
    public void Folders_are_features_not_kinds()
    {
        var byKind = SourceFiles.Under("src", ".cs").Where(path => path.Split('/').Intersect(FoldersByKind).Any());
        Assert.Empty(byKind);
    }

    [Fact]
    public void A_file_holds_one_concept_and_so_stays_short()
    {
        var tooLong = SourceFiles.Under("src", ".cs")
            .Where(path => !path.Contains("/Migrations/", StringComparison.Ordinal))
            .Select(path => (path, lines: File.ReadLines(Path.Combine(Repository.Root, path)).Count()))
            .Where(file => file.lines > LongestFile)
            .Select(file => $"{file.path}: {file.lines} lines");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Versions_are_central_and_locked()
    {
        var projects = SourceFiles.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).ToArray();
        Assert.All(projects, path => Assert.All(
            XDocument.Parse(SourceFiles.Read(path)).Descendants("PackageReference"),
            package => Assert.True(package.Attribute("Version") is null && package.Attribute("VersionOverride") is null, package.ToString())));
        Assert.All(projects, path => Assert.Contains(Path.GetDirectoryName(path) + "/packages.lock.json", SourceFiles.All));
    }

    [Fact]
    public void A_suppression_is_specific_and_has_its_reason_on_its_line()
    {
        var unexplained = SourceFiles.Under("src", ".cs")
            .Where(path => !path.Contains("/Migrations/", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(Path.Combine(Repository.Root, path)).Select((text, index) => (path, text, line: index + 1)))
            .Where(line => line.text.Contains("#pragma warning disable", StringComparison.Ordinal) && !line.text.Contains("//", StringComparison.Ordinal))
            .Select(line => $"{line.path}:{line.line}");
        Assert.Empty(unexplained);
    }

    [Fact]
    public void No_private_key_is_in_the_repository()
    {
        var holders = SourceFiles.All.Where(IsText).Where(path => PrivateKey().IsMatch(SourceFiles.Read(path)));
        Assert.Empty(holders);
        Assert.Equal(["keys-dev/README.md"], SourceFiles.All.Where(path => path.StartsWith("keys-dev/", StringComparison.Ordinal)));
    }

    [Fact]
    public void No_file_names_a_package_registry()
    {
        var holders = SourceFiles.All.Where(IsText).Where(path => RegistryHost().IsMatch(SourceFiles.Read(path)));
        Assert.Empty(holders);
    }

    [Fact]
    public void Every_text_shown_to_people_exists_in_every_language()
    {
        foreach (var english in SourceFiles.Under("src", ".resx").Where(path => !path.EndsWith(".et.resx", StringComparison.Ordinal) && !path.EndsWith(".zh-Hans.resx", StringComparison.Ordinal)))
        {
            var keys = Texts(english);
            foreach (var language in new[] { "et", "zh-Hans" })
            {
                var translated = Texts(english[..^".resx".Length] + $".{language}.resx");
                Assert.Equal(keys.Keys.Order(), translated.Keys.Order());
                Assert.All(translated, text => Assert.Equal(Placeholders(keys[text.Key]), Placeholders(text.Value)));
            }
        }
    }

    private static Dictionary<string, string> Texts(string path) =>
        XDocument.Parse(SourceFiles.Read(path)).Descendants("data")
            .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    private static string[] Placeholders(string text) => [.. Placeholder().Matches(text).Select(match => match.Value).Distinct().Order()];

    private static bool IsText(string path) =>
        Path.GetExtension(path) is not (".png" or ".pdf" or ".woff2" or ".wasm" or ".bcmap" or ".pfb" or ".ttf" or ".ico" or ".gz" or ".br" or ".der");

    [GeneratedRegex(@"\.Map(Get|Post|Put|Delete|Patch|Methods|Group|Fallback|RazorPages|Controllers|Health|HealthChecks|Hub)\s*[(<]")]
    private static partial Regex RouteMapping();

    [GeneratedRegex(@"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")]
    private static partial Regex PrivateKey();

    // Written in pieces, so that this file does not name one itself.
    [GeneratedRegex(@"registry\.(npm|yarn)" + @"|npmjs\.(org|com)/" + @"|api\.nuget" + @"|nuget\.org/v3")]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"\{[0-9]+[^}]*\}")]
    private static partial Regex Placeholder();
}
