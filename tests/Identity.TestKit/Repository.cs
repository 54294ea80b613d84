namespace Identity.TestKit;

/// <summary>Where the checkout and the shared test data are.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The corpus and vectors beside the checkout; a test that needs them skips (fails with CI=true) when they are absent.</summary>
    public static string Shared(string path)
    {
        var full = Path.GetFullPath(Path.Combine(Root, "..", "shared", path));
        if (!File.Exists(full) && !Directory.Exists(full))
            Tool.Missing($"shared test data '{path}' is not beside the checkout");
        return full;
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Identity.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException("The tests run from a checkout: Identity.sln was not found above " + AppContext.BaseDirectory);
    }
}
