namespace Identity.Pdf.Structure;

/// <summary>
/// Collects deviations up to a cap; one kind at one object is listed once. Which revision has some of a kind that can make a program repair the file is known
/// beyond the cap, so that nothing is hidden by filling the list.
/// </summary>
internal sealed class DeviationList(int cap)
{
    // Programs read these alike, or as they stand: what honest programs write as well.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "header-not-at-start", "offset-before-section", "offset-before-object", "stale-hybrid-stream", "free-entry-generation",
        "cross-reference-stream-longer", "irregular-name", "stream-length",
    };

    private readonly List<Deviation> listed = [];
    private readonly HashSet<(string Kind, long? Offset, int? Object)> seen = [];
    private readonly HashSet<(string Kind, long Section)> ofSections = [];
    private readonly HashSet<(string Kind, int Revision)> ofRevisions = [];
    private long? section;
    private int? revision;

    public IReadOnlyList<Deviation> Listed => listed;

    /// <summary>What is added from here on belongs to the section that is said to stand at this offset.</summary>
    public void InSection(long pointedAt) => (section, revision) = (pointedAt, null);

    /// <summary>What is added from here on belongs to this revision.</summary>
    public void InRevision(int number) => (section, revision) = (null, number);

    public void Add(string kind, long? offset, int? objectNumber, string text)
    {
        if (!Harmless.Contains(kind))
        {
            if (section is { } at)
                ofSections.Add((kind, at));
            if (revision is { } number)
                ofRevisions.Add((kind, number));
        }
        if (listed.Count < cap && seen.Add((kind, offset, objectNumber)))
            listed.Add(new Deviation(kind, offset, objectNumber, text));
    }

    /// <summary>Kinds that a program may answer by repairing the file, in what the revision brought.</summary>
    public IReadOnlyList<string> InvitingRepair(RevisionLayout layout)
    {
        var sections = layout.Sections.Select(read => read.PointedAt).ToHashSet();
        return [.. ofSections.Where(found => sections.Contains(found.Section)).Select(found => found.Kind)
            .Concat(ofRevisions.Where(found => found.Revision == layout.Number).Select(found => found.Kind)).Distinct().Order(StringComparer.Ordinal)];
    }
}
