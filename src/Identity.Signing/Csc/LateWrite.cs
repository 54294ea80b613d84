namespace Identity.Signing.Csc;

/// <summary>
/// A write that tells of what has happened already: signatures are made, a key is gone. Its failure undoes nothing, so nothing is withheld for it: it is tried again for
/// a moment, and then logged. What stays open in the database for that reason is ended at the next start.
/// </summary>
internal static class LateWrite
{
    public const int Tries = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>False when it could not be written.</summary>
    public static async Task<bool> Try(Func<Task> write, ILogger log, string what)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await write();
                return true;
            }
            catch (Exception problem) when (tries == Tries)
            {
                log.LogError(problem, "Could not be written down: {What}", what);
                return false;
            }
            catch (Exception problem)
            {
                log.LogWarning(problem, "Tried again: {What}", what);
                await Task.Delay(Pause * tries, CancellationToken.None);
            }
        }
    }
}
