using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Objects that cannot be read, and references by another generation: harmless when unused, otherwise two readings.</summary>
internal static class ReferenceCheck
{
    public static void Check(PdfDocument document, IReadOnlyList<ObjectDefinition> defective, bool metGeneration, DeviationList deviations)
    {
        var generations = metGeneration || document.Table.All.Any(definition => definition is { Kind: EntryKind.InFile, Generation: > 0 });
        if (defective.Count == 0 && !generations)
            return;
        var bad = defective.Where(definition => document.Table.At(definition.Number, int.MaxValue) == definition).ToDictionary(definition => definition.Number);
        foreach (var target in document.Latest.Closure.References)
        {
            if (bad.TryGetValue(target.Number, out var broken))
                throw new PdfRefusedException(broken.Defect!);
            if (document.Table.At(target.Number, int.MaxValue) is { Kind: not EntryKind.Free } definition && definition.Generation != target.Generation)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"object {target.Number} is referred to by another generation than it has");
        }
        CheckOlder(document, defective.Except(bad.Values).ToDictionary(definition => (definition.Number, definition.Revision)));
        foreach (var definition in defective)
        {
            deviations.InRevision(definition.Revision);
            deviations.Add("unreadable-object", null, definition.Number, "an entry names an object that cannot be read; nothing refers to it");
        }
    }

    // Overridden since: refused when anything of its own time refers to it.
    private static void CheckOlder(PdfDocument document, Dictionary<(int Number, int Revision), ObjectDefinition> broken)
    {
        if (broken.Count == 0)
            return;
        foreach (var definition in document.Table.All)
        {
            foreach (var target in ReferenceWalk.From(definition.PassingValue))
            {
                if (document.Table.At(target.Number, definition.Revision) is { Defect: { } defect })
                    throw new PdfRefusedException(defect);
            }
        }
    }
}

/// <summary>The references inside one value, found without recursion.</summary>
internal static class ReferenceWalk
{
    public static IEnumerable<ObjectId> From(PdfObject value, string? exceptKey = null, string? exceptOther = null)
    {
        var stack = new Stack<PdfObject>();
        stack.Push(value);
        while (stack.TryPop(out var current))
        {
            switch (current)
            {
                case PdfReference reference:
                    yield return reference.Target;
                    break;
                case PdfArray array:
                    for (var at = array.Count - 1; at >= 0; at--)
                        Push(stack, array[at]);
                    break;
                case PdfStream stream:
                    stack.Push(stream.Dictionary);
                    break;
                case PdfDictionary dictionary:
                    for (var at = dictionary.Entries.Count - 1; at >= 0; at--)
                    {
                        var (key, item) = dictionary.Entries[at];
                        if (key.Value != exceptKey && key.Value != exceptOther)
                            Push(stack, item);
                    }
                    break;
            }
        }
    }

    private static void Push(Stack<PdfObject> stack, PdfObject item)
    {
        if (item is PdfReference or PdfArray or PdfDictionary or PdfStream)
            stack.Push(item);
    }
}
