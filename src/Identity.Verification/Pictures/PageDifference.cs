using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Verification.Changes;
using Identity.Verification.Engine;

namespace Identity.Verification.Pictures;

/// <summary>A page before and after a revision, as PNG; null where the page did not exist or could not be drawn.</summary>
/// <param name="Revision">The revision that changed the page.</param>
/// <param name="Page">1 is the first.</param>
public sealed record PageDifference(int Revision, int Page, byte[]? Before, byte[]? After)
{
    /// <summary>Both are drawn and look the same: what changed shows nothing on this page.</summary>
    public bool LooksTheSame => Before is not null && After is not null && Before.AsSpan().SequenceEqual(After);
}

/// <summary>Which pages a reader should see before and after: those that a revision behind the first signature changed or can have changed.</summary>
public static class PageDifferences
{
    /// <summary>Pages that are drawn for one file.</summary>
    public const int MostPages = 6;

    /// <summary>Changed objects of one file that are followed up to the pages that use them: each can lead through the whole of it.</summary>
    private const int FollowedObjects = 200;

    /// <summary>Objects of a file in which they are followed at all.</summary>
    private const int MostObjects = 50_000;

    /// <summary>Bytes of a document that is drawn: each picture sends all of them to the child.</summary>
    public const int LargestDocument = 32 * 1024 * 1024;

    /// <summary>Empty when nothing that shows was changed after a signature.</summary>
    public static IReadOnlyList<(int Revision, int Page)> Of(DocumentResult.Judged judged)
    {
        var signed = judged.Data.Signatures.Select(facts => facts.Dictionary.ByteRange).OfType<ByteRangeCheck.Sound>()
            .Select(range => range.CoveredRevision).OfType<int>().DefaultIfEmpty(int.MaxValue).Min();
        var document = judged.Data.Document;
        var pages = new List<(int, int)>();
        var follow = document.Revisions.Sum(revision => (long)revision.Changes.Count) <= MostObjects ? FollowedObjects : 0;
        foreach (var revision in judged.Data.Revisions.Where(revision => revision.Number > signed && revision.Number <= document.Revisions.Count && revision.Kind >= ChangeKind.Signature))
        {
            var changed = revision.Changes.Select(change => change.Page).OfType<int>().ToHashSet();
            // An exchanged font or image names no page: every page that uses it can look different.
            if (revision.Kind >= ChangeKind.Content)
            {
                var objects = document.Revisions[revision.Number - 1].Changes.Take(follow).ToList();
                follow -= objects.Count;
                changed.UnionWith(Using(document, revision.Number, objects));
            }
            pages.AddRange(changed.Order().Select(page => (revision.Number, page)));
            if (pages.Count >= MostPages)
                break;
        }
        return [.. pages.Take(MostPages)];
    }

    private static IEnumerable<int> Using(PdfDocument document, int number, List<ObjectChange> objects)
    {
        // The closures are walked only where something is asked of them.
        if (objects.Count == 0)
            return [];
        var (before, after) = (document.AsOf(number - 1).Closure, document.AsOf(number).Closure);
        return objects.SelectMany(change => after.PagesOf(change.Id).Concat(before.PagesOf(change.Id)));
    }
}
