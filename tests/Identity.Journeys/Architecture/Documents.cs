using System.Text.RegularExpressions;
using Identity.TestKit;

namespace Identity.Journeys.Architecture;

/// <summary>Documents are checked like code: a link leads somewhere, a command names what exists, a clause names its file and test.</summary>
public sealed partial class Documents
{
    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_leads_to_a_file_that_exists(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var broken = Link().Matches(SourceFiles.Read(page))
            .Select(match => match.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !File.Exists(Path.Combine(folder, target)) && !Directory.Exists(Path.Combine(folder, target)));
        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_command_names_a_project_that_exists(string page)
    {
        var missing = ProjectArgument().Matches(SourceFiles.Read(page))
            .Select(match => match.Groups[1].Value)
            .Where(project => !Directory.Exists(Path.Combine(Repository.Root, project)));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_source_file_that_is_named_exists(string page)
    {
        var names = SourceFiles.All.Select(path => Path.GetFileName(path)!).ToHashSet();
        var missing = FileName().Matches(SourceFiles.Read(page)).Select(match => match.Groups[1].Value)
            .Where(name => !names.Contains(Path.GetFileName(name)));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_test_that_the_specs_name_exists()
    {
        var tests = string.Join('\n', SourceFiles.Under("tests", ".cs").Select(SourceFiles.Read));
        var missing = SourceFiles.Under("specs", ".md").SelectMany(page => TestName().Matches(SourceFiles.Read(page)).Select(match => (page, name: match.Groups[1].Value)))
            .Where(reference => !tests.Contains($" {reference.name}(", StringComparison.Ordinal))
            .Select(reference => $"{reference.page}: {reference.name}");
        Assert.Empty(missing);
    }

    [Fact]
    public void The_readme_gives_the_two_commands()
    {
        var readme = SourceFiles.Read("README.md");
        Assert.Contains("dotnet run --project src/Identity.DevHost", readme, StringComparison.Ordinal);
        Assert.Contains("tests/run.sh", readme, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "tests/run.sh")));
    }

    [Fact]
    public void Every_library_of_the_product_is_named_in_the_readme_with_its_licence()
    {
        var readme = SourceFiles.Read("README.md");
        var product = SourceFiles.Read("Directory.Packages.props").Split("Label=\"product\"")[1].Split("</ItemGroup>")[0];
        var missing = PackageName().Matches(product).Select(match => match.Groups[1].Value)
            .Where(name => !readme.Contains(name, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    public static TheoryData<string> Pages() => new(SourceFiles.All.Where(path =>
        path.EndsWith(".md", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith("LICENSE-", StringComparison.Ordinal)));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"--project (\S+?)[\s`]")]
    private static partial Regex ProjectArgument();

    [GeneratedRegex(@"`([A-Za-z0-9_./-]+\.(?:cs|cshtml|mjs|sh))`")]
    private static partial Regex FileName();

    // In the tables of specs/ a test is a name of at least three words joined by underscores.
    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex TestName();

    [GeneratedRegex("Include=\"([^\"]+)\"")]
    private static partial Regex PackageName();
}
