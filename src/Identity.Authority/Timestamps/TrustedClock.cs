using System.Globalization;
using System.Text.Json;
using Identity.Authority.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Timestamps;

/// <summary>What vouches for this machine's clock.</summary>
public enum ClockSource
{
    /// <summary>Linux says that a time daemon keeps it, and how far off it may be.</summary>
    Kernel,

    /// <summary>A monitor writes what it measured against its own sources into a file.</summary>
    File,

    /// <summary>Nothing: for development, and refused in production.</summary>
    Unchecked,
}

/// <summary>
/// The time that stamps tell (EN 319 421 7.7.2), or none: when what vouches for the clock does not, when the clock is behind a time that was told before, by this
/// instance or another, and when the database server's clock differs. Whoever sets a clock back gets no stamps until it has caught up.
/// </summary>
public sealed partial class TrustedClock(IDbContextFactory<AuthorityDatabase> databases, AuthoritySettings settings, TimeProvider time, ILogger<TrustedClock> log)
{
    /// <summary>How old the monitor's word may be.</summary>
    public static readonly TimeSpan MonitorSilence = TimeSpan.FromMinutes(5);

    private const string Name = "timestamps";
    private const int MaxFile = 4096;
    private static readonly TimeSpan BetweenMarks = TimeSpan.FromSeconds(1);

    /// <summary>How far what is told may be beyond what others can read of it, while the database is slow.</summary>
    private static readonly TimeSpan LatestMark = TimeSpan.FromSeconds(10);

    private const string Behind = "it is behind a time that was told before";

    private readonly Lock turn = new();
    private DateTimeOffset latest = DateTimeOffset.MinValue;
    private DateTimeOffset marked = DateTimeOffset.MinValue;
    private Task<string?>? marking;

    private TimeSpan Accuracy => TimeSpan.FromSeconds(settings.TimestampAccuracySeconds);

    /// <summary>Now in whole seconds, which is what the accuracy promises; null when the time is not known well enough.</summary>
    public async Task<DateTimeOffset?> Now(CancellationToken cancellation)
    {
        var doubt = Doubt(Second()) ?? await Marked(cancellation);
        // Read again: whoever waited for the others' mark tells the time at which it may, and not one far beyond what is on record.
        var now = Second();
        doubt ??= Advance(now);
        if (doubt is null) return now;
        LogDoubt(doubt);
        return null;
    }

    private DateTimeOffset Second() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    private string? Doubt(DateTimeOffset now) => settings.TrustedClock switch
    {
        ClockSource.Kernel => DoubtOf(KernelClock.Read()),
        ClockSource.File => DoubtOfMonitor(now),
        _ => null,
    };

    private string? DoubtOf(KernelClock? clock) => clock switch
    {
        null => "the system does not tell whether it is synchronised",
        { IsSynchronised: false } => "no time daemon keeps it",
        _ when clock.MaxError > Accuracy => "it may be further off than the accuracy says",
        _ => null,
    };

    // {"checked":"2026-11-23T12:00:00Z","offsetMilliseconds":0.4}
    private string? DoubtOfMonitor(DateTimeOffset now)
    {
        try
        {
            if (new FileInfo(settings.ClockFile!) is not { Exists: true, Length: <= MaxFile }) return "the monitor's file is missing or too long";
            using var json = JsonDocument.Parse(File.ReadAllBytes(settings.ClockFile!));
            var at = DateTimeOffset.Parse(json.RootElement.GetProperty("checked").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var offset = json.RootElement.GetProperty("offsetMilliseconds").GetDouble();
            if ((now - at).Duration() > MonitorSilence) return "the monitor is silent";
            return Math.Abs(offset) <= Accuracy.TotalMilliseconds ? null : "the monitor has found it further off than the accuracy says";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            return "the monitor's file cannot be read";
        }
    }

    // In this process stamps never go back.
    private string? Advance(DateTimeOffset now)
    {
        lock (turn)
        {
            if (now < latest) return Behind;
            if (settings.TrustedClock != ClockSource.Unchecked && now - marked > LatestMark) return "the database was too slow to tell what others have told";
            latest = now;
            return null;
        }
    }

    // Once a second somebody looks at what others have told; until they have seen it, everybody waits with them.
    private Task<string?> Marked(CancellationToken cancellation)
    {
        if (settings.TrustedClock == ClockSource.Unchecked) return Task.FromResult<string?>(null);
        lock (turn)
        {
            var now = Second();
            if (now < latest) return Task.FromResult<string?>(Behind);
            if (marking is null && now - marked < BetweenMarks) return Task.FromResult<string?>(null);
            // Nobody's own: who goes away while it is under way takes nothing from the others.
            marking ??= Task.Run(() => Mark(now), CancellationToken.None);
            return marking.WaitAsync(cancellation);
        }
    }

    private async Task<string?> Mark(DateTimeOffset now)
    {
        string? doubt = "nobody could be asked";
        try
        {
            return doubt = await DoubtOfOthers(now, CancellationToken.None);
        }
        finally
        {
            lock (turn)
            {
                marking = null;
                // After a doubt or a failure the next one looks again at once.
                marked = doubt is null ? now : DateTimeOffset.MinValue;
                if (doubt is null && latest < now) latest = now;
            }
        }
    }

    private async Task<string?> DoubtOfOthers(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        if (database.Database.IsNpgsql())
        {
            var theirs = await database.Database.SqlQuery<long>($"""SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "Value" """).ToListAsync(cancellation);
            // A second for whole seconds and the way there and back.
            if ((DateTimeOffset.FromUnixTimeMilliseconds(theirs[0]) - time.GetUtcNow()).Duration() > Accuracy + TimeSpan.FromSeconds(1)) return "the database server's clock differs";
        }
        await database.ClockMarks.Where(m => m.Name == Name && m.Latest < now).ExecuteUpdateAsync(m => m.SetProperty(r => r.Latest, now), cancellation);
        if (await database.ClockMarks.Where(m => m.Name == Name).Select(m => (DateTimeOffset?)m.Latest).FirstOrDefaultAsync(cancellation) is { } stored)
            return stored > now + Accuracy ? Behind : null;
        database.Add(new ClockMark { Name = Name, Latest = now });
        try
        {
            await database.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
        {
            // Another copy told the first time of all at the same moment.
        }
        return null;
    }

    [LoggerMessage(LogLevel.Error, "The clock is not trusted and nothing is stamped: {Doubt}")]
    private partial void LogDoubt(string doubt);
}
