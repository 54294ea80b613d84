using System.Globalization;
using System.Text;
using Identity.Pdf.Fonts;

namespace Identity.Pdf.Appearances;

/// <summary>One character with the glyph that draws it.</summary>
/// <param name="Width">In em.</param>
internal readonly record struct DrawnCharacter(Rune Character, int Font, int Glyph, double Width)
{
    public bool IsSpace => Character.Value == ' ';
}

/// <summary>
/// Foreign text as glyphs. There is no shaping: each character is drawn by its own glyph, side by side. So Arabic letters are not joined and Indic clusters
/// not built (the fonts that come with Signing have neither script, and show replacements); letters written from right to left stand in their order of
/// reading, and reorder nothing around them.
/// </summary>
public static class DrawableText
{
    private const int MostMarks = 4;
    private static readonly Rune[] Replacements = [new(0xFFFD), new(0x25A1), new('?')];

    /// <summary>Characters that none of the fonts has, or that must not be drawn: each is shown as a replacement.</summary>
    public static IReadOnlyList<Rune> Undrawable(string text, IReadOnlyList<TrueTypeFont> fonts) =>
        [.. Prepared(text).Where(rune => IsHidden(rune) || Find(rune, fonts) is null).Distinct()];

    internal static List<DrawnCharacter> Draw(string text, IReadOnlyList<TrueTypeFont> fonts)
    {
        var drawn = new List<DrawnCharacter>();
        var marks = 0;
        foreach (var rune in Prepared(text))
        {
            marks = Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? marks + 1 : 0;
            if (marks > MostMarks)
                continue;
            if (drawn.Count == AppearanceText.MostCharacters)
            {
                drawn[^1] = Ellipsis(fonts);
                break;
            }
            drawn.Add((IsHidden(rune) ? null : Find(rune, fonts)) ?? Replacement(fonts));
        }
        return drawn;
    }

    internal static DrawnCharacter Ellipsis(IReadOnlyList<TrueTypeFont> fonts) => Find(new Rune(0x2026), fonts) ?? Replacement(fonts);

    /// <summary>Runs of letters that are read from right to left, turned round: no other reordering.</summary>
    internal static void TurnRightToLeft(List<DrawnCharacter> line)
    {
        for (var at = 0; at < line.Count; at++)
        {
            if (!IsRightToLeft(line[at].Character))
                continue;
            var end = at + 1;
            var last = end;
            for (; end < line.Count && (IsRightToLeft(line[end].Character) || line[end].IsSpace || IsMark(line[end].Character)); end++)
                last = line[end].IsSpace ? last : end + 1;
            line.Reverse(at, last - at);
            at = last - 1;
        }
    }

    // Composed, so that a letter with its mark is one glyph where the font has it; white space of any kind is one space. Cut before that, at what could be shown at all.
    private static IEnumerable<Rune> Prepared(string text)
    {
        const int longest = AppearanceText.MostCharacters * 8;
        var wellFormed = new StringBuilder();
        foreach (var rune in (text.Length > longest ? text[..longest] : text).EnumerateRunes())
            wellFormed.Append(rune);
        var space = true;
        foreach (var rune in wellFormed.ToString().Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            var isSpace = Rune.IsWhiteSpace(rune);
            if (!isSpace || !space)
                yield return isSpace ? new Rune(' ') : rune;
            space = isSpace;
        }
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark;

    private static bool IsRightToLeft(Rune rune) =>
        rune.Value is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF)
        && Rune.IsLetter(rune);

    private static DrawnCharacter? Find(Rune rune, IReadOnlyList<TrueTypeFont> fonts)
    {
        for (var at = 0; at < fonts.Count; at++)
        {
            if (fonts[at].Glyph(rune) is var glyph and not 0)
                return new DrawnCharacter(rune, at, glyph, (double)fonts[at].Advance(glyph) / fonts[at].UnitsPerEm);
        }
        return null;
    }

    // Never glyph 0: ISO 19005-2 6.2.11.8 forbids it.
    private static DrawnCharacter Replacement(IReadOnlyList<TrueTypeFont> fonts) =>
        Replacements.Select(replacement => Find(replacement, fonts)).FirstOrDefault(found => found is not null) ?? throw new ArgumentException("the fonts have nothing to show what they lack");
}
