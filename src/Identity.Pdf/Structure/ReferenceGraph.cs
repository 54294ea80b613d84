using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>How a reference stands in the object that makes it; what is which, the caller says of each key.</summary>
[Flags]
public enum ReferenceWay
{
    None = 0,

    /// <summary>To a part of the object: down a tree.</summary>
    Part = 1,

    /// <summary>In what is drawn.</summary>
    Drawn = 2,
}

/// <summary>An object that names another one.</summary>
public readonly record struct ReferenceUse(int User, ReferenceWay Way);

/// <summary>
/// Who names whom, in any revision of the document: made once, in time and memory in proportion to the file, and more than what holds in any one
/// revision. Objects are known by number. Immutable.
/// </summary>
public sealed class ReferenceGraph
{
    private readonly Dictionary<int, (int Start, int Count)> users = [];
    private readonly HashSet<int> drawn = [];
    private readonly ReferenceUse[] uses;

    private ReferenceGraph(ObjectTable table, List<(int User, int Target, ReferenceWay Way)> references)
    {
        foreach (var reference in references)
            users[reference.Target] = (0, users.GetValueOrDefault(reference.Target).Count + 1);
        var start = 0;
        foreach (var target in users.Keys.ToArray())
        {
            var count = users[target].Count;
            users[target] = (start, 0);
            start += count;
        }
        uses = new ReferenceUse[start];
        foreach (var (user, target, way) in references)
        {
            var (first, count) = users[target];
            uses[first + count] = new ReferenceUse(user, way);
            users[target] = (first, count + 1);
        }
        Spread(table, references.Where(reference => reference.Way.HasFlag(ReferenceWay.Drawn)).Select(reference => reference.Target));
    }

    /// <param name="way">Of a reference under this key, and of all that stands in the same value; for an array that is an object of its own the key is empty.</param>
    /// <param name="mostReferences">Null is given back when the document has more.</param>
    public static ReferenceGraph? Of(PdfDocument document, Func<string, ReferenceWay> way, int mostReferences)
    {
        var references = new List<(int, int, ReferenceWay)>();
        foreach (var definition in document.Table.All)
        {
            foreach (var (target, found) in Ways(definition.PassingValue, way))
            {
                var reference = (definition.Number, target.Number, found);
                if (references.Count > 0 && references[^1] == reference)
                    continue;
                if (references.Count == mostReferences)
                    return null;
                references.Add(reference);
            }
        }
        return new ReferenceGraph(document.Table, references);
    }

    /// <summary>References that were followed to make it.</summary>
    public int Count => uses.Length;

    public ReadOnlySpan<ReferenceUse> UsesOf(int number) => users.TryGetValue(number, out var found) ? uses.AsSpan(found.Start, found.Count) : [];

    /// <summary>A drawn reference leads to the object, or leads to one that leads to it.</summary>
    public bool IsDrawn(int number) => drawn.Contains(number);

    private void Spread(ObjectTable table, IEnumerable<int> starts)
    {
        var waiting = new Queue<int>(starts.Where(drawn.Add));
        while (waiting.TryDequeue(out var number))
        {
            for (var definition = table.At(number, int.MaxValue); definition is not null; definition = definition.Older)
            {
                foreach (var target in ReferenceWalk.From(definition.PassingValue))
                {
                    if (drawn.Add(target.Number))
                        waiting.Enqueue(target.Number);
                }
            }
        }
    }

    // Being a part ends with the next key; being drawn does not.
    private static IEnumerable<(ObjectId Target, ReferenceWay Way)> Ways(PdfObject start, Func<string, ReferenceWay> way)
    {
        var waiting = new Stack<(PdfObject Value, ReferenceWay Way)>([(start, way(""))]);
        while (waiting.TryPop(out var next))
        {
            switch (next.Value)
            {
                case PdfReference reference:
                    yield return (reference.Target, next.Way);
                    break;
                case PdfArray array:
                    foreach (var item in array.Items)
                    {
                        if (item is PdfReference or PdfArray or PdfDictionary)
                            waiting.Push((item, next.Way));
                    }
                    break;
                case PdfStream stream:
                    waiting.Push((stream.Dictionary, next.Way));
                    break;
                case PdfDictionary dictionary:
                    foreach (var (key, item) in dictionary.Entries)
                    {
                        if (item is PdfReference or PdfArray or PdfDictionary)
                            waiting.Push((item, way(key.Value) | (next.Way & ReferenceWay.Drawn)));
                    }
                    break;
            }
        }
    }
}
