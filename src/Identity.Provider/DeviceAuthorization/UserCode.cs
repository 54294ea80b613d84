using System.Security.Cryptography;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>RFC 8628 6.1: what a person reads on a device and types elsewhere. No vowels and so no words, no digits that look like letters.</summary>
internal static class UserCode
{
    internal const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    /// <summary>20 to the power of 8, against <see cref="Enrolment.GuessLimit"/> tries in the life of a code.</summary>
    private const int Length = 8;

    internal const int LongestTyped = 64;

    public static string New() => RandomNumberGenerator.GetString(Letters, Length);

    public static string Shown(string code) => $"{code[..(Length / 2)]}-{code[(Length / 2)..]}";

    /// <summary>RFC 8628 6.1: in any case, with or without what stands between. Null: it cannot be a code.</summary>
    public static string? Read(string? typed)
    {
        if (typed is null || typed.Length > LongestTyped)
            return null;
        var letters = string.Concat(typed.Where(character => character is not ('-' or ' ')).Select(char.ToUpperInvariant));
        return letters.Length == Length && letters.All(letter => Letters.Contains(letter, StringComparison.Ordinal)) ? letters : null;
    }
}
