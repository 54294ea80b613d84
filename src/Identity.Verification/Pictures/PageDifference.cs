using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Changes;
using Identity.Verification.Engine;

namespace Identity.Verification.Pictures;

/// <summary>A page before and after a revision, as PNG; null where the page did not exist or could not be drawn.</summary>
/// <param name="Revision">The revision that changed the page; one more than there are for bytes behind the end of the last.</param>
/// <param name="Page">1 is the first.</param>
public sealed record PageDifference(int Revision, int Page, byte[]? Before, byte[]? After)
{
    /// <summary>Both are drawn and look the same: what changed shows nothing on this page.</summary>
    public bool LooksTheSame => Before is not null && After is not null && Before.AsSpan().SequenceEqual(After);
}

/// <summary>Which pages a reader should see before and after: those that a revision behind the first signature changed or can have changed.</summary>
public static partial class PageDifferences
{
    /// <summary>Pages that are drawn for one file.</summary>
    public const int MostPages = 6;

    /// <summary>Objects that are gone through to find pages, those of one revision after another; what a reader is not shown, the words still say.</summary>
    private const long MostObjects = 1_000_000;

    /// <summary>Bytes behind the end that are looked through, and objects that are taken from them.</summary>
    private const int MostTrailing = 1024 * 1024;

    /// <summary>Bytes of a document that is drawn: each picture sends all of them to the child.</summary>
    public const int LargestDocument = 32 * 1024 * 1024;

    /// <summary>Empty when nothing that shows was changed after a signature.</summary>
    public static IReadOnlyList<(int Revision, int Page)> Of(DocumentResult.Judged judged)
    {
        var signed = judged.Data.Signatures.Select(facts => facts.Dictionary.ByteRange).OfType<ByteRangeCheck.Sound>()
            .Select(range => range.CoveredRevision).OfType<int>().DefaultIfEmpty(int.MaxValue).Min();
        var document = judged.Data.Document;
        var pages = new List<(int, int)>();
        var (objects, left) = (document.Revisions.Sum(revision => (long)revision.Changes.Count), MostObjects);
        foreach (var revision in judged.Data.Revisions.Where(revision => revision.Number > signed && revision.Number <= document.Revisions.Count && revision.Kind >= ChangeKind.Signature))
        {
            var changed = revision.Changes.Select(change => change.Page).OfType<int>().ToHashSet();
            // An exchanged font or image names no page: every page that uses it can look different.
            if (revision.Kind >= ChangeKind.Content && (left -= objects) >= 0)
                changed.UnionWith(Touched(document.AsOf(revision.Number - 1), document.AsOf(revision.Number)));
            pages.AddRange(changed.Order().Select(page => (revision.Number, page)));
            if (pages.Count >= MostPages)
                break;
        }
        if (document.TrailingBytes is { } trailing && signed <= document.Revisions.Count)
            pages.AddRange(Behind(document.Latest, trailing).Select(page => (document.Revisions.Count + 1, page)));
        return [.. pages.Take(MostPages)];
    }

    /// <summary>
    /// Bytes behind the end are read by nobody alike, and name no page: first those whose objects seem to be defined in them, as viewers that repair
    /// a file would find them, then the others.
    /// </summary>
    private static IEnumerable<int> Behind(RevisionView signed, ByteSpan trailing)
    {
        var bytes = signed.Document.Bytes.Slice(trailing.Start, (int)Math.Min(trailing.Length, MostTrailing));
        var ids = SeeminglyDefined().Matches(Encoding.Latin1.GetString(bytes)).SelectMany(match =>
            Enumerable.Range(int.Parse(match.Groups["first"].ValueSpan, CultureInfo.InvariantCulture),
                match.Groups["count"] is { Success: true } count ? int.Parse(count.ValueSpan, CultureInfo.InvariantCulture) : 1));
        var named = ids.Take(MostTrailing).Distinct().Select(number => new ObjectId(number, 0)).Where(signed.Closure.Contains).ToList();
        return signed.Closure.PagesOf(named).Concat(Enumerable.Range(1, signed.Pages.Pages.Count)).Distinct();
    }

    // 7.3.10: an object; 7.5.4: a subsection of a cross-reference table.
    [GeneratedRegex(@"\b(?<first>[0-9]{1,7})[ \r\n]{1,2}([0-9]{1,5}[ \r\n]{1,2}obj\b|(?<count>[0-9]{1,5})[ \r\n]{1,3}[0-9]{10} [0-9]{5} [nf]\b)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SeeminglyDefined();

    /// <summary>Pages whose objects, own or inherited, are others than before: what they use, what switches it, and which page stands there.</summary>
    private static SortedSet<int> Touched(RevisionView before, RevisionView after)
    {
        var changed = after.Revision.Changes.Select(change => change.Id).ToHashSet();
        // 8.11.4: layers are switched in the catalog, and named where they are used.
        if (!ObjectComparison.SameValue(Layers(before), Layers(after)) || LayersOwn(before).Concat(LayersOwn(after)).Any(changed.Contains))
            changed.UnionWith(LayersOwn(before).Concat(LayersOwn(after)));
        var pages = new SortedSet<int>(before.Closure.PagesOf(changed).Concat(after.Closure.PagesOf(changed)));
        var (was, isNow) = (before.Pages.Pages, after.Pages.Pages);
        var compared = new Dictionary<(PdfObject, PdfObject), bool>();
        for (var i = 0; i < Math.Max(was.Count, isNow.Count); i++)
        {
            if (i >= was.Count || i >= isNow.Count || was[i].Id != isNow[i].Id || !SameInherited(was[i], isNow[i], compared))
                pages.Add(i + 1);
        }
        return pages;
    }

    private static PdfObject Layers(RevisionView view) => view.Resolve(view.Catalog["OCProperties"]);

    private static IEnumerable<ObjectId> LayersOwn(RevisionView view)
    {
        if (view.Catalog["OCProperties"] is PdfReference own)
            yield return own.Target;
        if (Layers(view) is not PdfDictionary layers)
            yield break;
        if (layers["D"] is PdfReference configuration)
            yield return configuration.Target;
        foreach (var group in (view.Get<PdfArray>(layers, "OCGs")?.Items ?? []).OfType<PdfReference>())
            yield return group.Target;
    }

    // 7.7.3.4: a node of the page tree that says something else, which many pages inherit. References are looked at by what they lead to.
    private static bool SameInherited(Page was, Page isNow, Dictionary<(PdfObject, PdfObject), bool> compared)
    {
        if (was.Inherited.Count != isNow.Inherited.Count)
            return false;
        foreach (var (key, value) in was.Inherited)
        {
            if (!isNow.Inherited.TryGetValue(key, out var now))
                return false;
            if (!compared.TryGetValue((value, now), out var same))
                compared.Add((value, now), same = ReferenceEquals(value, now) || ObjectComparison.SameValue(value, now));
            if (!same)
                return false;
        }
        return true;
    }
}
