using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Changes.Rules;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes;

/// <summary>What one document may cost to compare; shared by all its revisions.</summary>
public sealed class ComparisonBudget(long steps)
{
    /// <summary>Values looked at in all revisions together. A revision that cannot be finished is suspicious.</summary>
    public const long DefaultSteps = 6_000_000;


    private int parts;

    public long Spent { get; private set; }

    public bool IsSpent => Spent >= steps;

    /// <summary>For looks that cost a fraction of a step.</summary>
    public bool SpendPart()
    {
        parts = (parts + 1) % UntouchedParts.ReferencesPerStep;
        return parts != 0 || Spend();
    }

    public bool Spend() => ++Spent < steps;

    /// <summary>For work that is done in one piece; false when it is too much, and then it is not to be done.</summary>
    public bool Spend(long more) => (Spent += more) < steps;
}

/// <summary>
/// Walks two neighbouring revisions side by side from the trailer down. Every place is judged by one rule; an object that is used at
/// several places is judged at each, so that what is harmless in one use is not thereby harmless in another.
/// </summary>
public sealed class RevisionComparison
{
    /// <summary>Changes that are listed for one revision.</summary>
    public const int ListedChanges = 100;

    private const int StepsPerWalkedObject = 10;

    private readonly record struct Step(PdfObject? Before, PdfObject? After, Place Place);

    private readonly record struct Visit(ObjectId? Before, ObjectId? After, ChangeRule Rule, ChangeKind Unexplained, bool IsDrawn, string? Field, Lazy<bool>? Annotation);

    private readonly Queue<Step> waiting = new();
    private readonly HashSet<Visit> visited = [];
    private readonly HashSet<ObjectId> met = [];
    private readonly List<DocumentChange> changes = [];
    private readonly HashSet<(string Key, ObjectId? Object, int? Page, string? Field, bool LooksLikeContent)> listed = [];
    private readonly ComparisonBudget budget;
    private readonly CancellationToken cancellation;
    private readonly ReferenceGraph? graph;
    private readonly UntouchedParts untouched;
    private int unlisted;
    private ChangeKind worst;
    private bool? walkedBefore;
    private bool? walkedAfter;

    public RevisionComparison(RevisionView before, RevisionView after, ComparisonMemory memory, ComparisonBudget budget, CancellationToken cancellation)
    {
        (Before, After, this.budget, this.cancellation) = (before, after, budget, cancellation);
        Landmarks = new Landmarks(before, after, memory, budget);
        graph = memory.Graph;
        untouched = new UntouchedParts(graph, after, Landmarks, budget);
        Entries = new ExplainedEntries(before, after, budget);
    }

    public RevisionView Before { get; }

    public RevisionView After { get; }

    public Landmarks Landmarks { get; }

    public ExplainedEntries Entries { get; }

    /// <summary>
    /// Puts a pair of values in line to be judged by the rule of its place. Landmarks are left to their own rule, but not where a page is
    /// drawn: an object that is a field and a resource too is judged as both, for what may be filled in must not be drawn.
    /// </summary>
    public void Compare(PdfObject? before, PdfObject? after, Place place)
    {
        var leadsToLandmark = place.Rule is NothingChanges && !place.IsDrawn && before is PdfReference was && after is PdfReference isNow
            && was.Target == isNow.Target && (Landmarks.IsOwned(was.Target) || (place.NamesAnnotations && Landmarks.IsAnnotation(was.Target)));
        // Values with nothing inside are judged at once: a queue of a million numbers would take more memory than the file.
        if (ExplainedEntries.IsSimple(before) && ExplainedEntries.IsSimple(after) && budget.Spend())
            place.Rule.Explain(this, place, before ?? PdfNull.Absent, after ?? PdfNull.Absent);
        else if (!leadsToLandmark && !IsUntouched(before, after, place))
            waiting.Enqueue(new Step(before, after, place));
    }

    /// <summary>The same reference to something of which the rule would have nothing to say.</summary>
    public bool IsUntouched(PdfObject? before, PdfObject? after, Place place) =>
        before is PdfReference was && after is PdfReference isNow && was.Target == isNow.Target && budget.SpendPart()
        && place.Rule.IsSilentOfUntouched && !Landmarks.LeadsToOtherParent(was.Target) && untouched.Has(was.Target, place.IsDrawn);

    public void Report(ChangeKind kind, Place place, ValidationMessage message) => Report(kind, place.Holder, place.Page, place.Field, message, kind == ChangeKind.Annotation && place.LooksLikeContent is { Value: true });

    public void Report(ChangeKind kind, ObjectId? changed, int? page, string? field, ValidationMessage message, bool looksLikeContent = false)
    {
        worst = kind > worst ? kind : worst;
        if (!listed.Add((message.Key, changed, page, field, looksLikeContent)))
            return;
        if (changes.Count < ListedChanges)
            changes.Add(new DocumentChange(kind, changed, page, field, message) { LooksLikeContent = looksLikeContent });
        else
            unlisted++;
    }

