using System.Collections;

namespace Identity.Pdf.Structure;

/// <summary>The changes of a revision, made when they are asked for: the original of a large document has as many as objects, and nobody asks.</summary>
internal sealed class ObjectChanges(IReadOnlyList<ObjectDefinition> definitions) : IReadOnlyList<ObjectChange>
{
    public int Count => definitions.Count;

    public ObjectChange this[int index]
    {
        get
        {
            var definition = definitions[index];
            var before = definition.Older is { Kind: not EntryKind.Free } older ? older : null;
            var kind = definition.Kind == EntryKind.Free ? ObjectChangeKind.Freed : before is null ? ObjectChangeKind.Added : ObjectChangeKind.Overridden;
            // The generation of a free entry is that of the next use; the object freed is the one before.
            return new ObjectChange(kind, kind == ObjectChangeKind.Freed ? before!.Id : definition.Id, before?.Location, definition.Location);
        }
    }

    public IEnumerator<ObjectChange> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
