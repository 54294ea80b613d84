namespace Identity.Provider.Sessions;

/// <summary>How long a login lasts (OWASP ASVS 5.0 7.3: both limits exist). Made by <see cref="Check"/>, or <see cref="Default"/>.</summary>
public sealed record SessionLimits
{
    public static readonly SessionLimits Default = new(TimeSpan.FromMinutes(15), TimeSpan.FromHours(12));

    private static readonly TimeSpan ShortestIdle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestIdle = TimeSpan.FromHours(2);
    private static readonly TimeSpan LongestAbsolute = TimeSpan.FromHours(24);

    private SessionLimits(TimeSpan idle, TimeSpan absolute) => (Idle, Absolute) = (idle, absolute);

    /// <summary>Without any request of this browser.</summary>
    public TimeSpan Idle { get; }

    /// <summary>In all, whatever happens.</summary>
    public TimeSpan Absolute { get; }

    internal static SessionLimits Check(SessionOptions options)
    {
        if (options.Idle < ShortestIdle || options.Idle > LongestIdle)
            throw new ProviderSettingsException("Sessions:Idle", "must lie between 10 seconds and 2 hours.");
        if (options.Absolute < options.Idle || options.Absolute > LongestAbsolute)
            throw new ProviderSettingsException("Sessions:Absolute", "must lie between Sessions:Idle and 24 hours.");
        return new SessionLimits(options.Idle, options.Absolute);
    }
}
