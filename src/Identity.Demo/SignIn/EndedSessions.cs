using System.Globalization;

namespace Identity.Demo.SignIn;

/// <summary>
/// Sessions that the Provider has told to be over. Who is signed in stands in the cookie, so what is kept here is whose cookie no longer counts, for as long as
/// cookies last; on disk, because a restart must not bring a session back. Safe for several threads.
/// </summary>
public sealed class EndedSessions
{
    // A line each: what has ended, and until when a cookie could say otherwise (Unix seconds).
    const char Separator = ' ';

    readonly Lock gate = new();
    readonly Dictionary<string, long> until = new(StringComparer.Ordinal);
    readonly string file;
    readonly TimeProvider time;

    public EndedSessions(DemoSettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        this.time = time;
        file = Path.Combine(settings.Data, "ended-sessions.txt");
        if (!File.Exists(file))
            return;
        foreach (var line in File.ReadLines(file))
        {
            if (line.Split(Separator) is [var ended, var end] && long.TryParse(end, CultureInfo.InvariantCulture, out var seconds) && seconds > Now)
                until[ended] = seconds;
        }
        File.WriteAllLines(file, until.Select(entry => Line(entry.Key, entry.Value)));
    }

    long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>On disk when it returns. False: it had ended before.</summary>
    public bool End(string what, TimeSpan lifetime)
    {
        lock (gate)
        {
            foreach (var over in until.Where(entry => entry.Value <= Now).Select(entry => entry.Key).ToList())
                until.Remove(over);
            var end = Now + (long)lifetime.TotalSeconds;
            var first = !until.ContainsKey(what);
            until[what] = end;
            File.AppendAllLines(file, [Line(what, end)]);
            return first;
        }
    }

    public bool Has(string what) => Until(what) is not null;

    /// <summary>When it ended, for what was ended for <paramref name="lifetime"/>. Null: it has not.</summary>
    public DateTimeOffset? EndedAt(string what, TimeSpan lifetime) => Until(what) is { } end ? DateTimeOffset.FromUnixTimeSeconds(end) - lifetime : null;

    long? Until(string what)
    {
        lock (gate)
            return until.TryGetValue(what, out var end) && end > Now ? end : null;
    }

    static string Line(string what, long end) => string.Create(CultureInfo.InvariantCulture, $"{what}{Separator}{end}");
}
