using Identity.TestKit;

namespace Identity.Journeys.Architecture;

/// <summary>The files that git tracks, or would: everything that is not ignored.</summary>
internal static class SourceFiles
{
    public static IReadOnlyList<string> All { get; } = List();

    public static IEnumerable<string> Under(string folder, string extension) =>
        All.Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal) && path.EndsWith(extension, StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static string[] List()
    {
        var listed = Tool.RunWith("git", ["ls-files", "--cached", "--others", "--exclude-standard"], workingDirectory: Repository.Root);
        Assert.Equal(0, listed.ExitCode);
        return [.. listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(path => File.Exists(Path.Combine(Repository.Root, path)))];
    }
}
