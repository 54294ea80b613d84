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

    [Theory]
    [MemberData(nameof(SpecPages))]
    public void A_row_of_the_specs_names_files_and_tests_that_exist_or_says_what_is_not_done(string page)
    {
        var problems = SpecTable.Rows(SourceFiles.Read(page)).Where(row => row.Test is not null).SelectMany(row => Problems(row).Select(problem => $"{page}:{row.Line}: {problem}"));
        Assert.Empty(problems);
    }

    [Fact]
    public void Every_page_of_the_specs_is_in_their_index()
    {
        var index = SourceFiles.Read("specs/README.md");
        var missing = SourceFiles.Under("specs", ".md").Select(path => Path.GetFileName(path)!)
            .Where(name => name != "README.md" && !index.Contains($"]({name})", StringComparison.Ordinal));
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

    [Fact]
    public void Every_library_that_the_readme_names_is_pinned_and_used()
    {
        var libraries = SourceFiles.Read("README.md").Split("## Libraries")[1].Split("\n## ")[0];
        var pinned = SourceFiles.Read("Directory.Packages.props");
        var used = string.Join('\n', SourceFiles.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith("Directory.Build.props", StringComparison.Ordinal))
            .Append("Directory.Packages.props").Select(SourceFiles.Read).Select(text => text.Replace("PackageVersion Include", "", StringComparison.Ordinal)));
        var named = libraries.Split('\n').Where(line => line.StartsWith('|')).SelectMany(line => CodeSpan().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value)).ToArray();
        Assert.NotEmpty(named);
        var gone = named.Where(name => !pinned.Contains($"Include=\"{name}\"", StringComparison.Ordinal) || !used.Contains($"Reference Include=\"{name}\"", StringComparison.Ordinal));
        Assert.Empty(gone);
    }

    [Fact]
    public void Every_library_that_is_pinned_for_its_own_sake_is_used()
    {
        var pins = SourceFiles.Read("Directory.Packages.props").Split("<ItemGroup Label=\"transitive")[0];
        var used = string.Join('\n', SourceFiles.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith("Directory.Build.props", StringComparison.Ordinal)).Select(SourceFiles.Read));
        var unused = PackageName().Matches(pins.Split("<ItemGroup Label=\"build")[0]).Select(match => match.Groups[1].Value)
            .Where(name => !used.Contains($"PackageReference Include=\"{name}\"", StringComparison.Ordinal));
        Assert.Empty(unused);
    }

    private static IEnumerable<string> Problems(SpecTable row)
    {
        var isOpen = row.Test!.StartsWith("open", StringComparison.Ordinal) || row.Test.StartsWith("not done", StringComparison.Ordinal);
        var named = isOpen ? [] : CodeSpan().Matches(row.Test).Select(match => match.Groups[1].Value).ToList();
        foreach (var test in named.Where(test => !Tests.Value.Contains(test)))
            yield return $"there is no test {test}";
        if (!isOpen && named.Count == 0)
            yield return "no test is named, and it does not begin with 'open' or 'not done'";
        if (row.Where is not { } where)
            yield break;
        var files = CodeSpan().Matches(where).Select(match => match.Groups[1].Value).ToList();
        foreach (var file in files.Where(file => !SourceFiles.All.Contains("src/Identity." + file) && !SourceFiles.All.Contains(file)))
            yield return $"there is no file {file}";
        if (!isOpen && files.Count == 0 && !where.Contains("OpenIddict", StringComparison.Ordinal) && !where.Contains("framework", StringComparison.Ordinal))
            yield return "no file is named";
    }

    /// <summary>Names of tests, alone and behind the name of their file.</summary>
    private static readonly Lazy<HashSet<string>> Tests = new(() =>
        [.. SourceFiles.Under("tests", ".cs").SelectMany(path => TestMethod().Matches(SourceFiles.Read(path)).Select(match => match.Groups[1].Value)
            .SelectMany(name => new[] { name, $"{Path.GetFileNameWithoutExtension(path)}.{name}" }))]);

    public static TheoryData<string> SpecPages() => new(SourceFiles.Under("specs", ".md"));

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

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\n    public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex("Include=\"([^\"]+)\"")]
    private static partial Regex PackageName();
}