    /// <summary>The value after the revision, of an object that the rule that asks judges itself.</summary>
    public PdfObject ResolveAfter(PdfObject? value)
    {
        Entries.Judged((value as PdfReference)?.Target);
        return After.Resolve(value);
    }

    /// <summary>For rules whose look at a value costs more than a step; false when it may not be looked at.</summary>
    public bool Spend(long steps) => budget.Spend(steps);

    public bool IsUsedBefore(ObjectId id) => MayWalk(ref walkedBefore) && Before.Closure.Contains(id);

    public bool IsUsedAfter(ObjectId id) => MayWalk(ref walkedAfter) && After.Closure.Contains(id);

    // What names it in no revision names it in none of them, and needs no walk through the document.
    private bool IsNamedBesides(ObjectId id, Func<int, bool> among)
    {
        if (graph is not null)
        {
            var isNamed = false;
            foreach (var use in graph.UsesOf(id.Number))
                isNamed |= !among(use.User);
            if (!isNamed)
                return false;
        }
        return MayWalk(ref walkedAfter) && After.Closure.IsNamedBesides(id, among);
    }

    /// <summary>Named by what is used, though it may be free.</summary>
    public bool IsNamedAfter(ObjectId id) => MayWalk(ref walkedAfter) && After.Closure.Names(id);

    // They say no when the budget does not reach: the revision is then reported as too costly anyway.
    private bool MayWalk(ref bool? walked) => walked ??= budget.Spend(StepsPerWalkedObject * After.Document.Revisions.Sum(revision => (long)revision.Changes.Count));

    /// <summary>Something that the revision wrote refers to an object that is not there, as it did not before.</summary>
    public bool NamesNothing() => Entries.NamesNothing();

    public RevisionChanges Run()
    {
        Compare(Before.Revision.Trailer, After.Revision.Trailer, new Place(TrailerEntries.Rule, ChangeKind.Suspicious, "", null, null, null));
        while (waiting.TryDequeue(out var step))
        {
            cancellation.ThrowIfCancellationRequested();
            // Fails closed: what was not looked at is not explained, and reported below.
            if (!budget.Spend())
                break;
            Judge(step);
        }
        ReportActivated();
        ReportUnexplained();
        if (budget.IsSpent)
            Report(ChangeKind.Suspicious, null, null, null, ValidationMessage.Error("comparison-too-costly"));
        return new RevisionChanges(After.Revision.Number, After.Revision.End, worst, changes, unlisted);
    }

    /// <summary>
    /// An object that nothing used before, and that this revision replaced and uses: the way in which content prepared in advance, and
    /// covered by the signature as dead matter, is brought to life.
    /// </summary>
    private void ReportActivated()
    {
        var candidates = After.Revision.Changes.Where(change => change.Kind == ObjectChangeKind.Overridden && !met.Contains(change.Id)
            && Before.Resolve(change.Id) is not PdfNull).Select(change => change.Id).ToList();
        foreach (var id in candidates)
        {
            if (!budget.Spend())
                break;
            if (!IsUsedBefore(id) && IsUsedAfter(id))
                Report(ChangeKind.Suspicious, id, null, null, ValidationMessage.Error("unused-object-activated"));
        }
    }

    // Where a revision is refused anyhow there is nothing to prove.
    private void ReportUnexplained()
    {
        if (worst >= ChangeKind.Content)
            return;
        foreach (var id in Entries.Unexplained(IsUsedAfter, IsNamedBesides))
            Report(ChangeKind.Suspicious, id, Landmarks.PageNumber(id), null, ValidationMessage.Error("entry-unexplained"));
    }

    private void Judge(Step step)
    {
        var (before, beforeId) = Follow(Before, step.Before);
        var (after, afterId) = Follow(After, step.After);
        var place = step.Place;
        if (beforeId is not null || afterId is not null)
        {
            if (!visited.Add(Visiting(beforeId, afterId, place)))
                return;
            if (beforeId is { } known)
                met.Add(known);
            if (place.Rule.IsLenient)
                Entries.JudgedHere(afterId, place.Holder);
            else
                Entries.Judged(afterId);
            place = place with { Holder = afterId ?? beforeId };
        }
        Entries.IsLenient = place.Rule.IsLenient;
        place.Rule.Explain(this, place, before, after);
        Entries.IsLenient = false;
    }

    // Whose field it is matters where filling in counts, for another signature may have locked it; whose appearance, where only some annotations may change.
    private static Visit Visiting(ObjectId? before, ObjectId? after, Place place) =>
        new(before, after, place.Rule, place.Unexplained, place.IsDrawn,
            place.Rule is FieldEntries || place.Unexplained is ChangeKind.Form or ChangeKind.Signature ? place.Field : null,
            place.Unexplained == ChangeKind.Annotation ? place.LooksLikeContent : null);

    private static (PdfObject Value, ObjectId? Id) Follow(RevisionView view, PdfObject? value) =>
        value is PdfReference reference ? (view.Resolve(reference), reference.Target) : (view.Resolve(value), null);
}
