using Identity.Pdf.Fonts;

namespace Identity.Pdf.Appearances;

/// <param name="Baseline">Points below the top of the box.</param>
internal sealed record LaidLine(List<DrawnCharacter> Characters, double Size, double Baseline);

/// <summary>Breaks paragraphs into lines that fit a box: the largest size at which all of it fits, and at the smallest what fits, ended by an ellipsis.</summary>
internal static class TextLayout
{
    private const double Largest = 12, Smallest = 6, Step = 0.5, Leading = 1.2, Above = 0.95;

    public static List<LaidLine> Fit(IReadOnlyList<AppearanceText> texts, IReadOnlyList<TrueTypeFont> fonts, double width, double height)
    {
        var drawn = texts.Select(text => (Characters: DrawableText.Draw(text.Text, fonts), text.Scale)).Where(text => text.Characters.Count > 0).ToList();
        for (var size = Largest; size >= Smallest; size -= Step)
        {
            var lines = Lay(drawn, size, width);
            if (lines.Count == 0 || lines[^1].Baseline + lines[^1].Size * (Leading - Above) <= height)
                return Turned(lines);
        }
        return Turned(Cut(Lay(drawn, Smallest, width), fonts, width, height));
    }

    /// <summary>One paragraph of one size, with no end to its height.</summary>
    public static IEnumerable<List<DrawnCharacter>> Lines(string text, IReadOnlyList<TrueTypeFont> fonts, double size, double width)
    {
        foreach (var line in Break(DrawableText.Draw(text, fonts), width / size))
        {
            DrawableText.TurnRightToLeft(line);
            yield return line;
        }
    }

    private static List<LaidLine> Lay(List<(List<DrawnCharacter> Characters, double Scale)> texts, double size, double width)
    {
        var lines = new List<LaidLine>();
        var top = 0.0;
        foreach (var (characters, scale) in texts)
        {
            foreach (var line in Break(characters, width / (size * scale)))
            {
                lines.Add(new LaidLine(line, size * scale, top + size * scale * Above));
                top += size * scale * Leading;
            }
        }
        return lines;
    }

    /// <summary>At spaces, and where there are none (Chinese, a word that is too long) at any character.</summary>
    private static List<List<DrawnCharacter>> Break(List<DrawnCharacter> characters, double ems)
    {
        var lines = new List<List<DrawnCharacter>>();
        var start = 0;
        while (start < characters.Count)
        {
            int end = start, space = -1;
            for (var used = 0.0; end < characters.Count; end++)
            {
                used += characters[end].Width;
                // One at least, however narrow the box: it is clipped.
                if (used > ems && end > start && !characters[end].IsSpace)
                    break;
                space = characters[end].IsSpace || IsIdeograph(characters[end]) ? end : space;
            }
            var isLast = end == characters.Count;
            var cut = isLast || space <= start ? end : space + 1;
            lines.Add(Trimmed(characters, start, cut));
            start = cut;
        }
        return lines;
    }

    private static List<DrawnCharacter> Trimmed(List<DrawnCharacter> characters, int start, int end)
    {
        while (end > start && characters[end - 1].IsSpace)
            end--;
        return characters.GetRange(start, end - start);
    }

    // Between two of these a line may end.
    private static bool IsIdeograph(DrawnCharacter character) => character.Character.Value is (>= 0x2E80 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or >= 0x20000;

    private static List<LaidLine> Cut(List<LaidLine> lines, IReadOnlyList<TrueTypeFont> fonts, double width, double height)
    {
        var kept = lines.TakeWhile(line => line.Baseline + line.Size * (Leading - Above) <= height).ToList();
        if (kept.Count == 0 || kept.Count == lines.Count)
            return kept;
        var last = kept[^1].Characters.ToList();
        var ellipsis = DrawableText.Ellipsis(fonts);
        while (last.Count > 0 && last.Sum(character => character.Width) + ellipsis.Width > width / kept[^1].Size)
            last.RemoveAt(last.Count - 1);
        kept[^1] = kept[^1] with { Characters = [.. last, ellipsis] };
        return kept;
    }

    private static List<LaidLine> Turned(List<LaidLine> lines)
    {
        foreach (var line in lines)
            DrawableText.TurnRightToLeft(line.Characters);
        return lines;
    }
}
