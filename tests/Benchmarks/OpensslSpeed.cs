using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>What the machine can do at all.</summary>
internal static class OpensslSpeed
{
    /// <param name="algorithm">As `openssl speed` names it; its seconds are those of CPU time.</param>
    public static string Line(string algorithm) => "openssl speed: " + Tool.Run("openssl", "speed", "-seconds", "2", algorithm).Output.Split('\n')
        .Last(line => line.Contains("bits", StringComparison.Ordinal) || line.Contains("nistp", StringComparison.Ordinal)).Trim();
}
