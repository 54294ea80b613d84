namespace Identity.Provider.Logout;

/// <summary>How the ends of sessions are told: section <c>Provider:BackchannelLogout</c>.</summary>
public sealed class BackchannelLogoutOptions
{
    /// <summary>For one attempt.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Between the first attempt and the second; each further wait is three times the one before, at most five minutes.</summary>
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(5);

    public int Attempts { get; set; } = 6;
}

/// <summary>The checked settings. Made by <see cref="Check"/> alone.</summary>
public sealed record LogoutLimits
{
    internal const int MostAttempts = 20;

    internal static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(15);
    internal static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);

    private LogoutLimits(TimeSpan patience, TimeSpan firstRetry, int attempts) => (Patience, FirstRetry, Attempts) = (patience, firstRetry, attempts);

    public TimeSpan Patience { get; }

    public TimeSpan FirstRetry { get; }

    public int Attempts { get; }

    /// <param name="made">Attempts made so far, at least one.</param>
    internal TimeSpan WaitAfter(int made)
    {
        var wait = FirstRetry;
        for (var attempt = 1; attempt < made && wait < LongestRetry; attempt++)
            wait *= 3;
        return wait < LongestRetry ? wait : LongestRetry;
    }

    internal static LogoutLimits Check(BackchannelLogoutOptions options)
    {
        if (options.Patience < Shortest || options.Patience > LongestPatience)
            throw new ProviderSettingsException("BackchannelLogout:Patience", $"must lie between 50 milliseconds and {LongestPatience.TotalSeconds:0} seconds.");
        if (options.FirstRetry < Shortest || options.FirstRetry > LongestRetry)
            throw new ProviderSettingsException("BackchannelLogout:FirstRetry", $"must lie between 50 milliseconds and {LongestRetry.TotalMinutes:0} minutes.");
        if (options.Attempts is < 1 or > MostAttempts)
            throw new ProviderSettingsException("BackchannelLogout:Attempts", $"must lie between 1 and {MostAttempts}.");
        return new LogoutLimits(options.Patience, options.FirstRetry, options.Attempts);
    }
}
