namespace Identity.Provider.Sessions;

/// <summary>
/// eIDAS levels (Commission Implementing Regulation (EU) 2015/1502), as values of <c>acr</c>. Who has reached one has reached those below it.
/// </summary>
public static class AssuranceLevel
{
    public const string Low = "http://eidas.europa.eu/LoA/low";

    /// <summary>What every passkey with user verification reaches.</summary>
    public const string Substantial = "http://eidas.europa.eu/LoA/substantial";

    /// <summary>What a passkey reaches that stays in one device, and whose device's maker the operator trusts to say so.</summary>
    public const string High = "http://eidas.europa.eu/LoA/high";

    private static readonly string[] Ascending = [Low, Substantial, High];

    public static bool IsKnown(string level) => Ascending.Contains(level);

    /// <summary>Whether who has reached the one has reached the other; never for a level that is not known.</summary>
    public static bool Reaches(string reached, string wanted) =>
        IsKnown(wanted) && Array.IndexOf(Ascending, reached) >= Array.IndexOf(Ascending, wanted);

    public static string Lower(string one, string other) => Reaches(one, other) ? other : one;
}
