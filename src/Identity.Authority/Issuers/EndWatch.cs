using Identity.Authority.RevocationLists;

namespace Identity.Authority.Issuers;

/// <summary>Something of this service that ends soon.</summary>
public sealed record Ending(string What, DateTimeOffset End);

/// <summary>Says at the start and twice a day what ends within a month: after that day nothing is signed with it, and a ceremony wants to be called in time.</summary>
public sealed partial class EndWatch(AuthorityKeys keys, RevocationListPublisher lists, TimeProvider time, ILogger<EndWatch> log) : BackgroundService
{
    public static readonly TimeSpan Notice = TimeSpan.FromDays(30);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(12);

    /// <summary>Certificates, the time-stamping unit's signing period, and the list of an offline root.</summary>
    public static IReadOnlyList<Ending> Within(AuthorityKeys keys, RevocationListPublisher lists, DateTimeOffset now)
    {
        var certificates = keys.Issuers.SelectMany(i => new[] { i.Key, i.Responder }).Append(keys.Timestamps)
            .Select(k => new Ending(k.Name, k.Certificate.Facts.PrivateKeyUsagePeriod?.NotAfter is { } signs && signs < k.Certificate.NotAfter ? signs : k.Certificate.NotAfter))
            .Append(new Ending(AuthoritySettings.RootAuthority, keys.Root.NotAfter));
        var fromFiles = keys.Lists.Where(l => l.Value is null).Select(l => lists.Current(l.Key) is { } list ? new Ending(l.Key + ".crl", list.NextUpdate) : null).OfType<Ending>();
        return [.. certificates.Concat(fromFiles).Where(e => e.End < now + Notice).OrderBy(e => e.End)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            foreach (var ending in Within(keys, lists, time.GetUtcNow())) LogEnding(ending.What, ending.End);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Warning, "{What} ends at {End}: hold the ceremony that renews it")]
    private partial void LogEnding(string what, DateTimeOffset end);
}
