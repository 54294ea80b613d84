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

    /// <summary>Changed objects of one revision that are followed up to the pages that use them.</summary>
    private const int FollowedObjects = 2000;

    /// <summary>Bytes of a document that is drawn: each picture sends all of them to the child.</summary>
    public const int LargestDocument = 32 * 1024 * 1024;

    /// <summary>Empty when nothing that shows was changed after a signature.</summary>
    public static IReadOnlyList<(int Revision, int Page)> Of(DocumentResult.Judged judged)
    {
        var signed = judged.Data.Signatures.Select(facts => facts.Dictionary.ByteRange).OfType<ByteRangeCheck.Sound>()
            .Select(range => range.CoveredRevision).OfType<int>().DefaultIfEmpty(int.MaxValue).Min();
        var document = judged.Data.Document;
        var pages = new List<(int, int)>();
        foreach (var revision in judged.Data.Revisions.Where(revision => revision.Number > signed && revision.Number <= document.Revisions.Count && revision.Kind >= ChangeKind.Signature))
        {
            var changed = revision.Changes.Select(change => change.Page).OfType<int>().ToHashSet();
            // An exchanged font or image names no page: every page that uses it can look different.
            if (revision.Kind >= ChangeKind.Content)
                changed.UnionWith(Using(document, revision.Number));
            pages.AddRange(changed.Order().Select(page => (revision.Number, page)));
            if (pages.Count >= MostPages)
                break;
        }
        return [.. pages.Take(MostPages)];
    }

    private static IEnumerable<int> Using(PdfDocument document, int number)
    {
        var (before, after) = (document.AsOf(number - 1), document.AsOf(number));
        return document.Revisions[number - 1].Changes.Take(FollowedObjects)
            .SelectMany(change => after.Closure.PagesOf(change.Id).Concat(before.Closure.PagesOf(change.Id)));
    }
}
