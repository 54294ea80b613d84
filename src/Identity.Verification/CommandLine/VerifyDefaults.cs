namespace Identity.Verification.CommandLine;

/// <summary>What `verify` works with when it is not told: the settings file and environment of the service.</summary>
internal static class VerifyDefaults
{
    /// <param name="development">
    /// The environment says so, or says nothing and the program runs from its source tree: `dotnet run` on a developer's machine.
    /// </param>
    public static VerificationOptions Options(out bool development)
    {
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "verification.json"), optional: false)
            .AddEnvironmentVariables()
            .Build();
        var options = settings.GetSection("Verification").Get<VerificationOptions>() ?? new();
        var named = settings["ASPNETCORE_ENVIRONMENT"] ?? settings["DOTNET_ENVIRONMENT"];
        var tree = SourceTree();
        development = named is null ? tree is not null : string.Equals(named, Environments.Development, StringComparison.OrdinalIgnoreCase);
        if (development && options.TrustDirectories.Length == 0 && tree is not null)
        {
            var made = Path.Combine(tree, "keys-dev", "trust");
            options.TrustDirectories = Directory.Exists(made) ? [made] : [];
        }
        return options;
    }

    private static string? SourceTree()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Identity.sln")))
                return folder.FullName;
        }
        return null;
    }
}
