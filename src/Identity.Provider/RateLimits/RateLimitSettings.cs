namespace Identity.Provider.RateLimits;

/// <summary>How much one party may ask for in a minute, as written by the operator.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Pages, from one address (of IPv6: one /64); and as many requests of programs under each name that they have not shown to be theirs.</summary>
    public int PagesPerAddress { get; set; } = 600;

    /// <summary>Requests of one client that has authenticated itself.</summary>
    public int RequestsPerClient { get; set; } = 60_000;

    /// <summary>Requests under one client's name, from one address, that were not that client's.</summary>
    public int RefusedPerClientAndAddress { get; set; } = 60;

    /// <summary>The same under whatever names.</summary>
    public int RefusedPerAddress { get; set; } = 600;

    /// <summary>Verified sign-ins of one person.</summary>
    public int SignInsPerPerson { get; set; } = 30;
}

/// <summary>The checked limits, each for a minute. Made by <see cref="Check"/> alone.</summary>
public sealed record RateLimitSettings
{
    private const int Most = 1_000_000;

    private RateLimitSettings()
    {
    }

    public required int PagesPerAddress { get; init; }

    public required int RequestsPerClient { get; init; }

    public required int RefusedPerClientAndAddress { get; init; }

    public required int RefusedPerAddress { get; init; }

    public required int SignInsPerPerson { get; init; }

    internal static RateLimitSettings Check(RateLimitOptions options) => new()
    {
        PagesPerAddress = Between(options.PagesPerAddress, nameof(options.PagesPerAddress)),
        RequestsPerClient = Between(options.RequestsPerClient, nameof(options.RequestsPerClient)),
        RefusedPerClientAndAddress = Between(options.RefusedPerClientAndAddress, nameof(options.RefusedPerClientAndAddress)),
        RefusedPerAddress = Between(options.RefusedPerAddress, nameof(options.RefusedPerAddress)),
        SignInsPerPerson = Between(options.SignInsPerPerson, nameof(options.SignInsPerPerson)),
    };

    // There is no "unlimited": whoever means it writes a million.
    private static int Between(int value, string setting) =>
        value is >= 1 and <= Most ? value : throw new ProviderSettingsException($"RateLimits:{setting}", $"must lie between 1 and {Most} a minute.");
}
