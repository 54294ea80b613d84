namespace Identity.Pdf.Structure;

internal enum EntryKind : byte
{
    Free,
    InFile,
    InObjectStream,
}

/// <summary>One entry as it stands in a section.</summary>
/// <param name="Position">Offset in the file, or number of the object stream.</param>
/// <param name="Detail">Generation, or index in the object stream.</param>
internal readonly record struct CrossReferenceEntry(int Number, EntryKind Kind, long Position, int Detail);

/// <summary>A section with its entries and the links of its trailer.</summary>
/// <param name="PointedAt">The offset that startxref or Prev gave.</param>
/// <param name="HybridPart">The stream that the trailer of a hybrid file names.</param>
internal sealed record SectionRead(CrossReferenceSection Section, long PointedAt, List<CrossReferenceEntry> Entries, long? Previous, SectionRead? HybridPart)
{
    /// <summary>An older section names the same stream: an update copied the entry XRefStm along with the trailer.</summary>
    public bool HybridPartIsOlder { get; init; }

    /// <summary>The entries are in the table of objects: they need not be held twice.</summary>
    public void Forget()
    {
        foreach (var entries in new[] { Entries, HybridPart?.Entries ?? [] })
        {
            entries.Clear();
            entries.TrimExcess();
        }
    }

    public long Start => Section.Span.Start;

    public long End => Section.Span.End;
}
