namespace Identity.Provider.Sessions;

/// <summary>
/// What a person recognises a session by: the family of browser and system, as its User-Agent says. Only names from here are ever kept: what else stands
/// in the header would tell one device from another, or is a stranger's text.
/// </summary>
internal static class Device
{
    /// <summary>Real ones are shorter; beyond it nothing is looked at.</summary>
    internal const int LongestUserAgent = 1024;

    // The first that occurs: each names itself beside those whose engine it uses.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ];

    /// <summary>As in <c>Firefox, Linux</c>; empty when neither is known.</summary>
    public static string Of(string? userAgent)
    {
        if (userAgent is not { Length: > 0 and <= LongestUserAgent })
            return "";
        return string.Join(", ", new[] { NameOf(Browsers, userAgent), NameOf(Systems, userAgent) }.OfType<string>());
    }

    private static string? NameOf((string Mark, string Name)[] known, string userAgent) =>
        Array.Find(known, entry => userAgent.Contains(entry.Mark, StringComparison.Ordinal)).Name;
}
