namespace Identity.Journeys.Architecture;

/// <summary>A row of a table in a Markdown page, as far as its columns are called `where` and `test`.</summary>
internal sealed record SpecTable(int Line, string? Where, string? Test)
{
    public static IEnumerable<SpecTable> Rows(string page)
    {
        string[]? head = null;
        var line = 0;
        foreach (var text in page.Split('\n'))
        {
            line++;
            if (!text.StartsWith('|'))
            {
                head = null;
                continue;
            }

            var cells = text.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray();
            if (head is null)
                head = cells;
            else if (!cells.All(cell => cell.Length > 0 && cell.All(character => character is '-' or ':')))
                yield return new SpecTable(line, Cell(head, cells, "where"), Cell(head, cells, "test"));
        }
    }

    private static string? Cell(string[] head, string[] cells, string column)
    {
        var at = Array.IndexOf(head, column);
        return at < 0 ? null : at < cells.Length ? cells[at] : "";
    }
}
