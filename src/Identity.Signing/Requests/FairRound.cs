namespace Identity.Signing.Requests;

/// <summary>
/// Work that is due, of several agencies and persons: a few at once and one of each in turn, so that nobody's many hold up somebody else's one. Each of
/// those that are begun comes to its end before the round does.
/// </summary>
internal static class FairRound
{
    /// <summary>Each waits for neighbours most of the time.</summary>
    public const int AtOnce = 4;

    /// <summary>The first of each, then the second of each, and so on; of one, in the order given.</summary>
    public static IReadOnlyList<T> InTurn<T>(IEnumerable<T> due, Func<T, string> owner) =>
        [.. due.GroupBy(owner).SelectMany(group => group.Select((item, index) => (item, index))).OrderBy(one => one.index).Select(one => one.item)];

    public static Task Run<T>(IReadOnlyList<T> inTurn, Func<T, Task> work, CancellationToken cancellation) =>
        Parallel.ForEachAsync(inTurn, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (item, _) => await work(item));
}
