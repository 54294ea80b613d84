using Identity.Web;

namespace Identity.Signing.Documents;

/// <summary>What a document is called on pages and in approvals.</summary>
internal static class DocumentLabel
{
    /// <summary>A file name without folders, without what cannot be shown, cut to length (UTF-16 characters); `document.pdf` when nothing is left.</summary>
    public static string Of(string? fileName, int longest)
    {
        var name = ShowableText.WithoutHidden((fileName ?? "").Split('/', '\\')[^1]);
        // Cut between characters, and looked at again: what was between two letters may now be at the end.
        if (name.Length > longest)
            name = ShowableText.WithoutHidden(name[..(char.IsLowSurrogate(name[longest]) ? longest - 1 : longest)]);
        var shown = name.Trim();
        return shown.Length == 0 || shown.All(c => c == '.') ? "document.pdf" : shown;
    }
}
