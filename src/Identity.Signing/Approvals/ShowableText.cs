using System.Globalization;
using System.Text;

namespace Identity.Signing.Approvals;

/// <summary>Text that a person is shown and approves: nothing in it may move, hide or reorder other text.</summary>
internal static class ShowableText
{
    public static bool IsShowable(string text, int longest) =>
        text.Length <= longest && !string.IsNullOrWhiteSpace(text) && IsWellFormed(text) && text.EnumerateRunes().All(IsShowable);

    /// <summary>A file name as a label: without folders, without what cannot be shown, cut to length; `document.pdf` when nothing is left.</summary>
    public static string Label(string? fileName, int longest)
    {
        var name = (fileName ?? "").Split('/', '\\')[^1];
        var label = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsShowable(rune))
                continue;
            if (label.Length + rune.Utf16SequenceLength > longest)
                break;
            label.Append(rune.ToString());
        }

        var shown = label.ToString().Trim();
        return shown.Length == 0 || shown.All(c => c == '.') ? "document.pdf" : shown;
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    // U+FFFD stands where a surrogate had no partner: nothing to show either.
    private static bool IsShowable(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
