using System.Xml.Linq;
using Identity.TestKit;

namespace Identity.Journeys.Architecture;

/// <summary>Projects are trust boundaries: the only arrows between them are the ones listed here.</summary>
public sealed class AllowedReferences
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Pkix"] = [],
        ["Pdf"] = [],
        ["Keys"] = [],
        ["Audit"] = [],
        ["Web"] = [],
        ["Provider"] = ["Keys", "Audit", "Web"],
        ["Authority"] = ["Pkix", "Keys", "Audit", "Web"],
        ["Signing"] = ["Pkix", "Pdf", "Keys", "Audit", "Web"],
        ["Verification"] = ["Pkix", "Pdf", "Audit", "Web"],
        ["Demo"] = ["Web"],
        ["DevHost"] = ["Provider", "Authority", "Signing", "Verification", "Demo"],
    };

    [Fact]
    public void Source_projects_are_exactly_the_known_ones()
    {
        var projects = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Order().ToArray();
        Assert.Equal(Allowed.Keys.Select(name => "Identity." + name).Order(), projects);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_trust_boundary_allows(string name)
    {
        var file = Path.Combine(Repository.Root, "src", $"Identity.{name}", $"Identity.{name}.csproj");
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Select(reference => reference["Identity.".Length..]);
        Assert.Empty(references.Except(Allowed[name]));
    }

    /// <summary>Demo has no test project of its own: its tests stand beside those of Web, the only project it may use.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_its_own_tests_see_the_internals_of_a_project(string name)
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", $"Identity.{name}"), "*.cs*", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        Assert.DoesNotContain(sources.Where(_ => name != "Demo"), file => File.ReadAllText(file).Contains("InternalsVisibleTo", StringComparison.Ordinal));
    }

    public static TheoryData<string> Projects() => new(Allowed.Keys);
}
