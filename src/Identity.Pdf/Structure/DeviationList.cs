namespace Identity.Pdf.Structure;

/// <summary>Collects deviations up to a cap; one kind at one object is listed once.</summary>
internal sealed class DeviationList(int cap)
{
    private readonly List<Deviation> listed = [];
    private readonly HashSet<(string Kind, long? Offset, int? Object)> seen = [];

    public IReadOnlyList<Deviation> Listed => listed;

    public void Add(string kind, long? offset, int? objectNumber, string text)
    {
        if (listed.Count < cap && seen.Add((kind, offset, objectNumber)))
            listed.Add(new Deviation(kind, offset, objectNumber, text));
    }
}
