using System.Globalization;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Identity.Web;

/// <summary>
/// Foreign text (file names, purposes, names from a document) made fit to be shown. HTML escaping is the page's work; this removes what
/// survives escaping: characters that reorder, hide or break a line. Show the result inside <c>&lt;bdi&gt;</c>, so that a right-to-left
/// name does not reorder its neighbours.
/// </summary>
public static class SafeText
{
    public const int DefaultLength = 200;
    public const int LongestFileName = 120;
    const int MostCombiningMarks = 4;
    const char Replacement = '\uFFFD';

    static readonly HashSet<string> DeviceNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    /// <param name="text">Any text; null is shown as nothing.</param>
    /// <param name="maxLength">The longest result in characters as Unicode counts them (scalar values); what is cut is marked with "…".</param>
    public static string ForDisplay(string? text, int maxLength = DefaultLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        if (string.IsNullOrEmpty(text))
            return "";
        var shown = new StringBuilder(Math.Min(text.Length, maxLength) + 1);
        var length = 0;
        var marks = 0;
        var lastWasSpace = true;
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            marks = IsMark(category) ? marks + 1 : 0;
            if (marks > MostCombiningMarks)
                continue;
            var space = IsSpace(rune, category);
            if (space && lastWasSpace)
                continue;
            if (length == maxLength)
            {
                ReplaceLast(shown);
                return shown.ToString();
            }
            if (space)
                shown.Append(' ');
            else if (IsHidden(rune, category))
                shown.Append(Replacement);
            else
                shown.Append(rune.ToString());
            lastWasSpace = space;
            length++;
        }
        if (shown.Length > 0 && shown[^1] == ' ')
            shown.Length--;
        return shown.ToString();
    }

    /// <summary>A name under which a browser may store a download: no folder, no device name, none of the characters that file systems reserve.</summary>
    public static string FileName(string? name, string fallback = "document.pdf")
    {
        var last = name is null ? "" : name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = new StringBuilder();
        foreach (var c in ForDisplay(last, int.MaxValue))
            clean.Append(c is '<' or '>' or ':' or '"' or '|' or '?' or '*' or '%' or ';' or Replacement ? '_' : c);
        var result = clean.ToString().Trim(' ', '.');
        if (result.Length == 0)
            return fallback;
        var dot = result.LastIndexOf('.');
        var extension = dot > 0 && result.Length - dot <= 10 ? result[dot..] : "";
        var stem = result[..(result.Length - extension.Length)];
        if (DeviceNames.Contains(stem.Split('.')[0].Trim()))
            stem = "_" + stem;
        var room = LongestFileName - extension.Length;
        if (stem.Length > room)
            stem = stem[..(char.IsHighSurrogate(stem[room - 1]) ? room - 1 : room)];
        return stem.TrimEnd(' ', '.') + extension;
    }

    /// <summary>The value of Content-Disposition that stores an answer under <see cref="FileName"/> (RFC 6266, RFC 8187).</summary>
    public static string Attachment(string? name, string fallback = "document.pdf")
    {
        var header = new ContentDispositionHeaderValue("attachment");
        header.SetHttpFileName(FileName(name, fallback));
        return header.ToString();
    }

    static bool IsMark(UnicodeCategory category) => category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    static bool IsSpace(Rune rune, UnicodeCategory category) =>
        category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is '\t' or '\n' or '\r' or '\v' or '\f';

    // UAX 9: the format characters hold the bidirectional overrides, embeddings, isolates and marks. ZERO WIDTH (NON-)JOINER
    // stays: Persian, the Indic scripts and emoji are written with them, and they reorder nothing.
    static bool IsHidden(Rune rune, UnicodeCategory category) => category switch
    {
        UnicodeCategory.Format => rune.Value is not (0x200C or 0x200D),
        UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => true,
        _ => false,
    };

    static void ReplaceLast(StringBuilder shown)
    {
        var last = shown.Length > 1 && char.IsLowSurrogate(shown[^1]) ? 2 : 1;
        shown.Length -= last;
        while (shown.Length > 0 && shown[^1] == ' ')
            shown.Length--;
        shown.Append('…');
    }
}
