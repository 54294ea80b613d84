using Identity.Audit;
using Identity.Keys;
using Identity.Provider.RollOver;

namespace Identity.Provider.Token;

/// <summary>
/// The keys of tokens as the plan has them now. The plan's file is looked at whenever they are asked for, so a change reaches every instance with its
/// next token and needs no restart. Ask for each signature anew, and keep none. A file that cannot be followed changes nothing: the keys stay as they
/// were, and the operator's log says why. Callable concurrently.
/// </summary>
public sealed partial class TokenKeys
{
    /// <summary>Far above that of any file system, and of the difference between its clock and ours.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly KeyRing ring;
    private readonly TimeProvider time;
    private readonly AuditLog? audit;
    private readonly ILogger logger;
    private readonly Lock reading = new();
    private volatile Followed followed;
    private volatile Stamp seen;
    private string? read;
    private bool refused;

    /// <param name="file">Of the plan; absent: the default plan.</param>
    /// <param name="kept">How long a retired key verifies: as long as the last of its tokens may come back.</param>
    /// <exception cref="ProviderSettingsException">the plan cannot be followed</exception>
    internal TokenKeys(KeyRing ring, string file, TimeSpan kept, TimeProvider time, AuditLog? audit, ILogger logger)
    {
        (this.ring, PlanFile, Kept, this.time, this.audit, this.logger) = (ring, file, kept, time, audit, logger);
        seen = Look();
        try
        {
            read = Read();
            // Keys that were retired, or taken out as compromised, must not sign again because a file was lost.
            if (read is null && File.Exists(TokenKeyPlan.CopyOf(file)))
                throw new TokenKeyPlanException($"it is gone. {TokenKeyPlan.CopyOf(file)} is what it was: put that back, or remove it too and begin with the keys of old.");
            followed = Follow(read, []);
        }
        catch (Exception problem) when (problem is TokenKeyPlanException or KeyRingException or IOException or UnauthorizedAccessException)
        {
            throw new ProviderSettingsException("TokenKeys", $"{file}: {problem.Message}");
        }
    }

    internal string PlanFile { get; }

    internal TimeSpan Kept { get; }

    /// <summary>The key that signs with this algorithm now.</summary>
    public TokenKey Active(string algorithm) => Now().Single(row => row.Plan.State == TokenKeyState.Active && row.Key.Algorithm == algorithm).Key;

    /// <summary>Those that tokens verify with now, and that the key set shows.</summary>
    public IReadOnlyList<TokenKey> Published => [.. Now().Select(row => row.Key)];

    /// <summary>Between its retirement and the end of its last token: that token's own life, or, as a hint, the life of the login that it tells of.</summary>
    internal static TimeSpan KeptFor(ProviderSettings settings) =>
        (settings.AccessTokenLifetime > settings.Sessions.Absolute ? settings.AccessTokenLifetime : settings.Sessions.Absolute) + TimeSpan.FromMinutes(5);

    private IEnumerable<(PlannedKey Plan, TokenKey Key)> Now()
    {
        // A look at the file costs microseconds, a signature a hundred times that.
        if (Look() is var stamp && (stamp.MayHide || stamp != seen))
            Reread();
        var now = time.GetUtcNow();
        return followed.Keys.Where(row => !IsOver(row.Plan, now));
    }

    private bool IsOver(PlannedKey key, DateTimeOffset now) => key.State == TokenKeyState.Retired && key.RetiredAt + Kept <= now;

    private void Reread()
    {
        lock (reading)
        {
            // Before it is read: what is written meanwhile is another stamp, and read again.
            var stamp = Look();
            if (stamp == seen && !stamp.MayHide)
                return;
            string? text = null;
            try
            {
                text = Read();
                // Touched, a file that was refused is tried again: a key that was missing may have come.
                if (text != read || (refused && stamp.Written != seen.Written))
                {
                    var next = Follow(text ?? throw new TokenKeyPlanException("it is gone."), followed.Keys);
                    audit?.Append(new TokenKeysFollowed(next.Signing(), next.Named(TokenKeyState.Compromised)));
                    (followed, refused) = (next, false);
                    LogFollowed(logger, PlanFile, next.Signing());
                }
            }
            catch (Exception problem) when (problem is TokenKeyPlanException or KeyRingException or DevelopmentKeyRefusedException or IOException or UnauthorizedAccessException)
            {
                refused = true;
                LogRefused(logger, PlanFile, problem.Message);
            }

            read = text;
            seen = stamp;
        }
    }

    private Followed Follow(string? text, IReadOnlyList<(PlannedKey Plan, TokenKey Key)> before)
    {
        var now = time.GetUtcNow();
        var plan = text is null ? TokenKeyPlan.Default : TokenKeyPlan.Read(text, now);
        var keys = new List<(PlannedKey Plan, TokenKey Key)>();
        foreach (var planned in plan.Keys)
        {
            // The others need not exist, or no longer.
            if (planned.State is not (TokenKeyState.Published or TokenKeyState.Active or TokenKeyState.Retired) || IsOver(planned, now))
                continue;
            var key = before.FirstOrDefault(row => row.Plan.Name == planned.Name && row.Plan.Algorithm == planned.Algorithm).Key ?? TokenKey.Get(ring, planned.Name, planned.Algorithm);
            if (keys.Exists(other => other.Key.KeyId == key.KeyId))
                throw new TokenKeyPlanException($"{planned.Name} is the same key as another one.");
            keys.Add((planned, key));
        }

        return new Followed(plan, keys);
    }

    /// <summary>Null when there is none.</summary>
    private string? Read()
    {
        try
        {
            using var reader = new StreamReader(PlanFile);
            var text = new char[TokenKeyPlan.LongestFile + 1];
            return new string(text, 0, reader.ReadBlock(text));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private Stamp Look()
    {
        var file = new FileInfo(PlanFile);
        if (!file.Exists)
            return new Stamp(false, default, 0, false);
        // File systems count in ticks of some milliseconds: two files written within one have one time. Until that is past, a stamp proves nothing.
        var written = file.LastWriteTimeUtc;
        return new Stamp(true, written, file.Length, TimeProvider.System.GetUtcNow() - written < Tick);
    }

    [LoggerMessage(LogLevel.Information, "Keys of tokens as in {File}: {Signing} sign")]
    private static partial void LogFollowed(ILogger logger, string file, string signing);

    [LoggerMessage(LogLevel.Error, "{File} is not followed, and the keys of tokens stay as they were: {Problem}")]
    private static partial void LogRefused(ILogger logger, string file, string problem);

    /// <param name="MayHide">Another file could have been written since, and look the same.</param>
    private sealed record Stamp(bool Exists, DateTime Written, long Length, bool MayHide);

    private sealed record Followed(TokenKeyPlan Plan, IReadOnlyList<(PlannedKey Plan, TokenKey Key)> Keys)
    {
        public string Signing() => Named(TokenKeyState.Active);

        public string Named(TokenKeyState state) => string.Join(' ', Plan.Keys.Where(key => key.State == state).Select(key => key.Name));
    }
}
