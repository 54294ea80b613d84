using System.Globalization;
using Identity.Pdf.Structure;
using Identity.TestKit.Pdf;
using Identity.Verification.Changes;

namespace Identity.Verification.Tests.Changes;

/// <summary>Comparing costs what the revisions touched, counted in steps: a long document with many revisions is within the budget, one that rewrites itself is not.</summary>
public sealed class LargeDocuments
{
    private const int Pages = 2_000;
    private const int Field = 90;
    private const int FirstPage = 1_000;
    private const int FirstLink = 10_000;
    private const int FirstOutline = 20_000;
    private const int FirstElement = 30_000;
    private const int PagesPerNode = 50;

    private static string All(int first, int count) =>
        string.Concat(Enumerable.Range(first, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number} 0 R ")));

    private static string PageAt(int at, string more = "") => string.Create(CultureInfo.InvariantCulture,
        $"<</Type/Page/Parent {100 + (at / PagesPerNode)} 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/StructParents {at}") + string.Create(CultureInfo.InvariantCulture,
        $"/Resources<</Font<</F1 5 0 R>>>>/Annots[{(at == 0 ? $"{Field} 0 R " : "")}{FirstLink + at} 0 R]{more}>>");

    private static string FieldWith(string value) => $"<</Type/Annot/Subtype/Widget/FT/Tx/T(price)/V({value})/P {FirstPage} 0 R/Rect[10 10 90 30]>>";

    /// <summary>Pages in a tree of two levels, each with a link to the next one, an outline entry and an element of the structure tree: everything refers to pages.</summary>
    private static byte[] Long(int pages)
    {
        var nodes = pages / PagesPerNode;
        var objects = new List<(int, string)>
        {
            (1, $"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{Field} 0 R]>>/Outlines 6 0 R/StructTreeRoot 7 0 R>>"),
            (2, $"<</Type/Pages/Kids[{All(100, nodes)}]/Count {pages}>>"),
            (4, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 100 EUR) Tj ET")),
            (5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
            (6, $"<</Type/Outlines/First {FirstOutline} 0 R/Last {FirstOutline + pages - 1} 0 R/Count {pages}>>"),
            (7, $"<</Type/StructTreeRoot/K 8 0 R/ParentTree<</Nums[{string.Concat(Enumerable.Range(0, pages).Select(at => $"{at}[{FirstElement + at} 0 R]"))}]>>>>"),
            (8, $"<</Type/StructElem/S/Document/P 7 0 R/K[{All(FirstElement, pages)}]>>"),
            (Field, FieldWith("0")),
        };
        for (var node = 0; node < nodes; node++)
            objects.Add((100 + node, $"<</Type/Pages/Parent 2 0 R/Kids[{All(FirstPage + (node * PagesPerNode), PagesPerNode)}]/Count {PagesPerNode}>>"));
        for (var at = 0; at < pages; at++)
        {
            var next = FirstPage + ((at + 1) % pages);
            objects.Add((FirstPage + at, PageAt(at)));
            objects.Add((FirstLink + at, $"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/P {FirstPage + at} 0 R/Dest[{next} 0 R/Fit]>>"));
            objects.Add((FirstOutline + at, $"<</Title({at})/Parent 6 0 R/Dest[{FirstPage + at} 0 R/Fit]{(at + 1 < pages ? $"/Next {FirstOutline + at + 1} 0 R" : "")}>>"));
            objects.Add((FirstElement + at, $"<</Type/StructElem/S/P/P 8 0 R/Pg {FirstPage + at} 0 R/K 0>>"));
        }
        return HandMadePdf.Append("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n"u8.ToArray(), objects);
    }

    private static (IReadOnlyList<RevisionChanges> Revisions, long Steps) Compare(byte[] file)
    {
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(file)).Value;
        var budget = new ComparisonBudget(ComparisonBudget.DefaultSteps);
        return (ChangeAnalysis.Explain(document, budget, TestContext.Current.CancellationToken), budget.Spent);
    }

    private static byte[] Filled(byte[] file, int revisions)
    {
        for (var revision = 1; revision <= revisions; revision++)
            file = HandMadePdf.Append(file, (Field, FieldWith($"{revision}")), (FirstPage + revision, PageAt(revision)));
        return file;
    }

    [Fact]
    public void Two_thousand_pages_with_thirty_revisions_are_compared_within_the_budget()
    {
        var (revisions, steps) = Compare(Filled(Long(Pages), 30));
        Assert.Equal(31, revisions.Count);
        Assert.All(revisions.Skip(1), revision => Assert.Equal((ChangeKind.Form, "field-filled"), (revision.Kind, Assert.Single(revision.Changes).Message.Key)));
        Assert.InRange(steps, 1, ComparisonBudget.DefaultSteps / 2);
        TestContext.Current.TestOutputHelper?.WriteLine($"{steps} steps");
    }

    [Fact]
    public void Nine_thousand_pages_with_sixty_revisions_are_compared_within_the_budget()
    {
        var (revisions, steps) = Compare(Filled(Long(9_000), 60));
        Assert.All(revisions.Skip(1), revision => Assert.Equal(ChangeKind.Form, revision.Kind));
        TestContext.Current.TestOutputHelper?.WriteLine($"{steps} steps");
    }

    [Fact]
    public void Content_that_changes_on_one_of_many_pages_is_found_with_its_page()
    {
        var file = Filled(Long(Pages), 3);
        file = HandMadePdf.Append(file, (FirstPage + 1_500, PageAt(1_500, "/Rotate 180")));
        var (revisions, _) = Compare(Filled(file, 3));
        var change = Assert.Single(revisions[4].Changes);
        Assert.Equal((ChangeKind.Content, 1_501, "page-geometry-changed"), (change.Kind, change.Page, change.Message.Key));
    }

    [Theory]
    [InlineData(FirstLink + 700, "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/P 1700 0 R/Dest[1000 0 R/Fit]>>", "annotation-changed")]
    [InlineData(FirstOutline + 700, "<</Title(other)/Parent 6 0 R/Dest[1700 0 R/Fit]/Next 20701 0 R>>", "object-changed")]
    [InlineData(FirstElement + 700, "<</Type/StructElem/S/H1/P 8 0 R/Pg 1700 0 R/K 0>>", "object-changed")]
    [InlineData(5, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>", "page-resources-changed")]
    [InlineData(100, "<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>", "pages-changed")]
    public void What_changes_deep_in_a_large_document_is_found(int number, string value, string key)
    {
        var (revisions, _) = Compare(HandMadePdf.Append(Filled(Long(Pages), 2), (number, value)));
        Assert.Contains(revisions[^1].Changes, change => change.Message.Key == key);
        Assert.True(revisions[^1].Kind >= ChangeKind.Annotation);
    }

    [Fact]
    public void Revisions_that_each_touch_all_pages_end_as_too_costly()
    {
        var file = Long(Pages);
        for (var revision = 0; revision < 100; revision++)
            file = HandMadePdf.Append(file, [.. Enumerable.Range(0, Pages).Select(at => (FirstPage + at, PageAt(at)))]);
        var (revisions, steps) = Compare(file);
        Assert.InRange(steps, ComparisonBudget.DefaultSteps, 2 * ComparisonBudget.DefaultSteps);
        Assert.Contains(revisions[1].Changes, change => change.Message.Key == "comparison-too-costly");
        Assert.Equal(ChangeKind.Suspicious, revisions[1].Kind);
    }
    [Fact]
    public void What_is_skipped_as_untouched_would_have_changed_no_finding()
    {
        var differ = new List<string>();
        var compared = 0;
        foreach (var entry in CorpusFile.All())
        {
            if (PdfDocument.Read(entry.Bytes()) is not PdfRead.Document { Value: { Revisions.Count: > 1 } document })
                continue;
            var memory = ComparisonMemory.Of(document, new ComparisonBudget(ComparisonBudget.DefaultSteps));
            for (var number = document.Revisions.Count; number > 1; number--)
            {
                compared++;
                var (skipping, whole) = (Findings(document, number, memory), Findings(document, number, new ComparisonMemory(null)));
                if (skipping != whole)
                    differ.Add($"{entry.Name} {number}: {skipping} is not {whole}");
            }
        }
        Assert.Empty(differ);
        Assert.NotEqual(0, compared);
    }

    [Fact]
    public void A_document_with_more_references_than_may_be_kept_has_no_graph()
    {
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(HandMadePdf.Plain())).Value;
        // Catalog to pages, pages to page, page to pages, content and font.
        const int references = 5;
        var graph = ReferenceGraph.Of(document, key => key is "Contents" ? ReferenceWay.Drawn : ReferenceWay.None, references);
        Assert.Equal((references, true, false), (graph!.Count, graph.IsDrawn(HandMadePdf.Content), graph.IsDrawn(HandMadePdf.Page)));
        Assert.Equal(new ReferenceUse(HandMadePdf.Page, ReferenceWay.Drawn), Assert.Single(graph.UsesOf(HandMadePdf.Content).ToArray()));
        Assert.Null(ReferenceGraph.Of(document, _ => ReferenceWay.None, references - 1));
    }

    private static string Findings(PdfDocument document, int number, ComparisonMemory memory)
    {
        var budget = new ComparisonBudget(10 * ComparisonBudget.DefaultSteps);
        var found = new RevisionComparison(document.AsOf(number - 1), document.AsOf(number), memory, budget, TestContext.Current.CancellationToken).Run();
        var changes = found.Changes.Select(change => $"{change.Kind} {change.Changed} {change.Page} {change.Field} {change.Message.Key} {change.LooksLikeContent}");
        return $"{found.Kind} {found.Unlisted} {string.Join("; ", changes.Order(StringComparer.Ordinal))}";
    }
}
