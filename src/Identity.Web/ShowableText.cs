using System.Globalization;
using System.Text;

namespace Identity.Web;

/// <summary>
/// Text that a person is shown and approves, or is named by: nothing in it may move, hide or reorder other text. ZERO WIDTH JOINER and NON-JOINER
/// hide too, yet names in some scripts cannot be written without them: they pass between two letters of one such script, and nowhere else. That is
/// RFC 5892 A.1 and A.2 (which domain names may hold them) without its table of each letter's joining type.
/// </summary>
public static class ShowableText
{
    private const int NonJoiner = 0x200C;
    private const int Joiner = 0x200D;
    private const int MalayalamVirama = 0x0D4D;

    // Blocks, by first and last character, that neighbours must share. Cursive scripts, in which the joiners choose a letter's form, then those
    // with conjuncts, in which they choose a cluster's. Blocks of one script have one number.
    private static readonly (int First, int Last, int Script)[] JoiningScripts =
    [
        (0x0600, 0x06FF, 1), (0x0750, 0x077F, 1), (0x0870, 0x08FF, 1),
        (0x0700, 0x074F, 2), (0x0860, 0x086F, 2),
        (0x07C0, 0x07FF, 3), (0x0840, 0x085F, 4), (0x1800, 0x18AF, 5), (0xA840, 0xA87F, 6), (0x10D00, 0x10D3F, 7), (0x1E900, 0x1E95F, 8),
        (0x0900, 0x097F, 9), (0xA8E0, 0xA8FF, 9),
        (0x0980, 0x09FF, 10), (0x0A00, 0x0A7F, 11), (0x0A80, 0x0AFF, 12), (0x0B00, 0x0B7F, 13), (0x0B80, 0x0BFF, 14), (0x0C00, 0x0C7F, 15),
        (0x0C80, 0x0CFF, 16), (0x0D00, 0x0D7F, 17), (0x0D80, 0x0DFF, 18), (0x1780, 0x17FF, 19),
    ];

    /// <summary>Whether all of it can be shown as it is. An empty or blank text cannot.</summary>
    public static bool IsShowable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return !string.IsNullOrWhiteSpace(text) && WithoutHidden(text).Length == text.Length;
    }

    /// <summary>The same, for at most so many characters (UTF-16).</summary>
    public static bool IsShowable(string text, int longest)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= longest && IsShowable(text);
    }

    /// <summary>The text without what cannot be shown: never longer, and the same when all of it can.</summary>
    public static string WithoutHidden(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder(text.Length);
        Rune? before = null;
        for (var at = 0; at < text.Length;)
        {
            var isRune = Rune.TryGetRuneAt(text, at, out var rune);
            at += isRune ? rune.Utf16SequenceLength : 1;
            // A surrogate without its partner, or what stands in its place: nothing to show.
            if (isRune && rune != Rune.ReplacementChar && IsShown(rune, before, RuneAt(text, at)))
                shown.Append(rune.ToString());
            before = isRune ? rune : null;
        }

        return shown.ToString();
    }

    /// <summary>
    /// Whether a word holds letters of more than one of the Latin, Greek and Cyrillic alphabets, which have letters of one look (Unicode TR 39 5.1, for these
    /// three alone: others are told apart by anybody). A word ends where a character is neither letter nor mark.
    /// </summary>
    public static bool MixesAlphabets(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        char? word = null;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
                word = null;
            else if (AlphabetOf(rune) is { } alphabet && (word ??= alphabet) != alphabet)
                return true;
        }

        return false;
    }

    private static char? AlphabetOf(Rune rune) => rune.Value switch
    {
        (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= 0x00C0 and <= 0x02AF) or (>= 0x1D00 and <= 0x1D25) or (>= 0x1E00 and <= 0x1EFF) or (>= 0x2C60 and <= 0x2C7F)
            or (>= 0xA720 and <= 0xA7FF) or (>= 0xAB30 and <= 0xAB64) or (>= 0xFF21 and <= 0xFF3A) or (>= 0xFF41 and <= 0xFF5A) => 'L',
        (>= 0x0370 and <= 0x03FF) or (>= 0x1D26 and <= 0x1D2A) or (>= 0x1F00 and <= 0x1FFF) => 'G',
        (>= 0x0400 and <= 0x052F) or (>= 0x1C80 and <= 0x1C8F) or 0x1D2B or (>= 0xA640 and <= 0xA69F) => 'C',
        _ => null,
    };

    private static Rune? RuneAt(string text, int at) => at < text.Length && Rune.TryGetRuneAt(text, at, out var rune) ? rune : null;

    private static bool IsShown(Rune rune, Rune? before, Rune? after) => rune.Value is NonJoiner or Joiner
        ? MayStandBetween(rune, before, after)
        : Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static bool MayStandBetween(Rune joiner, Rune? before, Rune? after)
    {
        if (before is not { } first || ScriptOf(first) is not { } script)
            return false;
        return (after is { } second && ScriptOf(second) == script)
            // RFC 5892 A.2: after a virama whatever follows. Names in Malayalam end so where the chillu letters of Unicode 5.1 are not in use.
            || (joiner.Value == Joiner && first.Value == MalayalamVirama);
    }

    // Of letters and the marks on them; digits and punctuation join nothing.
    private static int? ScriptOf(Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        if (!Rune.IsLetter(rune) && category is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
            return null;
        foreach (var (first, last, script) in JoiningScripts)
        {
            if (rune.Value >= first && rune.Value <= last)
                return script;
        }

        return null;
    }
}
