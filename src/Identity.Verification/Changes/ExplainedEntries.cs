using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes;

/// <summary>
/// The proof that nothing of a revision was passed over: each entry of its cross-references names an object that a rule judged, or accepted together with what
/// it judged, or that is what it was, or that nothing uses. What is left is not explained.
/// </summary>
public sealed class ExplainedEntries
{
    private readonly RevisionView before;
    private readonly RevisionView after;
    private readonly ComparisonBudget budget;
    private readonly Dictionary<ObjectId, ObjectChangeKind> entries = [];
    private readonly HashSet<ObjectId> explained = [];
    private readonly HashSet<ObjectId> accepted = [];
    private readonly HashSet<ObjectId> explainedHere = [];
    private readonly HashSet<int> numbersExplainedHere = [];
    private readonly HashSet<ObjectId> acceptedHere = [];

    public ExplainedEntries(RevisionView before, RevisionView after, ComparisonBudget budget)
    {
        (this.before, this.after, this.budget) = (before, after, budget);
        foreach (var change in after.Revision.Changes)
            entries[change.Id] = change.Kind;
    }

    /// <summary>While a rule runs that lets nearly anything pass: what it explains is so where it looks, and nowhere else.</summary>
    public bool IsLenient { get; set; }

    /// <summary>A rule judges this object, and what it is a reference to (ISO 32000-2 7.3.10: an object may be nothing but that).</summary>
    public void Judged(ObjectId? id) => Judged(id, IsLenient);

    /// <summary>The same, but only for where the object is named: in <paramref name="holder"/>, of which every other entry is followed.</summary>
    public void JudgedHere(ObjectId? id, ObjectId? holder)
    {
        if (holder is { } user)
            numbersExplainedHere.Add(user.Number);
        Judged(id, lenient: true);
    }

    private void Judged(ObjectId? id, bool lenient)
    {
        while (id is { } judged && Explain(judged, lenient))
            id = (after.Resolve(judged) as PdfReference)?.Target;
    }

    /// <summary>
    /// A value that came with this revision is explained or reported by the rule that calls, with all objects below that came with it. Objects that were
    /// there before and are other now are not: each must be judged where it was used. A date or a number has no inside, and is judged with what names it.
    /// </summary>
    public void Accept(PdfObject? value) => Accept(value, IsLenient);

    /// <summary>The same, but only for where the value stands.</summary>
    public void AcceptHere(PdfObject? value) => Accept(value, lenient: true);

    private void Accept(PdfObject? value, bool lenient) => Walk(value, id =>
    {
        if (!entries.TryGetValue(id, out var kind) || !(lenient ? acceptedHere : accepted).Add(id)
            || (kind != ObjectChangeKind.Added && !(IsSimple(before.Resolve(id)) && IsSimple(after.Resolve(id)))))
            return false;
        Explain(id, lenient);
        return true;
    });

    private bool Explain(ObjectId id, bool lenient)
    {
        if (!lenient)
            return explained.Add(id);
        numbersExplainedHere.Add(id.Number);
        return explainedHere.Add(id);
    }

    public void Accept(ObjectId came)
    {
        explained.Add(came);
        Accept(after.Resolve(came));
    }

    /// <param name="isUsed">Whether the document uses the object after the revision; dear, so asked of few.</param>
    /// <param name="isNamedBesides">Whether an object other than those of some numbers names it after the revision.</param>
    public IReadOnlyList<ObjectId> Unexplained(Func<ObjectId, bool> isUsed, Func<ObjectId, Func<int, bool>, bool> isNamedBesides)
    {
        var open = entries.Where(entry => entry.Value != ObjectChangeKind.Freed && !explained.Contains(entry.Key)
            && !(explainedHere.Contains(entry.Key) && !isNamedBesides(entry.Key, numbersExplainedHere.Contains))).ToList();
        if (open.Count == 0)
            return [];
        // What nothing older can name is used by what came with it, or not at all: then the whole document need not be walked.
        var named = new HashSet<ObjectId>();
        foreach (var id in entries.Keys)
            Walk(after.Resolve(id), target => named.Add(target) && false);
        Walk(after.Revision.Trailer, target => named.Add(target) && false);
        var size = (before.Revision.Trailer["Size"] as PdfInteger)?.Value ?? 0;
        return [.. open.TakeWhile(_ => budget.Spend())
            .Where(entry => entry.Value != ObjectChangeKind.Added || entry.Key.Number < size || named.Contains(entry.Key)).Select(entry => entry.Key)
            .Where(id => isUsed(id) && !ObjectComparison.SameValue(before.Resolve(id), after.Resolve(id)))];
    }

    /// <summary>An entry, or the information that the trailer names, has a reference to an object that is not there, and had none to it before.</summary>
    public bool NamesNothing()
    {
        // Entries private to a program are asked for by nobody else, and Root and Encrypt lead somewhere or the file is not read.
        if (Nothing(before.Revision.Trailer["Info"], after.Revision.Trailer["Info"]))
            return true;
        foreach (var (id, kind) in entries)
        {
            if (kind != ObjectChangeKind.Freed && budget.Spend() && Nothing(before.Resolve(id), after.Resolve(id)))
                return true;
        }
        return false;
    }

    private bool Nothing(PdfObject? was, PdfObject? isNow)
    {
        var missing = new HashSet<ObjectId>();
        Walk(isNow, target => after.Locate(target) is null && missing.Add(target) && false);
        if (missing.Count > 0)
            Walk(was, target => missing.Remove(target) && false);
        return missing.Count > 0;
    }

    internal static bool IsSimple(PdfObject? value) => value is null or PdfNull or PdfBoolean or PdfInteger or PdfReal or PdfName or PdfString;

    /// <summary>Goes through a value and through each object in it that is to be followed.</summary>
    private void Walk(PdfObject? start, Func<ObjectId, bool> follow)
    {
        var found = new Stack<PdfObject>([start ?? PdfNull.Absent]);
        while (found.TryPop(out var next) && budget.Spend())
        {
            switch (next)
            {
                case PdfReference reference when follow(reference.Target):
                    found.Push(after.Resolve(reference.Target));
                    break;
                case PdfArray array:
                    foreach (var item in array.Items.Where(item => !IsSimple(item)))
                        found.Push(item);
                    break;
                case PdfDictionary dictionary:
                    foreach (var (_, item) in dictionary.Entries.Where(entry => !IsSimple(entry.Value)))
                        found.Push(item);
                    break;
                case PdfStream stream:
                    found.Push(stream.Dictionary);
                    break;
            }
        }
    }
}
